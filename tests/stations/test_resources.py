"""Experts, trainers and tools: booked once per seat, tools only while calibrated."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.messages import OrderCancelled
from services.stations.store import resources as store
from services.stations.subscriptions import subscriptions
from tests.days import today
from tests.running import body
from tests.stations.conftest import Stations, hour


@pytest.fixture
async def tools(stations: Stations) -> Stations:
    """An expert of head office with two seats, a tool of S1 good until in three days, a trainer of B2."""
    until = (today() + timedelta(days=3)).isoformat()
    made = {"branch_id": "B1", "station_id": "S1"}
    await stations.must_import(
        "resources",
        {"resource_id": "EXPERT", "kind": "expert", "name": "专家", "skills": {"engine": 5}, "seats": 2},
        {"resource_id": "DIAG", "kind": "tool", "name": "诊断仪", "calibrated_until": until, **made},
        {"resource_id": "TRAINER", "kind": "trainer", "name": "教员", "branch_id": "B2"},
    )
    return stations


async def book(
    tools: Stations, resource: str, start: float, end: float, status: int = 201, client: Any = None, **given: Any
) -> Any:
    sent = {"start": hour(start), "end": hour(end), "purpose": "远程会诊", **given}
    made = await (client or tools.service).post(f"/stations/v1/resources/{resource}/bookings", json=sent)
    return body(made, status)


async def test_each_seat_is_booked_once_and_touching_bookings_do_not_collide(tools: Stations) -> None:
    first = await book(tools, "EXPERT", 1, 3)
    second = await book(tools, "EXPERT", 2, 4)
    assert {first["seat"], second["seat"]} == {0, 1}
    told = await book(tools, "EXPERT", 2, 3, 409)
    assert (told["type"], told["free_at"]) == ("/problems/taken", hour(3))
    await book(tools, "EXPERT", 3, 4)
    await book(tools, "DIAG", 1, 2)
    await book(tools, "DIAG", 1, 2, 409)
    await book(tools, "DIAG", 2, 3)
    window = {"from": hour(0), "to": hour(10)}
    assert len((await tools.get("resources/EXPERT/bookings", **window))["items"]) == 3


async def test_a_released_booking_frees_its_seat_once(tools: Stations) -> None:
    booked = await book(tools, "DIAG", 1, 2)
    where = f"/stations/v1/resource-bookings/{booked['id']}/released"
    assert body(await tools.service.post(where))["released_at"] is not None
    body(await tools.service.post(where), 409)
    await book(tools, "DIAG", 1, 2)


async def test_the_end_of_an_order_frees_what_was_booked_for_it(tools: Stations, order: str) -> None:
    await book(tools, "DIAG", 1, 2, order_id=order)
    [heard] = [one for one in subscriptions(tools.context) if one.publisher == "orders"]
    message = OrderCancelled(order_id=order, territory_id="T1", reason="test")

    class Told:
        order_id, actor = order, "service:orders"

    async with tools.context.db.transaction() as tx:
        await heard.handlers[type(message)](tx, Told())  # type: ignore[arg-type]
    await book(tools, "DIAG", 1, 2)


async def test_a_tool_is_good_to_the_end_of_its_last_day_and_longer_once_calibrated(tools: Stations) -> None:
    told = await book(tools, "DIAG", 1, 24 * 5, 409)
    assert (told["type"], told["calibrated_until"]) == (
        "/problems/calibration-ends",
        (today() + timedelta(days=3)).isoformat(),
    )
    done = {
        "done_on": today().isoformat(),
        "valid_until": (today() + timedelta(days=365)).isoformat(),
        "certificate": "C-1",
    }
    where = "/stations/v1/resources/DIAG/calibrations"
    detail = body(await tools.service.post(where, json=done), 201)
    assert detail["calibrated_until"] == done["valid_until"]
    assert [one["certificate"] for one in detail["calibrations"]] == ["C-1"]
    await book(tools, "DIAG", 1, 24 * 5)
    old = done | {"done_on": "2020-01-01", "valid_until": "2020-12-31", "certificate": "C-0"}
    assert body(await tools.service.post(where, json=old), 201)["calibrated_until"] == done["valid_until"]
    listed = await tools.get("resources", calibration_ends_by=(today() + timedelta(days=30)).isoformat())
    assert listed["items"] == []


BAD_CALIBRATIONS: list[tuple[str, dict[str, Any], str | None]] = [
    ("DIAG", {"valid_until": "2020-01-01"}, "/valid_until"),
    ("DIAG", {"done_on": "2099-01-01", "valid_until": "2100-01-01"}, "/done_on"),
    ("EXPERT", {}, None),
]


async def test_bad_calibrations_and_bookings_are_refused(tools: Stations) -> None:
    good = {"done_on": "2026-01-01", "valid_until": (today() + timedelta(days=400)).isoformat(), "certificate": "C"}
    for resource, wrong, pointer in BAD_CALIBRATIONS:
        where = f"/stations/v1/resources/{resource}/calibrations"
        assert body(await tools.service.post(where, json=good | wrong), 422).get("pointer") == pointer
    await book(tools, "DIAG", 2, 1, 422)
    await book(tools, "NOTHING", 1, 2, 404)


async def test_who_sees_and_books_what(tools: Stations) -> None:
    station = await tools.system.sign_in("station", branch_id="B1", station_id="S1")
    other = await tools.system.sign_in("dispatcher", branch_id="B2")

    async def seen(client: Any) -> list[str]:
        return [one["id"] for one in body(await client.get("/stations/v1/resources"))["items"]]

    assert await seen(station) == ["DIAG", "EXPERT"]
    assert await seen(other) == ["EXPERT", "TRAINER"]
    await book(tools, "EXPERT", 1, 2, client=station)
    mine = await book(tools, "DIAG", 1, 2, client=station)
    await book(tools, "DIAG", 3, 4, 404, client=other)
    body(await other.post(f"/stations/v1/resource-bookings/{mine['id']}/released"), 404)


async def race(tools: Stations) -> int:
    """Twenty book the same hour of one tool at once; how many bookings there are."""
    window = {"start": hour(1), "end": hour(2), "purpose": "race"}
    asked = (tools.service.post("/stations/v1/resources/DIAG/bookings", json=window) for _ in range(20))
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {201, 409}
    async with tools.context.db.read() as tx:
        return int((await tx.execute(text("SELECT count(*) FROM resource_booking"))).scalar_one())


async def test_twenty_race_for_one_tool_and_one_gets_it(tools: Stations) -> None:
    assert await race(tools) == 1


@pytest.mark.parametrize("constrained", [True, False])
async def test_the_database_keeps_a_seat_from_being_booked_twice(
    tools: Stations, monkeypatch: pytest.MonkeyPatch, constrained: bool
) -> None:
    """Nobody looks who is there: the constraint still lets one in; without it, the negative control, all come in."""

    async def nobody(*_: Any) -> set[int]:
        return set()

    monkeypatch.setattr(store, "taken_seats", nobody)
    if not constrained:
        async with tools.context.db.transaction() as tx:
            for name in ("seat_once", "seat_of_one_holder"):
                await tx.execute(text(f"ALTER TABLE resource_booking DROP CONSTRAINT {name}"))
    assert await race(tools) == (1 if constrained else 20)
