"""Wire documents of the optimiser: problem in, plan out. Reference: docs/reference/problem-format.md."""

from .plan import PlanDocument, PublicPlan
from .problem import ProblemDocument

__all__ = ["PlanDocument", "ProblemDocument", "PublicPlan"]
