"""Who skipped what: tasks that nobody reported, and tasks reported in another order."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.domain.gates import ControlPoints, control_points
from services.orders.domain.told import ZONE
from tests.orders.conftest import Json, World
from tests.running import body

pytestmark = pytest.mark.anyio
TASKS = ("reception", "diagnosis", "repair", "test", "handover")
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def test_all_in_order_some_skipped_some_swapped() -> None:
    all_of_them = [(task, at(place)) for place, task in enumerate(TASKS)]
    assert control_points(TASKS, all_of_them) == ControlPoints((), True)
    assert control_points(TASKS, []) == ControlPoints(TASKS, True)
    assert control_points(TASKS, [all_of_them[0], all_of_them[4]]) == ControlPoints(TASKS[1:4], True)
    swapped = [("repair", at(0)), ("diagnosis", at(5))]
    assert control_points(TASKS, swapped) == ControlPoints(("reception", "test", "handover"), False)


@given(st.permutations(list(enumerate(TASKS))), st.booleans())
def test_the_order_of_telling_does_not_matter_only_that_of_doing(told: list[tuple[int, str]], again: bool) -> None:
    done = [(task, at(place)) for place, task in told]
    if again:
        done.append(("reception", at(100)))
    assert control_points(TASKS, done) == ControlPoints((), True)


async def completed(world: World, serial: str, *tasks: str) -> Json:
    order = await world.report(asset={"serial": serial})
    appointment = await world.sent(order)
    await world.fact(order, appointment, "work_started")
    await world.fact(order, appointment, "diagnosed")
    for task in tasks:
        world.clock.move(minutes=5)
        await world.fact(order, appointment, "task_done", task=task)
    await world.complete(order, appointment)
    return order


async def test_the_report_says_who_skipped_what_and_the_figure_how_often(world: World) -> None:
    await completed(world, world.serial, *TASKS)
    await completed(world, world.other["serial"], "reception", "test", "repair")
    month = {"month": f"{world.clock.now().astimezone(ZONE):%Y-%m}"}
    (line,) = body(await world.hotline.get("/orders/v1/control-points", params=month))["items"]
    quarter = f"{month['month'][:4]}-Q{(int(month['month'][5:]) + 2) // 3}"
    assert body(await world.hotline.get("/orders/v1/control-points", params={"month": quarter}))["items"] == [line]
    assert (line["station_id"], line["engineer_id"], line["work_type"]) == ("S1", "E1", "breakdown")
    assert (line["orders"], line["flawed"], line["disordered"], line["skipped"]) == (
        2,
        1,
        1,
        {"diagnosis": 1, "handover": 1},
    )
    figures = body(await world.hotline.get("/orders/v1/kpis", params=month | {"kind": "station"}))["figures"]
    (kept,) = [one for one in figures if one["kpi"] == "control_points"]
    assert (kept["n"], kept["mean"]) == (2, 0.5)
    other = await world.system.sign_in("station", station_id="S2", branch_id="B2")
    assert body(await other.get("/orders/v1/control-points", params=month))["items"] == []
