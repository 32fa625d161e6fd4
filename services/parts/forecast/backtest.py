"""Last year again: base stock by forecast against the min/max rules that planners keep by hand.

Both see each month only what was known before it, order every evening and receive after the same lead time from a
source that always has. Demand of a month falls on its days by chance (seeded): a ledger of months knows no days.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.parts.forecast.base_stock import Group, allocate
from services.parts.forecast.smoothing import METHODS

Ints = npt.NDArray[np.int64]
DAYS = 30
MIN_MONTHS, MAX_MONTHS, SEEN_MONTHS = 1.0, 2.0, 6
"""The rule of thumb: below one month's mean of the last six, fill up to two."""
MOST_TRIES = 5
WARM_UP = 1
"""Months that are played and not counted: both begin with full shelves."""
Policy = Callable[[int], tuple[Ints, Ints]]
"""Month -> pieces at which a shelf orders, and up to how many."""


@dataclass(frozen=True)
class Outcome:
    """Share of pieces that lay on the shelf when asked for, and the mean value of what lay there."""

    fill_rate: float
    value_fen: int


@dataclass(frozen=True)
class Backtest:
    """`base_stock` had no more money than `min_max` had bound on average; `months` were counted."""

    months: int
    min_max: Outcome
    base_stock: Outcome


def backtest(demand: Ints, cost_fen: Ints, *, lead_days: int, months: int = 12, seed: int = 0) -> Backtest:
    """`demand` [shelves, periods], pieces per month; the last `months` (and `WARM_UP` before them) are played."""
    first = demand.shape[1] - months - WARM_UP

    def min_max(month: int) -> tuple[Ints, Ints]:
        mean = demand[:, max(0, month - SEEN_MONTHS) : month].mean(axis=1)
        return np.ceil(mean * MIN_MONTHS).astype(np.int64) - 1, np.ceil(mean * MAX_MONTHS).astype(np.int64)

    daily = _by_day(demand[:, first:], np.random.default_rng(seed))
    old = _play(daily, cost_fen, min_max, first, lead_days)
    budget = old.value_fen
    for _ in range(MOST_TRIES):
        new = _play(daily, cost_fen, _base_stock(demand, cost_fen, lead_days, budget, first), first, lead_days)
        if new.value_fen <= old.value_fen:
            break
        # What was stocked for an earlier forecast still lies there: the money for the levels has to be less.
        budget = int(budget * 0.98 * old.value_fen / new.value_fen)
    return Backtest(months, old, new)


def _base_stock(demand: Ints, cost_fen: Ints, lead_days: int, budget_fen: int, first: int) -> Policy:
    """Levels made anew each quarter from what was known then."""
    levels = {
        month: _levels(demand[:, :month], cost_fen, lead_days, budget_fen) for month in range(first, demand.shape[1], 3)
    }

    def policy(month: int) -> tuple[Ints, Ints]:
        level = levels[month - (month - first) % 3]
        return level - 1, level

    return policy


def _levels(known: Ints, cost_fen: Ints, lead_days: int, budget_fen: int) -> Ints:
    """Base stock per shelf from what was known, for as much money as the rule of thumb binds."""
    rate = METHODS["sba"](known.astype(float), [known.shape[1]])[:, 0]
    variance = known[:, -24:].var(axis=1)
    dispersion = np.clip(np.divide(variance, rate, out=np.ones_like(rate), where=rate > 0), 1.0, 50.0)
    found = np.zeros(len(known), np.int64)
    moving = np.flatnonzero(rate > 0)
    lead = np.array([(lead_days + 1) / DAYS])
    groups = [Group(rate[[i]], dispersion[[i]], lead, depot_lead=1e-6, unit_cost_fen=int(cost_fen[i])) for i in moving]
    levels = allocate(groups, target=0.999, budget_fen=budget_fen).levels
    found[moving] = [int(level.shelves[0]) + level.depot for level in levels]
    return found


def _by_day(demand: Ints, rng: np.random.Generator) -> Ints:
    """[shelves, months, days] whose sums over the days are `demand`."""
    return rng.multinomial(demand, np.full(DAYS, 1 / DAYS))


def _play(daily: Ints, cost_fen: Ints, policy: Policy, first: int, lead_days: int) -> Outcome:
    on_hand = policy(first)[1].copy()
    owed = np.zeros_like(on_hand)
    coming = np.zeros((lead_days + 1, len(on_hand)), np.int64)
    asked = filled = value = days = 0
    for month in range(daily.shape[1]):
        low, high = policy(first + month)
        for day in range(DAYS):
            on_hand += coming[0]
            coming = np.roll(coming, -1, axis=0)
            coming[-1] = 0
            served = np.minimum(on_hand, owed)
            on_hand, owed = on_hand - served, owed - served
            wanted = daily[:, month, day]
            now = np.minimum(on_hand, wanted)
            on_hand, owed = on_hand - now, owed + wanted - now
            position = on_hand - owed + coming.sum(axis=0)
            coming[lead_days - 1] += np.where(position <= low, np.maximum(0, high - position), 0)
            if month >= WARM_UP:
                asked, filled = asked + int(wanted.sum()), filled + int(now.sum())
                value, days = value + int((on_hand * cost_fen).sum()), days + 1
    return Outcome(filled / asked if asked else 1.0, value // max(1, days))
