"""How large a made network is, and how a whole is shared out in proportion."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Exact numbers of stations, engineers and open orders; branches () means every province."""

    name: str
    branches: tuple[str, ...]
    stations: int
    engineers: int
    orders: int
    central_depots: tuple[str, ...]


SIZES = {
    size.name: size
    for size in (
        Size("branch", ("SD",), 20, 60, 200, ("SD",)),
        Size("region", ("SD", "HA", "HE", "JS", "AH", "SX"), 120, 400, 1_500, ("SD", "HA")),
        Size("nation", (), 900, 5_000, 20_000, ("SD", "HB", "GD", "SC", "SN", "LN", "XJ")),
    )
}
ORDERS_PER_TERRITORY = 240
"""A branch is split into territories of about this many open orders, so that one stays under 300."""


def apportion(total: int, weights: Sequence[float], *, least: int = 0) -> list[int]:
    """Shares of a total in proportion to weights by largest remainder, each at least `least`; they sum to total.

    Raises ValueError when the total does not suffice for the least shares.
    """
    free = total - least * len(weights)
    if free < 0 or not weights:
        raise ValueError(f"{total} cannot give {len(weights)} shares of at least {least}")
    whole = sum(weights)
    exact = [free * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: free - sum(shares)]:
        shares[i] += 1
    return [least + share for share in shares]
