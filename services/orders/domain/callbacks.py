"""Call-backs: which completed orders are called back at which level, drawn by risk, and what an answer means."""

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Literal, get_args

Level = Literal["station", "branch", "head_office"]
LEVELS: tuple[str, ...] = get_args(Level)
Risk = Literal["broken_promise", "second_visit", "low_rating", "replacement", "dear_customer"]
RISKS: tuple[str, ...] = get_args(Risk)
Check = Literal["fault_gone", "steps_followed", "price_explained", "old_parts_shown", "manner_correct"]
CHECKS: tuple[str, ...] = get_args(Check)
"""What every call-back asks; service complies when all are answered with yes."""
Outcome = Literal["reached", "not_reached"]
GIVE_UP_AFTER = 3
"""So many calls without an answer end a call-back."""
LOW_RATING = 2
DEAR_TIERS = frozenset({"platinum"})


@dataclass(frozen=True, slots=True)
class LevelRule:
    """How a level samples: share = base + the risks that the order carries, at most 1."""

    level: Level
    base: float
    due_hours: int
    risks: Mapping[Risk, float]

    def share(self, carried: Set[str]) -> float:
        return min(1.0, self.base + sum(share for risk, share in self.risks.items() if risk in carried))

    def draws(self, order_id: str, carried: Set[str]) -> bool:
        """Whether the order is called back; the same order always draws the same lot."""
        return lot(order_id, self.level) < self.share(carried)


def lot(order_id: str, level: Level) -> float:
    """A number in [0, 1) that follows from order and level alone: nobody can choose who is called."""
    digest = hashlib.sha256(f"call-back:{level}:{order_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def risks_of(*, broken: bool, visits: int, rating: int | None, replaced: bool, tier: str) -> frozenset[Risk]:
    """The risks that an order carries."""
    carried: dict[Risk, bool] = {
        "broken_promise": broken,
        "second_visit": visits > 1,
        "low_rating": rating is not None and rating <= LOW_RATING,
        "replacement": replaced,
        "dear_customer": tier in DEAR_TIERS,
    }
    return frozenset(risk for risk, is_so in carried.items() if is_so)
