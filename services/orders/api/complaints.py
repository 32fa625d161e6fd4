"""Complaints: taken, walked through their steps, reopened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Row

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import LongText, Wire
from kit.web import Caller, allow
from services.orders.api import cursors
from services.orders.api.wire import Running
from services.orders.domain.complaints import Category, Progress, Severity, Step
from services.orders.store.feedback import complaints as store
from services.orders.use_cases import complaints

router = service_router("orders", tag="complaints")
OnceOnly = Annotated[Once, Depends(once)]
Said = Annotated[LongText, StringConstraints(min_length=1)]
By = allow("dispatcher", "station", "system")


class ComplaintIn(Wire):
    """What somebody complains of; category and severity may be set anew when it is classified."""

    source: Literal["hotline", "system"] = "hotline"
    said: Said
    category: Category = "other"
    severity: Severity = "normal"


class StepIn(Wire):
    """The next step and what was done. `effective` goes with `checked`, category and severity with `classified`."""

    step: Step
    note: Said
    effective: Annotated[bool, Field(strict=True)] | None = None
    category: Category | None = None
    severity: Severity | None = None


class StepOut(BaseModel):
    round: int
    step: str
    at: datetime
    due: datetime
    by: str
    note: str
    effective: bool | None


class ComplaintOut(BaseModel):
    """A complaint: `due` is when `next_step` must have been taken, `round` grows with each reopening."""

    complaint_id: str
    order_id: str
    number: str
    branch_id: str
    station_id: str
    engineer_id: str | None
    source: str
    said: str
    category: str
    severity: str
    state: str
    round: int
    received_at: datetime
    due: datetime | None
    overdue: bool
    next_step: str | None
    closed_at: datetime | None
    steps: list[StepOut]

    @classmethod
    def of(cls, row: Row[Any], steps: Sequence[Row[Any]], now: datetime) -> Self:
        derived = {"steps", "next_step", "overdue"}
        return cls(
            **{name: getattr(row, name) for name in cls.model_fields if name not in derived},
            next_step=Progress(row.state, row.severity, row.round, row.began_at).next_step,
            overdue=row.due is not None and row.due < now,
            steps=[StepOut(**{name: getattr(step, name) for name in StepOut.model_fields}) for step in steps],
        )


class ComplaintPage(BaseModel):
    items: list[ComplaintOut]
    next: str | None


@router.get("/complaints")
async def list_complaints(
    running: Running,
    caller: Caller,
    order_id: Annotated[str | None, Query(max_length=64)] = None,
    only_open: bool = True,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ComplaintPage:
    """The caller's complaints by when they came in; their steps are on the page of each."""
    after = cursors.decode(cursor, (str, str)) if cursor else None
    async with running.db.read() as tx:
        rows = await store.page(
            tx,
            caller,
            order_id=order_id,
            only_open=only_open,
            after=(cursors.moment(after[0]), after[1]) if after else None,
            limit=limit,
        )
    items = [ComplaintOut.of(row, [], running.clock.now()) for row in rows]
    last = rows[-1] if len(rows) == limit else None
    return ComplaintPage(
        items=items, next=cursors.encode([last.received_at.isoformat(), last.complaint_id]) if last else None
    )


@router.post("/orders/{order_id}/complaints", status_code=201, response_model=ComplaintOut)
async def complain(
    order_id: str, body: ComplaintIn, running: Running, once: OnceOnly, caller: Principal = By
) -> Response:
    """Takes a complaint about an order; its first clock starts."""
    said = complaints.NewComplaint(body.source, body.said, body.category, body.severity)
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        complaint_id = await complaints.complain(tx, running, caller, order_id, said)
        return await once.keep(tx, 201, await _document(tx, running, caller, complaint_id))


@router.get("/complaints/{complaint_id}")
async def read_complaint(complaint_id: str, running: Running, caller: Caller) -> ComplaintOut:
    """A complaint with every step that was taken."""
    async with running.db.read() as tx:
        return await _document(tx, running, caller, complaint_id)


@router.post("/complaints/{complaint_id}/steps", response_model=ComplaintOut)
async def take_step(
    complaint_id: str, body: StepIn, running: Running, once: OnceOnly, caller: Principal = By
) -> Response:
    """The next step; without effect, `checked` sends the complaint back to the beginning."""
    taken = complaints.StepTaken(body.step, body.note, body.effective, body.category, body.severity)
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await complaints.take_step(tx, running, caller, complaint_id, taken)
        return await once.keep(tx, 200, await _document(tx, running, caller, complaint_id))


@router.post("/complaints/{complaint_id}/reopen", response_model=ComplaintOut)
async def reopen(complaint_id: str, running: Running, once: OnceOnly, caller: Principal = By) -> Response:
    """A closed complaint begins again."""
    async with running.db.transaction() as tx:
        if (reply := await once.replay(tx)) is not None:
            return reply
        await complaints.reopen(tx, running, caller, complaint_id)
        return await once.keep(tx, 200, await _document(tx, running, caller, complaint_id))


async def _document(tx: Any, running: Any, caller: Principal, complaint_id: str) -> ComplaintOut:
    row = await store.find(tx, complaint_id, caller)
    if row is None:
        raise NotFound("there is no such complaint, or it is not yours")
    return ComplaintOut.of(row, await store.steps(tx, complaint_id), running.clock.now())
