"""Appointments and the phone's steps on them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from kit.values import Place

from ..domain.appointments import ACTIVE, Slot
from ..domain.published import SourcedLine
from ..domain.standing import Appointment
from ..tables import Moment, appointments, territories, transitions

Record = dict[str, Any]
_active = appointments.c.state.in_(sorted(ACTIVE))
_with_branch = select(appointments, territories.c.branch_id).join(territories)


def _sourcing(lines: Sequence[SourcedLine]) -> list[Record]:
    return [line.model_dump(mode="json") for line in lines]


def appointment_of(row: Row[Any]) -> Appointment:
    return Appointment(
        id=row.id,
        order_id=row.order_id,
        engineer_id=row.engineer_id,
        state=row.state,
        version=row.version,
        start=row.scheduled_start,
        end=row.scheduled_end,
        site=Place(row.lon, row.lat),
        sourcing=tuple(SourcedLine.model_validate(line) for line in row.sourcing),
        arrived_at=row.arrived_at,
        expected_at=row.expected_at,
        reference_start=row.reference_start,
        role=row.role,
        expert_id=row.expert_id,
    )


async def active(tx: AsyncConnection, territory_id: str) -> dict[Slot, Appointment]:
    """Active appointments of a territory by order id and role."""
    rows = await tx.execute(select(appointments).where(appointments.c.territory_id == territory_id, _active))
    return {one.slot: one for one in map(appointment_of, rows)}


async def declines(tx: AsyncConnection, *, territory_id: str, since: datetime) -> dict[str, frozenset[str]]:
    """Which engineers declined which order of a territory, by order id."""
    query = select(appointments.c.order_id, appointments.c.engineer_id).where(
        appointments.c.territory_id == territory_id,
        appointments.c.state == "declined",
        appointments.c.ended_at > since,
    )
    found: dict[str, set[str]] = {}
    for row in await tx.execute(query):
        found.setdefault(row.order_id, set()).add(row.engineer_id)
    return {order: frozenset(engineers) for order, engineers in found.items()}


async def add(tx: AsyncConnection, rows: Sequence[Record]) -> None:
    """Insert new appointments; `sourcing` holds SourcedLine."""
    if rows:
        stored = [row | {"sourcing": _sourcing(row["sourcing"])} for row in rows]
        await tx.execute(insert(appointments), stored)


async def reschedule(tx: AsyncConnection, rows: Sequence[Record], *, tolerance: timedelta) -> None:
    """Write new engineers, windows, sites and sourcing of existing appointments: {id, engineer_id, scheduled_start, …}.

    A start beyond the tolerance around the reference becomes the reference.
    """
    if not rows:
        return
    when_where = ("scheduled_start", "scheduled_end", "lon", "lat", "place_error_m")
    changed = ("engineer_id", *when_where, "sourcing", "expert_id", "epoch")
    statement = (
        update(appointments)
        .where(appointments.c.id == bindparam("of_id"))
        .values({name: bindparam(f"new_{name}") for name in changed})
        .values(reference_start=_reference(bindparam("new_scheduled_start", type_=Moment), tolerance))
        .values(version=appointments.c.version + 1, changed_at=func.clock_timestamp())
    )
    await tx.execute(
        statement,
        [
            {"of_id": row["id"]}
            | {f"new_{name}": row[name] for name in changed if name != "sourcing"}
            | {"new_sourcing": _sourcing(row["sourcing"])}
            for row in rows
        ],
    )


def _reference(start: ColumnElement[datetime], tolerance: timedelta) -> ColumnElement[datetime]:
    known = appointments.c.reference_start
    return case((or_(start < known - tolerance, start > known + tolerance), start), else_=known)


async def move(tx: AsyncConnection, ids: Sequence[str], values: Record) -> None:
    """Give appointments a new state with what belongs to it."""
    if ids:
        stamped = values | {"version": appointments.c.version + 1, "changed_at": func.clock_timestamp()}
        await tx.execute(update(appointments).where(appointments.c.id.in_(ids)).values(stamped))


async def dispatch(tx: AsyncConnection, ids: Sequence[str], *, at: datetime) -> None:
    """Planned appointments go to the phone; from now on changes have a price."""
    await move(tx, ids, {"state": "dispatched", "dispatched_at": at, "reference_start": appointments.c.scheduled_start})


async def waiting_for_dispatch(tx: AsyncConnection, *, territory_id: str, before: datetime) -> list[Appointment]:
    """Planned appointments that start by `before` and have not been sent to a phone."""
    due = and_(
        appointments.c.territory_id == territory_id,
        appointments.c.state == "planned",
        appointments.c.scheduled_start <= before,
    )
    return [appointment_of(row) for row in await tx.execute(select(appointments).where(due))]


async def find(tx: AsyncConnection, appointment_id: str) -> Row[Any] | None:
    """The appointment with the branch of its territory."""
    return (await tx.execute(_with_branch.where(appointments.c.id == appointment_id))).first()


async def hold(tx: AsyncConnection, ids: Sequence[str], *, wait: bool) -> dict[str, Row[Any]]:
    """The appointments, locked against every other change until the transaction ends.

    Without `wait` those that somebody else has locked are left out.
    """
    query = select(appointments).where(appointments.c.id.in_(ids)).order_by(appointments.c.id)
    return {row.id: row for row in await tx.execute(query.with_for_update(skip_locked=not wait))}


async def of_order(tx: AsyncConnection, order_id: str) -> list[Row[Any]]:
    """Active appointments of an order (at most one of each role, by constraint), locked."""
    query = select(appointments).where(appointments.c.order_id == order_id, _active).with_for_update()
    return list(await tx.execute(query))


async def territory_of_order(tx: AsyncConnection, order_id: str) -> str | None:
    query = select(appointments.c.territory_id).where(appointments.c.order_id == order_id, _active).limit(1)
    return (await tx.execute(query)).scalar_one_or_none()


async def page(
    tx: AsyncConnection,
    *,
    engineer_id: str | None,
    order_id: str | None,
    territory_id: str | None,
    branch_id: str | None,
    changed_after: datetime | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Row[Any]]:
    """Appointments in order of change; `after` is the place of the last one that was read."""
    given = {
        appointments.c.engineer_id: engineer_id,
        appointments.c.order_id: order_id,
        appointments.c.territory_id: territory_id,
        territories.c.branch_id: branch_id,
    }
    query = _with_branch.where(*(column == value for column, value in given.items() if value is not None))
    if changed_after is not None:
        query = query.where(appointments.c.changed_at > changed_after)
    if after is not None:
        at, last = after
        later = and_(appointments.c.changed_at == at, appointments.c.id > last)
        query = query.where(or_(appointments.c.changed_at > at, later))
    ordered = query.order_by(appointments.c.changed_at, appointments.c.id).limit(limit)
    return list(await tx.execute(ordered))


_STEPPED = ("state", "flagged", "reason", "distance_m", "acknowledged_at", "departed_at", "arrived_at", "ended_at")
_given_step = given_rows(types_of(appointments, ("id", *_STEPPED)))
_STEP = (
    update(appointments)
    .where(appointments.c.id == _given_step.c.id)
    .values({name: func.coalesce(_given_step.c[name], appointments.c[name]) for name in _STEPPED})
    .values(version=appointments.c.version + 1, changed_at=func.clock_timestamp())
)


async def step(tx: AsyncConnection, rows: Sequence[Record]) -> None:
    """Take steps: each row has the appointment's id, its new state, and what the step adds to it."""
    if rows:
        await tx.execute(_STEP, as_rows(rows))


_RECEIPT = ("operation_id", "appointment_id", "fingerprint", "answer", "at", "received_at")
_given_receipt = given_rows(types_of(transitions, _RECEIPT))
_KEEP = (
    upsert(transitions)
    .from_select(_RECEIPT, select(_given_receipt))
    .on_conflict_do_nothing()
    .returning(transitions.c.operation_id)
)


async def answer_operations(tx: AsyncConnection, rows: Sequence[Record]) -> set[str]:
    """Keep the answers to phones' operations; the ids of those that were not taken before.

    Waits for whoever is at the same operation.
    """
    return set((await tx.scalars(_KEEP, as_rows(rows))).all()) if rows else set()


async def operations(tx: AsyncConnection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The kept answers of these operations, by operation."""
    rows = await tx.execute(select(transitions).where(transitions.c.operation_id.in_(ids)))
    return {row.operation_id: row for row in rows}
