"""What others tell arrives at the right use case."""

from collections.abc import Callable
from datetime import UTC, datetime

from kit.events import Event, Message
from kit.ids import new_id
from services.messages import (
    OrderAccepted,
    OrderCancelled,
    OrderClosed,
    OrderCompleted,
    PlanPublished,
    StockLine,
    TerritoryChanged,
)
from services.parts.subscriptions import subscriptions
from tests.parts.conftest import Parts
from tests.running import body


async def tell(parts: Parts, publisher: str, message: Message) -> None:
    """What the feed does with one event."""
    now = datetime.now(UTC)
    event = Event(
        publisher=publisher,
        seq=1,
        id=new_id(),
        kind=message.kind,
        subject="s",
        order_id=getattr(message, "order_id", None),
        actor="service:test",
        effective_at=now,
        recorded_at=now,
        payload=message.model_dump(mode="json"),
    )
    [subscription] = [one for one in subscriptions(parts.context) if one.publisher == publisher]
    assert subscription.takes(event)
    async with parts.context.db.transaction() as tx:
        await subscription.apply(tx, [event])


def plan(order_id: str, epoch: int) -> PlanPublished:
    line = StockLine(
        line="a",
        order_id=order_id,
        part="PUMP",
        quantity=1,
        place_id="CENTRAL",
        source="pickup",
        engineer_id="E1",
    )
    return PlanPublished(territory_id="T3", epoch=epoch, stock=[line], vehicles=[])


async def test_the_life_of_an_order_as_parts_hears_it(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 3)
    await tell(parts, "stations", TerritoryChanged(territory_id="T3", branch_id="B3"))
    dispatcher = await parts.system.sign_in("dispatcher", branch_id="B3")
    endings: list[Callable[[str], Message]] = [
        lambda order: OrderCancelled(order_id=order, territory_id="T3", reason="sold"),
        lambda order: OrderCompleted(order_id=order, territory_id="T3", appointment_id="a", engineer_id="E1"),
        lambda order: OrderClosed(order_id=order, territory_id="T3", asset_id="A"),
    ]
    for epoch, ending in enumerate(endings, start=1):
        order = new_id()
        scope = {"territory_id": "T3", "branch_id": "B3", "station_id": "S3"}
        accepted = OrderAccepted(order_id=order, number="1", asset_id="A", work_type="breakdown", **scope)
        await tell(parts, "orders", accepted)
        await tell(parts, "dispatch", plan(order, epoch))
        seen = body(await dispatcher.get(f"/parts/v1/orders/{order}/parts"))
        assert [row["place_id"] for row in seen["reservations"]] == ["CENTRAL"]
        await tell(parts, "orders", ending(order))
        assert body(await dispatcher.get(f"/parts/v1/orders/{order}/parts"))["reservations"] == []
