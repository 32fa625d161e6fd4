"""An order that waits for another one: said at intake, by a file or by a person, and told to dispatch."""

import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.orders.domain.links import circle
from tests.orders.conftest import World
from tests.orders.test_imports import order_row
from tests.running import body

Json = dict[str, Any]
NAMES = "abcdef"


def test_a_circle_is_found_exactly_when_an_order_reaches_itself() -> None:
    dice = random.Random(20261126)
    found = 0
    for _ in range(500):
        waits = {name: dice.choices(NAMES, k=dice.randrange(3)) for name in NAMES}
        reached = {*waits["a"]}
        for _ in NAMES:
            reached |= {other for one in reached for other in waits[one]}
        way = circle(waits, "a")
        assert (way is not None) == ("a" in reached)
        if way is not None:
            found += 1
            assert way[0] == way[-1] == "a"
            assert all(after in waits[before] for before, after in pairwise(way))
    assert 100 < found < 400


async def recovery_and_repair(world: World, **more: Any) -> tuple[Json, Json]:
    """The truck is brought in, then repaired."""
    recovery = await world.report(work_type="recovery")
    links = [{"order": recovery["number"], "gap_s": 1800} | more]
    return recovery, await world.report(asset={"serial": world.other["serial"]}, links=links)


async def plannable(world: World, order: Json) -> list[Json]:
    answer = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))
    (found,) = [one for one in answer["orders"] if one["id"] == order["id"]]
    links: list[Json] = found["links"]
    return links


async def put(world: World, order: Json, *links: Json, status: int = 200) -> Json:
    current = await world.order(order["id"])
    answer: Json = body(
        await world.hotline.put(
            f"/orders/v1/orders/{order['id']}/links",
            json={"links": list(links)},
            headers={"If-Match": f'"{current["version"]}"'},
        ),
        status,
    )
    return answer


async def test_an_order_says_after_which_it_starts_and_dispatch_is_told_when_that_is(world: World) -> None:
    recovery, repair = await recovery_and_repair(world)
    link = {"order_id": recovery["id"], "number": recovery["number"], "relation": "finish_start", "gap_s": 1800}
    assert repair["links"] == [link | {"state": "accepted"}]
    assert [one["order_id"] for one in (await world.order(recovery["id"]))["followers"]] == [repair["id"]]
    assert [one["at"] for one in await plannable(world, repair)] == [None]

    await world.sent(recovery)
    (told,) = await plannable(world, repair)
    assert told["at"] is not None, "the end that is planned for it"


async def test_a_cancelled_order_holds_nobody_up(world: World) -> None:
    recovery, repair = await recovery_and_repair(world)
    version = (await world.order(recovery["id"]))["version"]
    path = f"/orders/v1/orders/{recovery['id']}/cancel"
    body(await world.hotline.post(path, json={"reason": "moved itself"}, headers={"If-Match": f'"{version}"'}))
    assert await plannable(world, repair) == []
    assert (await world.order(repair["id"]))["links"][0]["state"] == "cancelled"


async def test_who_starts_with_another_waits_for_its_arrival_only(world: World) -> None:
    first, second = await recovery_and_repair(world, relation="start_start", gap_s=0)
    appointment = await world.sent(first)
    arrived = world.clock.now() + timedelta(minutes=1)
    await world.moved(first, appointment, "on_site", at=arrived)
    (told,) = await plannable(world, second)
    assert told["at"].startswith(arrived.isoformat()[:19])


@pytest.mark.parametrize(
    ("links", "pointer", "says"),
    [
        ([{"order": "WO-19990101-00001"}], "/links/0/order", "no order"),
        ([{"order": "{recovery}"}, {"order": "{recovery}"}], "/links/1/order", "twice"),
        ([{"order": "{recovery}", "gap_s": -1}], "/links/0/gap_s", ""),
        ([{"order": "{recovery}", "relation": "after"}], "/links/0/relation", ""),
    ],
)
async def test_links_that_mean_nothing_are_refused(world: World, links: list[Json], pointer: str, says: str) -> None:
    recovery = await world.report(work_type="recovery")
    said = [one | {"order": one["order"].format(recovery=recovery["id"])} for one in links]
    answer = await world.report(status=422, asset={"serial": world.other["serial"]}, links=said)
    (error,) = answer.get("errors", [answer])
    assert error["pointer"] == pointer
    assert says in error["detail"]


async def test_an_order_of_another_branch_is_not_there(world: World) -> None:
    far = {"lon": 121.47, "lat": 31.23, "datum": "WGS-84"}
    row = order_row(world, world.serial, **far)
    await world.load("assets", world.truck | {"station_id": "S2"} | far)
    elsewhere = (await world.load("orders", row))["rows"][0]["id"]
    await world.report(status=422, asset={"serial": world.other["serial"]}, links=[{"order": elsewhere}])


async def test_a_circle_is_refused_and_named(world: World) -> None:
    recovery, repair = await recovery_and_repair(world)
    answer = await put(world, recovery, {"order": repair["id"]}, status=409)
    assert answer["type"].endswith("links-in-a-circle")
    assert answer["circle"] == [recovery["number"], repair["number"], recovery["number"]]
    assert (await put(world, recovery, {"order": recovery["id"]}, status=409))["circle"] == [recovery["number"]] * 2
    assert (await world.order(recovery["id"]))["links"] == []


async def test_links_are_changed_by_a_person_and_the_plan_hears_of_it(world: World) -> None:
    recovery, repair = await recovery_and_repair(world)
    assert (await put(world, repair))["links"] == []
    changed = await put(world, repair, {"order": recovery["id"], "relation": "start_start"})
    assert [(one["relation"], one["gap_s"]) for one in changed["links"]] == [("start_start", 0)]
    assert (await world.kinds(repair["id"])).count("order.changed") == 2
    stale = {"If-Match": f'"{repair["version"]}"'}
    path = f"/orders/v1/orders/{repair['id']}/links"
    body(await world.hotline.put(path, json={"links": []}, headers=stale), 412)


async def test_work_that_has_begun_waits_for_nothing(world: World) -> None:
    recovery, repair = await recovery_and_repair(world)
    await world.moved(recovery, await world.sent(recovery), "on_site")
    await put(world, recovery, {"order": repair["id"]}, status=409)


async def test_a_file_says_it_by_external_id(world: World) -> None:
    """The order that is waited for stands before, or was imported earlier."""
    first, second = order_row(world, world.serial, work_type="recovery"), order_row(world, world.other["serial"])
    second["starts_after"] = first["external_id"]
    early = await world.load("orders", second)
    assert early["rows"][0]["problem"]["pointer"] == "/rows/0/starts_after"
    report = await world.load("orders", first, second)
    assert report["counts"] == {"created": 2}
    repair = await world.order(report["rows"][1]["id"])
    assert [one["order_id"] for one in repair["links"]] == [report["rows"][0]["id"]]
