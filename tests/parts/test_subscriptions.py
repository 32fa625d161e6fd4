"""What others tell arrives at the right use case."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kit.events import Event, Message
from kit.ids import new_id
from services.messages import (
    OrderAccepted,
    OrderCancelled,
    OrderClosed,
    OrderCompleted,
    PlanPublished,
    StationChanged,
    StockLine,
    TerritoryChanged,
)
from services.parts.subscriptions import subscriptions
from services.parts.use_cases.counts import ZONE
from tests.parts.conftest import PLACES, Parts
from tests.parts.test_availability import answer, asked
from tests.running import body

HERE = {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}


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


async def test_the_shelf_of_a_station_is_open_when_the_station_is(parts: Parts) -> None:
    """Where it has no hours of its own; depots and vans never follow a station. Plans, promises and lists say so."""
    await parts.stock("SHELF-S1", "PUMP", 2)
    for place in ("VAN-E1", "D-T1"):
        await parts.stock(place, "PUMP", 1)

    async def hours() -> dict[str, tuple[str | None, str | None]]:
        places = body(await parts.service.get("/parts/v1/places"))["items"]
        plan = {"territory_id": "T1", "parts": ["PUMP"], "order_places": []}
        planned = body(await parts.service.post("/parts/v1/plan-stock", json=plan))["places"]
        listed = {one["place_id"]: (one["opens"], one["closes"]) for one in places}
        for one in planned:
            assert (one["opens"], one["closes"]) == listed[one["id"]]
        shelf = body(await parts.service.get("/parts/v1/places/SHELF-S1"))
        assert (shelf["opens"], shelf["closes"]) == listed["SHELF-S1"]
        return {place: listed[place] for place in ("SHELF-S1", "VAN-E1", "D-T1")}

    async def shelf(opens: str | None, closes: str | None) -> None:
        row = next(one for one in PLACES if one["place_id"] == "SHELF-S1")
        await parts.import_rows("places", [row | HERE | {"opens": opens, "closes": closes}])

    await tell(parts, "stations", StationChanged(station_id="S1", territory_id="T1", opens="09:00", closes="17:00"))
    always = (None, None)
    assert await hours() == {"SHELF-S1": ("09:00", "17:00"), "VAN-E1": always, "D-T1": always}
    closed = (datetime.now(ZONE) + timedelta(days=1)).replace(hour=18, minute=0, second=0, microsecond=0)
    question = asked(("PUMP", 2))
    question["orders"][0] |= {"at": closed.isoformat(), "place": HERE}
    [wanted] = (await answer(parts, question))["lines"]
    [offer] = [one for one in wanted["offers"] if one["place_id"] == "SHELF-S1"]
    assert datetime.fromisoformat(offer["arrives_at"]) == closed.replace(hour=9) + timedelta(days=1)
    await shelf("07:00", "23:00")
    assert (await hours())["SHELF-S1"] == ("07:00", "23:00"), "its own"
    await shelf(None, None)
    await tell(parts, "stations", StationChanged(station_id="S1", territory_id="T1", opens=None, closes=None))
    assert (await hours())["SHELF-S1"] == always


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
