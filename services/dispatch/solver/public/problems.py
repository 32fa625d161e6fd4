"""Problems of the public sets as arrays. Index 0 is the depot throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Route = tuple[int, Sequence[int]]
"""(vehicle, nodes in turn)."""


@dataclass(frozen=True)
class Vrptw:
    """Vehicle routing with time windows in exact integers: tenths of the file's unit, for way and time alike.

    `distance[i, j]` is symmetric, below 2**29, and truncated to one decimal before it is taken times ten. `ready`,
    `due` bound the start of service; the fleet is unlimited; the objective is the total distance.
    """

    distance: Ints
    demand: Ints
    ready: Ints
    due: Ints
    service: Ints
    capacity: int

    @property
    def size(self) -> int:
        """Number of nodes, depot included."""
        return len(self.demand)


@dataclass(frozen=True)
class Trsp:
    """Technician routing and scheduling (Pillac, Gueret, Medaglia 2013): way = time, real numbers.

    Nodes: depot, technicians' homes 1 .. `technicians`, then requests. `skills`, `tools`: [node, name], owned by
    technicians, needed by requests; `parts`: [node, part] pieces carried or used up. After a visit to the depot a
    technician has every tool and enough of every part. The objective is the total working time.
    """

    technicians: int
    distance: Floats
    ready: Floats
    due: Floats
    service: Floats
    skills: Bools
    tools: Bools
    parts: Ints

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.ready)

    @property
    def requests(self) -> range:
        """Nodes that are requests."""
        return range(self.technicians + 1, self.size)

    @cached_property
    def neighbours(self) -> Ints:
        """[node, rank] requests by distance from the node."""
        order = np.argsort(self.distance[:, self.technicians + 1 :], axis=1, kind="stable")
        return (order + self.technicians + 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class PublicPlan:
    """Routes as (vehicle, nodes in order; TRSP: 0 where the depot is visited); `unassigned` with reasons."""

    routes: tuple[tuple[int, tuple[int, ...]], ...]
    unassigned: dict[int, str]
