"""Randomness of one worker: xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", TOMS
2016). The same seed gives the same plan on every machine."""

import numpy as np

from ..compiled import typed
from ..dice import Dice
from .layout import DICE, Desk, cell, value, view


def seeded(desk: Desk, seed: int) -> None:
    """Start the worker's generator; neighbouring seeds part ways."""
    view(desk, DICE)[0] = 1 + int(Dice(seed).random() * 2**53)


@typed
def uniform(desk: Desk) -> float:
    """At least 0.0, below 1.0. Interpreted, numpy warns of the overflow that is meant here."""
    word = np.int64(value(desk, DICE, 0)).view(np.uint64)
    word ^= word >> np.uint64(12)
    word ^= word << np.uint64(25)
    word ^= word >> np.uint64(27)
    desk[cell(desk, DICE, 0)] = np.uint64(word).view(np.int64)
    return float((word * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * 2.0**-53


@typed
def below(desk: Desk, count: int) -> int:
    """A whole number from 0 to count - 1."""
    return int(uniform(desk) * count)
