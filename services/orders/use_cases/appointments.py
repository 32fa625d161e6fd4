"""What dispatch's feed does to an order: its times, its state, its risk.

A plan tells several things of each order: every order is read, written and judged once for all events of a transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from services.messages import AppointmentMoved, AppointmentPlanned, OrderUnassigned, PromiseRiskChanged
from services.orders.domain import life
from services.orders.domain.life import OPEN
from services.orders.store import clocks as clock_store
from services.orders.store import orders as store
from services.orders.store import timeline as appointment_store
from services.orders.use_cases.flags import flag
from services.orders.use_cases.promises import refresh_each

Record = dict[str, Any]
_STAMPED = {"dispatched": "dispatched_at", "acknowledged": "acknowledged_at", "travelling": "departed_at"}
_ON_THE_WAY = ("dispatched_at", "acknowledged_at", "departed_at")
_OVER = ("declined", "cancelled")
_MOVES_CLOCKS = (AppointmentPlanned, AppointmentMoved, PromiseRiskChanged)


async def follow(tx: AsyncConnection, events: Sequence[Event], *, now: datetime) -> None:
    """Take what these events, in their order, tell of appointments and risks."""
    of_orders = [event for event in events if event.order_id is not None]
    locked = await store.lock_all(tx, {str(event.order_id) for event in of_orders})
    told = _Told(tx, locked, await appointment_store.appointments_by_id(tx, _appointment_ids(of_orders)))
    for event in of_orders:
        await told.take(event)
    by_id = {order.order_id: order for order in locked} | await told.write()
    await _judge_clocks(tx, of_orders, by_id, now=now)


def _appointment_ids(events: Sequence[Event]) -> set[str]:
    kinds = (AppointmentPlanned, AppointmentMoved)
    return {event.message.appointment_id for event in events if isinstance(event.message, kinds)}


async def _judge_clocks(
    tx: AsyncConnection, events: Sequence[Event], orders: dict[str, Row[Any]], *, now: datetime
) -> None:
    actor_of = {event.message.order_id: event.actor for event in events if isinstance(event.message, _MOVES_CLOCKS)}
    by_whom = [(orders[order_id], actor) for order_id, actor in actor_of.items() if order_id in orders]
    if by_whom:
        await refresh_each(tx, by_whom, now=now)


class _Told:
    """Locked orders and their appointments as the events leave them."""

    def __init__(self, tx: AsyncConnection, orders: Sequence[Row[Any]], appointments: dict[str, Record]):
        self._tx = tx
        self._read = {order.order_id: order for order in orders}
        self._orders: dict[str, Record] = {order.order_id: dict(order._mapping) for order in orders}
        self._appointments = appointments
        self._kept: set[str] = set()
        self._predicted: dict[tuple[str, str], tuple[datetime, float | None]] = {}

    async def take(self, event: Event) -> None:
        """What one event changes; appointments of orders that nobody knows are kept all the same."""
        message = event.message
        if isinstance(message, AppointmentPlanned):
            self._planned(message, event)
        elif isinstance(message, AppointmentMoved):
            await self._moved(message, event)
        elif isinstance(message, OrderUnassigned):
            self._unassigned(message)
        elif isinstance(message, PromiseRiskChanged):
            self._foretold(message)

    async def write(self) -> dict[str, Row[Any]]:
        """Write what has changed; the orders that have."""
        await appointment_store.keep_appointments(self._tx, [self._appointments[kept] for kept in sorted(self._kept)])
        await clock_store.predict(self._tx, self._predicted)
        changed = [order for order_id, order in self._orders.items() if order != dict(self._read[order_id]._mapping)]
        return {order.order_id: order for order in await store.follow(self._tx, changed)}

    def _planned(self, told: AppointmentPlanned, event: Event) -> None:
        """A plan found an engineer and a time, or moved them."""
        known = self._appointments.get(told.appointment_id, {"state": "planned"})
        times = {"scheduled_start": told.scheduled_start, "scheduled_end": told.scheduled_end}
        self._keep(told, times | {"state": known["state"]})
        order = self._orders.get(told.order_id)
        if order is not None and order["state"] in OPEN and told.role == "lead":
            order |= {"appointment_id": told.appointment_id, "engineer_id": told.engineer_id}
            order |= {"assigned_at": order["assigned_at"] or event.effective_at, "unassigned_reason": None}

    async def _moved(self, told: AppointmentMoved, event: Event) -> None:
        """An appointment took a step; the order gets its time, and its state where that follows."""
        dispatched = {"dispatched_at": event.effective_at} if told.state == "dispatched" else {}
        self._keep(told, {"state": told.state, "reason": told.reason} | dispatched)
        order = self._orders.get(told.order_id)
        if order is None or told.role == "second":  # the lead of a crew answers for the order
            return
        at = event.effective_at
        if (column := _STAMPED.get(told.state)) is not None:
            order[column] = _earlier(order, column, at)
        if told.state == "acknowledged":
            order["responded_at"] = _earlier(order, "responded_at", at)
        if told.state == "on_site":
            order |= await _arrived(self._tx, order, told, event)
        if told.state in _OVER and order["appointment_id"] == told.appointment_id and order["state"] in OPEN:
            order |= _nobody(order)

    def _foretold(self, told: PromiseRiskChanged) -> None:
        """The last of what these events predict counts."""
        self._predicted[told.order_id, told.clock] = told.predicted, told.chance

    def _unassigned(self, told: OrderUnassigned) -> None:
        """The plan could not serve the order."""
        order = self._orders.get(told.order_id)
        if order is not None and order["state"] in OPEN:
            order["unassigned_reason"] = told.reason

    def _keep(self, told: AppointmentPlanned | AppointmentMoved, values: Record) -> None:
        whose = {name: getattr(told, name) for name in ("appointment_id", "order_id", "engineer_id", "role")}
        self._appointments[told.appointment_id] = self._appointments.get(told.appointment_id, {}) | whose | values
        self._kept.add(told.appointment_id)


async def _arrived(tx: AsyncConnection, order: Record, told: AppointmentMoved, event: Event) -> Record:
    """The arrival counts at once, unless it looks wrong: then a person decides whether it stops the clock."""
    values: Record = {"state": life.after(order["state"], "on_site")}
    if order["state"] == "waiting" != values["state"]:
        values["waiting_reason"] = None
        await clock_store.end_wait(tx, told.order_id, event.effective_at)
    if not told.flagged:
        return values | {"arrived_at": _earlier(order, "arrived_at", event.effective_at)}
    await flag(
        tx,
        order_id=told.order_id,
        territory_id=order["territory_id"],
        appointment_id=told.appointment_id,
        field="arrived_at",
        effective_at=event.effective_at,
        actor=event.actor,
    )
    return values


def _earlier(order: Record, column: str, at: datetime) -> datetime:
    known: datetime | None = order[column]
    return at if known is None else min(known, at)


def _nobody(order: Record) -> Record:
    """Nobody is on the way any more: what was stamped for a journey that did not arrive is taken back."""
    values: Record = {"appointment_id": None, "engineer_id": None}
    if order["arrived_at"] is None and order["work_started_at"] is None:
        values |= dict.fromkeys(_ON_THE_WAY)
    return values
