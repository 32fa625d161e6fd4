"""Randomness inside kernels: xorshift64 (Marsaglia, Journal of Statistical Software 8(14), 2003)."""

import numpy as np
from numpy.typing import NDArray

from ..compiled import kernel
from ..dice import Dice as Seeded

Dice = NDArray[np.uint64]
"""One word of state."""

_A, _B, _C, _MANTISSA = np.uint64(13), np.uint64(7), np.uint64(17), np.uint64(11)


def dice(seed: int) -> Dice:
    """A generator; neighbouring seeds part ways."""
    return np.array([1 + int(Seeded(seed).random() * 2**53)], np.uint64)


@kernel
def roll(state: Dice) -> float:
    """At least 0.0, below 1.0."""
    x = state[0]
    x ^= x << _A
    x ^= x >> _B
    x ^= x << _C
    state[0] = x
    return float(x >> _MANTISSA) * 2.0**-53


@kernel
def below(state: Dice, count: int) -> int:
    """A whole number from 0 to `count` - 1."""
    return int(roll(state) * count)
