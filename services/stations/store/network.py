"""Branches, territories, stations, and who may see which."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, false, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.stations.tables import branch, standard_work, station, territory

_OF_STANDARD = (standard_work.c.level == station.c.level) & (standard_work.c.grade == station.c.grade)
WITH_STANDARD = station.join(territory).outerjoin(standard_work, _OF_STANDARD)
"""Stations with their territory and with what the standard of their level and grade permits."""
_STATIONS = select(station, territory.c.branch_id, standard_work.c.permits).select_from(WITH_STANDARD)


def everywhere(caller: Principal) -> bool:
    """Whether the caller's scope is the whole network."""
    return caller.role in ("admin", "auditor", "service") or (caller.role == "system" and caller.branch_id is None)


def visible_branches(caller: Principal) -> ColumnElement[bool]:
    if everywhere(caller):
        return true()
    return branch.c.branch_id == caller.branch_id if caller.branch_id is not None else false()


def visible_territories(caller: Principal) -> ColumnElement[bool]:
    if everywhere(caller):
        return true()
    return territory.c.branch_id == caller.branch_id if caller.branch_id is not None else false()


def visible_stations(caller: Principal) -> ColumnElement[bool]:
    """A branch sees its stations, a station itself only: stations are independent dealers and compete."""
    if everywhere(caller):
        return true()
    if caller.role == "station":
        return station.c.station_id == caller.station_id
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        own = select(territory.c.territory_id).where(territory.c.branch_id == caller.branch_id)
        return station.c.territory_id.in_(own)
    return false()


async def known_branches(tx: AsyncConnection, branches: Collection[str]) -> set[str]:
    return set((await tx.scalars(select(branch.c.branch_id).where(branch.c.branch_id.in_(branches)))).all())


async def known_territories(tx: AsyncConnection, territories: Collection[str]) -> set[str]:
    query = select(territory.c.territory_id).where(territory.c.territory_id.in_(territories))
    return set((await tx.scalars(query)).all())


async def stations(tx: AsyncConnection, names: Collection[str]) -> dict[str, Row[Any]]:
    """Those of `names` that exist, by id."""
    rows = await tx.execute(select(station).where(station.c.station_id.in_(names)))
    return {row.station_id: row for row in rows}


async def territories_of_stations(tx: AsyncConnection, stations: Collection[str]) -> dict[str, str]:
    """Territory by station, of those that exist."""
    query = select(station.c.station_id, station.c.territory_id).where(station.c.station_id.in_(stations))
    return {row.station_id: row.territory_id for row in await tx.execute(query)}


async def territory_with_branch(tx: AsyncConnection, territory_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    """A territory with the zone of its branch."""
    query = select(territory, branch.c.zone).join(branch).where((territory.c.territory_id == territory_id) & which)
    return (await tx.execute(query)).first()


async def list_branches(
    tx: AsyncConnection, which: ColumnElement[bool], *, after: str, limit: int
) -> Sequence[Row[Any]]:
    query = select(branch).where(which & (branch.c.branch_id > after))
    return (await tx.execute(query.order_by(branch.c.branch_id).limit(limit))).all()


async def list_territories(
    tx: AsyncConnection, which: ColumnElement[bool], *, branch_id: str | None, after: str, limit: int
) -> Sequence[Row[Any]]:
    wanted = which & (territory.c.territory_id > after)
    if branch_id is not None:
        wanted &= territory.c.branch_id == branch_id
    return (await tx.execute(select(territory).where(wanted).order_by(territory.c.territory_id).limit(limit))).all()


async def list_stations(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    branch_id: str | None,
    territory_id: str | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Stations by id, with their branch and what their standard permits."""
    wanted = which & (station.c.station_id > after)
    if branch_id is not None:
        wanted &= territory.c.branch_id == branch_id
    if territory_id is not None:
        wanted &= station.c.territory_id == territory_id
    return (await tx.execute(_STATIONS.where(wanted).order_by(station.c.station_id).limit(limit))).all()


async def stations_of_territory(tx: AsyncConnection, territory_id: str) -> Sequence[Row[Any]]:
    mine = station.c.territory_id == territory_id
    return (await tx.execute(_STATIONS.where(mine).order_by(station.c.station_id))).all()


async def station_places(tx: AsyncConnection, branch_id: str | None) -> Sequence[Row[Any]]:
    """Level and place of every station of a branch, or of all."""
    columns: tuple[Any, ...] = (station.c.station_id, station.c.level, station.c.lon, station.c.lat)
    query = select(*columns).join(territory)
    mine = true() if branch_id is None else territory.c.branch_id == branch_id
    return (await tx.execute(query.where(mine).order_by(station.c.station_id))).all()


async def zone_of_branch(tx: AsyncConnection, branch_id: str) -> str:
    return str((await tx.execute(select(branch.c.zone).where(branch.c.branch_id == branch_id))).scalar_one())


async def branch_is_within(tx: AsyncConnection, branch_id: str, which: ColumnElement[bool]) -> bool:
    query = select(branch.c.branch_id).where((branch.c.branch_id == branch_id) & which)
    return (await tx.execute(query)).first() is not None


async def station_by_id(tx: AsyncConnection, station_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    return (await tx.execute(_STATIONS.where((station.c.station_id == station_id) & which))).first()
