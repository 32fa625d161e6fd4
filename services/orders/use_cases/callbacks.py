"""Call-backs: drawn from completed orders by risk, called, and turned into a complaint when something was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Conflict, Forbidden, Invalid, NotFound
from services.orders.context import Orders
from services.orders.domain.callbacks import CHECKS, GIVE_UP_AFTER, LEVELS, Level, Outcome, risks_of
from services.orders.facts import CallBackEnded
from services.orders.store import orders as order_store
from services.orders.store.feedback import callbacks as store
from services.orders.use_cases.complaints import NewComplaint, open_complaint

DRAWN_FROM = timedelta(days=7)
"""Orders completed within so long are looked at: a survey that comes later still raises the risk of its order."""


async def draw(context: Orders) -> int:
    """Draw call-backs from what was completed; how many are new. Doing it again draws the same ones."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        drawn = []
        for order in await store.completed(tx, begin=now - DRAWN_FROM, until=now):
            carried = risks_of(
                broken=order.broken,
                visits=order.visits,
                rating=order.rating,
                replaced=order.replaced,
                tier=order.tier,
            )
            drawn += [
                {"order_id": order.order_id, "level": rule.level, "share": rule.share(carried)}
                | {"risks": sorted(carried), "drawn_at": now}
                | {"due": order.completed_at + timedelta(hours=rule.due_hours)}
                for rule in context.catalogue.callbacks
                if rule.draws(order.order_id, carried)
            ]
        return await store.add(tx, drawn)


def levels_of(caller: Principal) -> list[Level]:
    """The levels at which the caller makes calls."""
    if caller.role == "station":
        return ["station"]
    if caller.role not in ("dispatcher", "auditor", "admin", "service"):
        return []
    of_one_branch = caller.role == "dispatcher" or caller.branch_id is not None
    return ["station", "branch"] if of_one_branch else ["station", "branch", "head_office"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: reached with all checks answered, or not reached."""

    outcome: Outcome
    checks: Mapping[str, bool]
    note: str


async def answer(
    tx: AsyncConnection, context: Orders, caller: Principal, order_id: str, level: Level, call: Call
) -> Row[Any]:
    """Record a call. One that finds something wrong opens a complaint.

    Raises Forbidden (another level's), NotFound, Conflict (ended before), Invalid (a check is not answered).
    """
    if level not in levels_of(caller):
        raise Forbidden(f"call-backs of the level {level} are made by others; the levels are {', '.join(LEVELS)}")
    order = await order_store.lock_visible(tx, order_id, caller)
    known = await store.lock(tx, order_id, level, caller) if order is not None else None
    if order is None or known is None:
        raise NotFound("there is no such call-back, or it is not yours")
    if known.ended_at is not None:
        raise Conflict("this call-back has ended", called_by=known.called_by)
    missing = [check for check in CHECKS if check not in call.checks]
    if call.outcome == "reached" and missing:
        raise Invalid(f"not answered: {', '.join(missing)}", pointer="/checks", missing=missing)
    await store.change(tx, order_id, level, **_result(known, call, caller, context))
    changed = await store.lock(tx, order_id, level, caller)
    assert changed is not None  # noqa: S101 - it was there a moment ago
    if changed.ended_at is not None:
        compliant = bool(changed.compliant)
        ended = CallBackEnded(
            order_id=order_id,
            territory_id=order.territory_id,
            level=level,
            reached=changed.reached,
            compliant=compliant,
        )
        await append(tx, ended, subject=order_id, actor=caller.actor)
    if changed.compliant is False:
        wrong = ", ".join(check for check in CHECKS if not call.checks[check])
        said = NewComplaint("call_back", call.note or f"not as it should be: {wrong}", "other", "normal")
        await open_complaint(tx, context, order, said, actor=caller.actor)
    return changed


def _result(known: Row[Any], call: Call, caller: Principal, context: Orders) -> dict[str, Any]:
    values: dict[str, Any] = {"attempts": known.attempts + 1, "note": call.note, "called_by": caller.actor}
    if call.outcome == "reached":
        checks = {check: call.checks[check] for check in CHECKS}
        return values | {
            "ended_at": context.clock.now(),
            "reached": True,
            "checks": checks,
            "compliant": all(checks.values()),
        }
    if values["attempts"] >= GIVE_UP_AFTER:
        values |= {"ended_at": context.clock.now(), "reached": False}
    return values
