"""One tour as the search for its cheapest route sees it: flat arrays.

Nodes are the tour's orders, then its tracked depots; one more index stands for where the tour begins (as an origin) and
for its end place (as a target).
"""

from typing import NamedTuple

from .tolls import Ints

SERVICE, FIXED_FEN, BIT, DEPOT, CLOCK_FIRST, CLOCK_END, RELIEF_FIRST, RELIEF_END, DRIVE = range(9)
"""Columns of `nodes`. FIXED_FEN: price wherever it stands, without the order's toll; BIT: the order's; DEPOT: the
depot's bit; DRIVE: of the truck with its cargo."""
DUE, RATE, BREACH, CAP, AT_END, OR_CARGO, OF_CARGO = range(7)
"""Columns of `clocks`."""
CARGO_AT, DELIVERED_AT, RELIEF_FEN = range(3)
"""Columns of `reliefs`; DELIVERED_AT is -1 where the truck brings its cargo itself; RELIEF_FEN is with the vehicle's
toll."""

UNREACHABLE = 2**40
"""Seconds or fen of what is impossible."""


class Tables(NamedTuple):
    """Instants and durations in seconds. `seconds`, `fen`: [origin, target] of the legs. `keep`: [origin,
    target] bits of orders that are still remembered there. `gain`: [node] toll that the
    order pays. `offers`: [_, (first start, last start, fen with tolls)]; those of a node with these depots passed lie
    between span[node, depots, 0] and span[node, depots, 1]. `passed`: depots (bits) that count as visited from the
    beginning. `width`: of a slot."""

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
    passed: int
    width: int
