"""What others tell arrives at the right use case."""

from datetime import UTC, datetime, timedelta

from kit.events import Event, Message
from kit.ids import new_id
from services.messages import OrderCancelled, PlanPublished, ReplacementStepTaken, VehicleLine
from services.stations.subscriptions import subscriptions
from tests.days import this_hour
from tests.stations.conftest import Stations


async def tell(stations: Stations, publisher: str, message: Message) -> None:
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
    [subscription] = [one for one in subscriptions(stations.context) if one.publisher == publisher]
    [handler] = subscription.handlers_of(event)
    async with stations.context.db.transaction() as tx:
        await handler(tx, event)


def plan(epoch: int, order_id: str) -> PlanPublished:
    line = VehicleLine(
        line="a",
        order_id=order_id,
        vehicle_id="V1",
        start=this_hour() + timedelta(hours=1),
        end=this_hour() + timedelta(hours=4),
    )
    return PlanPublished(territory_id="T1", epoch=epoch, stock=[], vehicles=[line])


async def test_a_plan_a_cancelled_order_and_a_delivered_cargo(stations: Stations) -> None:
    cancelled, delivered = new_id(), new_id()
    await tell(stations, "dispatch", plan(1, cancelled))
    await tell(stations, "orders", OrderCancelled(order_id=cancelled, territory_id="T1", reason="sold"))
    await tell(stations, "dispatch", plan(2, delivered))
    case = {"case_id": new_id(), "order_id": delivered, "vehicle_id": "V1", "territory_id": "T1"}
    await tell(stations, "orders", ReplacementStepTaken.model_validate(case | {"step": "accept"}))
    await tell(stations, "orders", ReplacementStepTaken.model_validate(case | {"step": "delivered", "kilometres": 10}))
    assert [said["order_id"] for said in await stations.told("vehicle.booked")] == [cancelled, delivered]
    assert [said["order_id"] for said in await stations.told("vehicle.released")] == [cancelled, delivered]
    assert [said["cost_fen"] for said in await stations.told("replacement.cost_booked")] == [80_000 + 7_000]
