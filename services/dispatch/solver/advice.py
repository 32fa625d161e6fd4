"""What dispatchers are told: candidates for an order, and edited plans. `kernel.advising` answers."""

from dataclasses import dataclass

from .judge import Verdict
from .plan import Plan


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engineer who can take the order. `by_rule`: change of the price by rule against the plan given;
    `plan`: what the plan becomes."""

    engineer: int
    tour: int
    fen: int
    by_rule: dict[str, int]
    start: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Candidates, cheapest first; for every other engineer the first rule that excludes him or her."""

    candidates: tuple[Candidate, ...]
    refused: dict[int, str]


@dataclass(frozen=True, slots=True)
class Repair:
    """A priced way to serve an order that is left out.

    `kind`: `price` (it fits, but costs more than leaving it out), `overtime` and `window` (by `amount` seconds),
    `max_orders` (by `amount`), `skill` (`amount` levels lower), `reserve`, `lock`, `exclusion`, `part` (`amount` kit
    lines that must be there and cannot be are brought on one second visit, whose price is counted; the clocks are those
    of the first). `candidate`: who comes, when, and the change of the plan's price.
    """

    kind: str
    amount: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Repairs:
    """The cheapest first."""

    found: tuple[Repair, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """An edit: the order to this engineer, None to leave it out; where no rule lets it in it goes to the end of the
    tour that has begun at `start`."""

    order: int
    engineer: int | None
    start: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """An edited plan with its earliest times, and the judge on it: prices by rule, violations."""

    plan: Plan
    verdict: Verdict
