"""The phone's steps on an appointment: each operation id has one effect and one answer, for ever."""

import hashlib
import json
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
from ..store import appointments
from .planning import ask_for_plan

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


async def take_step(context: DispatchContext, appointment_id: str, step: Step, *, actor: str) -> dict[str, Any]:
    """Take the step, or give the answer that this operation got before.

    Raises NotFound, InvalidTransition, OutsideGeofence, and KeyReused for an operation id with other content. A
    refused operation leaves no trace: it may be sent again, changed by its engineer.
    """
    async with context.db.transaction() as tx:
        row = await appointments.hold(tx, appointment_id)
        if row is None:
            raise NotFound(f"there is no appointment {appointment_id}")
        try:
            check_step(row.state, step.to)
            check_in, flagged = _check_in(row, step)
        except Problem:
            if (earlier := await _earlier_answer(tx, appointment_id, step)) is not None:
                return earlier
            raise
        flagged = flagged or bool(step.doubts)
        at = effective(step.at, not_before=row.dispatched_at or step.at, received_at=step.received_at)
        values: dict[str, Any] = {"state": step.to, STAMP[step.to]: at, "flagged": row.flagged or flagged}
        if step.to == "declined":
            values["reason"] = step.reason
        if check_in is not None:
            values["distance_m"] = check_in.distance_m
        answer = _answer(row, step, at, check_in, flagged=flagged)
        if not await appointments.answer_operation(tx, _receipt(appointment_id, step, answer)):
            earlier = await _earlier_answer(tx, appointment_id, step)
            assert earlier is not None  # noqa: S101 - its id was taken
            return earlier
        await appointments.move(tx, [appointment_id], values)
        await _tell(tx, row, step, at, flagged=flagged, actor=actor)
        if step.to == "declined":
            await ask_for_plan(context, tx, row.territory_id)
        return answer


def _check_in(row: Row[Any], step: Step) -> tuple[CheckIn | None, bool]:
    if step.to != "on_site":
        return None, False
    check_in = CheckIn(site=Place(row.lon, row.lat), place=step.place, accuracy_m=step.accuracy_m)
    return check_in, check_in.flagged(confirmed=step.confirmed)


def _answer(row: Row[Any], step: Step, at: datetime, check_in: CheckIn | None, *, flagged: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {
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


async def _tell(tx: AsyncConnection, row: Row[Any], step: Step, at: datetime, *, flagged: bool, actor: str) -> None:
    message = AppointmentMoved(
        order_id=row.order_id,
        appointment_id=row.id,
        engineer_id=row.engineer_id,
        territory_id=row.territory_id,
        state=step.to,
        reason=step.reason,
        flagged=flagged,
    )
    await journal.append(tx, message, subject=row.id, actor=actor, effective_at=at)


def _receipt(appointment_id: str, step: Step, answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "answer": answer,
        "operation_id": step.operation_id,
        "appointment_id": appointment_id,
        "fingerprint": _fingerprint(appointment_id, step),
        "at": step.at,
        "received_at": step.received_at,
    }


def _fingerprint(appointment_id: str, step: Step) -> str:
    """What the phone said; when we received it is not part of it, a repeated message is received later."""
    place = [step.place.lon, step.place.lat] if step.place else None
    said = [appointment_id, step.to, step.at.isoformat(), step.reason, place, step.accuracy_m, step.confirmed]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


async def _earlier_answer(tx: AsyncConnection, appointment_id: str, step: Step) -> dict[str, Any] | None:
    """The answer that this operation got before, if it did. Raises KeyReused when that was another one."""
    earlier = await appointments.operation(tx, step.operation_id)
    if earlier is None:
        return None
    if earlier.fingerprint != _fingerprint(appointment_id, step):
        raise KeyReused("this operation id belongs to an earlier, different operation: make a new one")
    answer: dict[str, Any] = earlier.answer
    return answer


class FromTheFuture(Problem):
    """The fact claims to have been received later than now"""

    status = 422


def check_times(step: Step, *, now: datetime) -> None:
    """Raises FromTheFuture when `received_at` lies ahead of our clock by more than two machines' clocks may."""
    if step.received_at > now + CLOCKS_APART:
        raise FromTheFuture("received_at lies in the future: send when mobile_api took the operation in")
