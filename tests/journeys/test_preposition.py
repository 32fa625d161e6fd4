"""A wear-part list becomes pre-positioned stock that keeps a promise."""

from datetime import timedelta

import pytest

from tests.journeys.world import BELT, BROKEN_BELT, TENSIONER, World, near, now, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_a_wear_part_list_becomes_stock_that_keeps_a_promise(world: World) -> None:
    phone = world.add_engineer("E1", near(0.1))
    shelf, depot, station = f"{world.name}-SHELF", f"{world.name}-DEPOT", f"{world.territory_id}-S"
    world.add_place(shelf, "station", near(0.0), territory_id=world.territory_id, station_id=station)
    world.add_place(depot, "depot", near(5.0, 3.0), territory_id=world.territory_id)  # most of a day's drive away
    world.stock(depot, EN_1012=9, EN_1013=9)

    today = now().date()
    wear = [
        {"place_id": shelf, "part": part, "pieces_per_month": rate} for part, rate in ((BELT, 3.0), (TENSIONER, 2.0))
    ]
    holds = {"valid_from": today.isoformat(), "valid_until": (today + timedelta(days=365)).isoformat()}
    ok(
        world.dispatcher.put(
            f"/parts/v1/wear-lists/{world.name}", json={"title": "G2 干线保障", "lines": wear, **holds}
        )
    )
    asked = ok(world.dispatcher.post("/parts/v1/stock-plans", json={"target_fill": 0.9}), 202)
    where = f"/parts/v1/stock-plans/{asked['id']}"
    plan = wait_for(lambda: ok(world.dispatcher.get(where)), lambda row: row["state"] != "queued", within_s=40)
    assert plan["state"] == "done", plan
    for transfer_id in ok(world.dispatcher.post(f"{where}/accepted", json={}))["transfers"]:
        transfer = f"/parts/v1/transfers/{transfer_id}"
        ok(world.dispatcher.post(f"{transfer}/shipped", json={"expected_at": (now() + timedelta(days=1)).isoformat()}))
        ok(world.dispatcher.post(f"{transfer}/received", json={}))
    assert world.free_stock(shelf, BELT)["on_hand"] >= 2

    site = near(0.3)
    order = world.report(world.add_truck("TRUCK1"), site, symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    belt = next(line for line in appointment["sourcing"] if line["part"] == BELT)
    assert (belt["source"], belt["place_id"]) == ("pickup", shelf)
    phone.do("pick_up", appointment, place_id=shelf, lines=[{"part": BELT, "quantity": 1}])
    phone.repair(appointment, site=site, used={BELT: 1})
    done = wait_for(lambda: world.order(order["id"]), lambda row: row["state"] in ("confirmed", "closed"), within_s=60)
    assert {clock["state"] for clock in done["clocks"]} == {"met"}
