"""What the plan decides, what dispatchers overrule, and what two territories may not both have."""

from datetime import timedelta
from functools import partial

import pytest

from tests.journeys.world import BELT, BLOWN_GASKET, BROKEN_BELT, GASKET, Json, World, near, now, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
SPARE = {"CO_2005": 9, "EN_1006": 9, "EN_1004": 9}


def test_the_solver_chooses_the_depot_that_has_the_part(world: World) -> None:
    phone = world.add_engineer("E1", near(0.0))
    world.add_place(f"{world.name}-NEAR", "depot", near(0.15), territory_id=world.territory_id)
    world.add_place(f"{world.name}-FAR", "depot", near(0.15, 0.3), territory_id=world.territory_id)
    world.stock(f"{world.name}-NEAR", EN_1012=0, EN_1013=3)
    world.stock(f"{world.name}-FAR", EN_1012=3)
    site = near(0.4)
    order = world.report(world.add_truck("TRUCK1"), site, symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    belt = next(line for line in appointment["sourcing"] if line["part"] == BELT)
    assert (belt["source"], belt["place_id"]) == ("pickup", f"{world.name}-FAR")
    route = world.plan()["routes"][0]["stops"]
    assert [stop["kind"] for stop in route][-1] == "order"
    assert f"{world.name}-FAR" in [stop["place_id"] for stop in route]

    # Picked up on the way: the piece moves from the shelf into the van, then into the machine.
    phone.do("acknowledge", appointment)
    picked = phone.do("pick_up", appointment, place_id=belt["place_id"], lines=[{"part": BELT, "quantity": 1}])
    assert picked is not None
    assert picked["status"] == "applied", picked
    wait_for(lambda: world.free_stock(f"{world.name}-FAR", BELT)["on_hand"], lambda left: left == 2)
    assert world.free_stock(phone.van, BELT)["on_hand"] == 1


def test_what_stands_in_is_fetched_elsewhere_when_the_nearest_depot_is_empty(world: World) -> None:
    """The nearest depot has neither the belt nor what may replace it, the other one only the latter."""
    phone = world.add_engineer("E1", near(0.0))
    near_by, far = f"{world.name}-NEAR", f"{world.name}-FAR"
    world.add_place(near_by, "depot", near(0.15), territory_id=world.territory_id)
    world.add_place(far, "depot", near(0.15, 0.3), territory_id=world.territory_id)
    other = f"{world.name}-BELT"
    named = {"name_zh": "皮带（再制造）", "name_en": "belt, remanufactured"}
    world.load("parts", "parts", {"part": other, **named, "unit_cost_fen": 9_000, "weight_g": 400})
    stands_in = {"part": BELT, "substitute": other, "kind": "remanufactured", "approved": True}
    stands_in["reason"] = "ran 500 h on the bench"
    world.load("parts", "substitutes", stands_in)
    world.stock(near_by, EN_1012=0, EN_1013=3)
    world.load("parts", "stock", {"place_id": far, "part": other, "quantity": 1})
    order = world.report(world.add_truck("TRUCK1"), near(0.4), symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    belt = next(line for line in appointment["sourcing"] if line["part"] == BELT)
    assert (belt["used_part"], belt["source"], belt["place_id"]) == (other, "pickup", far)
    phone.do("acknowledge", appointment)
    picked = phone.do("pick_up", appointment, place_id=far, lines=[{"part": other, "quantity": 1}])
    assert picked is not None
    assert picked["status"] == "applied", picked
    wait_for(lambda: world.free_stock(far, other)["on_hand"], lambda left: left == 0)


def test_an_override_survives_every_later_plan(world: World) -> None:
    near_phone = world.add_engineer("NEAR", near(0.25), EN_1012=2, EN_1013=2)
    far_phone = world.add_engineer("FAR", near(-0.5), EN_1012=2, EN_1013=2)
    order = world.report(world.add_truck("TRUCK1"), near(0.3), symptom=BROKEN_BELT)
    assert world.appointment_of(order["id"])["engineer_id"] == near_phone.engineer_id

    offered = ok(world.dispatcher.get(f"/dispatch/v1/orders/{order['id']}/recommendations"))
    assert [one["engineer_id"] for one in offered["candidates"]][:2] == [near_phone.engineer_id, far_phone.engineer_id]
    wanted = {"engineer_id": far_phone.engineer_id, "pin": "resource", "reason": "knows this customer's fleet"}
    path = f"/dispatch/v1/orders/{order['id']}/overrides"
    assert world.dispatcher.post(path, json=wanted).status_code == 428
    assert world.dispatcher.post(path, json=wanted, headers={"If-Match": '"99999"'}).status_code == 412
    done = override(world, order["id"], wanted)
    assert done["difference_fen"] > 0
    assert done["counterfactual"]["engineer_id"] == near_phone.engineer_id

    for number in range(2, 4):
        epoch = world.plan()["epoch"]
        world.report(world.add_truck(f"TRUCK{number}"), near(0.05 * number), symptom=BROKEN_BELT)
        wait_for(world.plan, partial(is_newer, epoch), within_s=40)
        assert world.appointment_of(order["id"])["engineer_id"] == far_phone.engineer_id

    ok(world.dispatcher.post(f"/dispatch/v1/orders/{order['id']}/release"))
    wait_for(lambda: world.timeline(order["id"]), lambda told: "order.released" in [entry["kind"] for entry in told])


def is_newer(epoch: int, plan: Json) -> bool:
    return bool(plan["epoch"] > epoch and plan["covers_everything"])


def override(world: World, order_id: str, wanted: Json) -> Json:
    """Like a dispatcher: read, decide, and read again when somebody (the optimiser) was faster."""

    def attempt() -> Json | None:
        headers = {"If-Match": f'"{world.plan()["epoch"]}"'}
        answer = world.dispatcher.post(f"/dispatch/v1/orders/{order_id}/overrides", json=wanted, headers=headers)
        return None if answer.status_code == 412 else ok(answer, 201)

    done: Json = wait_for(attempt, bool)
    return done


def test_two_territories_want_the_last_part(world: World) -> None:
    other = f"{world.name}-T2"
    world.add_territory(other, east=1.2)
    central = f"{world.name}-CENTRAL"
    world.add_place(central, "depot", near(0.6))  # of no territory: both may take from it
    world.stock(central, EN_1007=1, **SPARE)
    spare = f"{world.name}-SPARE"
    world.add_place(spare, "depot", near(0.6, 0.9))
    world.stock(spare, EN_1007=1, **SPARE)
    west = world.add_engineer("WEST", near(0.1), level=5)
    east = world.add_engineer("EAST", near(1.1), level=5, territory_id=other)
    trucks = [world.add_truck("W"), world.add_truck("E", territory_id=other)]
    orders = [
        world.report(trucks[0], near(0.3), symptom=BLOWN_GASKET),
        world.report(trucks[1], near(0.95), symptom=BLOWN_GASKET),
    ]
    appointments = [world.appointment_of(order["id"], within_s=40) for order in orders]
    assert {one["engineer_id"] for one in appointments} == {west.engineer_id, east.engineer_id}

    def gaskets() -> list[str]:
        found = [world.appointment_of(order["id"]) for order in orders]
        return sorted(line["place_id"] for one in found for line in one["sourcing"] if line["part"] == GASKET)

    # One got the last piece of the nearer depot, the other was sourced anew.
    assert wait_for(gaskets, lambda places: len(places) == 2, within_s=40) == sorted([central, spare])
    for place in (central, spare):
        shelf = world.free_stock(place, GASKET)
        assert (shelf["on_hand"], shelf["claimed"]) == (1, 1)


def test_an_inspection_fills_a_free_hour_but_never_costs_a_promise(world: World) -> None:
    phone = world.add_engineer("E1", near(0.0), EN_1012=2, EN_1013=2)
    serial = world.add_truck("TRUCK1")
    due = (now() + timedelta(days=1)).date().isoformat()
    plan = {"plan_id": f"{world.name}-PM", "serial": serial, "work_type": "inspection", "next_due_on": due}
    world.load("orders", "maintenance_plans", {**plan, "every_days": 180, "tolerance_days": 3})
    made = ok(world.admin.post("/orders/v1/programmes/run", json={"until": due}))
    again = ok(world.admin.post("/orders/v1/programmes/run", json={"until": due}))
    mine = [order_id for order_id in made["order_ids"] if world.order(order_id)["asset"]["serial"] == serial]
    assert len(mine) == 1
    assert set(mine).isdisjoint(again["order_ids"])
    inspection = mine[0]
    wait_for(lambda: world.appointment_of(inspection), lambda one: one["engineer_id"] == phone.engineer_id)

    breakdown = world.report(world.add_truck("TRUCK2"), near(0.2), symptom=BROKEN_BELT)
    first = world.appointment_of(breakdown["id"])
    later = world.appointment_of(inspection)
    promised = {clock["name"]: clock["due"] for clock in breakdown["clocks"]}
    assert first["scheduled_start"] <= promised["arrive"]
    assert later["scheduled_start"] >= first["scheduled_end"] or later["scheduled_end"] <= first["scheduled_start"]
