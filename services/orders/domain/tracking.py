"""What a customer may rely on: when the engineer comes, as an honest range."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ENOUGH = 30
"""With fewer arrivals to learn from, the range is the cautious one."""
CAUTIOUS = (timedelta(minutes=-15), timedelta(minutes=60))
TRACKED_FOR = timedelta(days=30)
"""A customer's link works this long after the order is over."""


@dataclass(frozen=True, slots=True)
class Eta:
    """Eight of ten arrivals fell into such a range around the planned time (`history`), or a cautious guess."""

    earliest: datetime
    latest: datetime
    basis: Literal["history", "cautious"]


def eta(planned: datetime, expected: datetime | None, deviations: Sequence[float], *, now: datetime) -> Eta:
    """The range around the planned arrival.

    `expected` is what the engineer said after being late; `deviations` are past arrivals less their plan, in seconds.
    Nobody arrives in the past: the range never begins before `now`.
    """
    middle = max(planned, expected) if expected is not None else planned
    if len(deviations) >= ENOUGH:
        ordered = sorted(deviations)
        low, high = (timedelta(seconds=ordered[round(share * (len(ordered) - 1))]) for share in (0.1, 0.9))
    else:
        low, high = CAUTIOUS
    earliest = max(now, middle + low)
    return Eta(earliest, max(earliest, middle + high), "history" if len(deviations) >= ENOUGH else "cautious")
