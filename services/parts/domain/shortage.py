"""How short a place is expected to run before it is filled up again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp


@dataclass(frozen=True, slots=True)
class Shortage:
    """`score` is the share of the expected demand that the free stock will not meet, 0 to 1.

    `worst` are the parts with the most pieces expected to be short, most first.
    """

    score: float
    expected_demand: float
    worst: list[tuple[str, float]]


def expected_short(demand: float, stock: int) -> float:
    """E[(D - stock)+] for a Poisson demand with this mean: the loss function of inventory theory.

    = (mean - s) (1 - F(s)) + mean f(s), with f and F of the Poisson distribution.
    """
    if demand <= 0:
        return 0.0
    if demand > 500:  # f(0) underflows; at that size the spread is a few per cent of the mean
        return max(0.0, demand - stock)
    density = cumulated = exp(-demand)
    for pieces in range(1, stock + 1):
        density *= demand / pieces
        cumulated += density
        if pieces > demand and density < 1e-15:
            break
    return max(0.0, (demand - stock) * max(0.0, 1 - cumulated) + demand * density)


def shortage(demand: Mapping[str, float], free: Mapping[str, int], *, most: int = 5) -> Shortage:
    """`demand`: pieces expected by part until the place is filled up again; `free`: pieces that nobody has claimed."""
    short = {part: expected_short(pieces, free.get(part, 0)) for part, pieces in demand.items()}
    total = sum(demand.values())
    worst = sorted(short.items(), key=lambda one: (-one[1], one[0]))[:most]
    score = sum(short.values()) / total if total else 0.0
    return Shortage(score, total, [(part, pieces) for part, pieces in worst if pieces >= 0.01])
