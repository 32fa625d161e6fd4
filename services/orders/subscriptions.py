"""What the other services' events do here. Every event about an order lands in its timeline, exactly once."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.events import Event
from kit.feed import Subscription
from services.messages import HelpRequested, PartsUsed, ReplacementDecided
from services.orders.context import Orders
from services.orders.store import timeline
from services.orders.use_cases import appointments, crews
from services.orders.use_cases.replacement import open_case


def subscriptions(context: Orders) -> list[Subscription]:
    """The feeds that orders follows."""

    async def followed(tx: AsyncConnection, events: Sequence[Event]) -> None:
        now = context.clock.now()
        await appointments.follow(tx, events, now=now)
        for event in events:
            if isinstance(event.message, ReplacementDecided):
                await open_case(tx, event.message, event, now=now, secret=context.settings.shared_secret)
        await _into_timeline(tx, events)

    return [
        Subscription(publisher="dispatch", together=followed),
        Subscription(publisher="parts", handlers={PartsUsed: _parts_used}, together=_into_timeline),
        Subscription(publisher="stations", together=_into_timeline),
        Subscription(publisher="mobile", handlers={HelpRequested: _help_requested}, together=_into_timeline),
    ]


async def _into_timeline(tx: AsyncConnection, events: Sequence[Event]) -> None:
    await timeline.add(tx, [event for event in events if event.order_id is not None])


async def _help_requested(tx: AsyncConnection, event: Event) -> None:
    told = event.message
    assert isinstance(told, HelpRequested)  # noqa: S101 - by subscription
    if told.wanted == "advice":
        await crews.call_expert(tx, told.order_id, actor=event.actor)


async def _parts_used(tx: AsyncConnection, event: Event) -> None:
    told = event.message
    assert isinstance(told, PartsUsed)  # noqa: S101 - by subscription
    await timeline.add_used_parts(
        tx,
        publisher_seq=event.seq,
        order_id=told.order_id,
        part=told.part,
        quantity=told.quantity,
        cost_fen=told.cost_fen,
    )
