"""A truck breaks down and runs again within its promise; every step is told by one address."""

import pytest

from tests.journeys.world import BELT, BROKEN_BELT, JINAN, TENSIONER, World, as_gcj02, near, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_repaired_within_the_promise(world: World) -> None:
    phone = world.add_engineer("E1", near(0.1), EN_1012=2, EN_1013=1)
    serial = world.add_truck("TRUCK1")
    site = near(0.3)
    order = world.report(serial, site, symptom=BROKEN_BELT)

    # Told at once: the promise in words, its clocks, the kit of the likely cause.
    assert order["number"] in order["told"]["en"]
    assert "承诺" in order["told"]["zh"]
    assert {clock["name"] for clock in order["clocks"]} >= {"respond", "restore"}
    assert [line["part"] for line in order["kit"]] == [BELT, TENSIONER]

    appointment = world.appointment_of(order["id"])
    assert appointment["engineer_id"] == phone.engineer_id
    assert {line["source"] for line in appointment["sourcing"]} == {"van"}
    wait_for(lambda: phone.day()["appointments"], lambda shown: [one["order_id"] for one in shown] == [order["id"]])

    results = phone.repair(appointment, site=site, used={BELT: 1})
    assert [result["status"] for result in results] == ["applied"] * len(results), results

    done = wait_for(lambda: world.order(order["id"]), lambda now_: now_["state"] == "closed", within_s=60)
    assert {clock["name"]: clock["state"] for clock in done["clocks"]} == dict.fromkeys(
        (clock["name"] for clock in order["clocks"]), "met"
    )
    # Stock moved: one belt less on the van, nothing reserved any more.
    van = wait_for(lambda: world.free_stock(phone.van, BELT), lambda shelf: shelf["claimed"] == 0)
    assert van["on_hand"] == 1
    # The machine's record grew.
    record = ok(world.dispatcher.get(f"/orders/v1/assets/{serial}"))
    assert record["meter_km"] == 120_350
    assert [entry["order_id"] for entry in record["history"]] == [order["id"]]
    # One address tells the whole story, whoever wrote it.
    entries = wait_for(
        lambda: world.timeline(order["id"]),
        lambda told: {"order.closed", "parts.used"} <= {row["kind"] for row in told},
    )
    kinds = [entry["kind"] for entry in entries]
    told_by = {entry["publisher"] for entry in entries}
    assert told_by >= {"orders", "dispatch", "parts", "mobile"}
    story = ["order.accepted", "appointment.planned", "parts.reserved", "order.completed", "order.closed"]
    assert [kind for kind in story if kind in kinds] == story
    times = [entry["effective_at"] for entry in entries]
    assert times == sorted(times)


def test_a_missing_gate_is_told_and_nothing_is_lost(world: World) -> None:
    phone = world.add_engineer("E1", near(0.1), EN_1012=2)
    order = world.report(world.add_truck("TRUCK1"), near(0.2), symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    phone.do("acknowledge", appointment)
    phone.do("depart", appointment)
    # Far from the site without confirmation: asked, not swallowed; confirmed: taken and flagged.
    refused = phone.do("check_in", appointment, place={"lon": 118.9, "lat": 36.9, "datum": "WGS-84"}, accuracy_m=9.0)
    assert refused is not None
    assert refused["status"] == "rejected"
    assert refused["problem"]["distance_m"] > 50_000
    taken = phone.do("check_in", appointment, place={"lon": JINAN.lon + 0.2, "lat": JINAN.lat, "datum": "WGS-84"})
    assert taken is not None
    assert taken["status"] == "applied"
    early = phone.complete(appointment)
    assert early is not None
    assert early["status"] == "rejected"
    assert {"work_started", "diagnosed"} <= {gate["gate"] for gate in early["problem"]["missing"]}
    phone.do("work_started", appointment)
    phone.do("diagnosed", appointment)
    phone.do("restored", appointment)
    finished = phone.complete(appointment)
    assert finished is not None
    assert finished["status"] == "applied"


def test_the_phone_goes_offline_and_comes_back(world: World) -> None:
    phone = world.add_engineer("E1", near(0.1), EN_1012=2)
    site = near(0.2)
    order = world.report(world.add_truck("TRUCK1"), site, symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    signature = phone.photograph(appointment, "signature")
    phone.online = False
    phone.do("acknowledge", appointment)
    phone.do("depart", appointment)
    phone.do("check_in", appointment, place=as_gcj02(site), accuracy_m=8.0)
    phone.do("work_started", appointment)
    phone.do("diagnosed", appointment)
    phone.do("restored", appointment)
    phone.complete(appointment, signature)
    assert world.order(order["id"])["state"] == "accepted"

    batch = phone.batch()
    first = phone.send()
    # The reply was lost on the way: the phone sends the same batch again, and nothing happens twice.
    again = ok(phone.client.post("/mobile/v1/operations", json=batch))["results"]
    assert [result["status"] for result in first] == ["applied"] * 7, first
    assert [result["status"] for result in again] == ["duplicate"] * 7
    # A position in GCJ-02 is some 500 m off when read as WGS-84; tagged, it is on the spot.
    assert first[2]["answer"]["distance_m"] < 20
    wait_for(lambda: world.order(order["id"]), lambda now_: now_["state"] == "confirmed")
    kinds = wait_for(
        lambda: [entry["kind"] for entry in world.timeline(order["id"])], lambda told: "order.completed" in told
    )
    assert kinds.count("order.completed") == 1
