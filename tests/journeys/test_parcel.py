"""A part comes by courier: dispatcher, engineer and customer see the same parcel until it is there."""

from datetime import timedelta

import pytest

from tests.journeys.world import BELT, BROKEN_BELT, GUESTS_ASK_S, Json, World, near, now, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_a_parcel_is_seen_by_everybody_who_waits_for_it(world: World) -> None:
    phone = world.add_engineer("E1", near(0.0))
    depot = f"{world.name}-DEPOT"
    world.add_place(depot, "depot", near(1.0, 2.0), territory_id=world.territory_id)
    lane = {"place_id": depot, "fee_fen": 100, "fen_per_km": 1, "km_per_hour": 120, "ready_s": 600}
    world.load("parts", "courier_lanes", lane)
    world.stock(depot, EN_1012=2, EN_1013=2)
    order = world.report(world.add_truck("TRUCK1"), near(0.2), symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    assert {line["source"] for line in appointment["sourcing"] if line["part"] == BELT} == {"courier"}

    def parcel() -> Json | None:
        found = ok(world.dispatcher.get(f"/parts/v1/orders/{order['id']}/parts"))["shipments"]
        return next((one for one in found if one["part"] == BELT and one["state"] != "cancelled"), None)

    made = wait_for(parcel, bool)
    eta = (now() + timedelta(hours=2)).replace(microsecond=0).isoformat()
    said = {"kind": "shipped", "at": now().isoformat(), "eta": eta, "carrier": "顺丰", "waybill": "SF1001"}
    for _ in range(2):  # a carrier tells everything twice
        ok(world.admin.post(f"/parts/v1/shipments/{made['id']}/events", json={"event_id": "1", **said}))

    token = world.order(order["id"])["tracking_link"].removeprefix("/track/")
    customer = world.installation.client()
    coming = wait_for(
        lambda: ok(customer.get(f"/orders/v1/tracking/{token}"))["parts"],
        lambda parts: any(part["state"] == "shipped" for part in parts),
        every_s=GUESTS_ASK_S,
    )
    [belt] = [part for part in coming if part["part"] == BELT]
    assert belt["name_en"] == BELT
    assert belt["eta"][:16] == eta[:16]
    [visit] = wait_for(lambda: phone.day()["appointments"], bool)
    [on_phone] = [one for one in visit["parts"]["shipments"] if one["part"] == BELT]
    assert (on_phone["state"], on_phone["waybill"]) == ("shipped", "SF1001")

    received = {"kind": "received", "at": now().isoformat(), "event_id": "2"}
    ok(world.admin.post(f"/parts/v1/shipments/{made['id']}/events", json=received))
    assert world.free_stock(phone.van, BELT)["on_hand"] == 1
    told = wait_for(
        lambda: [row for row in world.timeline(order["id"]) if row["kind"] == "shipment.moved"],
        lambda rows: any(row["payload"]["state"] == "received" for row in rows),
    )
    states = [row["payload"]["state"] for row in told if row["payload"]["shipment_id"] == made["id"]]
    assert sorted(states) == ["ordered", "received", "shipped"], "each step once, whatever the carrier repeats"
