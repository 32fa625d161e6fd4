"""The replacement vehicle: decided by dispatch, walked by the partner's driver over a signed link."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from kit.ids import new_id
from services.messages import ReplacementDecided
from tests.orders.conftest import SHANGHAI, Json, World
from tests.orders.test_work import instant
from tests.running import body, eventually

pytestmark = pytest.mark.anyio
CARGO = {"cargo_class": "general", "coupling": "kingpin-50", "mass_kg": 20_000, "destination": SHANGHAI}


async def decide(world: World, order: Json, vehicle: str = "V1") -> str:
    """Dispatch decides on a vehicle; the driver's link as the dispatcher sees it."""
    now = world.clock.now()
    await world.tell(
        "dispatch",
        ReplacementDecided(
            order_id=order["id"],
            territory_id="T1",
            vehicle_id=vehicle,
            decide_by=now + timedelta(hours=1),
            at_truck=now + timedelta(hours=2),
            delivered=now + timedelta(hours=9),
            cost_fen=350_000,
        ),
    )
    shown = body(await world.hotline.get(f"/orders/v1/orders/{order['id']}"))["replacement"]
    assert shown["vehicle_id"] == vehicle
    link: str = shown["link"]
    return link


async def step(world: World, link: str, name: str, **more: Any) -> httpx.Response:
    """The driver's telephone, without any account."""
    driver = world.system.client(None)
    taken = {"operation_id": new_id(), "step": name, "at": world.clock.now().isoformat(), **more}
    return await driver.post(f"/orders/v1{link}", json=taken)


async def test_the_driver_takes_the_cargo_on_and_the_24_hour_clock_stops(world: World) -> None:
    order = await world.report(cargo=CARGO, contact={"name": "Wang", "phone": "139"})
    link = await decide(world, order)
    seen = body(await world.system.client(None).get(f"/orders/v1{link}"))
    assert (seen["number"], seen["state"], seen["next_step"]) == (order["number"], "open", "accept")
    assert seen["truck"]["plate"] == world.truck["plate"]
    assert seen["destination"]["lon"] == SHANGHAI["lon"]
    assert seen["contact_phone"] == "139"
    for name in ("accept", "at_truck"):
        assert body(await step(world, link, name))["status"] == "applied"
    world.clock.move(hours=2)
    moving_at = world.clock.now()
    body(await step(world, link, "cargo_moving", place={"lon": 117.0, "lat": 36.65, "datum": "GCJ-02"}))
    clock = (await world.clocks(order["id"]))["restore"]
    assert (clock["state"], instant(clock["stopped_at"])) == ("met", moving_at)
    assert (await world.order(order["id"]))["times"]["restored_at"] is None, "the machine still stands"
    listed = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    mine = next(one for one in listed if one["id"] == order["id"])
    assert "restore" not in [clock["name"] for clock in mine["clocks"]], "repairing it faster keeps no promise now"
    assert mine["replacement_case"]["state"] == "cargo_moving"
    assert mine["replacement_case"]["link"] is None
    assert body(await step(world, link, "delivered", km=812))["next_step"] is None
    case = (await world.order(order["id"]))["replacement"]
    assert (case["state"], case["kilometres"]) == ("delivered", 812)

    async def steps() -> list[str]:
        entries = await world.timeline(order["id"])
        return [entry["payload"]["step"] for entry in entries if entry["kind"] == "replacement.step_taken"]

    await eventually(steps, lambda told: told == ["accept", "at_truck", "cargo_moving", "delivered"])


async def test_steps_come_in_order_and_once(world: World) -> None:
    order = await world.report(cargo=CARGO)
    link = await decide(world, order)
    early = body(await step(world, link, "cargo_moving"), 409)
    assert (early["type"], early["next_step"]) == ("/problems/wrong-step", "accept")
    operation = new_id()
    at = world.clock.now().isoformat()
    first = body(await step(world, link, "accept", operation_id=operation, at=at))
    again = body(await step(world, link, "accept", operation_id=operation, at=at))
    assert again == first
    reused = body(await step(world, link, "at_truck", operation_id=operation), 422)
    assert reused["pointer"] == "/operation_id"
    body(await step(world, link, "at_truck"))
    body(await step(world, link, "cargo_moving"))
    assert body(await step(world, link, "delivered"), 422)["pointer"] == "/km"


async def test_a_link_that_was_not_signed_leads_nowhere(world: World) -> None:
    order = await world.report(cargo=CARGO)
    link = await decide(world, order)
    case_id = (await world.order(order["id"]))["replacement"]["case_id"]
    wrong = link[:-1] + ("0" if link[-1] != "0" else "1")
    for path in (wrong, f"/replacement/{case_id}", "/replacement/x", "/replacement/%00", f"/replacement/{'f' * 64}"):
        assert (await world.system.client(None).get(f"/orders/v1{path}")).status_code in (404, 422), path
    query = text("SELECT token_hash FROM replacement_cases WHERE case_id = :id")
    async with world.orders.db.read() as tx:
        kept = (await tx.execute(query, {"id": case_id})).scalar_one()
    assert kept not in link


async def test_a_link_ends_a_week_after_its_case(world: World) -> None:
    order = await world.report(cargo=CARGO)
    link = await decide(world, order)
    for name in ("accept", "at_truck", "cargo_moving"):
        await step(world, link, name)
    body(await step(world, link, "delivered", km=1))
    driver = world.system.client(None)
    world.clock.move(days=6, hours=23)
    assert (await driver.get(f"/orders/v1{link}")).status_code == 200
    world.clock.move(hours=2)
    assert (await driver.get(f"/orders/v1{link}")).status_code == 404


async def test_another_vehicle_replaces_the_first_until_the_cargo_moves(world: World) -> None:
    order = await world.report(cargo=CARGO)
    first = await decide(world, order)
    assert await decide(world, order) == first, "the same vehicle keeps its link"
    second = await decide(world, order, "V2")
    withdrawn = body(await step(world, first, "accept"), 409)
    assert withdrawn["state"] == "withdrawn"
    for name in ("accept", "at_truck", "cargo_moving"):
        body(await step(world, second, name))
    now = world.clock.now()
    late = ReplacementDecided(
        order_id=order["id"],
        territory_id="T1",
        vehicle_id="V3",
        decide_by=now,
        at_truck=now,
        delivered=now,
        cost_fen=1,
    )
    await world.tell("dispatch", late)
    assert (await world.order(order["id"]))["replacement"]["vehicle_id"] == "V2"


async def test_a_cancelled_order_sends_the_vehicle_home(world: World) -> None:
    order = await world.report(cargo=CARGO)
    link = await decide(world, order)
    read = await world.hotline.get(f"/orders/v1/orders/{order['id']}")
    path = f"/orders/v1/orders/{order['id']}/cancel"
    body(await world.hotline.post(path, json={"reason": "sold"}, headers={"If-Match": read.headers["etag"]}))
    assert body(await step(world, link, "accept"), 409)["state"] == "withdrawn"
    await eventually(lambda: world.kinds(order["id"]), lambda kinds: "replacement.withdrawn" in kinds)


async def test_an_order_is_not_closed_while_its_cargo_is_on_the_road(world: World) -> None:
    order = await world.report(cargo=CARGO)
    link = await decide(world, order)
    for name in ("accept", "at_truck", "cargo_moving"):
        body(await step(world, link, name))
    appointment = await world.sent(order)
    await world.fact(order, appointment, "work_started")
    await world.fact(order, appointment, "diagnosed")
    await world.complete(order, appointment)
    world.clock.move(minutes=2)
    await world.fire()
    assert (await world.order(order["id"]))["state"] == "confirmed"
    body(await step(world, link, "delivered", km=3))
    world.clock.move(minutes=2)
    await world.fire()
    assert (await world.order(order["id"]))["state"] == "closed"


async def test_engineers_and_auditors_do_not_get_the_link(world: World) -> None:
    order = await world.report(cargo=CARGO)
    await decide(world, order)
    auditor = await world.system.sign_in("auditor")
    assert body(await auditor.get(f"/orders/v1/orders/{order['id']}"))["replacement"]["link"] is None
