"""Applying what was taken: one engineer's operations in order, each exactly once, by whoever holds the lane's lease.

What several lanes have to write at the same time shares a transaction.
An owner that is out of reach holds up what belongs to the same order, never anything else. Asking twice is harmless:
the operation's id is its Idempotency-Key.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.ids import new_id
from kit.journal import append
from mobile_api.context import Mobile
from mobile_api.domain.routes import ROUTES, Delay, Help, read_payload
from mobile_api.domain.verdicts import Verdict
from mobile_api.store import lanes, operations
from mobile_api.store.operations import Waiting
from mobile_api.use_cases.asking import UNREACHED, Later, attempt
from services.messages import DelayReported, HelpRequested, OperationApplied

PAGE = 200
PATIENCE = 5
"""After so many vain attempts an operation no longer counts as a sign that its owner is down: it may be the fault."""
FREE = ("photo", "position", "delay", "help", "break_started", "break_ended")
"""Kinds that no later step builds upon and that build upon no earlier one."""
AT_ONCE = 50
"""So many of them are applied at the same time: no more than a lease lasts for."""
LONGEST_PAUSE = timedelta(seconds=10)
"""An owner that is back is asked again within 13 s."""


class LeaseLost(Exception):
    """Somebody else applies this engineer's operations now."""


@dataclass
class Round:
    """What one pass over an engineer's waiting operations, by the lane's `holder`, has met.

    `due_at` is the lane's when it was taken: whoever brings something meanwhile changes it.
    """

    engineer_id: str
    holder: str
    due_at: datetime | None
    next_at: datetime | None = None
    """When the first of those that were put off may be asked again; what is held up comes with them."""
    down: set[str] = field(default_factory=set)
    held_up: set[str] = field(default_factory=set)
    answered: dict[str, Row[Any]] = field(default_factory=dict)
    finished: bool = False
    released: bool = False
    """The lane was given back with the last answers."""
    writing: asyncio.Task[None] | None = None
    """The last answers on their way to the disk, while the next owner is already asked."""

    async def written(self) -> None:
        """Until those answers are written. Raises LeaseLost."""
        writing, self.writing = self.writing, None
        if writing is not None:
            await writing

    def wait_until(self, next_at: datetime) -> None:
        self.next_at = next_at if self.next_at is None else min(self.next_at, next_at)


async def drain(context: Mobile, engineer_id: str, *, budget_s: float) -> bool:
    """Applies what is due, for about `budget_s` seconds at most; False when somebody else is at it."""
    holder = new_id()
    async with context.db.transaction() as tx:
        taken = await lanes.lease(tx, engineer_id, holder, now=context.clock.now(), life=lanes.LEASE)
    if taken is None:
        return False
    await apply_due(context, Round(engineer_id, holder, taken.due_at), budget_s=budget_s)
    return True


async def apply_due(
    context: Mobile, met: Round, *, budget_s: float, due: list[Waiting] | None = None
) -> dict[str, Row[Any]]:
    """Applies what is due as the lane's holder, and gives the lane back; what was answered, by id.

    `due` is all that waits, when that is known.
    """
    try:
        await _pass(context, met, due, ends=asyncio.get_running_loop().time() + budget_s)
        await met.written()
        if not met.released:
            await _write(context, Outcome(met, release=True))
    except LeaseLost:
        pass
    finally:
        if met.writing is not None:  # what was answered is written, whatever befell the one after it
            await asyncio.gather(met.writing, return_exceptions=True)
    return met.answered


async def _pass(context: Mobile, met: Round, due: list[Waiting] | None, *, ends: float) -> None:
    """One pass over what waits, in the order of the sequence; not `finished` when the time ran out.

    Raises LeaseLost.
    """
    place = ("", 0)
    while not met.finished:
        page = due
        if page is None:
            async with context.db.look() as tx:
                page = await operations.waiting(tx, met.engineer_id, after=place, limit=PAGE)
        is_last = due is not None or len(page) < PAGE
        runs = list(_runs(page))
        for number, run in enumerate(runs, start=1):
            if asyncio.get_running_loop().time() > ends:
                return
            await _step(context, run, met, last=number == len(runs) and is_last)
        met.finished = is_last
        if page:
            place = (page[-1].row.device_id, page[-1].row.seq)


def _runs(page: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """Operations that can be applied at the same time: free ones that follow each other; every other one alone."""
    for free, group in groupby(page, key=lambda one: one.row.kind in FREE):
        several = list(group)
        size = AT_ONCE if free else 1
        for start in range(0, len(several), size):
            yield several[start : start + size]


async def _step(context: Mobile, run: Sequence[Waiting], met: Round, *, last: bool) -> None:
    """Applies a run unless something before it has to come first; nothing waits behind the `last` one.

    Its answers are written while the next run is asked for: whoever dies meanwhile asks again. Raises LeaseLost.
    """
    outcomes = await asyncio.gather(*(_ask(context, one, met) for one in run))
    told = list(zip((one.row for one in run), outcomes, strict=True))
    answers = [(row, verdict) for row, verdict in told if isinstance(verdict, Verdict)]
    later = [(row, outcome) for row, outcome in told if isinstance(outcome, Later)]
    if later:
        async with context.db.transaction() as tx:
            for row, outcome in later:
                next_at = context.clock.now() + _pause(row.attempts)
                met.wait_until(next_at)
                await operations.put_off(tx, row, reason=outcome.reason, next_at=next_at)
    if answers:
        await met.written()
        met.writing = asyncio.create_task(_write(context, Outcome(met, answers, release=last)))


async def _ask(context: Mobile, waiting: Waiting, met: Round) -> Verdict | Later | None:
    """None when it is not its turn yet."""
    row = waiting.row
    route = ROUTES[row.kind]
    about = row.order_id or row.appointment_id or row.kind
    held_up = about in met.held_up and row.kind not in FREE
    early = row.next_at > context.clock.now()
    if early:
        met.wait_until(row.next_at)
    if held_up or early or route.owner in met.down:
        _hold_up(met, row, about)
        return None
    outcome = await attempt(context, row, own=waiting.own)
    if isinstance(outcome, Later):
        _hold_up(met, row, about)
        if outcome.reason == UNREACHED and row.attempts < PATIENCE:
            met.down.add(route.owner)
    return outcome


def _hold_up(met: Round, row: Row[Any], about: str) -> None:
    if row.kind not in FREE:
        met.held_up.add(about)


def _pause(attempts: int) -> timedelta:
    """Doubles from a second to `LONGEST_PAUSE`; spread, so that phones and replicas do not come back all at once."""
    return min(timedelta(seconds=2 ** min(attempts, 10)), LONGEST_PAUSE) * random.uniform(0.7, 1.3)


@dataclass(frozen=True)
class Outcome:
    """Final answers to write in a lane; with `release` the lane is given back."""

    met: Round
    answers: Sequence[tuple[Row[Any], Verdict]] = ()
    release: bool = False


async def _write(context: Mobile, outcome: Outcome) -> None:
    """Writes the answers, those of other lanes at the same time with them. Raises LeaseLost."""
    finished = await context.answers.do(outcome, partial(_write_together, context))
    outcome.met.answered |= finished
    outcome.met.released = outcome.release


async def _write_together(
    context: Mobile, outcomes: Sequence[Outcome], patient: bool
) -> list[dict[str, Row[Any]] | Exception | None]:
    """The rows of each outcome as they are then, without those that somebody else has answered; or LeaseLost.

    Leaves out the lanes that somebody has locked.
    """
    now = context.clock.now()
    async with context.db.transaction() as tx:
        locked = await lanes.lock(tx, [outcome.met.engineer_id for outcome in outcomes], wait=patient)
        held = [one for one in outcomes if _holds(one.met, locked)]
        numbered = {one.met.engineer_id: _numbered(one, locked[one.met.engineer_id].changes, now) for one in held}
        finished = await operations.finish(tx, [answer for answers in numbered.values() for answer in answers])
        if held:
            await lanes.keep(tx, [_kept(one, locked[one.met.engineer_id], now) for one in held])
        for one in held:
            for row, verdict in one.answers:
                if row.id in finished:
                    await _tell(tx, finished[row.id], verdict)
    told: list[dict[str, Row[Any]] | Exception | None] = []
    for one in outcomes:
        if one.met.engineer_id not in locked and not patient:
            told.append(None)
        elif not _holds(one.met, locked):
            told.append(LeaseLost())
        else:
            told.append({row.id: finished[row.id] for row, _ in one.answers if row.id in finished})
    return told


def _holds(met: Round, locked: Mapping[str, Row[Any]]) -> bool:
    return met.engineer_id in locked and locked[met.engineer_id].lease == met.holder


def _numbered(outcome: Outcome, changes: int, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "status": verdict.status,
            "reason": verdict.reason,
            "problem": verdict.problem,
            "answer": verdict.answer,
            "answered_at": now,
            "change": change,
            "forgets_payload": row.kind == "position",  # whereabouts are kept by their owner alone
        }
        for change, (row, verdict) in enumerate(outcome.answers, start=changes + 1)
    ]


def _kept(outcome: Outcome, lane: Row[Any], now: datetime) -> lanes.Kept:
    """The lane as its holder leaves it: held on to, or given back. What came in meanwhile has changed when it is due,
    and that stays: clocks of two replicas do not tell what the holder has seen of it."""
    met, changes = outcome.met, lane.changes + len(outcome.answers)
    if not outcome.release:
        return lanes.Kept(met.engineer_id, changes, met.holder, now + lanes.LEASE, lane.due_at)
    seen_all = met.finished or outcome.answers
    due_at = lane.due_at if lane.due_at != met.due_at else met.next_at if seen_all else now
    return lanes.Kept(met.engineer_id, changes, lease=None, lease_until=None, due_at=due_at)


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
