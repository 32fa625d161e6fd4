"""Machines counted by place."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, cast, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import assets


async def by_place(tx: AsyncConnection, branch_id: str | None) -> list[tuple[float, float, int]]:
    """Longitude, latitude (to 0.01 degrees, about a kilometre) and the machines there."""
    lon, lat = (func.round(cast(column, Numeric), 2) for column in (assets.c.lon, assets.c.lat))
    columns: tuple[Any, ...] = (lon, lat, func.count())
    placed = assets.c.lon.is_not(None) & assets.c.lat.is_not(None) & _of(branch_id)
    rows = await tx.execute(select(*columns).where(placed).group_by(lon, lat).order_by(lon, lat))
    return [(float(x), float(y), int(machines)) for x, y, machines in rows]


async def without_place(tx: AsyncConnection, branch_id: str | None) -> int:
    """Machines of which nobody knows where they are."""
    nowhere = (assets.c.lon.is_(None) | assets.c.lat.is_(None)) & _of(branch_id)
    return int((await tx.execute(select(func.count()).select_from(assets).where(nowhere))).scalar_one())


def _of(branch_id: str | None) -> ColumnElement[bool]:
    return true() if branch_id is None else assets.c.branch_id == branch_id
