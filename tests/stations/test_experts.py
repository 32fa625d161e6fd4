"""Experts in plans: offered by the seat, held, booked once published, and never on two orders with one seat."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from kit.ids import new_id
from services.messages import ExpertLine, PlanPublished
from services.stations.store import experts as store
from services.stations.use_cases import published
from tests.days import this_hour
from tests.running import body
from tests.stations.conftest import Stations, hour

HOURS = 3600


@pytest.fixture
async def experts(stations: Stations) -> Stations:
    """One of head office with two seats, one of each branch with one, and a tool that is no expert."""
    skilled = {"kind": "expert", "name": "专家", "skills": {"engine": 5}}
    await stations.must_import(
        "resources",
        {"resource_id": "HQ", **skilled, "seats": 2},
        {"resource_id": "B1-EXP", **skilled, "branch_id": "B1", "station_id": "S1"},
        {"resource_id": "B2-EXP", **skilled, "branch_id": "B2"},
        {"resource_id": "DIAG", "kind": "tool", "name": "诊断仪", "branch_id": "B1"},
    )
    return stations


def line(name: str, order_id: str, expert: str = "HQ", start: float = 1, end: float = 3) -> dict[str, Any]:
    return {"line": name, "order_id": order_id, "expert_id": expert, "from": hour(start), "to": hour(end)}


async def hold(running: Stations, territory: str, epoch: int, *lines: dict[str, Any]) -> dict[str, str | None]:
    path = f"/stations/v1/expert-holds/{territory}/{epoch}"
    answer = body(await running.service.put(path, json={"lines": list(lines), "lifetime_s": 600}))
    return {one["line"]: one["reason"] for one in answer["lines"]}


async def publish(running: Stations, territory: str, epoch: int, *lines: dict[str, Any]) -> None:
    told = [
        ExpertLine(**{{"from": "start", "to": "end"}.get(name, name): of for name, of in one.items()}) for one in lines
    ]
    plan = PlanPublished(territory_id=territory, epoch=epoch, stock=[], vehicles=[], experts=told)
    async with running.context.db.transaction() as tx:
        await published.take_in(tx, plan, clock=running.context.clock, actor="service:dispatch")


async def offered(running: Stations, territory: str, until: float = 10) -> dict[str, list[list[tuple[int, int]]]]:
    """Free hours of each seat by expert."""
    span = {"territory_id": territory, "from": hour(0), "to": hour(until)}
    found = (await running.get("experts", **span))["experts"]
    return {one["id"]: [[_hours(piece) for piece in seat] for seat in one["seats"]] for one in found}


def _hours(span: dict[str, str]) -> tuple[int, int]:
    start, end = (datetime.fromisoformat(span[name]) - this_hour() for name in ("start", "end"))
    return round(start.total_seconds() / HOURS), round(end.total_seconds() / HOURS)


async def test_a_territory_is_offered_head_offices_experts_and_those_of_its_branch(experts: Stations) -> None:
    """What a person booked is cut out of that seat."""
    booked = {"start": hour(2), "end": hour(4), "purpose": "培训"}
    body(await experts.service.post("/stations/v1/resources/HQ/bookings", json=booked), 201)
    free = [(0, 10)]
    assert await offered(experts, "T1") == {"B1-EXP": [free], "HQ": [[(0, 2), (4, 10)], free]}
    assert sorted(await offered(experts, "T3")) == ["B2-EXP", "HQ"]


async def test_each_line_is_held_on_a_seat_of_its_own_or_refused_with_its_reason(experts: Stations) -> None:
    asked = [
        line("a", new_id()),
        line("b", new_id()),
        line("c", new_id(), start=2, end=4),
        line("d", new_id(), start=3, end=4),
        line("e", new_id(), "DIAG"),
    ]
    answers = {"a": None, "b": None, "c": "taken", "d": None, "e": "unknown_expert"}
    assert await hold(experts, "T1", 1, *asked) == answers
    assert await hold(experts, "T1", 1, *asked) == answers, "asking again changes nothing"
    assert await hold(experts, "T2", 1, line("x", new_id())) == {"x": "taken"}, "another territory finds no seat"
    assert await hold(experts, "T1", 2, line("a", new_id()), line("b", new_id())) == {"a": None, "b": None}


async def test_a_published_plan_books_what_it_holds_and_frees_the_rest(experts: Stations) -> None:
    first, second = new_id(), new_id()
    await hold(experts, "T1", 1, line("a", first), line("b", second))
    await publish(experts, "T1", 1, line("a", first))
    assert await offered(experts, "T2") == {"B1-EXP": [[(0, 10)]], "HQ": [[(0, 1), (3, 10)], [(0, 10)]]}
    assert (await offered(experts, "T1"))["HQ"] == [[(0, 10)], [(0, 10)]], "its own next plan may have it otherwise"
    await hold(experts, "T1", 2, line("a", first))
    await publish(experts, "T1", 2, line("a", first), line("b", second))
    assert [said["order_id"] for said in await experts.told("expert.booked")] == [first, second]
    window = {"from": hour(0), "to": hour(10)}
    booked = (await experts.get("resources/HQ/bookings", **window))["items"]
    assert sorted(one["order_id"] for one in booked) == sorted([first, second])
    [mine] = [one for one in booked if one["order_id"] == first]
    told = body(await experts.service.post(f"/stations/v1/resource-bookings/{mine['id']}/released"), 409)
    assert "T1" in told["detail"]
    late = body(await experts.service.put("/stations/v1/expert-holds/T1/2", json={"lines": [], "lifetime_s": 60}), 409)
    assert late["type"] == "/problems/stale-epoch"


async def test_a_published_line_without_a_free_seat_is_told_short(experts: Stations) -> None:
    await publish(experts, "T2", 1, line("x", new_id(), "B1-EXP"))
    order = new_id()
    await publish(experts, "T1", 1, line("a", order, "B1-EXP"))
    assert [said["order_id"] for said in await experts.told("expert.short")] == [order]


async def test_an_orphaned_hold_stands_in_nobodys_way(experts: Stations) -> None:
    await hold(experts, "T1", 1, line("a", new_id(), "B1-EXP"))
    async with experts.context.db.transaction() as tx:
        await tx.execute(text("UPDATE resource_booking SET expires_at = now() - interval '1 s'"))
    assert (await offered(experts, "T2"))["B1-EXP"] == [[(0, 10)]]
    booked = {"start": hour(1), "end": hour(4), "purpose": "培训"}
    body(await experts.service.post("/stations/v1/resources/B1-EXP/bookings", json=booked), 201)


@pytest.mark.parametrize("constrained", [True, False])
async def test_many_territories_race_for_one_seat_and_one_gets_it(
    experts: Stations, monkeypatch: pytest.MonkeyPatch, constrained: bool
) -> None:
    """By the lock alone, and by the constraint alone; the negative control without either has many winners."""
    if not constrained:
        async with experts.context.db.transaction() as tx:
            await tx.execute(text("ALTER TABLE resource_booking DROP CONSTRAINT seat_of_one_holder"))
    assert await race(experts) == 1

    async def first_seat(*_: Any, **__: Any) -> int:
        return 0

    monkeypatch.setattr(store, "free_seat", first_seat)
    async with experts.context.db.transaction() as tx:
        await tx.execute(text("DELETE FROM resource_booking"))
    assert await race(experts) == (1 if constrained else 8)


async def race(experts: Stations) -> int:
    """Territories hold one seat for the same hours at once; how many got it."""
    asked = {"lines": [line("a", new_id(), "B1-EXP")], "lifetime_s": 60}
    asking = [experts.service.put(f"/stations/v1/expert-holds/R{number}/1", json=asked) for number in range(8)]
    answers = await asyncio.gather(*asking, return_exceptions=True)
    held = [one for one in answers if not isinstance(one, BaseException) and one.status_code == 200]
    return sum(one.json()["lines"][0]["status"] == "held" for one in held)
