"""Borders of territories: proposed, drawn, and refused where they cross themselves or each other."""

import asyncio
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.problems import NotFound, Problem
from services.stations.gateways import population, seconds_between
from services.stations.siting import borders as shapes
from services.stations.store import borders as store
from services.stations.store import network, strength
from services.stations.use_cases.coverage import branch_in_scope

MOST_CELLS = 4000
TURN = text("LOCK TABLE territory_border IN SHARE ROW EXCLUSIVE MODE")
"""Two borders drawn at once take turns: each alone may touch nobody's, both together not."""


class NoBorder(Problem):
    """The shape cannot be a border"""

    status = 422


class BordersOverlap(Problem):
    """The border takes what belongs to another territory"""

    status = 409


class TooWide(Problem):
    """The area is too wide for one proposal"""

    status = 422


async def draw(
    tx: AsyncConnection, caller: Principal, territory_id: str, geometry: dict[str, Any], *, now: datetime
) -> None:
    """Set a territory's border. Raises NotFound, NoBorder (with the point where it crosses itself), BordersOverlap."""
    if await network.territory_with_branch(tx, territory_id, network.visible_territories(caller)) is None:
        raise NotFound(f"there is no territory {territory_id}")
    if (fault := shapes.fault(geometry)) is not None:
        raise NoBorder(f"{fault}: draw rings that do not cross themselves", pointer="/geometry/coordinates")
    await tx.execute(TURN)
    others = {name: one for name, one in (await store.all_borders(tx)).items() if name != territory_id}
    if shared := shapes.overlaps(geometry, others):
        told = ", ".join(f"{name} by {area} km²" for name, area in shared.items())
        raise BordersOverlap(f"it overlaps {told}: redraw one of them first", overlaps_km2=shared)
    values = {"territory_id": territory_id, "geometry": geometry, "actor": caller.actor, "changed_at": now}
    await store.put(tx, values)


async def remove(tx: AsyncConnection, caller: Principal, territory_id: str) -> None:
    """The territory has no border any more. Raises NotFound."""
    visible = await network.territory_with_branch(tx, territory_id, network.visible_territories(caller))
    if visible is None or not await store.remove(tx, territory_id):
        raise NotFound(f"territory {territory_id} has no border")


async def drawn(context: Context, caller: Principal, *, branch_id: str | None) -> list[dict[str, Any]]:
    """GeoJSON features of the borders within the scope; `stations_outside` are stations that lie beyond their own."""
    async with context.db.read() as tx:
        rows = await store.list_borders(tx, network.visible_territories(caller))
        stations = await strength.stations_within(tx, network.visible_stations(caller))
    return [
        _feature(
            row.territory_id,
            row.geometry,
            name_zh=row.name_zh,
            name_en=row.name_en,
            stations_outside=shapes.outside(
                row.geometry,
                {one.station_id: (one.lon, one.lat) for one in stations if one.territory_id == row.territory_id},
            ),
        )
        for row in rows
        if branch_id is None or row.branch_id == branch_id
    ]


async def propose(context: Context, caller: Principal, *, branch_id: str | None, at: datetime) -> list[dict[str, Any]]:
    """GeoJSON features: each area of machines belongs to the territory whose station reaches it first by road.

    Raises NotFound, TooWide, NeighbourDown.
    """
    async with context.db.read() as tx:
        branch_id = await branch_in_scope(tx, caller, branch_id)
        stations = [
            row
            for row in await strength.stations_within(tx, network.visible_stations(caller))
            if branch_id is None or row.branch_id == branch_id
        ]
    machines = (await population(context, branch_id)).demand
    cells, centres = await asyncio.to_thread(shapes.cells_of, machines.places)
    if len(cells) > MOST_CELLS:
        raise TooWide(f"machines stand in {len(cells)} areas of 250 km², {MOST_CELLS} are possible: name a branch")
    if not cells or not stations:
        return []
    seconds = await seconds_between(context, np.array([(row.lon, row.lat) for row in stations]), centres, at=at)
    found = await asyncio.to_thread(shapes.proposed, cells, seconds, [row.territory_id for row in stations])
    return [_feature(territory, geometry) for territory, geometry in found.items()]


def _feature(territory_id: str, geometry: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"territory_id": territory_id, **more}}
