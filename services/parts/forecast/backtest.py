"""Last year again: base stock by forecast against the min/max rules that planners keep by hand, over two echelons.

Both see each month only what was known before it and order every evening: shelves from their depot, which sends what
it has, depots from the maker, who always has. Demand of a month falls on its days by chance (seeded): a ledger of
months knows no days.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from services.parts.forecast.base_stock import Group, allocate
from services.parts.forecast.smoothing import METHODS

Ints = npt.NDArray[np.int64]
DAYS = 30
MIN_MONTHS, MAX_MONTHS, SEEN_MONTHS = 1.0, 2.0, 6
"""The rule of thumb, for shelves and depots: below one month's mean of the last six, fill up to two."""
MOST_TRIES = 5
"""So often the budget is tuned; after that it is halved until base stock has no more money than the rule."""
SAME_MONEY = 0.97
"""Base stock that binds less than this share of the rule's money may spend more."""
WARM_UP = 3
"""Months that are played and not counted: both begin with full shelves."""


@dataclass(frozen=True)
class Levels:
    """Pieces at which shelves and depots order, and up to how many: [shelves] and [depots]."""

    low: Ints
    high: Ints
    depot_low: Ints
    depot_high: Ints


Policy = Callable[[int], Levels]
"""By month."""


@dataclass(frozen=True)
class Past:
    """`demand` [shelves, periods], pieces per month; `depot` [shelves] is the stock of the same part that fills them
    up, numbered from 0; lead times in days, from depot to shelf and from maker to depot.
    """

    demand: Ints
    cost_fen: Ints
    depot: Ints
    lead_days: int
    depot_lead_days: int

    def at_depots(self, of_shelves: npt.NDArray[np.generic]) -> Ints:
        """Sums by depot."""
        summed: Ints = np.bincount(self.depot, weights=of_shelves).astype(np.int64)
        return summed


@dataclass(frozen=True)
class Outcome:
    """Share of pieces that lay on the shelf when asked for; mean value of what lay on shelves and in depots."""

    fill_rate: float
    value_fen: int


@dataclass(frozen=True)
class Backtest:
    """`base_stock` had no more money than `min_max` had bound on average; `months` were counted."""

    months: int
    min_max: Outcome
    base_stock: Outcome


def backtest(past: Past, *, months: int = 12, seed: int = 0) -> Backtest:
    """The last `months` (and `WARM_UP` before them) are played."""
    first = past.demand.shape[1] - months - WARM_UP
    daily = np.random.default_rng(seed).multinomial(past.demand[:, first:], np.full(DAYS, 1 / DAYS))
    old = _play(past, daily, lambda month: _rule_of_thumb(past, first + month))
    budget, tries = old.value_fen, 0
    best: Outcome | None = None
    while best is None or tries < MOST_TRIES:
        tries += 1
        quarters = [_base_stock(past, first + month, budget) for month in range(0, daily.shape[1], 3)]
        new = _play(past, daily, lambda month, by=quarters: by[month // 3])  # type: ignore[misc]
        if new.value_fen <= old.value_fen:
            best = new if best is None or new.fill_rate > best.fill_rate else best
            if new.value_fen >= SAME_MONEY * old.value_fen:
                break
        # Money is what lies there, not what is on order; and pieces stocked for an earlier forecast still lie there.
        budget = int(budget * (0.99 * old.value_fen / max(1, new.value_fen) if tries < MOST_TRIES else 0.5))
    return Backtest(months, old, best)


def _rule_of_thumb(past: Past, month: int) -> Levels:
    mean = past.demand[:, max(0, month - SEEN_MONTHS) : month].mean(axis=1)
    whole = np.bincount(past.depot, weights=mean)
    return Levels(*(_pieces(of * by) - less for of in (mean, whole) for by, less in ((MIN_MONTHS, 1), (MAX_MONTHS, 0))))


def _pieces(amount: npt.NDArray[np.floating]) -> Ints:
    rounded: Ints = np.ceil(amount).astype(np.int64)
    return rounded


def _base_stock(past: Past, month: int, budget_fen: int) -> Levels:
    """Levels from what was known before `month`, for so much money."""
    known = past.demand[:, :month]
    rate = METHODS["sba"](known.astype(float), [month])[:, 0]
    variance = known[:, -24:].var(axis=1)
    dispersion = np.clip(np.divide(variance, rate, out=np.ones_like(rate), where=rate > 0), 1.0, 50.0)
    lead, depot_lead = (past.lead_days + 1) / DAYS, past.depot_lead_days / DAYS
    moving = [which[rate[which] > 0] for which in _shelves_of(past.depot)]
    groups = [
        Group(rate[which], dispersion[which], np.full(len(which), lead), depot_lead, int(past.cost_fen[which[0]]))
        for which in moving
        if len(which)
    ]
    found = iter(allocate(groups, target=0.999, budget_fen=budget_fen).levels)
    shelves, depots = np.zeros(len(known), np.int64), np.zeros(len(moving), np.int64)
    for depot, which in enumerate(moving):
        if len(which):
            level = next(found)
            shelves[which], depots[depot] = level.shelves, level.depot
    return Levels(shelves - 1, shelves, depots - 1, depots)


def _shelves_of(depot: Ints) -> list[Ints]:
    order = np.argsort(depot, kind="stable")
    return np.split(order, np.cumsum(np.bincount(depot))[:-1])


@dataclass
class _Network:
    """Shelves and depots day by day. `asked` and `filled` count pieces, `value_fen` sums over `days`."""

    past: Past
    on_hand: Ints
    in_depot: Ints
    asked: int = 0
    filled: int = 0
    value_fen: int = 0
    days: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def __post_init__(self) -> None:
        shelves, depots = len(self.on_hand), len(self.in_depot)
        self.owed, self.requested = np.zeros(shelves, np.int64), np.zeros(shelves, np.int64)
        self.coming = np.zeros((self.past.lead_days + 1, shelves), np.int64)
        self.bought = np.zeros((self.past.depot_lead_days + 1, depots), np.int64)

    def day(self, wanted: Ints, levels: Levels, *, counts: bool) -> None:
        self.on_hand += _next(self.coming)
        self.in_depot += _next(self.bought)
        served = np.minimum(self.on_hand, self.owed)
        self.on_hand, self.owed = self.on_hand - served, self.owed - served
        now = np.minimum(self.on_hand, wanted)
        self.on_hand, self.owed = self.on_hand - now, self.owed + wanted - now
        self._order(levels)
        if counts:
            self.asked, self.filled = self.asked + int(wanted.sum()), self.filled + int(now.sum())
            cost = self.past.cost_fen
            at_depots = self.in_depot[self.past.depot] / np.bincount(self.past.depot)[self.past.depot]
            self.value_fen += int((self.on_hand * cost).sum() + (at_depots * cost).sum())
            self.days += 1

    def _order(self, levels: Levels) -> None:
        """In the evening: shelves ask, depots send what they have and ask the maker for what they then lack."""
        position = self.on_hand - self.owed + self.coming.sum(axis=0) + self.requested
        self.requested += np.where(position <= levels.low, np.maximum(0, levels.high - position), 0)
        sent = self._send()
        self.coming[self.past.lead_days - 1] += sent
        self.requested -= sent
        self.in_depot -= self.past.at_depots(sent)
        position = self.in_depot - self.past.at_depots(self.requested) + self.bought.sum(axis=0)
        lacking = np.where(position <= levels.depot_low, np.maximum(0, levels.depot_high - position), 0)
        self.bought[self.past.depot_lead_days - 1] += lacking

    def _send(self) -> Ints:
        """What each depot gives to its shelves, in an order that is drawn anew each day."""
        drawn = self.rng.permutation(len(self.requested))
        order = drawn[np.argsort(self.past.depot[drawn], kind="stable")]
        asked, depot = self.requested[order], self.past.depot[order]
        before = np.cumsum(asked) - asked
        first = np.searchsorted(depot, depot)
        sent = np.zeros_like(asked)
        sent[order] = np.clip(self.in_depot[depot] - (before - before[first]), 0, asked)
        return sent


def _next(pipeline: Ints) -> Ints:
    """What arrives this morning; the rest comes a day nearer."""
    arrived: Ints = pipeline[0].copy()
    pipeline[:-1] = pipeline[1:]
    pipeline[-1] = 0
    return arrived


def _play(past: Past, daily: Ints, policy: Policy) -> Outcome:
    start = policy(0)
    network = _Network(past, start.high.copy(), start.depot_high.copy())
    for month in range(daily.shape[1]):
        levels = policy(month)
        for day in range(DAYS):
            network.day(daily[:, month, day], levels, counts=month >= WARM_UP)
    fill_rate = network.filled / network.asked if network.asked else 1.0
    return Outcome(fill_rate, network.value_fen // max(1, network.days))
