"""Which machines the stations reach in how many minutes, and where the gaps are."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.problems import NotFound
from services.stations.gateways import Points, population, seconds_to_nearest
from services.stations.siting.coverage import Share, gaps, reached, shares
from services.stations.store import network


@dataclass(frozen=True)
class LevelCoverage:
    """What the stations of this level or a higher one (1 is the highest) reach."""

    level: int
    stations: int
    shares: list[Share]


@dataclass(frozen=True)
class Coverage:
    """`levels`: 1, then 1 and 2, then all. `gaps`: GeoJSON features out of reach of every station in `gap_minutes`."""

    levels: list[LevelCoverage]
    machines: int
    without_place: int
    gap_minutes: int
    gaps: list[dict[str, Any]]


async def coverage(
    context: Context, caller: Principal, *, branch_id: str | None, minutes: Sequence[int], at: datetime
) -> Coverage:
    """By road, for a departure at `at`; the gaps are those of the longest of `minutes`.

    Machines and stations are those of the branch (none: the caller's own, or the whole network). Raises NotFound for a
    branch outside of the scope, NeighbourDown.
    """
    async with context.db.read() as tx:
        branch_id = await branch_in_scope(tx, caller, branch_id)
        stations = await network.station_places(tx, branch_id)
    machines = await population(context, branch_id)
    demand, levels = machines.demand, []
    for level in (1, 2, 3):
        chosen = points([row for row in stations if row.level <= level])
        seconds = await seconds_to_nearest(context, chosen, demand.places, at=at)
        levels.append(LevelCoverage(level, len(chosen), shares(demand, seconds, minutes)))
    areas = await asyncio.to_thread(gaps, demand, reached(seconds, max(minutes)))
    return Coverage(levels, int(demand.machines.sum()), machines.without_place, max(minutes), areas)


def points(rows: Sequence[Any]) -> Points:
    """Degrees lon, lat [n, 2] of rows with a place."""
    return np.array([(row.lon, row.lat) for row in rows], float).reshape(-1, 2)


async def branch_in_scope(tx: AsyncConnection, caller: Principal, branch_id: str | None) -> str | None:
    """The branch asked for, or the caller's own; none is the whole network. Raises NotFound outside of the scope."""
    wanted = branch_id or caller.branch_id
    if wanted is not None and not await network.branch_is_within(tx, wanted, network.visible_branches(caller)):
        raise NotFound(f"there is no branch {wanted}")
    return wanted
