"""What phones send and get."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy import Row

from kit.auth import Principal, principal_of
from kit.problems import Forbidden
from kit.values import Code, Instant, Wire
from kit.web import context as service_context
from mobile_api.context import Mobile
from mobile_api.domain.operations import MAX_BATCH, ResultStatus
from mobile_api.use_cases.reading import Shown

Running = Annotated[Mobile, Depends(service_context)]


class Engineer:
    """The caller as an engineer."""

    def __init__(self, principal: Principal, engineer_id: str):
        self.principal = principal
        self.id = engineer_id


async def _engineer(request: Request) -> Engineer:
    caller = principal_of(request)
    if caller.role != "engineer" or caller.engineer_id is None:
        raise Forbidden(f"this is for engineers, your role is {caller.role}")
    return Engineer(caller, caller.engineer_id)


Me = Annotated[Engineer, Depends(_engineer)]


class BatchIn(Wire):
    """What a phone did, in the order of its sequence numbers.

    `device` names the installation of the app and is made anew with each, as the sequence starts anew; `sent_at` is
    the phone's own clock at sending, from which its skew is measured. Each operation is {id, seq, kind, at,
    appointment_id?, order_id?, payload}; a bad one is rejected alone.
    """

    device: Code = "phone"
    sent_at: Instant | None = None
    operations: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_BATCH)]


class Result(BaseModel):
    """The answer to one operation. `problem` is the owner's document, `answer` what the owner said."""

    id: str
    status: ResultStatus
    reason: str | None = None
    effective_at: datetime | None = None
    problem: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None

    @classmethod
    def of(cls, row: Row[Any], status: ResultStatus) -> "Result":
        return cls(
            id=row.id,
            status=status,
            reason=row.reason,
            effective_at=row.effective_at,
            problem=row.problem,
            answer=row.answer,
        )


class BatchOut(BaseModel):
    """One result per operation, in the order sent."""

    received_at: datetime
    results: list[Result]


class AppointmentShown(BaseModel):
    """An appointment on the phone. `stale` when something of it is an owner's earlier word, as of `as_of`."""

    id: str
    order_id: str
    state: str
    scheduled_start: datetime | None
    scheduled_end: datetime | None
    stale: bool
    as_of: datetime | None
    appointment: dict[str, Any] | None
    order: dict[str, Any] | None
    machine: dict[str, Any] | None
    parts: dict[str, Any] | None
    pickups: list[dict[str, Any]]

    @classmethod
    def of(cls, shown: Shown) -> "AppointmentShown":
        return cls(
            id=shown.visit.appointment_id,
            order_id=shown.visit.order_id,
            state=shown.visit.state,
            scheduled_start=shown.visit.scheduled_start,
            scheduled_end=shown.visit.scheduled_end,
            stale=shown.stale,
            as_of=shown.as_of,
            pickups=shown.pickups,
            **shown.sections,
        )


class Coming(BaseModel):
    """Planned after today's appointments; it may still go to somebody else."""

    id: str
    scheduled_start: datetime | None
    scheduled_end: datetime | None


class DayOut(BaseModel):
    """`stale` when any part of it is; then `age_s` is the age of the oldest. `waiting` operations have no final answer
    yet. `cursor` is where delta sync goes on. `engineer` (with the van that parts are taken from) and their `station`
    are null while they were never heard."""

    engineer_id: str
    now: datetime
    cursor: str
    waiting: int
    stale: bool
    age_s: int
    engineer: dict[str, Any] | None
    station: dict[str, Any] | None
    appointments: list[AppointmentShown]
    coming: list[Coming]


class SyncOut(BaseModel):
    """What is new since the cursor; ask again at once with the new `cursor` when there is `more`."""

    cursor: str
    more: bool
    waiting: int
    appointments: list[AppointmentShown]
    removed: list[str]
    answers: list[Result]


class PhotoOut(BaseModel):
    """A kept photo. `duplicate` when the same upload was here before."""

    sha256: str
    duplicate: bool


class PhotoListed(BaseModel):
    """A photo of an order. `taken_at`, `lon`, `lat` are the camera's words, which the served copy does not carry."""

    sha256: str
    step: str
    engineer_id: str
    width: int
    height: int
    taken_at: str | None
    lon: float | None
    lat: float | None
    tied_at: datetime


class PhotoList(BaseModel):
    items: list[PhotoListed]
