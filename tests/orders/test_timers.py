"""Timers fire once, whoever looks and however often; waits stop them."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.orders.use_cases.timers import fire_due
from tests.orders.conftest import Json, World
from tests.orders.test_work import instant
from tests.running import body, eventually

pytestmark = pytest.mark.anyio


async def told(world: World, order: Json, kind: str, clock: str) -> list[Json]:
    entries = await world.timeline(order["id"])
    return [entry for entry in entries if entry["kind"] == kind and entry["payload"]["clock"] == clock]


async def breaches(world: World, order: Json, clock: str) -> list[Json]:
    changes = await told(world, order, "promise.state_changed", clock)
    return [change for change in changes if change["payload"]["state"] == "breached"]


async def test_a_warning_and_then_one_breach_when_it_is_due(world: World) -> None:
    order = await world.report()
    due = instant((await world.clocks(order["id"]))["arrive"]["due"])
    assert due - instant(order["reported_at"]) == timedelta(hours=4)
    world.clock.at = due - timedelta(minutes=61)
    await world.fire()
    assert await told(world, order, "promise.warned", "arrive") == []
    world.clock.at = due - timedelta(minutes=59)
    await world.fire()
    await eventually(lambda: told(world, order, "promise.warned", "arrive"), lambda found: len(found) == 1)
    world.clock.at = due
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "running", "nothing fires early"
    world.clock.at = due + timedelta(seconds=1)
    await asyncio.gather(*(fire_due(world.orders) for _ in range(4)))
    (breach,) = await eventually(lambda: breaches(world, order, "arrive"), lambda found: len(found) > 0)
    assert instant(breach["effective_at"]) == due
    world.clock.move(hours=1)
    await world.fire()
    await asyncio.sleep(0.3)
    assert len(await breaches(world, order, "arrive")) == 1
    assert len(await told(world, order, "promise.warned", "arrive")) == 1


async def test_after_an_outage_everything_due_fires_once(world: World) -> None:
    """The clock jumps over both the warning and the due moment of every clock."""
    order = await world.report()
    world.clock.move(hours=26)
    await asyncio.gather(*(fire_due(world.orders) for _ in range(4)))
    for clock in ("arrive", "restore"):
        found = await eventually(lambda clock=clock: breaches(world, order, clock), lambda found: len(found) > 0)  # type: ignore[misc]
        assert len(found) == 1
    async with world.orders.db.read() as tx:
        left = await tx.execute(text("SELECT timer FROM due_at WHERE order_id = :id"), {"id": order["id"]})
        assert left.all() == []


async def test_one_order_that_cannot_be_judged_does_not_stop_the_others(world: World) -> None:
    bad = await world.report()
    good = await world.report(asset={"serial": world.other["serial"]})
    async with world.orders.db.transaction() as tx:
        spoilt = text("UPDATE clocks SET rule = '{}' WHERE order_id = :id AND clock = 'arrive'")
        await tx.execute(spoilt, {"id": bad["id"]})
    try:
        world.clock.move(hours=5)
        await world.fire()
        assert (await world.clocks(good["id"]))["arrive"]["state"] == "breached"
    finally:
        async with world.orders.db.transaction() as tx:
            for table in ("due_at", "clocks"):
                await tx.execute(text(f"DELETE FROM {table} WHERE order_id = :id"), {"id": bad["id"]})  # noqa: S608


async def test_lateness_costs_what_the_template_says(world: World) -> None:
    """One and a half hours late at 30 000 fen per hour plus the step of 50 000."""
    order = await world.report()
    due = instant((await world.clocks(order["id"]))["arrive"]["due"])
    appointment = await world.sent(order)
    world.clock.at = due + timedelta(minutes=90)
    await world.moved(order, appointment, "on_site")
    clock = (await world.clocks(order["id"]))["arrive"]
    assert (clock["state"], clock["late_fen"]) == ("breached", 45_000 + 50_000)


async def command(world: World, order: Json, name: str, body_of: Json | None = None) -> Json:
    version = (await world.order(order["id"]))["version"]
    answer = await world.hotline.post(
        f"/orders/v1/orders/{order['id']}/{name}", json=body_of, headers={"If-Match": f'"{version}"'}
    )
    result: Json = body(answer)
    return result


async def test_waiting_for_the_customer_stops_the_clock_and_for_parts_does_not(world: World) -> None:
    order = await world.report()
    before = instant((await world.clocks(order["id"]))["restore"]["due"])
    await command(world, order, "wait", {"reason": "customer"})
    assert (await world.clocks(order["id"]))["restore"]["state"] == "paused"
    world.clock.move(hours=30)
    await world.fire()
    assert (await world.clocks(order["id"]))["restore"]["state"] == "paused", "a paused clock cannot breach"
    resumed = await command(world, order, "resume")
    assert resumed["state"] == "accepted"
    clock = (await world.clocks(order["id"]))["restore"]
    assert clock["state"] == "running"
    assert instant(clock["due"]) - before == timedelta(hours=30)
    await command(world, order, "wait", {"reason": "parts"})
    assert (await world.clocks(order["id"]))["restore"]["state"] == "running"


async def test_an_order_that_waits_for_the_customer_is_not_planned(world: World) -> None:
    order = await world.report()

    async def planned() -> bool:
        listed = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
        return order["id"] in [one["id"] for one in listed]

    await command(world, order, "wait", {"reason": "customer"})
    assert not await planned()
    await command(world, order, "resume")
    await command(world, order, "wait", {"reason": "parts"})
    assert await planned()


async def test_work_that_begins_ends_the_wait(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    await command(world, order, "wait", {"reason": "weather", "proof": "warning 2026-17"})
    await world.fact(order, appointment, "work_started")
    after = await world.order(order["id"])
    assert (after["state"], after["waiting_reason"]) == ("in_progress", None)
    assert (await world.clocks(order["id"]))["restore"]["state"] == "running"


async def test_commands_need_the_version_that_was_read(world: World) -> None:
    order = await world.report()
    path = f"/orders/v1/orders/{order['id']}/cancel"
    assert (await world.hotline.post(path, json={"reason": "x"})).status_code == 428
    stale = await world.hotline.post(path, json={"reason": "x"}, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    headers = {"If-Match": (await world.hotline.get(f"/orders/v1/orders/{order['id']}")).headers["etag"]}
    answers = await asyncio.gather(*(world.hotline.post(path, json={"reason": "x"}, headers=headers) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    version = next(answer.headers["etag"] for answer in answers if answer.status_code == 200)
    again = await world.hotline.post(path, json={"reason": "x"}, headers={"If-Match": version})
    assert body(again, 409)["state"] == "cancelled"


async def test_closing_by_hand_waits_for_what_is_open(world: World) -> None:
    order = await world.report()
    early = await world.hotline.post(f"/orders/v1/orders/{order['id']}/close")
    assert body(early, 409)["type"] == "/problems/not-possible-now"
    appointment = await world.sent(order)
    await world.moved(order, appointment, "on_site", flagged=True)
    await world.fact(order, appointment, "work_started")
    await world.fact(order, appointment, "diagnosed")
    await world.complete(order, appointment)
    open_flag = await world.hotline.post(f"/orders/v1/orders/{order['id']}/close")
    assert body(open_flag, 409)["open"][0].startswith("flagged fact")
    world.clock.move(minutes=5)
    await world.fire()
    assert (await world.order(order["id"]))["state"] == "confirmed", "it does not close by itself either"
    fact_id = (await world.order(order["id"]))["flagged"][0]["fact_id"]
    path = f"/orders/v1/orders/{order['id']}/flagged-facts/{fact_id}/decision"
    body(await world.hotline.post(path, json={"accepted": False}))
    world.clock.move(minutes=5)
    await world.fire()
    assert (await world.order(order["id"]))["state"] == "closed"
