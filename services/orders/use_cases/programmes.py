"""Maintenance plans become orders when they are due: once per machine, plan and due point, however often this runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.context import Orders
from services.orders.domain.intake import Report, Rules
from services.orders.domain.programmes import due_points, window_of
from services.orders.domain.told import ZONE
from services.orders.store import programmes as store
from services.orders.use_cases.identification import MachineName
from services.orders.use_cases.intake import Wanted, accept_all, rules

AHEAD = timedelta(days=14)
"""How far the periodic run looks ahead: the plan fills free hours of the coming days with what it finds."""
PLANS_AT_ONCE = 100


@dataclass
class ProgrammeRun:
    """What a run did: orders made, and due points that could not become one, with the problem."""

    created: list[str] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


async def run_programmes(context: Orders, caller: Principal, *, until: date) -> ProgrammeRun:
    """Make the orders of every due point up to and including `until`."""
    lists = await rules(context)
    run, after = ProgrammeRun(), ""
    while True:
        async with context.db.transaction() as tx:
            plans = await store.take_due_plans(tx, until=until, after=after, limit=PLANS_AT_ONCE)
            await _make_orders(tx, plans, run, until=until, lists=lists, caller=caller, now=context.clock.now())
        if len(plans) < PLANS_AT_ONCE:
            return run
        after = plans[-1].plan_id


async def _make_orders(
    tx: AsyncConnection,
    plans: Sequence[Row[Any]],
    run: ProgrammeRun,
    *,
    until: date,
    lists: Rules,
    caller: Principal,
    now: datetime,
) -> None:
    known = await store.known_dues(tx, [plan.plan_id for plan in plans])
    due = [(plan, day) for plan in plans for day in _points(plan, until, now) if (plan.plan_id, day) not in known]
    wanted = [Wanted(MachineName(serial=plan.asset_id), _report(plan, day, now)) for plan, day in due]
    results = await accept_all(tx, wanted, rules=lists, now=now, caller=caller)
    made: list[dict[str, Any]] = []
    stuck: dict[str, date] = {}
    for (plan, day), result in zip(due, results, strict=True):
        if isinstance(result, str):
            made.append({"plan_id": plan.plan_id, "due_on": day, "order_id": result})
        else:
            stuck.setdefault(plan.plan_id, day)
            run.refused.append({"plan_id": plan.plan_id, "due_on": day.isoformat(), "problem": result.document()})
    await store.add_dues(tx, made)
    run.created += [row["order_id"] for row in made]
    await store.advance(
        tx, [{"of_plan": plan.plan_id, "next_due_on": _next(plan, until, now, stuck)} for plan in plans]
    )


def _points(plan: Row[Any], until: date, now: datetime) -> list[date]:
    today = now.astimezone(ZONE).date()
    return due_points(next_due_on=plan.next_due_on, every_days=plan.every_days, today=today, until=until)


def _next(plan: Row[Any], until: date, now: datetime, stuck: dict[str, date]) -> date:
    """The first due point that has no order yet: after `until`, or one that was refused and is tried again."""
    points = _points(plan, until, now)
    following: date = points[-1] + timedelta(days=plan.every_days) if points else plan.next_due_on
    return stuck.get(plan.plan_id, following)


def _report(plan: Row[Any], due_on: date, now: datetime) -> Report:
    return Report(
        source="programme",
        work_type=plan.work_type,
        reported_at=now,
        window=window_of(due_on, plan.tolerance_days),
        plan_id=plan.plan_id,
    )
