"""Wire documents of the optimiser: problem in, plan out. Reference: docs/reference/problem-format.md."""

from .plan import PlanDocument, PublicPlan
from .plan_reading import PlanReader
from .plan_writing import PlanWriter, violation_documents
from .problem import ProblemDocument
from .to_problem import to_problem
from .travel import matrices_early

__all__ = [
    "PlanDocument",
    "PlanReader",
    "PlanWriter",
    "ProblemDocument",
    "PublicPlan",
    "matrices_early",
    "to_problem",
    "violation_documents",
]
