"""Courier shipments: ordered by the plan, moved by the carrier, never twice and never backwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kit.ids import new_id
from services.parts.use_cases import plans
from tests.parts.conftest import Parts, line
from tests.running import body

NOW = datetime.now(UTC).replace(microsecond=0)


def courier(order: str, quantity: int = 1, **given: Any) -> dict[str, Any]:
    eta = NOW + timedelta(hours=3)
    return line("c", order, quantity=quantity) | {"source": "courier", "arrives_at": eta, "fee_fen": 4_000} | given


def held(order: str, quantity: int = 1) -> dict[str, Any]:
    return line("c", order, quantity=quantity) | {"source": "courier"}


async def shipments(parts: Parts, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body(await parts.service.get(f"/parts/v1/orders/{order}/parts"))["shipments"]
    return found


async def tell(parts: Parts, shipment_id: str, kind: str, status: int = 200, **given: Any) -> Any:
    sent = {"event_id": new_id(), "kind": kind, "at": NOW.isoformat(), **given}
    return body(await parts.service.post(f"/parts/v1/shipments/{shipment_id}/events", json=sent), status)


async def test_from_order_to_the_van(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 3)
    await parts.publish("T1", 1, courier(order, 2))
    [ordered] = await shipments(parts, order)
    assert (ordered["state"], ordered["quantity"], ordered["to_place_id"]) == ("ordered", 2, "VAN-E1")
    assert await parts.shelf("CENTRAL", "PUMP") == (3, 2)
    await tell(parts, ordered["id"], "picked")
    assert await parts.shelf("CENTRAL", "PUMP") == (1, 0), "off the shelf"
    await tell(parts, ordered["id"], "shipped", eta=(NOW + timedelta(hours=5)).isoformat())
    arrived: dict[str, Any] = {"event_id": "final", "at": NOW.isoformat()}
    for _ in range(2):
        assert (await tell(parts, ordered["id"], "received", **arrived))["state"] == "received"
    assert await parts.shelf("VAN-E1", "PUMP") == (2, 2)
    states = [said["state"] for said in await parts.told("shipment.moved")]
    assert states == ["ordered", "picked", "shipped", "received"]
    problem = await tell(parts, ordered["id"], "delayed", 409, **arrived)
    assert problem["pointer"] == "/event_id"


async def test_late_and_missing_messages(parts: Parts, order: str) -> None:
    """Received may come first and alone; what comes later moves nothing back."""
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, courier(order))
    [ordered] = await shipments(parts, order)
    assert (await tell(parts, ordered["id"], "received"))["state"] == "received"
    assert (await tell(parts, ordered["id"], "shipped"))["state"] == "received"
    assert (await parts.shelf("CENTRAL", "PUMP"), await parts.shelf("VAN-E1", "PUMP")) == ((0, 0), (1, 1))
    await tell(parts, new_id(), "shipped", 404)


async def test_a_replan_keeps_changes_or_cancels_what_has_not_left(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 3)
    await parts.publish("T1", 1, courier(order))
    [first] = await shipments(parts, order)
    await parts.publish("T1", 2, courier(order, 2))
    [kept] = await shipments(parts, order)
    assert (kept["id"], kept["quantity"]) == (first["id"], 2)
    await parts.publish("T1", 3)
    assert [row["state"] for row in await shipments(parts, order)] == ["cancelled"]
    assert await parts.shelf("CENTRAL", "PUMP") == (3, 0)


async def test_a_line_that_was_held_for_a_courier_may_be_published_for_a_pick_up(parts: Parts, order: str) -> None:
    """Two plans compete for the same epoch: one holds a line, the other publishes the same pieces by another way."""
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.hold("T1", 1, held(order))
    await parts.publish("T1", 1, line("c", order))
    assert await shipments(parts, order) == []
    assert await parts.shelf("CENTRAL", "PUMP") == (1, 1), "reserved for the pick-up"


async def test_a_parcel_on_its_way_is_not_ordered_again(parts: Parts, order: str) -> None:
    """The depot is empty now; the next plan's line is the parcel, which follows the order to another engineer."""
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, courier(order))
    [ordered] = await shipments(parts, order)
    await tell(parts, ordered["id"], "shipped")
    assert await parts.hold("T1", 2, held(order)) == {"c": None}
    await parts.publish("T1", 2, courier(order, engineer_id="E2"))
    [moving] = await shipments(parts, order)
    assert (moving["state"], moving["engineer_id"], moving["to_place_id"]) == ("shipped", "E2", "VAN-E2")
    await parts.publish("T1", 3)
    assert [row["state"] for row in await shipments(parts, order)] == ["shipped"]
    await tell(parts, ordered["id"], "received")
    assert await parts.shelf("VAN-E2", "PUMP") == (1, 1)


async def test_an_unknown_receiving_place_is_asked_for(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, courier(order, engineer_id="NO-VAN"))
    [ordered] = await shipments(parts, order)
    problem = await tell(parts, ordered["id"], "received", 409)
    assert (problem["type"], problem["pointer"]) == ("/problems/no-receiving-place", "/place_id")
    assert (await tell(parts, ordered["id"], "received", place_id="SHELF-S1"))["state"] == "received"
    assert await parts.shelf("SHELF-S1", "PUMP") == (1, 1)


async def test_the_end_of_an_order_cancels_what_has_not_left(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, courier(order))
    async with parts.context.db.transaction() as tx:
        await plans.end_order(tx, order, clock=parts.context.clock, actor="service:orders")
    assert [row["state"] for row in await shipments(parts, order)] == ["cancelled"]


async def test_a_parcel_keeps_its_waybill_and_tells_the_part_by_name(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, courier(order))
    [ordered] = await shipments(parts, order)
    await tell(parts, ordered["id"], "picked", carrier="SF", waybill="SF1001")
    moved = await tell(parts, ordered["id"], "shipped")
    assert (moved["carrier"], moved["waybill"]) == ("SF", "SF1001")
    told = (await parts.told("shipment.moved"))[-1]
    assert (told["name_en"], told["waybill"]) == ("PUMP", "SF1001")


async def test_what_should_have_arrived_is_listed_as_late_until_it_does(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, courier(order))
    [ordered] = await shipments(parts, order)

    async def late() -> list[str]:
        found = body(await parts.service.get("/parts/v1/shipments", params={"late": True}))["items"]
        return [one["id"] for one in found]

    assert await late() == []
    await tell(parts, ordered["id"], "shipped", eta=(NOW - timedelta(minutes=5)).isoformat())
    assert await late() == [ordered["id"]]
    await tell(parts, ordered["id"], "received")
    assert await late() == []


async def test_what_is_expected_first_is_at_the_head_of_the_branch_s_list_page_by_page(parts: Parts) -> None:
    """Ordered in another order than they are expected in; the last has no time at all."""
    await parts.stock("CENTRAL", "PUMP", 4)
    hours = (5, 1, None, 3)
    etas = [None if after is None else NOW + timedelta(hours=after) for after in hours]
    lines = [courier(new_id(), arrives_at=eta) | {"line": f"l{number}"} for number, eta in enumerate(etas)]
    await parts.publish("T1", 1, *lines)

    async def listed(**wanted: Any) -> list[dict[str, Any]]:
        page = body(await parts.service.get("/parts/v1/shipments", params={"limit": 3, "under_way": True, **wanted}))
        following = await listed(**wanted | {"cursor": page["next"]}) if page["next"] else []
        return [*page["items"], *following]

    found = [one["eta"] and datetime.fromisoformat(one["eta"]) for one in await listed(branch_id="B1")]
    assert found == [etas[1], etas[3], etas[0], None]
    assert await listed(branch_id="B2") == []
    body(await parts.service.get("/parts/v1/shipments", params={"cursor": "yesterday/1"}), 422)


async def test_a_lane_tells_its_time_from_order_to_door(parts: Parts, order: str) -> None:
    """Two parcels: an hour and three hours from order to door, the second later than its carrier had said."""
    await parts.stock("CENTRAL", "PUMP", 2)
    await parts.publish("T1", 1, courier(order), {**courier(new_id()), "line": "other"})
    made = body(await parts.service.get("/parts/v1/shipments"))["items"]
    for row, hours in zip(made, (1, 3), strict=True):
        created = datetime.fromisoformat(row["created_at"])
        promised = (created + timedelta(hours=2)).isoformat()
        await tell(parts, row["id"], "shipped", eta=promised)
        await tell(parts, row["id"], "received", at=(created + timedelta(hours=hours)).isoformat())
    month = (datetime.fromisoformat(made[0]["created_at"]) + timedelta(hours=11)).isoformat()[:7]
    [lane] = body(await parts.service.get("/parts/v1/kpis/lanes", params={"month": month}))["items"]
    assert (lane["from_place_id"], lane["parcels"], lane["on_time"]) == ("CENTRAL", 2, 0.5)
    other = await parts.service.get("/parts/v1/kpis/lanes", params={"month": month, "branch_id": "B2"})
    assert body(other)["items"] == []
    assert lane["p50_s"] == 2 * 3600
