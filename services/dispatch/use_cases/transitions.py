"""The phone's steps on an appointment: each operation id has one effect and one answer, for ever."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.problems import KeyReused, NotFound, Problem
from kit.values import Place
from services.messages import AppointmentMoved

from ..context import DispatchContext
from ..domain.appointments import CheckIn, PhoneStep, check_step, effective
from ..store import appointments, territories
from .appointing import SOLVER, end_appointment
from .planning import ask_for_plan

Record = dict[str, Any]
CLOCKS_APART = timedelta(minutes=5)
"""A fact that claims to be received later than this after our own clock is wrong, not early."""

STAMP: dict[PhoneStep, str] = {
    "acknowledged": "acknowledged_at",
    "declined": "ended_at",
    "travelling": "departed_at",
    "on_site": "arrived_at",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a phone. `at` is the device's time as corrected by mobile_api, `received_at` when it came in."""

    appointment_id: str
    actor: str
    operation_id: str
    to: PhoneStep
    at: datetime
    received_at: datetime
    reason: str | None = None
    place: Place | None = None
    accuracy_m: float | None = None
    confirmed: bool = False
    doubts: tuple[str, ...] = ()
    """Why mobile_api finds it implausible; then it is flagged."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that is possible: what it changes, and what it is answered."""

    step: Step
    row: Row[Any]
    at: datetime
    flagged: bool
    distance_m: int | None
    answer: Record


async def take_steps(context: DispatchContext, steps: Sequence[Step], patient: bool) -> list[Record | Exception | None]:
    """One answer per step: what it got before when it was taken before, or why it cannot be taken.

    That is NotFound, FromTheFuture, InvalidTransition, OutsideGeofence, and KeyReused for an operation id with other
    content. A refused operation leaves no trace: it may be sent again, changed by its engineer. Without patience a step
    whose appointment somebody else is at, or which shares appointment or operation id with an earlier one, has None.
    """
    now = context.clock.now()
    first = {step.operation_id: step for step in reversed(steps)}
    async with context.db.transaction() as tx:
        declined = [step.appointment_id for step in steps if step.to == "declined"]
        free = await territories.hold_of(tx, declined, wait=patient) if declined else set()
        wanted = [one.appointment_id for one in steps if one.to != "declined" or one.appointment_id in free]
        rows = await appointments.hold(tx, wanted, wait=patient)
        told: list[Taken | Problem | None] = []
        for step in steps:
            row = rows.pop(step.appointment_id, None) if first[step.operation_id] is step else None
            told.append(_judged(step, row, now=now) if row is not None or patient else None)
        taken = [one for one in told if isinstance(one, Taken)]
        new = await appointments.answer_operations(tx, [_receipt(one) for one in taken])
        before = await _answered_before(tx, steps, told, new)
        await _carry_out(context, tx, [one for one in taken if one.step.operation_id in new])
    return [_answer_of(step, one, before) for step, one in zip(steps, told, strict=True)]


def _judged(step: Step, row: Row[Any] | None, *, now: datetime) -> Taken | Problem:
    try:
        if step.received_at > now + CLOCKS_APART:
            raise FromTheFuture("received_at lies in the future: send when mobile_api took the operation in")
        if row is None:
            raise NotFound(f"there is no appointment {step.appointment_id}")
        check_step(row.state, step.to)
        check_in, flagged = _check_in(row, step)
    except Problem as problem:
        return problem
    flagged = flagged or bool(step.doubts)
    at = effective(step.at, not_before=row.dispatched_at or step.at, received_at=step.received_at)
    distance = check_in.distance_m if check_in is not None else None
    return Taken(step, row, at, flagged, distance, _answer(row, step, at, check_in, flagged=flagged))


async def _answered_before(
    tx: AsyncConnection, steps: Sequence[Step], told: Sequence[Taken | Problem | None], new: set[str]
) -> dict[str, Row[Any]]:
    """The kept answers of steps that were refused now, or whose operation id was taken: they may be repeated ones."""
    doubtful = [
        step.operation_id
        for step, one in zip(steps, told, strict=True)
        if isinstance(one, Problem) or (one is not None and step.operation_id not in new)
    ]
    return await appointments.operations(tx, doubtful) if doubtful else {}


def _answer_of(step: Step, told: Taken | Problem | None, before: Mapping[str, Row[Any]]) -> Record | Problem | None:
    earlier = before.get(step.operation_id)
    if told is None or earlier is None:
        return told.answer if isinstance(told, Taken) else told
    if earlier.fingerprint != _fingerprint(step):
        return KeyReused("this operation id belongs to an earlier, different operation: make a new one")
    answer: Record = earlier.answer
    return answer


async def _carry_out(context: DispatchContext, tx: AsyncConnection, taken: Sequence[Taken]) -> None:
    await appointments.step(tx, [_change(one) for one in taken])
    for one in taken:
        await _tell(tx, one)
    for one in taken:
        if one.step.to == "declined" and one.row.role == "lead":
            await _dissolve_crew(tx, one)
    for territory_id in sorted({one.row.territory_id for one in taken if one.step.to == "declined"}):
        await ask_for_plan(context, tx, territory_id)


def _change(taken: Taken) -> Record:
    step = taken.step
    changed = {
        "id": step.appointment_id,
        "state": step.to,
        STAMP[step.to]: taken.at,
        "flagged": taken.row.flagged or taken.flagged,
        "distance_m": taken.distance_m,
    }
    return changed | ({"reason": step.reason} if step.to == "declined" else {})


def _check_in(row: Row[Any], step: Step) -> tuple[CheckIn | None, bool]:
    if step.to != "on_site":
        return None, False
    site, error_m = Place(row.lon, row.lat), row.place_error_m
    check_in = CheckIn(site=site, place=step.place, accuracy_m=step.accuracy_m, site_error_m=error_m)
    return check_in, check_in.flagged(confirmed=step.confirmed)


def _answer(row: Row[Any], step: Step, at: datetime, check_in: CheckIn | None, *, flagged: bool) -> Record:
    answer: Record = {
        "appointment_id": row.id,
        "order_id": row.order_id,
        "state": step.to,
        "version": row.version + 1,
        "effective_at": at.isoformat(),
        "flagged": flagged,
    }
    if check_in is not None:
        answer |= {"distance_m": check_in.distance_m, "fence_m": check_in.fence_m}
    return answer


async def _tell(tx: AsyncConnection, taken: Taken) -> None:
    row, step = taken.row, taken.step
    message = AppointmentMoved(
        order_id=row.order_id,
        appointment_id=row.id,
        engineer_id=row.engineer_id,
        territory_id=row.territory_id,
        state=step.to,
        reason=step.reason,
        flagged=taken.flagged,
        role=row.role,
    )
    await journal.append(tx, message, subject=row.id, actor=step.actor, effective_at=taken.at)


async def _dissolve_crew(tx: AsyncConnection, declined: Taken) -> None:
    """Without its lead the second of a crew has nothing to come for; the next plan finds two."""
    for row in await appointments.of_order(tx, declined.row.order_id):
        await end_appointment(
            tx,
            appointment_id=row.id,
            order_id=row.order_id,
            engineer_id=row.engineer_id,
            role=row.role,
            territory_id=row.territory_id,
            reason="crew_broken",
            at=declined.at,
            actor=SOLVER,
        )


def _receipt(taken: Taken) -> Record:
    step = taken.step
    return {
        "answer": taken.answer,
        "operation_id": step.operation_id,
        "appointment_id": step.appointment_id,
        "fingerprint": _fingerprint(step),
        "at": step.at,
        "received_at": step.received_at,
    }


def _fingerprint(step: Step) -> str:
    """What the phone said; when we received it is not part of it, a repeated message is received later."""
    place = [step.place.lon, step.place.lat] if step.place else None
    said = [step.appointment_id, step.to, step.at.isoformat(), step.reason, place, step.accuracy_m, step.confirmed]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class FromTheFuture(Problem):
    """The fact claims to have been received later than now"""

    status = 422
