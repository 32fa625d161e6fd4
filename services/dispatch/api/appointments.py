"""Appointments and the phone's steps on them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query, Response

from kit.auth import Principal
from kit.batches import BatchIn, BatchOut, answered
from kit.routes import service_router
from kit.values import Code, Id, Instant
from kit.web import allow

from ..store import appointments
from ..use_cases.scoping import appointment_for
from ..use_cases.transitions import Step, take_steps
from .wire import AppointmentOut, AppointmentPage, Cursor, Limit, Running, TransitionIn

router = service_router("dispatch", tag="appointments")


@router.get("/appointments")
async def list_appointments(
    running: Running,
    engineer_id: Code | None = None,
    order_id: Id | None = None,
    territory_id: Code | None = None,
    changed_after: Annotated[Instant | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    caller: Principal = allow("dispatcher", "auditor", "engineer"),
) -> AppointmentPage:
    """Appointments in the order of their last change; an engineer sees the own ones, a dispatcher the branch's."""
    async with running.db.read() as tx:
        rows = await appointments.page(
            tx,
            engineer_id=caller.engineer_id or engineer_id,
            order_id=order_id,
            territory_id=territory_id,
            branch_id=caller.branch_id,
            changed_after=changed_after,
            after=_position(cursor),
            limit=limit,
        )
    items = [AppointmentOut.of(row) for row in rows]
    return AppointmentPage(items=items, next=_cursor(items[-1]) if len(items) == limit else None)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _cursor(item: AppointmentOut) -> str:
    return f"{(item.changed_at - _EPOCH) // timedelta(microseconds=1)}.{item.id}"


def _position(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    microseconds, _, appointment_id = cursor.partition(".")
    return _EPOCH + timedelta(microseconds=int(microseconds)), appointment_id


@router.get("/appointments/{appointment_id}")
async def read_appointment(
    appointment_id: Id,
    running: Running,
    response: Response,
    caller: Principal = allow("dispatcher", "auditor", "engineer"),
) -> AppointmentOut:
    """One appointment; the ETag is its version."""
    row = await appointment_for(running, caller, appointment_id)
    response.headers["ETag"] = f'"{row.version}"'
    return AppointmentOut.of(row)


@router.post("/transitions")
async def take_transitions(body: BatchIn, running: Running, caller: Principal = allow()) -> BatchOut:
    """For mobile_api: steps of engineers on their appointments, of many phones at once; each has its own answer.

    The body of an item is {appointment_id, operation_id, to, at, received_at, reason?, place?, accuracy_m?,
    confirmed?, doubts?}, that of an answer {appointment_id, order_id, state, version, effective_at, flagged}, for
    check-ins with distance_m and fence_m in metres. The same operation id is answered the same for ever. 409
    `invalid-transition` from another state, 409 `outside-geofence` with the distance for an unconfirmed check-in too
    far from the site; a confirmed one is taken and flagged for a person to look at.
    """

    async def work(items: Sequence[tuple[str, TransitionIn]], patient: bool) -> list[dict[str, Any] | Exception | None]:
        return await take_steps(running, [_step(actor, body) for actor, body in items], patient)

    return await answered(body, TransitionIn, work, caller=caller)


def _step(actor: str, body: TransitionIn) -> Step:
    names = ("appointment_id", "operation_id", "to", "at", "received_at", "reason", "accuracy_m", "confirmed")
    said = {name: getattr(body, name) for name in names}
    return Step(actor=actor, place=body.place.to_wgs84() if body.place else None, doubts=tuple(body.doubts), **said)
