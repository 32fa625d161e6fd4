"""What dispatch has told about each engineer's appointments."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from mobile_api.tables import visits

Record = dict[str, Any]


_PUT = visits.c.keys()
_putting = given_rows(types_of(visits, _PUT))
_put = insert(visits).from_select(_PUT, select(_putting))
_PUT_ALL = _put.on_conflict_do_update(
    index_elements=["engineer_id", "appointment_id"],
    set_={name: _put.excluded[name] for name in _PUT if name not in ("engineer_id", "appointment_id")},
)


async def put(tx: AsyncConnection, rows: Sequence[Record]) -> None:
    """Inserts or replaces visits, each with all that is known of it."""
    if rows:
        await tx.execute(_PUT_ALL, as_rows(rows))


async def of_appointments(tx: AsyncConnection, appointments: Collection[str]) -> Sequence[Row[Any]]:
    """Everybody's who had one of these appointments."""
    return (await tx.execute(select(visits).where(visits.c.appointment_id.in_(appointments)))).all()


async def current_of_orders(tx: AsyncConnection, orders: Collection[str]) -> Sequence[Row[Any]]:
    """Visits of these orders that are on a phone."""
    mine = visits.c.order_id.in_(orders) & visits.c.removed.is_(False)
    return (await tx.execute(select(visits).where(mine))).all()


_touched = given_rows(types_of(visits, ("engineer_id", "appointment_id", "change")))
_TOUCH = (
    update(visits)
    .where(visits.c.engineer_id == _touched.c.engineer_id, visits.c.appointment_id == _touched.c.appointment_id)
    .values(change=_touched.c.change)
)


async def touch(tx: AsyncConnection, rows: Sequence[Record]) -> None:
    """Gives visits new change numbers: {engineer_id, appointment_id, change}."""
    if rows:
        await tx.execute(_TOUCH, as_rows(rows))


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


_named = given_rows(types_of(visits, ("engineer_id", "appointment_id", "order_id")))
_mine = (visits.c.engineer_id == _named.c.engineer_id) & theirs
_SEVERAL = union(
    select(visits).join(_named, _mine & (visits.c.appointment_id == _named.c.appointment_id)),
    select(visits).join(_named, _mine & (visits.c.order_id == _named.c.order_id)),
)


async def several(tx: AsyncConnection, named: Sequence[Record]) -> Sequence[Row[Any]]:
    """Engineers' own visits, the one that counts most first; named by {engineer_id, appointment_id?, order_id?}."""
    rows = (await tx.execute(_SEVERAL, as_rows(named))).all() if named else []
    return sorted(rows, key=lambda row: (row.removed, -row.change))


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
