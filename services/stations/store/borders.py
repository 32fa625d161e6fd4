"""Borders of territories as they are stored."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stations.tables import territory, territory_border


async def put(tx: AsyncConnection, values: dict[str, Any]) -> None:
    row = insert(territory_border).values(values)
    await tx.execute(row.on_conflict_do_update(index_elements=["territory_id"], set_=values))


async def remove(tx: AsyncConnection, territory_id: str) -> bool:
    """False when the territory has no border."""
    gone = delete(territory_border).where(territory_border.c.territory_id == territory_id)
    return (await tx.execute(gone)).rowcount == 1


async def all_borders(tx: AsyncConnection) -> dict[str, dict[str, Any]]:
    """Every border, locked: two that are drawn at once are compared with each other."""
    rows = await tx.execute(select(territory_border).with_for_update())
    return {row.territory_id: row.geometry for row in rows}


async def list_borders(tx: AsyncConnection, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    query = select(territory_border, territory.c.branch_id, territory.c.name_zh, territory.c.name_en).join(territory)
    return (await tx.execute(query.where(which).order_by(territory.c.territory_id))).all()
