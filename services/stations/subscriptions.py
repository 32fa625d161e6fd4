"""What stations does when others tell something."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.context import Context
from kit.events import Event
from kit.feed import Subscription
from services.messages import (
    AppointmentMoved,
    OrderCancelled,
    OrderClosed,
    OrderCompleted,
    PlanPublished,
    ReplacementStepTaken,
)
from services.stations.store import resources
from services.stations.use_cases import bank, burdens, published


def subscriptions(context: Context) -> Sequence[Subscription]:
    """Plans from dispatch, the steps of replacement cases and the end of orders."""

    async def on_plan(tx: AsyncConnection, event: Event) -> None:
        assert isinstance(event.message, PlanPublished)  # noqa: S101 - by subscription
        await published.take_in(tx, event.message, clock=context.clock, actor=event.actor)

    async def on_order_end(tx: AsyncConnection, event: Event) -> None:
        if event.order_id is not None:
            await bank.end_order(tx, event.order_id, actor=event.actor)
            await resources.release(tx, order_id=event.order_id, now=context.clock.now())

    return [
        Subscription("dispatch", {PlanPublished: on_plan}, together=_on_appointments, of=(AppointmentMoved,)),
        Subscription(
            "orders",
            {
                ReplacementStepTaken: _on_step,
                OrderCancelled: on_order_end,
                OrderCompleted: on_order_end,
                OrderClosed: on_order_end,
            },
        ),
    ]


async def _on_appointments(tx: AsyncConnection, events: Sequence[Event]) -> None:
    told = [(event.message, event.effective_at) for event in events]
    await burdens.follow(tx, [(moved, at) for moved, at in told if isinstance(moved, AppointmentMoved)])


async def _on_step(tx: AsyncConnection, event: Event) -> None:
    message = event.message
    assert isinstance(message, ReplacementStepTaken)  # noqa: S101 - by subscription
    await bank.take_step(tx, message, at=event.effective_at, actor=event.actor)
