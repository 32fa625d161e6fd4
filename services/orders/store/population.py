"""Machines counted by place and by age, and promises by place."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import assets, clocks, orders


async def by_place(tx: AsyncConnection, branch_id: str | None) -> list[tuple[float, float, int]]:
    """Longitude, latitude (to 0.01 degrees, about a kilometre) and the machines there."""
    lon, lat = _rounded(assets.c.lon, assets.c.lat)
    columns: tuple[Any, ...] = (lon, lat, func.count())
    placed = assets.c.lon.is_not(None) & assets.c.lat.is_not(None) & _of(branch_id)
    rows = await tx.execute(select(*columns).where(placed).group_by(lon, lat).order_by(lon, lat))
    return [(float(x), float(y), int(machines)) for x, y, machines in rows]


async def without_place(tx: AsyncConnection, branch_id: str | None) -> int:
    """Machines of which nobody knows where they are."""
    nowhere = (assets.c.lon.is_(None) | assets.c.lat.is_(None)) & _of(branch_id)
    return int((await tx.execute(select(func.count()).select_from(assets).where(nowhere))).scalar_one())


async def arrival_promises(
    tx: AsyncConnection, branch_id: str | None, *, since: datetime
) -> list[tuple[float, float, int, int]]:
    """Longitude, latitude (to 0.01 degrees), seconds promised, and the arrival promises of orders reported since then.

    A clock that starts at the end of a window is none: it asks for punctuality, not for a station nearby.
    """
    lon, lat = _rounded(orders.c.lon, orders.c.lat)
    seconds = cast(clocks.c.rule["seconds"].astext, Integer)
    columns: tuple[Any, ...] = (lon, lat, seconds, func.count())
    counted = (orders.c.reported_at >= since) & (orders.c.state != "cancelled")
    arrival = (clocks.c.clock == "arrive") & (clocks.c.rule["start"].astext != "window_end")
    query = select(*columns).join(orders, orders.c.order_id == clocks.c.order_id).where(counted & arrival)
    if branch_id is not None:
        query = query.where(orders.c.branch_id == branch_id)
    rows = await tx.execute(query.group_by(lon, lat, seconds).order_by(lon, lat, seconds))
    return [(float(x), float(y), int(limit), int(promises)) for x, y, limit, promises in rows]


def _rounded(*columns: ColumnElement[float]) -> list[Any]:
    return [func.round(cast(column, Numeric), 2) for column in columns]


def _of(branch_id: str | None) -> ColumnElement[bool]:
    return true() if branch_id is None else assets.c.branch_id == branch_id


async def built(tx: AsyncConnection) -> list[tuple[str, int, int]]:
    """Station, year, and the machines named to the station that were built (or put into service) in that year."""
    year = func.extract("year", func.coalesce(assets.c.built_on, assets.c.in_service_on))
    columns: tuple[Any, ...] = (assets.c.station_id, year, func.count())
    known = assets.c.station_id.is_not(None) & year.is_not(None)
    rows = await tx.execute(select(*columns).where(known).group_by(assets.c.station_id, year))
    return [(station_id, int(of), int(machines)) for station_id, of, machines in rows]


async def broken_down(tx: AsyncConnection, *, since: datetime) -> list[tuple[int, int, int]]:
    """Year of the report, year in which the machine was built, and the breakdowns reported of such machines."""
    reported = func.extract("year", orders.c.reported_at)
    year = func.extract("year", func.coalesce(assets.c.built_on, assets.c.in_service_on))
    columns: tuple[Any, ...] = (reported, year, func.count())
    counted = (orders.c.reported_at >= since) & (orders.c.state != "cancelled") & year.is_not(None)
    query = select(*columns).join(assets, assets.c.asset_id == orders.c.asset_id)
    rows = await tx.execute(query.where(counted & orders.c.plan_id.is_(None)).group_by(reported, year))
    return [(int(at), int(of), int(breakdowns)) for at, of, breakdowns in rows]
