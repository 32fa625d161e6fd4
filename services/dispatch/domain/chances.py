"""The chance that a promise clock is kept, from how far ways and work usually end beside what the plan says.

Each way and each work is taken as independent, with a standard deviation in proportion to its length; their variances
add up along the engineer's route, and what they make late is taken as normal. Waiting on the way would absorb some
lateness and is not counted: the chance is rather too low. How well it is calibrated, orders measures (Brier score).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import erf, sqrt
from typing import Protocol


class Timed(Protocol):
    """A stop of a route in the plan's seconds."""

    @property
    def arrival(self) -> int | None: ...
    @property
    def start(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations as shares of what is planned; `work` is that of diagnosis and repair together."""

    travel: float
    work: float


@dataclass(frozen=True, slots=True)
class Sure:
    """How far, in seconds of one standard deviation, begin and end of a stop's work may lie from the plan."""

    begin_s: float
    end_s: float


def along(stops: Iterable[Timed], *, depart: int, spread: Spread) -> list[Sure]:
    """For each stop of a route that is left at `depart`. Raises ValueError when they have no times."""
    found, variance, left = [], 0.0, depart
    for stop in stops:
        if stop.arrival is None or stop.start is None or stop.end is None:
            raise ValueError("the plan has no times: let the judge complete it first")
        variance += (spread.travel * max(stop.arrival - left, 0)) ** 2
        begin = sqrt(variance)
        variance += (spread.work * (stop.end - stop.start)) ** 2
        found.append(Sure(begin, sqrt(variance)))
        left = stop.end
    return found


def chance(due: datetime, planned: datetime, sigma_s: float) -> float:
    """The chance from 0 to 1 that what is planned for a moment happens by `due`."""
    slack = (due - planned).total_seconds()
    if sigma_s <= 0:
        return float(slack >= 0)
    return (1 + erf(slack / sigma_s / sqrt(2))) / 2


def either(*chances: float | None) -> float | None:
    """The chance that at least one of independent ways succeeds, to three digits; None when there is no way."""
    fails, known = 1.0, [one for one in chances if one is not None]
    for one in known:
        fails *= 1 - one
    return round(1 - fails, 3) if known else None
