"""What parts does when others tell something."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.context import Context
from kit.events import Event, Message
from kit.feed import Subscription
from services.messages import (
    OrderAccepted,
    OrderCancelled,
    OrderClosed,
    OrderCompleted,
    PlanPublished,
    PromiseStateChanged,
    StationChanged,
    TerritoryChanged,
)
from services.parts.store import claims, kpis
from services.parts.use_cases import plans

_ENDS = (OrderCancelled, OrderCompleted, OrderClosed)


def subscriptions(context: Context) -> Sequence[Subscription]:
    """Plans from dispatch, the life of orders, territories with their branch, stations with their hours."""

    async def on_plan(tx: AsyncConnection, event: Event) -> None:
        assert isinstance(event.message, PlanPublished)  # noqa: S101 - by subscription
        await plans.publish(tx, event.message, clock=context.clock, actor=event.actor)

    async def on_orders(tx: AsyncConnection, events: Sequence[Event]) -> None:
        await _know_orders(tx, [event.message for event in events])
        for event in events:
            if isinstance(event.message, _ENDS) and event.order_id is not None:
                await plans.end_order(tx, event.order_id, clock=context.clock, actor=event.actor)

    return [
        Subscription("dispatch", {PlanPublished: on_plan}),
        Subscription("orders", together=on_orders, of=(OrderAccepted, PromiseStateChanged, *_ENDS)),
        Subscription("stations", {TerritoryChanged: _on_territory, StationChanged: _on_station}),
    ]


async def _know_orders(tx: AsyncConnection, messages: Sequence[Message]) -> None:
    """Whom an order belongs to, and which of its promises is broken, as its last event says."""
    accepted: dict[str, dict[str, str | None]] = {}
    broken: dict[tuple[str, str], datetime | None] = {}
    for message in messages:
        if isinstance(message, OrderAccepted):
            accepted[message.order_id] = message.model_dump(include=claims.ORDER)
        if isinstance(message, PromiseStateChanged) and message.state in ("breached", "met", "waived", "withdrawn"):
            broken[message.order_id, message.clock] = message.due if message.state == "breached" else None
    await claims.add_orders(tx, list(accepted.values()))
    await kpis.set_broken(tx, broken)


async def _on_territory(tx: AsyncConnection, event: Event) -> None:
    message = event.message
    assert isinstance(message, TerritoryChanged)  # noqa: S101 - by subscription
    await claims.set_branch(tx, message.territory_id, message.branch_id)


async def _on_station(tx: AsyncConnection, event: Event) -> None:
    message = event.message
    assert isinstance(message, StationChanged)  # noqa: S101 - by subscription
    await claims.set_hours(tx, message.station_id, opens=message.opens, closes=message.closes)
