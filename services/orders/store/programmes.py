"""Maintenance plans, their due points, and imported records."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import maintenance_plans, plan_dues


async def take_due_plans(tx: AsyncConnection, *, until: date, after: str, limit: int) -> Sequence[Row[Any]]:
    """Plans with a due point up to and including `until`, by id after `after`, held until the transaction ends."""
    due = maintenance_plans.c.next_due_on <= until
    query = (
        select(maintenance_plans)
        .where(due, maintenance_plans.c.plan_id > after)
        .order_by(maintenance_plans.c.plan_id)
        .limit(limit)
        .with_for_update()
    )
    return (await tx.execute(query)).all()


async def known_dues(tx: AsyncConnection, plan_ids: Sequence[str]) -> set[tuple[str, date]]:
    """Due points that already have their order."""
    found = await tx.execute(select(plan_dues).where(plan_dues.c.plan_id.in_(plan_ids)))
    return {(row.plan_id, row.due_on) for row in found}


async def add_dues(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(insert(plan_dues), list(rows))


_ADVANCE = (
    update(maintenance_plans)
    .where(maintenance_plans.c.plan_id == bindparam("of_plan"))
    .values(next_due_on=bindparam("next_due_on"))
)


async def advance(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Move plans (of_plan) to their next due day (next_due_on)."""
    if rows:
        await tx.execute(_ADVANCE, list(rows))
