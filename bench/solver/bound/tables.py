"""One tour as the search for its cheapest route sees it: flat arrays.

Nodes are the tour's orders, then its depots; one more index stands for where the tour begins (as an origin) and
for its end place (as a target).
"""

from typing import NamedTuple

from .tolls import Ints

SERVICE, FIXED_FEN, BIT, DEPOT, CLOCK_FIRST, CLOCK_END, RELIEF_FIRST, RELIEF_END, DRIVE = range(9)
"""Columns of `nodes`. FIXED_FEN: price wherever it stands, without the order's toll; BIT: the order's; DEPOT: the
depot's bit; DRIVE: of the truck with its cargo."""
DUE, RATE, BREACH, CAP, AT_END, OR_CARGO, OF_CARGO = range(7)
"""Columns of `clocks`."""
PASSED = 3
"""Column of `offers`: depots that must have been passed."""
CARGO_AT, DELIVERED_AT, RELIEF_FEN = range(3)
"""Columns of `reliefs`; DELIVERED_AT is -1 where the truck brings its cargo itself; RELIEF_FEN is with the vehicle's
toll."""

UNREACHABLE = 2**40
"""Seconds or fen of what is impossible."""


class Tables(NamedTuple):
    """Instants and durations in seconds. `seconds`, `fen`: [origin, target] of the legs. `keep`: [origin,
    target] bits of orders that are still remembered there. `gain`: [node] toll that the
    order pays. `offers`: [_, (first start, last start, fen with tolls, bits of the depots that must have been passed)];
    those of a node lie between span[node, 0] and span[node, 2], those that suffice where every depot was passed before
    span[node, 1]. `width`: of a slot."""

    nodes: Ints
    clocks: Ints
    seconds: Ints
    fen: Ints
    keep: Ints
    gain: Ints
    offers: Ints
    span: Ints
    reliefs: Ints
    begin: int
    end: int
    limit: int
    overtime_rate: int
    width: int
