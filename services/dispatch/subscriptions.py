"""What dispatch does when others tell something: every event that a plan depends on asks for a new one."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event, Message
from kit.feed import Handler, Subscription
from services.messages import (
    DelayReported,
    EngineerChanged,
    ExpertShort,
    OrderAccepted,
    OrderCancelled,
    OrderChanged,
    OrderClosed,
    OrderCompleted,
    PartsShort,
    ReplacementStepTaken,
    StationChanged,
    StockChanged,
    TerritoryChanged,
    VehicleShort,
)

from .context import DispatchContext
from .store import territories
from .use_cases import following
from .use_cases.planning import ask_for_plan, ask_for_plans_of_orders

M = TypeVar("M", bound=Message)


def subscriptions(context: DispatchContext) -> Sequence[Subscription]:
    """Orders, phones, parts and stations."""
    return [_orders(context), _phones(context), _parts(context), _stations(context)]


def _orders(context: DispatchContext) -> Subscription:
    async def told(tx: AsyncConnection, events: Sequence[Event]) -> None:
        newest: dict[str, int] = {}
        branches: dict[str, str] = {}
        for event in events:
            message = event.message
            assert isinstance(message, OrderAccepted | OrderChanged)  # noqa: S101 - by subscription
            newest[message.territory_id] = event.seq
            if isinstance(message, OrderAccepted):
                branches[message.territory_id] = message.branch_id
        for territory_id, branch_id in sorted(branches.items()):
            await territories.know(tx, territory_id=territory_id, branch_id=branch_id)
        await ask_for_plans_of_orders(context, tx, newest)

    async def cancelled(tx: AsyncConnection, event: Event) -> None:
        message = _read(event, OrderCancelled)
        await following.order_ended(context, tx, event, order_id=message.order_id, reason="order_cancelled")
        await ask_for_plan(context, tx, message.territory_id)

    async def completed(tx: AsyncConnection, event: Event) -> None:
        message = _read(event, OrderCompleted)
        await following.order_completed(
            context, tx, event, order_id=message.order_id, appointment_id=message.appointment_id
        )

    async def closed(tx: AsyncConnection, event: Event) -> None:
        message = _read(event, OrderClosed)
        await following.order_ended(context, tx, event, order_id=message.order_id, reason="order_ended")

    async def stepped(tx: AsyncConnection, event: Event) -> None:
        await following.replacement_step(context, tx, event)

    handlers: dict[type[Message], Handler] = {OrderCancelled: cancelled, OrderCompleted: completed}
    handlers |= {OrderClosed: closed, ReplacementStepTaken: stepped}
    return Subscription("orders", handlers, together=told, of=(OrderAccepted, OrderChanged))


def _phones(context: DispatchContext) -> Subscription:
    async def delayed(tx: AsyncConnection, event: Event) -> None:
        message = _read(event, DelayReported)
        await following.delayed(context, tx, appointment_id=message.appointment_id, expected_at=message.expected_at)

    return Subscription("mobile", {DelayReported: delayed})


def _parts(context: DispatchContext) -> Subscription:
    async def stock(tx: AsyncConnection, event: Event) -> None:
        await following.stock_changed(context, tx, territory_id=_read(event, StockChanged).territory_id)

    async def short(tx: AsyncConnection, event: Event) -> None:
        await ask_for_plan(context, tx, _read(event, PartsShort).territory_id)

    return Subscription("parts", {StockChanged: stock, PartsShort: short})


def _stations(context: DispatchContext) -> Subscription:
    async def territory(tx: AsyncConnection, event: Event) -> None:
        message = _read(event, TerritoryChanged)
        await territories.know(tx, territory_id=message.territory_id, branch_id=message.branch_id)

    async def engineer(tx: AsyncConnection, event: Event) -> None:
        await ask_for_plan(context, tx, _read(event, EngineerChanged).territory_id)

    async def station(tx: AsyncConnection, event: Event) -> None:
        await ask_for_plan(context, tx, _read(event, StationChanged).territory_id)

    async def no_vehicle(tx: AsyncConnection, event: Event) -> None:
        message = _read(event, VehicleShort)
        await following.vehicle_short(context, tx, order_id=message.order_id, territory_id=message.territory_id)

    async def no_expert(tx: AsyncConnection, event: Event) -> None:
        await ask_for_plan(context, tx, _read(event, ExpertShort).territory_id)

    handlers: dict[type[Message], Handler] = {TerritoryChanged: territory, EngineerChanged: engineer}
    handlers[StationChanged] = station
    handlers[VehicleShort], handlers[ExpertShort] = no_vehicle, no_expert
    return Subscription("stations", handlers)


def _read(event: Event, kind: type[M]) -> M:
    message = event.message
    assert isinstance(message, kind)  # noqa: S101 - by subscription
    return message
