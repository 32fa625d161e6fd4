"""Appointments and the phone's steps on them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query, Response

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code, Id, Instant
from kit.web import allow

from ..store import appointments
from ..use_cases.scoping import appointment_for
from ..use_cases.transitions import Step, check_times, take_step
from .wire import AppointmentOut, AppointmentPage, Cursor, Limit, Running, TransitionIn, TransitionOut

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


@router.post("/appointments/{appointment_id}/transitions", response_model_exclude_none=True)
async def take_transition(
    appointment_id: Id, body: TransitionIn, running: Running, caller: Principal = allow()
) -> TransitionOut:
    """For mobile_api: one step of the engineer. The same operation id is answered the same for ever.

    409 `invalid-transition` from another state, 409 `outside-geofence` with the distance for an unconfirmed check-in
    too far from the site; a confirmed one is taken and flagged for a person to look at.
    """
    place = body.place.to_wgs84() if body.place else None
    step = Step(place=place, doubts=tuple(body.doubts), **_plain(body))
    check_times(step, now=running.clock.now())
    return TransitionOut(**await take_step(running, appointment_id, step, actor=caller.actor))


def _plain(body: TransitionIn) -> dict[str, Any]:
    names = ("operation_id", "to", "at", "received_at", "reason", "accuracy_m", "confirmed")
    return {name: getattr(body, name) for name in names}
