"""Complaints from receipt to the check of what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Invalid, NotFound
from services.orders.context import Orders
from services.orders.domain.complaints import Category, ComplaintSource, Progress, Severity, Step, after, reopened
from services.orders.domain.life import NotAllowed
from services.orders.domain.problems import NotPossibleNow
from services.orders.facts import ComplaintMoved
from services.orders.store import orders as order_store
from services.orders.store.feedback import complaints as store


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """What somebody complains of."""

    source: ComplaintSource
    said: str
    category: Category
    severity: Severity


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step and what was done; category and severity may be set anew by `classified`."""

    step: Step
    note: str
    effective: bool | None = None
    category: Category | None = None
    severity: Severity | None = None


async def complain(tx: AsyncConnection, context: Orders, caller: Principal, order_id: str, said: NewComplaint) -> str:
    """A complaint about one of the caller's orders; its id. Raises NotFound."""
    order = await order_store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    return await open_complaint(tx, context, order, said, actor=caller.actor)


async def open_complaint(
    tx: AsyncConnection, context: Orders, order: Row[Any], said: NewComplaint, *, actor: str
) -> str:
    """A complaint about a locked order; its id."""
    now, complaint_id = context.clock.now(), new_id()
    progress = Progress("received", said.severity, 1, now)
    await store.add(
        tx,
        complaint_id=complaint_id,
        order_id=order.order_id,
        source=said.source,
        said=said.said,
        category=said.category,
        severity=said.severity,
        state="received",
        round=1,
        received_at=now,
        began_at=now,
        due=progress.due(context.catalogue.complaint_hours),
    )
    await _tell(tx, order, complaint_id, "received", actor=actor)
    return complaint_id


async def take_step(
    tx: AsyncConnection, context: Orders, caller: Principal, complaint_id: str, taken: StepTaken
) -> None:
    """The next step. Raises NotFound, NotPossibleNow (another step comes next), Invalid (a check without result)."""
    complaint, now = await _held(tx, caller, complaint_id), context.clock.now()
    if (taken.step == "checked") != (taken.effective is not None):
        raise Invalid("say with `checked`, and only there, whether it was effective", pointer="/effective")
    if taken.step != "classified" and (taken.category or taken.severity):
        raise Invalid("category and severity are set by `classified`", pointer="/category")
    progress = _progress(complaint, severity=taken.severity)
    due = progress.due(context.catalogue.complaint_hours)
    try:
        moved = after(progress, taken.step, effective=taken.effective, at=now)
    except NotAllowed as refused:
        raise NotPossibleNow(str(refused), state=complaint.state, next_step=progress.next_step) from refused
    await store.add_step(
        tx,
        complaint_id=complaint_id,
        round=complaint.round,
        step=taken.step,
        at=now,
        due=due,
        by=caller.actor,
        note=taken.note,
        effective=taken.effective,
    )
    await _move(tx, context, complaint, moved, category=taken.category or complaint.category, now=now)
    await _tell(tx, complaint, complaint_id, moved.state, actor=caller.actor)


async def reopen(tx: AsyncConnection, context: Orders, caller: Principal, complaint_id: str) -> None:
    """A closed complaint begins again. Raises NotFound, NotPossibleNow."""
    complaint, now = await _held(tx, caller, complaint_id), context.clock.now()
    try:
        moved = reopened(_progress(complaint), at=now)
    except NotAllowed as refused:
        raise NotPossibleNow(str(refused), state=complaint.state) from refused
    await _move(tx, context, complaint, moved, category=complaint.category, now=now)
    await _tell(tx, complaint, complaint_id, "reopened", actor=caller.actor)


async def _held(tx: AsyncConnection, caller: Principal, complaint_id: str) -> Row[Any]:
    complaint = await store.lock(tx, complaint_id, caller)
    if complaint is None:
        raise NotFound("there is no such complaint, or it is not yours")
    return complaint


def _progress(complaint: Row[Any], *, severity: Severity | None = None) -> Progress:
    return Progress(complaint.state, severity or complaint.severity, complaint.round, complaint.began_at)


async def _move(
    tx: AsyncConnection, context: Orders, complaint: Row[Any], moved: Progress, *, category: str, now: datetime
) -> None:
    await store.change(
        tx,
        complaint.complaint_id,
        state=moved.state,
        category=category,
        severity=moved.severity,
        round=moved.round,
        began_at=moved.began_at,
        due=moved.due(context.catalogue.complaint_hours),
        closed_at=now if moved.state == "closed" else None,
    )


async def _tell(tx: AsyncConnection, order: Row[Any], complaint_id: str, state: str, *, actor: str) -> None:
    told = ComplaintMoved(
        order_id=order.order_id, territory_id=order.territory_id, complaint_id=complaint_id, state=state
    )
    await append(tx, told, subject=order.order_id, actor=actor)
