"""What moves demand beside its own past: the season, the age of the fleet, wear that a guarantee plan expects."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from services.parts.forecast.smoothing import Floats

YEAR = 12
SHRINK = 100.0
"""So many pieces of the whole group weigh as much as the belief that there is no season."""
LEAST_MONTHS = 24
FACTOR = (0.5, 2.0)
"""A fleet that grows or ages changes demand by no more than this."""


def season(demand: Floats, group: npt.NDArray[np.int64], month: npt.NDArray[np.int64]) -> Floats:
    """By what each month of the year is above the average: [groups, 12], each row with mean 1.

    One series is too thin to show a season, so all of a group (a system of the machine) share one. `group`: of each
    series, 0 up; `month`: of each period, 0 is January. With less than two years known there is none.
    """
    groups = int(group.max(initial=-1)) + 1
    found = np.ones((groups, YEAR))
    if len(month) < LEAST_MONTHS:
        return found
    by_period = np.zeros((groups, len(month)))
    np.add.at(by_period, group, demand)
    average = by_period.mean(axis=1, keepdims=True)
    for each in range(YEAR):
        found[:, each] = by_period[:, month == each].mean(axis=1)
    found = np.divide(found, average, out=np.ones_like(found), where=average > 0)
    weight = by_period.sum(axis=1, keepdims=True)
    shrunk = (found * weight + SHRINK) / (weight + SHRINK)
    kept = np.maximum(shrunk, 0.1)
    normal: Floats = kept / kept.mean(axis=1, keepdims=True)
    return normal


def fleet_factor(born: Mapping[int, int], failures: Mapping[int, float], year: int, *, back: int) -> float:
    """Failures of a fleet expected in `year` by the mean of the `back` years before.

    `born`: machines by the year that they were built in; `failures`: per machine and year, by age in years, as known
    from the whole network (an older machine fails like the oldest known). 1 when nothing is known.
    """

    def expected(at: int) -> float:
        oldest = max(failures)
        return sum(n * failures.get(min(at - built, oldest), 0.0) for built, n in born.items() if built <= at)

    if not born or not failures:
        return 1.0
    before = sum(expected(year - ago) for ago in range(1, back + 1)) / back
    return float(np.clip(expected(year) / before, *FACTOR)) if before > 0 else 1.0


def not_yet_seen(months_running: int) -> float:
    """Which share of a plan's expected wear the past does not show yet: all at first, nothing after a year."""
    return max(0.0, 1 - max(0, months_running) / YEAR)
