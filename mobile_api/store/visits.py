"""What dispatch has told about each engineer's appointments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import visits

Record = dict[str, Any]


async def put(tx: AsyncConnection, *, engineer_id: str, appointment_id: str, values: Record) -> None:
    """Inserts or updates one visit; `values` has at least `change`, and for a new one `order_id` and `state`."""
    key = {"engineer_id": engineer_id, "appointment_id": appointment_id}
    added = insert(visits).values(key | values)
    await tx.execute(added.on_conflict_do_update(index_elements=list(key), set_=values))


async def engineers_of(tx: AsyncConnection, appointment_id: str) -> Sequence[Row[Any]]:
    """Everybody who had the appointment, by engineer."""
    query = select(visits).where(visits.c.appointment_id == appointment_id).order_by(visits.c.engineer_id)
    return (await tx.execute(query)).all()


async def current_of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    """Visits of an order that are on a phone, by engineer."""
    mine = (visits.c.order_id == order_id) & visits.c.removed.is_(False)
    return (await tx.execute(select(visits).where(mine).order_by(visits.c.engineer_id))).all()


async def touch(tx: AsyncConnection, *, engineer_id: str, appointment_id: str, change: int) -> None:
    await tx.execute(update(visits).where(_key(engineer_id, appointment_id)).values(change=change))


# An appointment that was given to somebody else before this engineer's phone was told of it was never theirs; one that
# they declined or that was taken from them later was.
theirs = visits.c.removed.is_(False) | (visits.c.state != "planned")


async def find(
    tx: AsyncConnection, engineer_id: str, *, appointment_id: str | None, order_id: str | None
) -> Row[Any] | None:
    """The engineer's visit of this appointment, or else their newest one of this order."""
    mine = (visits.c.engineer_id == engineer_id) & theirs
    if appointment_id is not None:
        mine &= visits.c.appointment_id == appointment_id
    if order_id is not None:
        mine &= visits.c.order_id == order_id
    newest = select(visits).where(mine).order_by(visits.c.removed, visits.c.change.desc()).limit(1)
    return (await tx.execute(newest)).first()


async def several(
    tx: AsyncConnection, engineer_id: str, *, appointments: Sequence[str], orders: Sequence[str]
) -> Sequence[Row[Any]]:
    """The engineer's visits of any of these appointments or orders, the one that counts most first."""
    named = visits.c.appointment_id.in_(appointments) | visits.c.order_id.in_(orders)
    query = select(visits).where((visits.c.engineer_id == engineer_id) & named & theirs)
    return (await tx.execute(query.order_by(visits.c.removed, visits.c.change.desc()))).all()


async def of_day(tx: AsyncConnection, engineer_id: str, *, ended_after: datetime, limit: int) -> Sequence[Row[Any]]:
    """What is to be done, and what ended after `ended_after`, in the order of the route."""
    recent = or_(visits.c.ended_at.is_(None), visits.c.ended_at > ended_after)
    mine = (visits.c.engineer_id == engineer_id) & visits.c.removed.is_(False) & recent
    ordered = select(visits).where(mine).order_by(visits.c.scheduled_start.nulls_last(), visits.c.appointment_id)
    return (await tx.execute(ordered.limit(limit))).all()


async def told_after(tx: AsyncConnection, engineer_id: str, change: int, *, limit: int) -> Sequence[Row[Any]]:
    """Visits with a change number above `change`, in order."""
    mine = (visits.c.engineer_id == engineer_id) & (visits.c.change > change)
    return (await tx.execute(select(visits).where(mine).order_by(visits.c.change).limit(limit))).all()


def _key(engineer_id: str, appointment_id: str) -> ColumnElement[bool]:
    return (visits.c.engineer_id == engineer_id) & (visits.c.appointment_id == appointment_id)
