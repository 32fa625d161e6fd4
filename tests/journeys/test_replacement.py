"""The truck cannot run again in time: a replacement vehicle takes the cargo on, at the maker's cost."""

from datetime import timedelta

import httpx
import pytest

from kit.ids import new_id
from kit.values import Place
from tests.journeys.world import BLOWN_GASKET, Json, World, at, near, now, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
NANJING = Place(118.79, 32.06)


def cargo() -> Json:
    return {
        "cargo_class": "semitrailer",
        "coupling": "fifth-wheel-50",
        "mass_kg": 24_000,
        "destination": at(NANJING),
        "deadline": (now() + timedelta(hours=30)).isoformat(),
        "hazard": False,
    }


def test_the_cargo_is_delivered_and_the_cost_is_booked(world: World) -> None:
    # A blown gasket needs level 5; the only engineer has 3, so nobody can repair it in time.
    world.add_engineer("E1", near(0.1), level=3, EN_1007=1)
    vehicle = world.add_vehicle("V1", near(0.2), base_fen=80_000, fen_per_km=600)
    order = world.report(world.add_truck("TRUCK1"), near(0.4), symptom=BLOWN_GASKET, cargo=cargo())

    case = wait_for(lambda: world.order(order["id"])["replacement"], bool, within_s=40)
    assert case["vehicle_id"] == vehicle
    assert world.order(order["id"])["unassigned_reason"]
    assert case["decide_by"] > order["reported_at"]

    driver = world.installation.client()  # no account, only the link
    link = case["link"]
    path = "/orders/v1/replacement/" + link.rsplit("/", 1)[-1]
    assert ok(driver.get(path))["next_step"] == "accept"
    early = take(driver, path, "cargo_moving")
    assert early.status_code == 409
    for step in ("accept", "at_truck", "cargo_moving"):
        ok(take(driver, path, step))
    delivered = {"operation_id": new_id(), "step": "delivered", "at": now().isoformat(), "km": 540}
    first = ok(driver.post(path, json=delivered))
    assert ok(driver.post(path, json=delivered)) == first

    # The 24-hour clock stops when the cargo moves; the machine itself still waits.
    clocks = {clock["name"]: clock["state"] for clock in world.order(order["id"])["clocks"]}
    assert clocks["restore"] == "met"
    costs = wait_for(
        lambda: ok(world.dispatcher.get("/stations/v1/replacement-costs", params={"order_id": order["id"]}))["items"],
        bool,
    )
    assert [cost["cost_fen"] for cost in costs] == [80_000 + 540 * 600]
    kinds = wait_for(
        lambda: [entry["kind"] for entry in world.timeline(order["id"])], lambda told: "replacement.cost_booked" in told
    )
    assert [kind for kind in kinds if kind == "replacement.step_taken"] == ["replacement.step_taken"] * 4


def take(driver: httpx.Client, path: str, step: str) -> httpx.Response:
    return driver.post(path, json={"operation_id": new_id(), "step": step, "at": now().isoformat()})


def test_a_strangers_link_is_nothing(world: World) -> None:
    answer = world.installation.client().get("/orders/v1/replacement/" + "x" * 43)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
