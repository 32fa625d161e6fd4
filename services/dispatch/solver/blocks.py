"""Ways of a problem that is too large for one matrix: several matrices, each over the places of one territory."""

from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.int32]


class Blocks:
    """Places may belong to several blocks (a depot on the border, a site that two territories can serve).

    `places[k]`: indices of the places of block k; `seconds[k]`, `metres[k]`: [row, column] in that order, -1 = no
    way. Between two places that share no block there is no way; where they share several, the first one counts.
    """

    def __init__(self, places: Iterable[list[int]], seconds: Iterable[Matrix], metres: Iterable[Matrix]) -> None:
        self.places, self.seconds, self.metres = tuple(places), tuple(seconds), tuple(metres)

    def way(self, origin: int, target: int) -> tuple[int, int]:
        """(seconds, metres) of the way, (-1, -1) where there is none."""
        for block in self.of(origin):
            rows = self._rows[block]
            if target in rows:
                cell = rows[origin], rows[target]
                return int(self.seconds[block][cell]), int(self.metres[block][cell])
        return -1, -1

    def of(self, place: int) -> tuple[int, ...]:
        """The blocks to which a place belongs, in order."""
        return self._of_place.get(place, ())

    @cached_property
    def _rows(self) -> list[dict[int, int]]:
        return [{place: row for row, place in enumerate(places)} for places in self.places]

    @cached_property
    def _of_place(self) -> dict[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for block, place in self._members():
            found.setdefault(place, []).append(block)
        return {place: tuple(own) for place, own in found.items()}

    def _members(self) -> Iterator[tuple[int, int]]:
        return ((block, place) for block, places in enumerate(self.places) for place in places)
