"""Promises as data: contracts and calendars decide what is promised, templates are tried before they hold."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from kit.ids import new_id
from tests.orders.conftest import Json, World, new_truck
from tests.orders.test_timers import command
from tests.orders.test_work import instant
from tests.running import body

pytestmark = pytest.mark.anyio
SHANGHAI = ZoneInfo("Asia/Shanghai")


def template(name: str, **more: object) -> Json:
    """A promise to arrive within an hour, for platinum customers unless `more` says else."""
    clock = {"clock": "arrive", "start": "reported_at", "seconds": 3600, "stops": ["arrived_at"]}
    prices = {"price_fen_per_hour": 60_000, "step_fen": 1_000, "cap_fen": 100_000}
    return {
        "template_id": name,
        "version": 1,
        "name_zh": name,
        "name_en": name,
        "priority": 90,
        "match": {"tiers": ["platinum"]},
        "clocks": [clock | prices],
    } | more


async def publish(world: World, document: Json, *, status: int = 201) -> Json:
    answer: Json = body(await world.service.post("/orders/v1/promise-templates", json=document), status)
    return answer


async def with_contract(world: World, kind: str, **more: object) -> None:
    row = {
        "contract_id": new_id(),
        "kind": kind,
        "customer_id": "C1",
        "serial": world.serial,
        "valid_from": "2025-01-01",
    }
    report = await world.load("service_contracts", row | more)
    assert report["counts"] == {"created": 1}, report


async def test_a_contract_brings_the_4h_promise_and_its_last_clock_starts_with_the_repair(world: World) -> None:
    await with_contract(world, "4H")
    order = await world.report()
    assert order["promise"]["template_id"] == "4H"
    told = [(one["kind"], one["holds"], one["reason"]) for one in order["contracts"]]
    assert told == [("4H", True, "within_contract")]
    assert set(await world.clocks(order["id"])) == {"respond", "arrive", "restore"}
    appointment = await world.sent(order)
    await world.moved(order, appointment, "on_site")
    world.clock.move(minutes=50)
    await world.fact(order, appointment, "restored")
    clock = (await world.clocks(order["id"]))["complete"]
    restored_at = (await world.order(order["id"]))["times"]["restored_at"]
    assert instant(clock["started_at"]) == instant(restored_at)
    local = instant(clock["due"]).astimezone(SHANGHAI)
    assert 7 <= local.hour <= 22, "it counts by the calendar 07:00-22:00"
    assert instant(clock["due"]) - instant(clock["started_at"]) >= timedelta(hours=24), "16 h of days of 15 h"


async def test_a_contract_that_ended_promises_nothing(world: World) -> None:
    await with_contract(world, "4H", valid_until="2026-01-01")
    order = await world.report()
    told = [(one["holds"], one["reason"]) for one in order["contracts"]]
    assert (order["promise"]["template_id"], told) == ("4H-ARRIVAL", [(False, "contract_ended")])


async def test_a_contract_of_a_stranger_or_that_ends_before_it_begins_is_refused(world: World) -> None:
    row = {"contract_id": "K1", "kind": "4H", "customer_id": "C1", "valid_from": "2026-01-01"}
    for wrong, column in (({"customer_id": "C9"}, "customer_id"), ({"valid_until": "2025-01-01"}, "")):
        report = await world.load("service_contracts", row | wrong)
        assert report["rows"][0]["status"] == "refused"
        assert column in report["rows"][0]["problem"]["pointer"]


async def test_a_wait_without_proof_is_refused_or_announced_and_the_late_proof_counts(world: World) -> None:
    order = await world.report()
    path = f"/orders/v1/orders/{order['id']}"
    version = (await world.order(order["id"]))["version"]
    refused = await world.hotline.post(f"{path}/wait", json={"reason": "weather"}, headers={"If-Match": f'"{version}"'})
    problem = body(refused, 422)
    assert (problem["type"], problem["pointer"]) == ("/problems/proof-missing", "/proof")
    assert set(problem["clocks"]) == {"arrive", "restore"}
    waiting = await command(world, order, "wait", {"reason": "weather", "proof_follows": True})
    assert waiting["waits"][0]["proof"] is None
    due = instant((await world.clocks(order["id"]))["arrive"]["due"])
    world.clock.move(hours=5)
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "breached", "without proof it ran"
    wait_id = waiting["waits"][0]["wait_id"]
    body(await world.hotline.post(f"{path}/waits/{wait_id}/proof", json={"proof": "warning 2026-17"}))
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "paused"
    assert body(await world.hotline.post(f"{path}/waits/{wait_id}/proof", json={"proof": "x"}), 409)
    assert (await world.hotline.post(f"{path}/waits/{new_id()}/proof", json={"proof": "x"})).status_code == 404
    resumed = await command(world, order, "resume")
    clock = (await world.clocks(order["id"]))["arrive"]
    assert instant(clock["due"]) - due == timedelta(hours=5)
    assert resumed["waits"][0]["proof"] == "warning 2026-17"


async def test_a_pause_ends_by_itself_at_its_limit(world: World) -> None:
    """Customer waits may take three days: after that the clock runs though nobody resumed the order."""
    order = await world.report()
    await command(world, order, "wait", {"reason": "customer"})
    world.clock.move(hours=71)
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "paused"
    world.clock.move(hours=2)
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "running"
    world.clock.move(hours=4)
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "breached"
    assert (await world.order(order["id"]))["state"] == "waiting"


async def test_a_template_that_makes_no_sense_is_refused_with_what_to_do(world: World) -> None:
    wide = template(new_id()[-12:], priority=99)
    await publish(world, wide)
    inside = template("inside", match={"tiers": ["platinum"], "products": ["tractor"]}, priority=98)
    problem = await publish(world, inside, status=422)
    assert problem["template_id"] == wide["template_id"]
    clock = wide["clocks"][0]
    for wrong, where in (
        (template("x", match={"work_types": ["picnic"]}), "/match/work_types"),
        (template("x", clocks=[clock | {"calendar": "MOON"}]), "/clocks"),
    ):
        assert (await publish(world, wrong, status=422))["pointer"] == where
    stopped = template("x", clocks=[clock | {"start": "arrived_at"}])
    assert "starts it" in (await publish(world, stopped, status=422))["detail"]
    ended = wide | {"version": 2, "valid_until": (world.clock.now() + timedelta(seconds=1)).isoformat()}
    await publish(world, ended)


async def test_a_calendar_of_ones_own_and_a_day_off_that_moves_running_clocks(world: World) -> None:
    """An hour counted from 00:00 to 24:00 of every day: making today a day off moves the due moment into tomorrow."""
    name, promise = f"C{new_id()[-8:]}", f"P{new_id()[-8:]}"
    document = {
        "calendar": name,
        "name_zh": name,
        "name_en": name,
        "zone": "Asia/Shanghai",
        "hours": [{"opens": 0, "closes": 1440}],
        "days_off": [],
    }
    assert body(await world.service.post("/orders/v1/calendars", json=document), 201)["calendar"] == name
    assert (await world.service.post("/orders/v1/calendars", json=document)).status_code == 409
    assert (await world.service.post("/orders/v1/calendars", json=document | {"zone": "Moon/Sea"})).status_code == 422
    hours = [{"opens": 700, "closes": 700}]
    assert (await world.service.post("/orders/v1/calendars", json=document | {"hours": hours})).status_code == 422
    own = template(promise, match={"contracts": [promise]})
    own["clocks"][0] |= {"calendar": name, "seconds": 1}
    await publish(world, own)
    await with_contract(world, promise)
    order = await world.report()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "running"
    today = world.clock.now().astimezone(SHANGHAI).date()
    path = f"/orders/v1/calendars/{name}/days/{today}"
    changed = body(await world.service.put(path, json={"workday": False, "note": "snow"}))
    assert changed == {"orders_judged": 1}
    due = instant((await world.clocks(order["id"]))["arrive"]["due"])
    midnight = datetime(today.year, today.month, today.day, tzinfo=SHANGHAI) + timedelta(days=1)
    assert due == midnight + timedelta(seconds=1)
    world.clock.move(seconds=5)
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "running"
    query = {"from": today.isoformat(), "until": (today + timedelta(days=1)).isoformat()}
    days = body(await world.service.get(f"/orders/v1/calendars/{name}/days", params=query))["items"]
    assert [(day["workday"], day["note"]) for day in days] == [(False, "snow"), (True, None)]
    body(await world.service.put(path, json={"workday": None}))
    await world.fire()
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "breached"
    assert (await world.service.put(path.replace(name, "NONE"), json={"workday": None})).status_code == 404
    backwards = {"from": date(2026, 2, 1).isoformat(), "until": date(2026, 1, 1).isoformat()}
    assert (await world.service.get(f"/orders/v1/calendars/{name}/days", params=backwards)).status_code == 422


async def test_trying_a_template_counts_what_it_would_have_broken_and_cost(world: World) -> None:
    """Two gold orders arrived at after 30 and 90 minutes; a promise of one hour would have broken one of them:
    30 minutes late at 60 000 fen per hour is 30 000, plus the step of 1 000."""
    world.clock.move(minutes=1)  # what other tests reported at this very moment is not of this trial
    begin = world.clock.now()
    for truck, minutes in ((world.truck, 30), (world.other, 90)):
        order = await world.report(asset={"serial": truck["serial"]})
        appointment = await world.sent(order)
        arrived = instant(order["reported_at"]) + timedelta(minutes=minutes)
        world.clock.at = max(world.clock.at, arrived)
        await world.moved(order, appointment, "on_site", at=arrived)
    world.clock.move(minutes=1)
    asked = {"begin": begin.isoformat(), "until": world.clock.now().isoformat()}
    gold = template("trial", match={"tiers": ["gold"]})
    tried = body(await world.service.post("/orders/v1/promise-templates/try", json=asked | {"template": gold}))
    assert (tried["orders"], tried["taken"], tried["broken_orders"]) == (2, 2, 1)
    assert tried["clocks"]["arrive"] == {"met": 1, "breached": 1, "running": 0, "late_fen": 31_000}
    assert (tried["worst"][0]["order_id"], tried["worst"][0]["late_seconds"]) == (order["id"], 1800)
    assert (tried["actual_broken_orders"], tried["actual_late_fen"]) == (0, 0)
    weak = gold | {"priority": 0}
    beaten = body(await world.service.post("/orders/v1/promise-templates/try", json=asked | {"template": weak}))
    assert (beaten["taken"], beaten["lost_to"]) == (0, {"4H-ARRIVAL": 2})
    listed = body(await world.service.get("/orders/v1/promise-templates"))["items"]
    assert "trial" not in [one["template_id"] for one in listed], "trying publishes nothing"
    long_ago = asked | {"begin": "2026-01-01T00:00:00Z", "template": gold}
    assert (await world.service.post("/orders/v1/promise-templates/try", json=long_ago)).status_code == 422


async def test_arrival_promises_are_counted_by_place_and_limit(world: World) -> None:
    """Four hours for gold, one hour by a contract; without what was cancelled, is older than a year, or asks only for
    punctuality."""
    place, soon = {"lon": 118.123, "lat": 36.311, "datum": "WGS-84"}, f"P{new_id()[-8:]}"
    await publish(world, template(soon, match={"contracts": [soon]}))
    trucks = [world.truck, *(new_truck() for _ in range(5))]
    await world.load("assets", *trucks)
    calls: list[Json] = [{"serial": truck["serial"]} for truck in trucks]
    gold, nearby, hasty, ended, old, precise = calls

    async def told(call: Json, **more: Any) -> Json:
        return await world.report(asset=call, place=place | more.pop("at", {}), **more)

    await told(gold)
    await told(nearby, at={"lon": 118.119})
    await with_contract(world, soon, serial=hasty["serial"])
    await told(hasty)
    await command(world, await told(ended), "cancel", {"reason": "again"})
    before = (world.clock.now() - timedelta(days=366)).isoformat()
    row = {"external_id": new_id(), "reported_at": before, **old, **place}
    assert (await world.load("orders", row))["counts"] == {"created": 1}
    async with world.orders.db.transaction() as tx:  # as the clock of a planned service may count
        begins = """UPDATE clocks SET rule = rule || '{"start": "window_end"}' WHERE order_id = :order"""
        await tx.execute(text(begins), {"order": (await told(precise))["id"]})
    assert await promised_here(world, branch_id="B1") == [[118.12, 36.31, 3600, 1], [118.12, 36.31, 14_400, 2]]
    assert await promised_here(world) == await promised_here(world, branch_id="B1")
    assert await promised_here(world, branch_id="B2") == []
    assert (await world.hotline.get("/orders/v1/arrival-promises")).status_code == 403


async def promised_here(world: World, **params: str) -> list[list[float]]:
    rows: list[list[float]] = body(await world.service.get("/orders/v1/arrival-promises", params=params))["promises"]
    return [row for row in rows if row[:2] == [118.12, 36.31]]
