"""The dispatch solver: a problem in indices in, a plan out. No ids, no clock, no disk, no socket."""

from .engines import ENGINES, Result, solve
from .judge import Verdict, judge
from .plan import Plan
from .problem import Problem, ProblemError
from .stopping import Stop

__all__ = [
    "ENGINES",
    "Plan",
    "Problem",
    "ProblemError",
    "Result",
    "Stop",
    "Verdict",
    "judge",
    "solve",
]
