"""Plans become orders inside their window, once per due point, however often and by however many it runs."""

import asyncio
from datetime import date, timedelta
from functools import partial

import pytest

from services.orders.domain.programmes import due_points, window_of
from services.orders.domain.told import ZONE
from tests.orders.conftest import Json, World
from tests.orders.test_work import instant
from tests.running import body

pytestmark = pytest.mark.anyio


def today(world: World) -> date:
    return world.clock.now().astimezone(ZONE).date()


async def plan(world: World, *, due_in: int, every: int = 90, serial: str | None = None) -> str:
    plan_id = f"MP-{serial or world.serial}"
    due = today(world) + timedelta(days=due_in)
    row = {"plan_id": plan_id, "serial": serial or world.serial, "work_type": "inspection", "every_days": every}
    await world.load("maintenance_plans", row | {"next_due_on": due.isoformat(), "tolerance_days": 7})
    return plan_id


async def run(world: World, *, days: int) -> Json:
    until = (today(world) + timedelta(days=days)).isoformat()
    done: Json = body(await world.service.post("/orders/v1/programmes/run", json={"until": until}))
    return done


async def test_a_due_plan_becomes_one_order_inside_its_tolerance(world: World) -> None:
    plan_id = await plan(world, due_in=10)
    assert (await run(world, days=9))["created"] == 0
    done = await run(world, days=10)
    assert done["created"] == 1
    order = await world.order(done["order_ids"][0])
    assert (order["plan_id"], order["work_type"], order["source"]) == (plan_id, "inspection", "programme")
    due = today(world) + timedelta(days=10)
    window = window_of(due, 7)
    assert (instant(order["earliest_start"]), instant(order["latest_start"])) == (window.earliest, window.latest)
    (clock,) = order["clocks"]
    assert (clock["name"], instant(clock["due"])) == ("complete", window.latest)
    assert (await run(world, days=10))["created"] == 0


async def test_three_runs_at_once_make_one_order(world: World) -> None:
    """Mutant: without holding the plan's row, each run would make its own."""
    await plan(world, due_in=1)
    done = await asyncio.gather(*(run(world, days=2) for _ in range(3)))
    assert sorted(one["created"] for one in done) == [0, 0, 1]


async def test_every_due_point_of_a_longer_time_gets_its_order(world: World) -> None:
    await plan(world, due_in=0, every=10)
    assert (await run(world, days=25))["created"] == 3
    assert (await run(world, days=30))["created"] == 1


async def test_a_machine_of_unknown_place_is_named_and_tried_again(world: World) -> None:
    placeless = world.other | {"lon": None, "lat": None, "datum": None}
    await world.load("assets", placeless)
    plan_id = await plan(world, due_in=1, serial=world.other["serial"])
    done = await run(world, days=1)
    (refused,) = [line for line in done["refused"] if line["plan_id"] == plan_id]
    assert refused["problem"]["type"] == "/problems/place-missing"
    await world.load("assets", world.other)
    done = await run(world, days=1)
    assert done["created"] == 1
    assert done["refused"] == []


async def test_nobody_plans_more_than_a_year_ahead(world: World) -> None:
    answer = await world.service.post("/orders/v1/programmes/run", json={"until": "9999-12-31"})
    assert body(answer, 422)["pointer"] == "/until"


def test_due_points_and_windows() -> None:
    first, soon = date(2026, 11, 21), date(2026, 12, 21)
    points = partial(due_points, next_due_on=first, every_days=30)
    assert points(today=first, until=date(2026, 11, 20)) == []
    assert points(today=date(2026, 11, 1), until=soon) == [first, soon]
    assert points(today=date(2027, 11, 20), until=date(2027, 11, 20)) == [date(2027, 11, 16)], "missed ones count once"
    assert points(today=soon, until=first) == []
    ages_ago = due_points(next_due_on=date.min, every_days=1, today=soon, until=soon)
    assert ages_ago == [soon]
    window = window_of(first, 0)
    assert window.latest - window.earliest == timedelta(days=1)
    assert window.earliest.isoformat() == "2026-11-21T00:00:00+08:00"


async def test_what_was_missed_for_long_is_done_once(world: World) -> None:
    await plan(world, due_in=-700, every=30)
    assert (await run(world, days=0))["created"] == 1
    assert (await run(world, days=0))["created"] == 0
