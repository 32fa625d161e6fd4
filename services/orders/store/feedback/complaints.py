"""Complaints and their steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.store.scope import visible_orders
from services.orders.tables import complaint_steps, complaints, orders

_WITH_ORDER = select(
    complaints, orders.c.number, orders.c.branch_id, orders.c.territory_id, orders.c.station_id, orders.c.engineer_id
).join_from(complaints, orders)


async def add(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(complaints).values(values))


async def find(tx: AsyncConnection, complaint_id: str, principal: Principal) -> Row[Any] | None:
    query = _WITH_ORDER.where(complaints.c.complaint_id == complaint_id, visible_orders(principal))
    return (await tx.execute(query)).first()


async def lock(tx: AsyncConnection, complaint_id: str, principal: Principal) -> Row[Any] | None:
    """The caller's complaint, held until the transaction ends."""
    query = _WITH_ORDER.where(complaints.c.complaint_id == complaint_id, visible_orders(principal))
    return (await tx.execute(query.with_for_update(of=complaints))).first()


async def change(tx: AsyncConnection, complaint_id: str, **values: Any) -> None:
    await tx.execute(update(complaints).where(complaints.c.complaint_id == complaint_id).values(values))


async def add_step(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(complaint_steps).values(values))


async def steps(tx: AsyncConnection, complaint_id: str) -> Sequence[Row[Any]]:
    query = select(complaint_steps).where(complaint_steps.c.complaint_id == complaint_id)
    return (await tx.execute(query.order_by(complaint_steps.c.at))).all()


async def page(
    tx: AsyncConnection,
    principal: Principal,
    *,
    order_id: str | None,
    only_open: bool,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Visible complaints by when they came in."""
    query = _WITH_ORDER.where(visible_orders(principal))
    if order_id is not None:
        query = query.where(complaints.c.order_id == order_id)
    if only_open:
        query = query.where(complaints.c.state != "closed")
    key = (complaints.c.received_at, complaints.c.complaint_id)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return (await tx.execute(query.order_by(*key).limit(limit))).all()
