"""What dispatch's feed does to an order: its times, its state, its risk.

The clocks of the orders are judged anew once for all events of a transaction: a plan tells four things of each order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from kit.ids import new_id
from kit.journal import append
from services.messages import AppointmentMoved, AppointmentPlanned, OrderUnassigned, PromiseRiskChanged
from services.orders.domain import life
from services.orders.domain.life import OPEN
from services.orders.facts import FactFlagged
from services.orders.store import clocks as clock_store
from services.orders.store import facts as fact_store
from services.orders.store import orders as store
from services.orders.store import timeline as appointment_store
from services.orders.use_cases.promises import refresh

_STAMPED = {"dispatched": "dispatched_at", "acknowledged": "acknowledged_at", "travelling": "departed_at"}
_ON_THE_WAY = ("dispatched_at", "acknowledged_at", "departed_at")
_OVER = ("declined", "cancelled")
_MOVES_CLOCKS = (AppointmentPlanned, AppointmentMoved, PromiseRiskChanged)


async def judge_clocks(tx: AsyncConnection, events: Sequence[Event], *, now: datetime) -> None:
    """Judge the clocks of all orders that these events may have changed."""
    actor_of = {event.message.order_id: event.actor for event in events if isinstance(event.message, _MOVES_CLOCKS)}
    orders = await store.lock_all(tx, actor_of) if actor_of else []
    for actor in sorted(set(actor_of.values())):
        await refresh(tx, [order for order in orders if actor_of[order.order_id] == actor], now=now, actor=actor)


async def planned(tx: AsyncConnection, told: AppointmentPlanned, event: Event) -> None:
    """A plan found an engineer and a time, or moved them."""
    known = await appointment_store.appointment(tx, told.appointment_id)
    await appointment_store.keep_appointment(
        tx,
        appointment_id=told.appointment_id,
        order_id=told.order_id,
        engineer_id=told.engineer_id,
        state=known.state if known is not None else "planned",
        scheduled_start=told.scheduled_start,
        scheduled_end=told.scheduled_end,
    )
    order = await store.lock(tx, told.order_id)
    if order is None or order.state not in OPEN:
        return
    values: dict[str, Any] = {"appointment_id": told.appointment_id, "engineer_id": told.engineer_id}
    values["assigned_at"] = order.assigned_at or event.effective_at
    await store.change(tx, told.order_id, unassigned_reason=None, **values)


async def moved(tx: AsyncConnection, told: AppointmentMoved, event: Event) -> None:
    """An appointment took a step; the order gets its time, and its state where that follows."""
    await _keep(tx, told, event)
    order = await store.lock(tx, told.order_id)
    if order is None:
        return
    at = event.effective_at
    values: dict[str, Any] = {}
    if (column := _STAMPED.get(told.state)) is not None:
        values[column] = _earlier(order, column, at)
    if told.state == "acknowledged":
        values["responded_at"] = _earlier(order, "responded_at", at)
    if told.state == "on_site":
        values |= await _arrived(tx, order, told, event)
    if told.state in _OVER and order.appointment_id == told.appointment_id and order.state in OPEN:
        values |= _nobody(order)
    if values:
        await store.change(tx, order.order_id, **values)


async def unassigned(tx: AsyncConnection, told: OrderUnassigned, _: Event) -> None:
    """The plan could not serve the order."""
    order = await store.lock(tx, told.order_id)
    if order is not None and order.state in OPEN:
        await store.change(tx, told.order_id, unassigned_reason=told.reason)


async def risk_changed(tx: AsyncConnection, told: PromiseRiskChanged, _: Event) -> None:
    """The plan predicts when a clock will stop."""
    if await store.lock(tx, told.order_id) is not None:
        await clock_store.predict(tx, told.order_id, told.clock, told.predicted)


async def _keep(tx: AsyncConnection, told: AppointmentMoved, event: Event) -> None:
    values: dict[str, Any] = {"state": told.state, "reason": told.reason}
    if told.state == "dispatched":
        values["dispatched_at"] = event.effective_at
    await appointment_store.keep_appointment(
        tx, appointment_id=told.appointment_id, order_id=told.order_id, engineer_id=told.engineer_id, **values
    )


async def _arrived(tx: AsyncConnection, order: Row[Any], told: AppointmentMoved, event: Event) -> dict[str, Any]:
    """The arrival counts at once, unless it looks wrong: then a person decides whether it stops the clock."""
    values: dict[str, Any] = {"state": life.after(order.state, "on_site")}
    if values["state"] != "waiting":
        values["waiting_reason"] = None
        await clock_store.end_wait(tx, order.order_id, event.effective_at)
    if not told.flagged:
        return values | {"arrived_at": _earlier(order, "arrived_at", event.effective_at)}
    fact_id = new_id()
    await fact_store.flag(
        tx,
        fact_id=fact_id,
        order_id=order.order_id,
        appointment_id=told.appointment_id,
        field="arrived_at",
        effective_at=event.effective_at,
    )
    flagged = FactFlagged(order_id=order.order_id, territory_id=order.territory_id, fact_id=fact_id, field="arrived_at")
    await append(tx, flagged, subject=order.order_id, actor=event.actor, effective_at=event.effective_at)
    return values


def _earlier(order: Row[Any], column: str, at: datetime) -> datetime:
    known: datetime | None = getattr(order, column)
    return at if known is None else min(known, at)


def _nobody(order: Row[Any]) -> dict[str, Any]:
    """Nobody is on the way any more: what was stamped for a journey that did not arrive is taken back."""
    values: dict[str, Any] = {"appointment_id": None, "engineer_id": None}
    if order.arrived_at is None and order.work_started_at is None:
        values |= dict.fromkeys(_ON_THE_WAY)
    return values
