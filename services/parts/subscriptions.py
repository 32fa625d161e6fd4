"""What parts does when others tell something."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.context import Context
from kit.events import Event
from kit.feed import Subscription
from services.messages import (
    OrderAccepted,
    OrderCancelled,
    OrderClosed,
    OrderCompleted,
    PlanPublished,
    PromiseStateChanged,
    TerritoryChanged,
)
from services.parts.store import claims, kpis
from services.parts.use_cases import plans


def subscriptions(context: Context) -> Sequence[Subscription]:
    """Plans from dispatch, the life of orders, territories with their branch."""

    async def on_plan(tx: AsyncConnection, event: Event) -> None:
        assert isinstance(event.message, PlanPublished)  # noqa: S101 - by subscription
        await plans.publish(tx, event.message, clock=context.clock, actor=event.actor)

    async def on_order_end(tx: AsyncConnection, event: Event) -> None:
        if event.order_id is not None:
            await plans.end_order(tx, event.order_id, clock=context.clock, actor=event.actor)

    return [
        Subscription("dispatch", {PlanPublished: on_plan}),
        Subscription(
            "orders",
            {
                OrderAccepted: _on_order,
                PromiseStateChanged: _on_promise,
                OrderCancelled: on_order_end,
                OrderCompleted: on_order_end,
                OrderClosed: on_order_end,
            },
        ),
        Subscription("stations", {TerritoryChanged: _on_territory}),
    ]


async def _on_order(tx: AsyncConnection, event: Event) -> None:
    message = event.message
    assert isinstance(message, OrderAccepted)  # noqa: S101 - by subscription
    names = {"order_id", "territory_id", "branch_id", "station_id"}
    await claims.add_order(tx, message.model_dump(include=names))


async def _on_territory(tx: AsyncConnection, event: Event) -> None:
    message = event.message
    assert isinstance(message, TerritoryChanged)  # noqa: S101 - by subscription
    await claims.set_branch(tx, message.territory_id, message.branch_id)


async def _on_promise(tx: AsyncConnection, event: Event) -> None:
    message = event.message
    assert isinstance(message, PromiseStateChanged)  # noqa: S101 - by subscription
    if message.state in ("breached", "met", "waived", "withdrawn"):
        due = message.due if message.state == "breached" else None
        await kpis.set_broken(tx, order_id=message.order_id, clock=message.clock, due=due)
