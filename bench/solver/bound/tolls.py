"""What the orders pay and the scarce things charge while tours are priced one by one."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

NOBODY = -1
"""In the place of a vehicle: none is sent."""


class Pieces(NamedTuple):
    """So many pieces of a part from a stock place."""

    place: int
    part: int
    quantity: int


@dataclass(frozen=True)
class Tolls:
    """In fen. `orders`: paid to whoever serves the order. `vehicles`, `pieces` [stock place, part]: charged for sending
    the vehicle and per piece, never negative."""

    orders: Ints
    vehicles: Ints
    pieces: Ints

    def of_vehicle(self, vehicle: int) -> int:
        """Its toll; nothing for NOBODY."""
        return 0 if vehicle == NOBODY else int(self.vehicles[vehicle])

    def towards(self, other: "Tolls", share: float) -> "Tolls":
        """So much of the way from these to the others."""
        pairs = (self.orders, other.orders), (self.vehicles, other.vehicles), (self.pieces, other.pieces)
        return Tolls(*(one + np.rint(share * (another - one)).astype(np.int64) for one, another in pairs))
