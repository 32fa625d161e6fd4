"""When vehicles are out of use, and which plates may not set out."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.values import Place
from services.stations.domain import PlateLimit
from services.stations.tables import plate_limit, vehicle, vehicle_block


async def add_block(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(vehicle_block).values(values))


async def block_by_id(tx: AsyncConnection, block_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    """A block of a vehicle within `which`, locked."""
    query = select(vehicle_block).join(vehicle).where((vehicle_block.c.id == block_id) & which)
    return (await tx.execute(query.with_for_update(of=vehicle_block))).first()


async def end_block(tx: AsyncConnection, block_id: str, at: datetime) -> None:
    await tx.execute(update(vehicle_block).where(vehicle_block.c.id == block_id).values(ended_at=at))


async def blocks_of(tx: AsyncConnection, vehicle_id: str) -> Sequence[Row[Any]]:
    """By start."""
    query = select(vehicle_block).where(vehicle_block.c.vehicle_id == vehicle_id)
    return (await tx.execute(query.order_by(vehicle_block.c.start, vehicle_block.c.id))).all()


async def plate_limits(tx: AsyncConnection) -> list[PlateLimit]:
    """All of them, by city and weekday: a city has seven at most."""
    columns = plate_limit.c
    rows = await tx.execute(select(plate_limit).order_by(columns.name, columns.weekday, columns.limit_id))
    return [
        PlateLimit(
            name=row.name,
            place=Place(row.lon, row.lat),
            radius_km=row.radius_km,
            weekday=row.weekday,
            digits=row.digits,
            opens=time.fromisoformat(row.opens),
            closes=time.fromisoformat(row.closes),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in rows
    ]
