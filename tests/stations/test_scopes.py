"""Nobody sees or changes what lies outside of their scope."""

import httpx

from kit.ids import new_id
from tests.running import body
from tests.stations.conftest import Stations, hour, line

SPAN = {"from": hour(0), "to": hour(24)}


async def test_lists_show_what_lies_within_the_scope(stations: Stations) -> None:
    dispatcher = await stations.system.sign_in("dispatcher", branch_id="B2")
    station = await stations.system.sign_in("station", branch_id="B1", station_id="S1")
    engineer = await stations.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")

    async def ids(client: httpx.AsyncClient, path: str) -> list[str]:
        return [row["id"] for row in body(await client.get(f"/stations/v1/{path}"))["items"]]

    assert await ids(dispatcher, "branches") == ["B2"]
    assert await ids(dispatcher, "territories") == ["T3"]
    assert await ids(dispatcher, "stations") == ["S3"]
    assert await ids(dispatcher, "engineers") == ["E3"]
    assert await ids(dispatcher, "vehicles") == []
    assert await ids(station, "stations") == ["S1"]
    assert await ids(station, "engineers") == ["E1"]
    assert await ids(engineer, "engineers") == ["E1"]
    assert await ids(stations.service, "engineers?branch_id=B1") == ["E1", "E2"]
    assert await ids(stations.service, "stations?territory_id=T2") == ["S2"]


async def test_pages_follow_each_other(stations: Stations) -> None:
    first = await stations.get("engineers", limit=2)
    second = await stations.get("engineers", limit=2, cursor=first["next"])
    assert [row["id"] for row in first["items"] + second["items"]] == ["E1", "E2", "E3"]
    assert second["next"] is None


async def test_what_is_foreign_is_not_found(stations: Stations) -> None:
    dispatcher = await stations.system.sign_in("dispatcher", branch_id="B2")
    for path in ("engineers/E1", "stations/S1", "engineers/NOBODY"):
        body(await dispatcher.get(f"/stations/v1/{path}"), 404)
    for path in ("availability", "fleet"):
        body(await dispatcher.get(f"/stations/v1/{path}", params={"territory_id": "T1", **SPAN}), 404)
    body(await dispatcher.get("/stations/v1/positions", params={"territory_id": "T1"}), 404)
    body(await dispatcher.get("/stations/v1/engineers/E1/calendar", params=SPAN), 404)


async def test_dispatchers_and_stations_enter_absences_of_their_own_engineers(stations: Stations) -> None:
    rows = {"rows": [{"engineer_id": name, "start": hour(1), "end": hour(9)} for name in ("E1", "E2", "E3")]}
    dispatcher = await stations.system.sign_in("dispatcher", branch_id="B1")
    station = await stations.system.sign_in("station", branch_id="B1", station_id="S1")
    by_station = body(await station.post("/stations/v1/import/absences", json=rows))
    assert [row["status"] for row in by_station["rows"]] == ["created", "refused", "refused"]
    by_branch = body(await dispatcher.post("/stations/v1/import/absences", json=rows))
    assert [row["status"] for row in by_branch["rows"]] == ["unchanged", "created", "refused"]
    body(await dispatcher.post("/stations/v1/import/engineers", json={"rows": []}), 403)


async def test_engineers_report_and_agree_for_themselves_only(stations: Stations) -> None:
    engineer = await stations.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    point = {"lon": 117.2, "lat": 36.6, "datum": "WGS-84", "at": hour(-1)}
    assert (await engineer.put("/stations/v1/engineers/E1/consent", json={"given": True})).status_code == 204
    body(await engineer.post("/stations/v1/positions", json={"engineer_id": "E1", "points": [point]}))
    body(await engineer.post("/stations/v1/positions", json={"engineer_id": "E2", "points": [point]}), 404)
    body(await engineer.put("/stations/v1/engineers/E2/consent", json={"given": True}), 404)
    body(await engineer.get("/stations/v1/positions", params={"territory_id": "T1"}), 403)


async def test_holds_are_for_services(stations: Stations) -> None:
    scopes = {"dispatcher": {"branch_id": "B1"}, "station": {"branch_id": "B1", "station_id": "S1"}, "auditor": {}}
    for role, scope in scopes.items():
        client = await stations.system.sign_in(role, **scope)
        body(await client.put("/stations/v1/holds/T1/1", json={"lines": [], "lifetime_s": 60}), 403)


async def test_bad_queries_and_bodies_are_problems(stations: Stations) -> None:
    for query in (
        {"territory_id": "T1", "from": hour(2), "to": hour(1)},
        {"territory_id": "T1", "from": hour(0), "to": hour(24 * 90)},
        {"territory_id": "T1", "from": "2026-11-05T08:00:00", "to": hour(1)},
        {"territory_id": "T 1", **SPAN},
        {"territory_id": "T1"},
    ):
        body(await stations.service.get("/stations/v1/availability", params=query), 422)
    for bad in (
        line("a", new_id(), start=5, end=1),
        line("a", "not-a-uuid"),
        line("", new_id()),
        line("a", new_id()) | {"price": 1},
    ):
        asked = {"lines": [bad], "lifetime_s": 60}
        problem = body(await stations.service.put("/stations/v1/holds/T1/1", json=asked), 422)
        assert problem["pointer"].startswith("/lines/0")
    twice = {"lines": [line("a", new_id()), line("a", new_id())], "lifetime_s": 60}
    assert body(await stations.service.put("/stations/v1/holds/T1/1", json=twice), 422)["pointer"] == "/lines/1/line"
    body(await stations.service.put("/stations/v1/holds/T1/0", json={"lines": [], "lifetime_s": 60}), 422)
