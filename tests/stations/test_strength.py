"""Stations against the standard of their level and grade, engineers lent to other territories, priority regions."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from kit.auth import service_token
from kit.settings import Settings
from services.assembly import Assembly
from tests.days import today
from tests.running import System, body
from tests.stations.conftest import AT, Stations, engineer, hour, seed
from tests.stations.test_availability import _at, availability

# --- standards ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def stocked(settings: Settings) -> AsyncIterator[Stations]:
    """Stations with parts beside it: a shelf of S1 with two pumps of 100 yuan."""
    assembly = Assembly(settings=settings, names=["accounts", "parts", "stations"])
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        running = Stations(system, assembly.contexts["stations"], system.service)
        await seed(running)
        made = {"part": "PUMP", "name_zh": "泵", "name_en": "pump", "unit_cost_fen": 10_000, "weight_g": 1}
        place = {"place_id": "SHELF", "kind": "station", "territory_id": "T1", "station_id": "S1", "name": "x", **AT}
        rows = {"parts": made, "places": place, "stock": {"place_id": "SHELF", "part": "PUMP", "quantity": 2}}
        for kind, row in rows.items():
            body(await system.service.post(f"/parts/v1/import/{kind}", json={"rows": [row]}))
        yield running
        await system.close()


async def ask(stations: Stations, status: int = 204, **least: int) -> Any:
    answer = await stations.service.put("/stations/v1/standards/1/AAA", json={"least": least})
    assert answer.status_code == status, answer.text
    return answer


async def test_a_station_is_told_what_it_lacks_by_its_level_and_grade(stocked: Stations) -> None:
    """One engineer with a van of two, none of level 4, no tool, 200 yuan of stock of 500."""
    await ask(stocked, engineers=2, senior_engineers=1, vans=1, tools=1, stock_fen=50_000)
    report = (await stocked.get("standards/gaps", branch_id="B1"))["items"]
    found = {one["station_id"]: {lack["resource"]: lack["has"] for lack in one["lacks"]} for one in report}
    assert found["S1"] == {"engineers": 1, "senior_engineers": 0, "tools": 0, "stock_fen": 20_000}
    assert found["S2"]["stock_fen"] == 0
    tool = {"resource_id": "TORQUE", "kind": "tool", "station_id": "S1", "branch_id": "B1", "name": "扭力", "seats": 1}
    old, good = ((today() + timedelta(days=days)).isoformat() for days in (-1, 30))
    await stocked.must_import("resources", tool | {"calibrated_until": old})
    await stocked.must_import("engineers", engineer("E4", skills={"engine": 5}, skills_valid_until={"engine": old}))
    assert (await lacks(stocked)).keys() == {"senior_engineers", "tools", "stock_fen"}, "what has run out counts not"
    await stocked.must_import("resources", tool | {"calibrated_until": good})
    await stocked.must_import("engineers", engineer("E4", skills={"engine": 5}, skills_valid_until={"engine": good}))
    assert (await lacks(stocked)).keys() == {"stock_fen"}


async def lacks(stations: Stations) -> dict[str, int]:
    """What S1 lacks."""
    [mine] = [one for one in (await stations.get("standards/gaps"))["items"] if one["station_id"] == "S1"]
    return {lack["resource"]: lack["has"] for lack in mine["lacks"]}


async def test_a_vacant_key_post_is_named(stations: Stations) -> None:
    """Four of the six posts are held, five are asked for; one that is no key post is refused."""
    named = {
        "station_id": "S1",
        "territory_id": "T1",
        "name_zh": "名",
        "name_en": "name",
        "level": 1,
        "grade": "AAA",
        **AT,
    }
    held = {"station_manager": "王强", "service_manager": "李静", "technical_manager": "赵磊", "parts_manager": "孙丽"}
    await stations.must_import("stations", named | {"posts": held})
    [shown] = [one for one in (await stations.get("stations"))["items"] if one["id"] == "S1"]
    assert shown["posts"] == held
    await ask(stations, key_posts=5)
    [mine] = [one for one in (await stations.get("standards/gaps"))["items"] if one["station_id"] == "S1"]
    assert mine["lacks"] == [{"resource": "key_posts", "least": 5, "has": 4}]
    assert mine["vacant"] == ["warranty_clerk", "information_clerk"]
    await stations.must_import("stations", named | {"posts": held | {"warranty_clerk": "周敏"}})
    [mine] = [one for one in (await stations.get("standards/gaps"))["items"] if one["station_id"] == "S1"]
    assert (mine["lacks"], mine["vacant"]) == ([], [])
    report = await stations.import_rows("stations", [named | {"posts": {"cook": "王"}}])
    assert report["counts"] == {"refused": 1}


async def test_a_standard_is_head_offices_and_a_station_sees_its_own_gaps(stations: Stations) -> None:
    dispatcher = await stations.system.sign_in("dispatcher", branch_id="B1")
    body(await dispatcher.put("/stations/v1/standards/1/AAA", json={"least": {"vans": 1}}), 403)
    await ask(stations, 422, helicopters=1)
    await ask(stations, engineers=5)
    mine = await stations.system.sign_in("station", branch_id="B1", station_id="S1")
    seen = body(await mine.get("/stations/v1/standards/gaps"))["items"]
    assert [one["station_id"] for one in seen] == ["S1"]
    assert seen[0]["lacks"] == [{"resource": "engineers", "least": 5, "has": 1}]


async def test_level_and_grade_limit_the_work_of_a_station(stations: Stations) -> None:
    """S1 (1, AAA) can do breakdowns and, for a while, overhauls; all of them are of that level and grade."""
    graded = {"station_id": "S1", "territory_id": "T1", "name_zh": "名", "name_en": "name", "level": 1, "grade": "AAA"}
    await stations.must_import("stations", graded | AT | {"capabilities": ["overhaul", "breakdown"]})

    async def may(permits: list[str] | None, *, told: int = 3) -> Any:
        before = len(await stations.told("station.changed"))
        sent = {"least": {"vans": 1}} | ({} if permits is None else {"permits": permits})
        assert (await stations.service.put("/stations/v1/standards/1/AAA", json=sent)).status_code == 204
        assert len(await stations.told("station.changed")) - before == told
        seen = {one["id"]: one["permitted"] for one in (await stations.get("stations"))["items"]}
        assert (await availability(stations))["E1"]["permitted"] == seen["S1"]
        assert (await stations.get("stations/S1"))["permitted"] == seen["S1"]
        return seen["S1"], seen["S2"]

    assert await may(["breakdown", "maintenance"]) == (["breakdown"], ["breakdown"])
    assert await may(["maintenance", "breakdown"], told=0) == (["breakdown"], ["breakdown"])
    assert await may(["overhaul"]) == (["overhaul"], []), "S2 may be given nothing"
    [shown] = (await stations.get("standards"))["items"]
    assert shown == {"level": 1, "grade": "AAA", "least": {"vans": 1}, "permits": ["overhaul"]}
    await stations.must_import("stations", graded | AT | {"capabilities": []})
    assert (await stations.get("stations/S1"))["permitted"] == ["overhaul"], "able to do all, permitted one"
    await stations.must_import("stations", graded | AT | {"grade": "AA"})
    assert (await stations.get("stations/S1"))["permitted"] is None, "another grade, another standard"
    assert (await may(None, told=2))[1] == ["breakdown"]
    for wrong in ([], ["overhaul", "overhaul"], "overhaul"):
        answer = await stations.service.put("/stations/v1/standards/1/AAA", json={"least": {}, "permits": wrong})
        assert body(answer, 422)["pointer"] == "/permits"


# --- secondments ----------------------------------------------------------------------------------------------------


async def lend(stations: Stations, status: int = 201, client: Any = None, **given: Any) -> Any:
    sent = {"engineer_id": "E1", "territory_id": "T2", "start": hour(4), "end": hour(8), "reason": "国庆保障"}
    return body(await (client or stations.service).post("/stations/v1/secondments", json=sent | given), status)


async def spans(stations: Stations, territory: str, name: str = "E1") -> list[tuple[float, float, float]]:
    found = (await availability(stations, territory)).get(name, {"shifts": []})
    return [(_at(row["start"]), _at(row["end"]), _at(row["overtime_until"])) for row in found["shifts"]]


async def test_who_is_lent_works_there_and_not_at_home(stations: Stations) -> None:
    shift = {"engineer_id": "E1", "start": hour(1), "end": hour(10), "overtime_until": hour(12)}
    await stations.must_import("shifts", shift)
    told = len(await stations.told("engineer.changed"))
    made = await lend(stations)
    assert await spans(stations, "T1") == [(1, 4, 4), (8, 10, 12)]
    assert await spans(stations, "T2") == [(4, 8, 8)]
    assert await spans(stations, "T3") == []
    news = (await stations.told("engineer.changed"))[told:]
    assert [(one["territory_id"], one["what"]) for one in news] == [("T1", "secondment"), ("T2", "secondment")]
    await stations.must_import("absences", {"engineer_id": "E1", "start": hour(5), "end": hour(6), "reason": "病假"})
    assert await spans(stations, "T2") == [(4, 5, 5), (6, 8, 8)]
    assert (await stations.service.post(f"/stations/v1/secondments/{made['id']}/ended")).status_code == 204
    assert await spans(stations, "T2") == []
    assert await spans(stations, "T1") == [(1, 5, 5), (6, 10, 12)]
    assert (await stations.get("secondments"))["items"] == []


async def test_an_engineer_is_lent_to_one_territory_at_a_time(stations: Stations) -> None:
    """Three borrow the same engineer at once: one gets them, whoever collided is told so or to try again; who is at
    home somewhere is not lent there."""
    sent = {"engineer_id": "E1", "start": hour(1), "end": hour(9), "reason": "借调"}
    asked = [
        stations.service.post("/stations/v1/secondments", json=sent | {"territory_id": territory})
        for territory in ("T2", "T3", "T2")
    ]
    first, *rest = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert first == 201
    assert set(rest) <= {409, 503}
    assert (await lend(stations, 422, territory_id="T1"))["pointer"] == "/territory_id"
    assert "lent already" in (await lend(stations, 409))["detail"]


async def test_without_the_constraint_an_engineer_is_lent_twice(stations: Stations) -> None:
    """The negative control."""
    async with stations.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE secondment DROP CONSTRAINT seconded_once"))
    with pytest.raises(AssertionError):
        await test_an_engineer_is_lent_to_one_territory_at_a_time(stations)


async def test_a_branch_lends_its_own_within_itself(stations: Stations) -> None:
    mine = await stations.system.sign_in("dispatcher", branch_id="B1")
    await lend(stations, 404, mine, territory_id="T3")
    await lend(stations, 404, mine, engineer_id="E3")
    made = await lend(stations, 201, mine)
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    body(await other.post(f"/stations/v1/secondments/{made['id']}/ended"), 404)
    assert body(await other.get("/stations/v1/secondments"))["items"] == []


async def test_a_priority_region_says_how_many_are_lent_to_it(stations: Stations) -> None:
    days = {"first_day": today().isoformat(), "last_day": (today() + timedelta(days=7)).isoformat()}
    asked = {"territory_id": "T2", "title": "春运重点地区", "engineers": 2, **days}
    made = body(await stations.service.post("/stations/v1/reinforcements", json=asked), 201)
    await lend(stations, reinforcement_id=made["id"])
    wrong = await lend(stations, 422, engineer_id="E3", territory_id="T1", reinforcement_id=made["id"])
    assert wrong["pointer"] == "/reinforcement_id"
    [shown] = (await stations.get("reinforcements"))["items"]
    assert (shown["engineers"], shown["seconded"]) == (2, 1)
    backwards = asked | {"last_day": (today() - timedelta(days=1)).isoformat()}
    body(await stations.service.post("/stations/v1/reinforcements", json=backwards), 422)
