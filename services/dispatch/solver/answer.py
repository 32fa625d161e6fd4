"""What an engine tells while it works and when it has ended."""

from collections.abc import Callable
from dataclasses import dataclass

from .plan import Plan

Progress = Callable[[int, int], None]
"""Called with (iterations so far, best price in fen) whenever a better plan is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine found, and what it did for it. `fen`: the plan's price as the engine counts it."""

    plan: Plan
    fen: int
    iterations: int
    stopped_by: str
