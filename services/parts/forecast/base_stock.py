"""Base stock over two echelons under one budget: how many pieces of each part at the depot and on each shelf.

METRIC (Sherbrooke 1968): shelves order each piece used from their depot, the depot from the maker. A shelf waits for
its lead time and, on average, for the depot's mean delay, E[pieces the depot owes] / demand (Little's law). Demand in a
lead time is negative binomial with the dispersion that the forecast has shown (Poisson when it is 1): orders come by
themselves, each asks for a logarithmic number of pieces.

A piece more on a shelf with s pieces lowers what it owes by P(D > s) and raises its fill rate by P(D + I = s + 1),
where a piece is the I-th of its order: the pieces before it in the same order are gone too. Pieces go where they take
away the most owed pieces per fen until the fill rate is reached or the budget is spent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.parts.forecast.smoothing import Floats

Ints = npt.NDArray[np.int64]
DEPOT_LEVELS = 12
MOST_PIECES = 5_000
NO_DELAY = 0.005
"""A depot that answers this share of its delay without stock need not hold more."""
NEGLIGIBLE = 1e-4
"""When a shelf misses no more than this share of the pieces asked for, nothing more is looked at."""


@dataclass(frozen=True)
class Group:
    """One part on the shelves of one depot. Rates are pieces per month, lead times months.

    `dispersion` is the variance of demand by its mean, 1 or more.
    """

    rate: Floats
    dispersion: Floats
    lead: Floats
    depot_lead: float
    unit_cost_fen: int


@dataclass(frozen=True)
class Level:
    """What a group should hold: at the depot, and on each shelf; the fill rate of each shelf with it."""

    depot: int
    shelves: Ints
    fill: Floats


@dataclass(frozen=True)
class Allocation:
    """A level for each group; `fill_rate` of all pieces asked for, and what all levels cost.

    `enough` says whether the target was reached within the budget.
    """

    levels: list[Level]
    fill_rate: float
    value_fen: int
    enough: bool


@dataclass(frozen=True)
class _Steps:
    """Ways to hold ever more of a group, each better per piece than what follows: [steps], the first holds nothing."""

    pieces: Ints
    owed: Floats
    filled: Floats
    depot: Ints


def mass(mean: Floats, dispersion: Floats, pieces: int) -> Floats:
    """P(D = k) for k = 0 … pieces, [shelves, pieces + 1], of the negative binomial with this mean and dispersion.

    P(0) = d^(-m / (d - 1)), P(k + 1) / P(k) = (m + k (d - 1)) / (d (k + 1)); the limit at d = 1 is Poisson's.
    """
    over = dispersion - 1
    start = np.where(over > 1e-6, -mean * np.log(dispersion) / np.where(over > 1e-6, over, 1), -mean)
    k = np.arange(pieces)
    ratio = (mean[:, None] + k * over[:, None]) / (dispersion[:, None] * (k + 1))
    with np.errstate(divide="ignore"):
        steps = np.log(ratio)
    found: Floats = np.exp(np.concatenate([start[:, None], start[:, None] + np.cumsum(steps, axis=1)], axis=1))
    return found


def place_in_order(dispersion: Floats, pieces: int) -> Floats:
    """P(I = i) for i = 1 … pieces, [shelves, pieces]: which piece of its order a piece is.

    Orders of logarithmic size, P(S = j) = p^j / (j ln d) with p = 1 - 1 / d, make the negative binomial of `mass`
    (Quenouille 1949); P(I = i) = P(S >= i) / E[S], E[S] = (d - 1) / ln d. At d = 1 every order asks for one piece.
    """
    over = np.maximum(dispersion - 1, 1e-6)[:, None]
    j = np.arange(1, pieces)
    size = (over / (over + 1)) ** j / (j * np.log1p(over))
    at_least = 1 - np.concatenate([np.zeros((len(over), 1)), np.cumsum(size, axis=1)], axis=1)
    found: Floats = np.maximum(0.0, at_least) * np.log1p(over) / over
    return found


def _fills(chance: Floats, dispersion: Floats) -> Floats:
    """P(D + I = k + 1) by k, [shelves, pieces]: the share of pieces that the piece k + 1 of a shelf fills."""
    width = chance.shape[1]
    spectrum = np.fft.rfft(chance, 2 * width) * np.fft.rfft(place_in_order(dispersion, width), 2 * width)
    found: Floats = np.maximum(0.0, np.fft.irfft(spectrum, 2 * width)[:, :width])
    return found


def _enough(mean: Floats, dispersion: Floats) -> int:
    """So many pieces are practically never asked for in one lead time."""
    most = float((mean + 8 * np.sqrt(mean * dispersion) + 10 * dispersion).max(initial=0.0))
    return int(min(MOST_PIECES, np.ceil(most) + 4))


def _steps(group: Group) -> _Steps:
    """The lower hull of owed pieces over pieces held, over every split between depot and shelves."""
    delay = _depot_delay(group)
    most = int(np.searchsorted(-delay, -delay[0] * NO_DELAY))
    splits = [
        (int(depot), *_shelf_gains(group, delay[depot]))
        for depot in np.unique(np.linspace(0, most, min(DEPOT_LEVELS, most + 1)).astype(int))
    ]
    width = max(depot + len(gain) for depot, gain, _, _ in splits) + 1
    owed, filled = np.full((len(splits), width), np.inf), np.zeros((len(splits), width))
    for row, (depot, gain, hit, start) in enumerate(splits):
        held = slice(depot, depot + len(gain) + 1)
        owed[row, held] = start - np.concatenate([[0.0], np.cumsum(gain)])
        filled[row, held] = np.concatenate([[0.0], np.cumsum(hit)])
    best, every = owed.argmin(axis=0), np.arange(width)
    depots = np.array([depot for depot, *_ in splits])[best]
    points = zip(every.tolist(), owed[best, every].tolist(), filled[best, every].tolist(), depots.tolist(), strict=True)
    hull = _hull(points)
    return _Steps(*(np.array(column) for column in zip(*hull, strict=True)))


def _depot_delay(group: Group) -> Floats:
    """Months that a shelf's order waits at a depot with 0, 1, 2, … pieces, on average (Little's law)."""
    total = float(group.rate.sum())
    mean = np.array([total * group.depot_lead])
    pooled = np.array([float((group.rate * group.dispersion).sum() / total)])
    tail = np.maximum(0.0, 1 - np.cumsum(mass(mean, pooled, _enough(mean, pooled))[0]))
    owed: Floats = np.maximum(0.0, mean[0] - np.concatenate([[0.0], np.cumsum(tail)]))
    return owed / total


def _shelf_gains(group: Group, delay: float) -> tuple[Floats, Floats, float]:
    """Piece by piece, the best first: owed pieces it takes away, pieces per month it fills; owed without any."""
    gain, hit, _, mean = _ordered(group, delay)
    return gain, hit, float(mean.sum())


def _ordered(group: Group, delay: float) -> tuple[Floats, Floats, Ints, Floats]:
    mean = group.rate * (group.lead + delay)
    chance = mass(mean, group.dispersion, _enough(mean, group.dispersion))
    tail = np.maximum(0.0, 1 - np.cumsum(chance, axis=1)).ravel()
    share = _fills(chance, group.dispersion)
    missed = (1 - np.cumsum(share, axis=1) + share).ravel()
    order = np.argsort(-tail, kind="stable")
    order = order[missed[order] > NEGLIGIBLE]
    hit = (group.rate[:, None] * share).ravel()[order]
    return tail[order], hit, order // chance.shape[1], mean


def _hull(points: Iterable[tuple[int, float, float, int]]) -> list[tuple[int, float, float, int]]:
    """The points of the lower convex hull up to the least owed, by pieces."""
    hull: list[tuple[int, float, float, int]] = []
    for point in points:
        if hull and point[1] >= hull[-1][1]:
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def _slope(a: tuple[int, float, float, int], b: tuple[int, float, float, int]) -> float:
    return (b[1] - a[1]) / (b[0] - a[0])


def allocate(groups: Sequence[Group], *, target: float, budget_fen: int | None = None) -> Allocation:
    """Levels for all groups: the cheapest way to `target` (a share of pieces filled at once), as far as money goes.

    Groups need some demand. Without `budget_fen` only the target ends the spending.
    """
    if not groups:
        return Allocation([], 0.0, 0, True)
    steps = [_steps(group) for group in groups]
    owner = np.concatenate([np.full(len(one.pieces) - 1, index) for index, one in enumerate(steps)])
    cost = np.concatenate([np.diff(s.pieces) * g.unit_cost_fen for s, g in zip(steps, groups, strict=True)])
    gain = np.concatenate([-np.diff(s.owed) for s in steps]) / np.maximum(cost, 1)
    order = np.argsort(-gain, kind="stable")
    asked = sum(float(group.rate.sum()) for group in groups)
    fill = np.concatenate([[0.0], np.cumsum(np.concatenate([np.diff(s.filled) for s in steps])[order]) / asked])
    spent = np.concatenate([[0], np.cumsum(cost[order])])
    wanted = int(np.argmax(fill >= target)) if fill.max() >= target else len(order)
    affordable = len(order) if budget_fen is None else int(np.searchsorted(spent, budget_fen, side="right")) - 1
    taken = min(wanted, affordable)
    at = np.bincount(owner[order[:taken]], minlength=len(groups))
    levels = [_level(group, one, int(step)) for group, one, step in zip(groups, steps, at, strict=True)]
    return Allocation(levels, float(fill[taken]), int(spent[taken]), bool(fill[taken] >= target))


def _level(group: Group, steps: _Steps, step: int) -> Level:
    """The pieces of one step, shelf by shelf."""
    depot = int(steps.depot[step])
    _, hit, shelf, _ = _ordered(group, _depot_delay(group)[depot])
    held = int(steps.pieces[step]) - depot
    shelves = np.bincount(shelf[:held], minlength=len(group.rate))
    filled = np.bincount(shelf[:held], weights=hit[:held], minlength=len(group.rate))
    return Level(depot, shelves, filled / group.rate)
