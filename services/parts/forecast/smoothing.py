"""Forecasts of intermittent demand for many series at once.

Every method answers, for each series and each origin t, the demand per period that it expects from what the first t
periods showed. `demand` is [series, periods], the newest period last; `origins` are numbers of periods, 1 to all.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
ALPHA = 0.1
"""Of Croston's and of the Teunter-Syntetos-Babai method, as in the studies that compare them."""
ALPHAS = (0.1, 0.15, 0.2, 0.25, 0.3)
"""Of single exponential smoothing; the one with the least squared error within the sample is taken."""
MEAN_OVER = 12
Method = Callable[[Floats, Sequence[int]], Floats]


def last(demand: Floats, origins: Sequence[int]) -> Floats:
    """The naive forecast: the next period is like the last one."""
    return np.stack([demand[:, origin - 1] for origin in origins], axis=1)


def mean(demand: Floats, origins: Sequence[int]) -> Floats:
    """The mean of the last twelve periods."""
    return np.stack([demand[:, max(0, origin - MEAN_OVER) : origin].mean(axis=1) for origin in origins], axis=1)


def sba(demand: Floats, origins: Sequence[int]) -> Floats:
    """Croston's size by interval, without its bias (Syntetos and Boylan 2005): 1 - ALPHA / 2 of it."""
    kept = {
        t: np.divide(size, gap, out=np.zeros_like(size), where=gap > 0) for t, size, gap, _ in _croston(demand, origins)
    }
    return np.stack([(1 - ALPHA / 2) * kept[origin] for origin in origins], axis=1)


def tsb(demand: Floats, origins: Sequence[int]) -> Floats:
    """Size by the chance of any demand (Teunter, Syntetos and Babai 2011): what is asked for no more fades away."""
    kept = {t: size * chance for t, size, _, chance in _croston(demand, origins)}
    return np.stack([kept[origin] for origin in origins], axis=1)


def _croston(demand: Floats, origins: Sequence[int]) -> Iterator[tuple[int, Floats, Floats, Floats]]:
    """After each origin: smoothed size of a demand, periods between two, chance of one in a period."""
    size, gap, chance = (np.zeros(len(demand)) for _ in range(3))
    since = np.zeros(len(demand))
    for period in range(max(origins)):
        now = demand[:, period]
        some, first = now > 0, gap == 0
        since += 1
        size = np.where(some, np.where(first, now, size + ALPHA * (now - size)), size)
        gap = np.where(some, np.where(first, since, gap + ALPHA * (since - gap)), gap)
        chance = some.astype(float) if period == 0 else chance + ALPHA * (some - chance)
        since[some] = 0
        if period + 1 in origins:
            yield period + 1, size, gap, chance


def imapa(demand: Floats, origins: Sequence[int]) -> Floats:
    """The mean of forecasts on periods put together by 1, 2, … up to the mean interval (Petropoulos, Kourentzes 2015).

    An interval counts from the demand before, the first one from the beginning.
    """
    return np.stack([_imapa(demand[:, :origin]) for origin in origins], axis=1)


def _imapa(demand: Floats) -> Floats:
    periods = demand.shape[1]
    events = np.count_nonzero(demand, axis=1)
    newest = periods - np.argmax(demand[:, ::-1] > 0, axis=1)
    interval = np.divide(newest, events, out=np.zeros(len(demand)), where=events > 0)
    levels = np.rint(interval).astype(int)
    total = np.zeros(len(demand))
    for level in range(1, int(levels.max(initial=0)) + 1):
        which = np.flatnonzero(levels >= level)
        sums = demand[which, periods % level :].reshape(len(which), -1, level).sum(axis=2)
        total[which] += _smoothed(sums) / level
    found: Floats = np.divide(total, levels, out=total, where=levels > 0)
    return found


def _smoothed(values: Floats) -> Floats:
    """Single exponential smoothing, per series by the alpha of `ALPHAS` that would have erred least."""
    alphas = np.array(ALPHAS)[:, None]
    level = np.repeat(values[None, :, 0], len(ALPHAS), axis=0)
    squares = np.zeros_like(level)
    for period in range(1, values.shape[1]):
        error = values[None, :, period] - level
        squares += error**2
        level += alphas * error
    best = squares.argmin(axis=0)
    found: Floats = level[best, np.arange(len(values))]
    return found


METHODS: dict[str, Method] = {"sba": sba, "tsb": tsb, "imapa": imapa, "mean": mean}
"""What a series may be forecast with."""
