"""Seeded randomness of the solver: the same seed gives the same plan on every machine and library version."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")

_MASK = 2**64 - 1


class Dice:
    """xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators", TOMS 2016)."""

    def __init__(self, seed: int) -> None:
        self._state = ((seed & _MASK) * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) & _MASK or 1
        for _ in range(8):  # neighbouring seeds part ways
            self.random()

    def random(self) -> float:
        """At least 0.0, below 1.0."""
        x = self._state
        x ^= x >> 12
        x ^= (x << 25) & _MASK
        x ^= x >> 27
        self._state = x
        return (((x * 0x2545F4914F6CDD1D) & _MASK) >> 11) * 2.0**-53

    def uniform(self, low: float, high: float) -> float:
        """At least `low`, below `high`."""
        return low + (high - low) * self.random()

    def randint(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def choice(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[int(self.random() * len(items))]

    def sample(self, items: Sequence[Item], count: int) -> list[Item]:
        """`count` different items."""
        rest = list(items)
        for position in range(count):
            other = self.randint(position, len(rest) - 1)
            rest[position], rest[other] = rest[other], rest[position]
        return rest[:count]
