"""In which order the visits that a ruin took out come back."""

from typing import Any

from numpy.typing import NDArray

from ..compiled import kernel
from .chance import Dice, below

Ranks = NDArray[Any]
"""[way of sorting, visit]; kernels compile for whole and for real numbers."""


@kernel
def sort_absent(ranks: Ranks, shuffled: int, absent: NDArray[Any], count: int, dice: Dice) -> None:
    """Shuffle the first `count` absent visits, then sort them by a random row of the ranks; in `shuffled` of the
    len(ranks) + `shuffled` equally likely draws they stay shuffled."""
    for last in range(count - 1, 0, -1):
        other = below(dice, last + 1)
        absent[last], absent[other] = absent[other], absent[last]
    order = below(dice, len(ranks) + shuffled) - shuffled
    if order < 0:
        return
    keys = ranks[order]
    for index in range(1, count):
        visit = absent[index]
        spot = index - 1
        while spot >= 0 and keys[absent[spot]] > keys[visit]:
            absent[spot + 1] = absent[spot]
            spot -= 1
        absent[spot + 1] = visit
