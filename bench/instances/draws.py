"""Draws that the parts of the generator share. `Dice` is ours: the same on every machine and library version."""

import math
from collections.abc import Mapping, Sequence

from services.dispatch.solver.dice import Dice

HOUR, DAY = 3600, 86_400


def weighted(dice: Dice, shares: Mapping[str, float]) -> str:
    """One of the names, as often as its share says."""
    left = dice.random() * sum(shares.values())
    for name, share in shares.items():
        left -= share
        if left < 0:
            return name
    return list(shares)[-1]


def step(dice: Dice, low: int, high: int, unit: int) -> int:
    """A multiple of `unit` from `low` to `high`, both included."""
    return unit * dice.randint(low // unit, high // unit)


def waited(dice: Dice, mean: float, most: float) -> int:
    """Seconds since a call: many are fresh, few are old (exponential, cut off)."""
    return int(min(most, -mean * math.log(max(dice.random(), 1e-9))))


def popular(dice: Dice, items: Sequence[str]) -> str:
    """One item; the k-th is asked for 1/k as often as the first."""
    return weighted(dice, {item: 1 / rank for rank, item in enumerate(items, start=1)})
