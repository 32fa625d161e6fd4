"""Applying what was taken: one engineer's operations in order, each exactly once, by whoever holds the lane's lease.

An owner that is out of reach holds up what belongs to the same order, never anything else. Asking twice is harmless:
the operation's id is its Idempotency-Key.
"""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.ids import new_id
from kit.journal import append
from mobile_api.context import Mobile
from mobile_api.domain.routes import ROUTES, Delay, Help, read_payload
from mobile_api.domain.verdicts import Verdict
from mobile_api.store import lanes, operations
from mobile_api.use_cases.asking import UNREACHED, attempt
from services.messages import DelayReported, HelpRequested, OperationApplied

PAGE = 200
PATIENCE = 5
"""After so many vain attempts an operation no longer counts as a sign that its owner is down: it may be the fault."""
FREE = ("photo", "position", "delay", "help", "break_started", "break_ended")
"""Kinds that no later step builds upon and that build upon no earlier one."""
LONGEST_PAUSE = timedelta(seconds=20)
"""An owner that is back has heard of everything half a minute later."""


class LeaseLost(Exception):
    """Somebody else applies this engineer's operations now."""


@dataclass
class Round:
    """What one pass over an engineer's waiting operations, by the lane's `holder` since `started`, has met."""

    engineer_id: str
    holder: str
    started: datetime
    down: set[str] = field(default_factory=set)
    held_up: set[str] = field(default_factory=set)
    answered: dict[str, Row[Any]] = field(default_factory=dict)
    finished: bool = False
    released: bool = False
    """The lane was given back with the last answer."""


async def drain(context: Mobile, engineer_id: str, *, budget_s: float) -> bool:
    """Applies what is due, for about `budget_s` seconds at most; False when somebody else is at it."""
    holder, started = new_id(), context.clock.now()
    async with context.db.transaction() as tx:
        if not await lanes.lease(tx, engineer_id, holder, now=started, life=lanes.LEASE):
            return False
    await apply_due(context, engineer_id, holder, started=started, budget_s=budget_s)
    return True


async def apply_due(
    context: Mobile, engineer_id: str, holder: str, *, started: datetime, budget_s: float
) -> dict[str, Row[Any]]:
    """Applies what is due as the lane's holder since `started`, and gives the lane back; what was answered, by id."""
    met = Round(engineer_id, holder, started)
    try:
        await _pass(context, met, ends=asyncio.get_running_loop().time() + budget_s)
        if not met.released:
            await _release(context, met)
    except LeaseLost:
        pass
    return met.answered


async def _release(context: Mobile, met: Round) -> None:
    """Raises LeaseLost."""
    async with context.db.transaction() as tx:
        if (changes := await lanes.lock(tx, met.engineer_id, met.holder)) is None:
            raise LeaseLost
        # What came in meanwhile is due at once; what was held up comes with what holds it up.
        await lanes.release(tx, met.engineer_id, changes=changes, seen_from=met.started)
        if not met.finished:
            await lanes.wake(tx, met.engineer_id, context.clock.now())


async def _pass(context: Mobile, met: Round, *, ends: float) -> None:
    """One pass over what waits, in the order of the sequence; not `finished` when the time ran out.

    Raises LeaseLost.
    """
    place = ("", 0)
    while not met.finished:
        async with context.db.look() as tx:
            rows = await operations.waiting(tx, met.engineer_id, after=place, limit=PAGE)
        for number, row in enumerate(rows, start=1):
            if asyncio.get_running_loop().time() > ends:
                return
            await _step(context, row, met, last=number == len(rows) < PAGE)
        met.finished = len(rows) < PAGE
        if rows:
            place = (rows[-1].device_id, rows[-1].seq)


async def _step(context: Mobile, row: Row[Any], met: Round, *, last: bool) -> None:
    """Applies one operation unless something before it has to come first; nothing waits behind the `last` one."""
    route = ROUTES[row.kind]
    about = row.order_id or row.appointment_id or row.kind
    held_up = about in met.held_up and row.kind not in FREE
    if held_up or row.next_at > context.clock.now() or route.owner in met.down:
        _hold_up(met, row, about)
        return
    outcome = await attempt(context, row)
    if isinstance(outcome, Verdict):
        await _finish(context, row, outcome, met, last=last)
        return
    _hold_up(met, row, about)
    if outcome.reason == UNREACHED and row.attempts < PATIENCE:
        met.down.add(route.owner)
    async with context.db.transaction() as tx:
        next_at = context.clock.now() + _pause(row.attempts)
        await operations.put_off(tx, row.id, reason=outcome.reason, next_at=next_at)


def _hold_up(met: Round, row: Row[Any], about: str) -> None:
    if row.kind not in FREE:
        met.held_up.add(about)


def _pause(attempts: int) -> timedelta:
    """Doubles from a second to `LONGEST_PAUSE`; spread, so that phones and replicas do not come back all at once."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_PAUSE) * random.uniform(0.7, 1.3)


async def _finish(context: Mobile, row: Row[Any], verdict: Verdict, met: Round, *, last: bool) -> None:
    """Writes the final answer unless somebody else has written one; with the last one the lane is given back.

    Raises LeaseLost.
    """
    now = context.clock.now()
    values: dict[str, Any] = {
        "status": verdict.status,
        "reason": verdict.reason,
        "problem": verdict.problem,
        "answer": verdict.answer,
        "answered_at": now,
    }
    if row.kind == "position":
        values["payload"] = None  # whereabouts are kept by their owner alone
    async with context.db.transaction() as tx:
        change = await _next_change(tx, met, now=now, last=last)
        finished = await operations.finish(tx, row.id, values | {"change": change})
        if finished is not None:
            await _tell(tx, finished, verdict)
        if last:
            await lanes.release(tx, row.engineer_id, changes=change, seen_from=met.started)
    met.released = last
    if finished is not None:
        met.answered[row.id] = finished


async def _next_change(tx: AsyncConnection, met: Round, *, now: datetime, last: bool) -> int:
    """The number of the holder's next change; the lease is renewed unless the lane is about to be given back."""
    if last:
        changes = await lanes.lock(tx, met.engineer_id, met.holder)
        change = None if changes is None else changes + 1
    else:
        change = await lanes.next_change_of_holder(tx, met.engineer_id, met.holder, now=now, life=lanes.LEASE)
    if change is None:
        raise LeaseLost
    return change


async def _tell(tx: AsyncConnection, row: Row[Any], verdict: Verdict) -> None:
    if row.kind == "position":
        return
    fact = OperationApplied(
        operation_id=row.id,
        order_id=row.order_id,
        engineer_id=row.engineer_id,
        operation=row.kind,
        status=verdict.status,
        reason=verdict.reason,
        doubts=tuple(row.doubts),
    )
    subject = f"engineer:{row.engineer_id}"
    await append(tx, fact, subject=subject, actor=row.actor, effective_at=row.effective_at)
    if verdict.status == "applied" and (said := _said(row)) is not None:
        await append(tx, said, subject=row.order_id, actor=row.actor, effective_at=row.effective_at)


def _said(row: Row[Any]) -> DelayReported | HelpRequested | None:
    """What one of our own kinds tells the other services."""
    about = {"order_id": row.order_id, "appointment_id": row.appointment_id, "engineer_id": row.engineer_id}
    if row.kind == "delay":
        return DelayReported(**about, **dict(read_payload(Delay, row.payload)))
    if row.kind == "help":
        return HelpRequested(**about, **dict(read_payload(Help, row.payload)))
    return None
