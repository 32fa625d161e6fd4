"""Keeping the clocks of orders up to date, whatever changed, and firing their timers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.journal import append
from services.messages import PromiseStateChanged
from services.orders.domain.clocks import Clock, Reassessed, attach, reassess, risk
from services.orders.domain.promise import ClockRule
from services.orders.facts import PromiseWarned
from services.orders.store import clocks as store
from services.orders.store import orders as order_store
from services.orders.tables import TIME_FIELDS
from services.orders.use_cases.broken_promises import Turned, propose_remedies
from services.orders.use_cases.calendars import calendars_of


async def refresh(tx: AsyncConnection, orders: Sequence[Row[Any]], *, now: datetime, actor: str) -> None:
    """Judge the clocks of locked orders anew; write, tell and time whatever that changes.

    Called after everything that a clock depends on: a fact, a wait, a prediction, a cancellation, a timer.
    """
    await refresh_each(tx, [(order, actor) for order in orders], now=now)


async def refresh_each(tx: AsyncConnection, by_whom: Sequence[tuple[Row[Any], str]], *, now: datetime) -> None:
    """The same for orders that different actors have changed: what it tells of an order is told in its actor's name."""
    orders = [order for order, _ in by_whom]
    ids = [order.order_id for order in orders]
    clocks = await store.of_orders(tx, ids)
    waits = await store.waits_of(tx, ids)
    to_come = {order.order_id: store.rules_of(order.clocks_to_come) for order in orders if order.clocks_to_come}
    counted = [clock.rule for own in clocks.values() for clock in own]
    calendars = await calendars_of(tx, [*counted, *(rule for rules in to_come.values() for rule in rules)])
    begun: dict[str, list[Clock]] = {}
    left: dict[str, list[ClockRule]] = {}
    changed: list[tuple[str, Clock]] = []
    timers: dict[str, dict[str, datetime]] = {}
    risks: list[dict[str, Any]] = []
    turned: list[Turned] = []
    for order, actor in by_whom:
        own, waited = clocks.get(order.order_id, []), waits.get(order.order_id, [])
        cancelled, stamps = order.state == "cancelled", stamps_of(order)
        if order.order_id in to_come and not cancelled:
            begun[order.order_id], left[order.order_id] = attach(to_come[order.order_id], stamps, calendars)
            own = [*own, *begun[order.order_id]]
        judged = [
            reassess(clock, waits=waited, stamps=stamps, now=now, waived=cancelled, calendars=calendars)
            for clock in own
        ]
        changed += [(order.order_id, new.clock) for new, old in zip(judged, own, strict=True) if new.clock != old]
        timers[order.order_id] = timers_of(judged)
        rank, due = risk(new.clock for new in judged)
        if (rank, due) != (order.risk_rank, order.risk_due):
            risks.append({"order_id": order.order_id, "risk_rank": rank, "risk_due": due})
        await tell_news(tx, order.order_id, order.territory_id, judged, now=now, actor=actor)
        turned += [Turned(order, new.clock.rule.clock, new.clock.state) for new in judged if _concerns_remedies(new)]
    await store.begin(tx, begun, left)
    await store.save(tx, changed)
    await store.set_timers(tx, timers)
    await order_store.save_risks(tx, risks)
    await propose_remedies(tx, turned, now=now)


def _concerns_remedies(new: Reassessed) -> bool:
    """Whether a clock broke just now, or one that was broken is so no more."""
    return new.state_changed and new.clock.breach_raised


def stamps_of(order: Row[Any]) -> dict[str, datetime]:
    """The time fields of an order that are set."""
    return {name: at for name in TIME_FIELDS if (at := getattr(order, name)) is not None}


def timers_of(judged: Sequence[Reassessed]) -> dict[str, datetime]:
    """When an order's clocks must be looked at again."""
    return {name: at for new in judged for name, at in new.timers.items()}


async def tell_news(
    tx: AsyncConnection, order_id: str, territory_id: str, judged: Sequence[Reassessed], *, now: datetime, actor: str
) -> None:
    """Tell what changed for clocks that were judged anew."""
    for new in judged:
        clock = new.clock
        if new.state_changed:
            changed = PromiseStateChanged(
                order_id=order_id,
                territory_id=territory_id,
                clock=clock.rule.clock,
                state=clock.state,
                due=clock.due,
                stopped_at=clock.stopped_at,
            )
            # A clock breaches when it is due, however late somebody looks.
            happened = clock.stopped_at or (clock.due if clock.state == "breached" else now)
            await append(tx, changed, subject=order_id, actor=actor, effective_at=happened)
        if new.warning:
            warned = PromiseWarned(order_id=order_id, territory_id=territory_id, clock=clock.rule.clock, due=clock.due)
            await append(tx, warned, subject=order_id, actor=actor, effective_at=now)
