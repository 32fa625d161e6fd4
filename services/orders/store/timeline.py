"""One order's story: orders' own journal and what the other services told about it."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, literal, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from kit.rows import among_ids, as_rows, given_rows, types_of
from services.orders.tables import appointments, journal, timeline, used_parts

_TOLD = ("publisher", "seq", "event_id", "order_id", "kind", "actor", "effective_at", "recorded_at", "facts")
_given = given_rows(types_of(timeline, _TOLD))
_ADD = upsert(timeline).from_select(_TOLD, select(_given)).on_conflict_do_nothing()


async def add(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Add what others told about orders; an event that is there already changes nothing."""
    rows = [
        {
            "publisher": event.publisher,
            "seq": event.seq,
            "event_id": event.id,
            "order_id": event.order_id,
            "kind": event.kind,
            "actor": event.actor,
            "effective_at": event.effective_at,
            "recorded_at": event.recorded_at,
            "facts": event.payload,
        }
        for event in events
    ]
    if rows:
        await tx.execute(_ADD, as_rows(rows))


async def of_order(
    tx: AsyncConnection, order_id: str, *, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Row[Any]]:
    """What happened, in the order of when it was so; rows of orders itself once they are sealed.

    `after` is the (effective_at, recorded_at, publisher, seq) of the last row read.
    """
    told = select(
        timeline.c.publisher,
        timeline.c.seq,
        timeline.c.event_id,
        timeline.c.kind,
        timeline.c.actor,
        timeline.c.effective_at,
        timeline.c.recorded_at,
        timeline.c.facts,
    ).where(timeline.c.order_id == order_id)
    own = select(
        literal("orders"),
        journal.c.seq,
        journal.c.id,
        journal.c.kind,
        journal.c.actor,
        journal.c.effective_at,
        journal.c.recorded_at,
        journal.c.payload,
    ).where(journal.c.subject == order_id, journal.c.seq.is_not(None))
    both = union_all(told, own).subquery()
    key = (both.c.effective_at, both.c.recorded_at, both.c.publisher, both.c.seq)
    query = select(both).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return (await tx.execute(query)).all()


async def add_used_parts(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(upsert(used_parts).values(values).on_conflict_do_nothing())


# --- projection of dispatch's appointments ----------------------------------------------------------------------


_APPOINTMENT = tuple(column.name for column in appointments.columns)
_some = given_rows(types_of(appointments, _APPOINTMENT))
_insert = upsert(appointments).from_select(_APPOINTMENT, select(_some))
_KEEP = _insert.on_conflict_do_update(
    index_elements=["appointment_id"],
    set_={name: _insert.excluded[name] for name in _APPOINTMENT if name != "appointment_id"},
)


async def keep_appointments(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write whole rows, each appointment once; what a row leaves out becomes NULL."""
    if rows:
        await tx.execute(_KEEP, as_rows(rows))


_BY_ID = select(appointments).where(among_ids(appointments.c.appointment_id))


async def appointments_by_id(tx: AsyncConnection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    rows = await tx.execute(_BY_ID, {"ids": list(ids)})
    return {row.appointment_id: dict(row._mapping) for row in rows}


async def appointment(tx: AsyncConnection, appointment_id: str) -> Row[Any] | None:
    return (await tx.execute(select(appointments).where(appointments.c.appointment_id == appointment_id))).first()
