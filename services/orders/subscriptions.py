"""What the other services' events do here. Every event about an order lands in its timeline, exactly once."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event, Message
from kit.feed import Handler, Subscription
from services.messages import (
    AppointmentMoved,
    AppointmentPlanned,
    OrderUnassigned,
    PartsUsed,
    PromiseRiskChanged,
    ReplacementDecided,
)
from services.orders.context import Orders
from services.orders.store import timeline
from services.orders.use_cases import appointments
from services.orders.use_cases.replacement import open_case


def subscriptions(context: Orders) -> list[Subscription]:
    """The feeds that orders follows."""

    def on(effect: Callable[..., Awaitable[None]]) -> Handler:
        async def handle(tx: AsyncConnection, event: Event) -> None:
            await effect(tx, event.message, event)

        return handle

    async def opened(tx: AsyncConnection, told: ReplacementDecided, event: Event) -> None:
        await open_case(tx, told, event, now=context.clock.now(), secret=context.settings.shared_secret)

    async def followed(tx: AsyncConnection, events: Sequence[Event]) -> None:
        await appointments.judge_clocks(tx, events, now=context.clock.now())
        await _into_timeline(tx, events)

    dispatch: dict[type[Message], Handler] = {
        AppointmentPlanned: on(appointments.planned),
        AppointmentMoved: on(appointments.moved),
        OrderUnassigned: on(appointments.unassigned),
        PromiseRiskChanged: on(appointments.risk_changed),
        ReplacementDecided: on(opened),
    }
    return [
        Subscription(publisher="dispatch", handlers=dispatch, together=followed),
        Subscription(publisher="parts", handlers={PartsUsed: on(_parts_used)}, together=_into_timeline),
        Subscription(publisher="stations", together=_into_timeline),
        Subscription(publisher="mobile", together=_into_timeline),
    ]


async def _into_timeline(tx: AsyncConnection, events: Sequence[Event]) -> None:
    await timeline.add(tx, [event for event in events if event.order_id is not None])


async def _parts_used(tx: AsyncConnection, told: PartsUsed, event: Event) -> None:
    await timeline.add_used_parts(
        tx,
        publisher_seq=event.seq,
        order_id=told.order_id,
        part=told.part,
        quantity=told.quantity,
        cost_fen=told.cost_fen,
    )
