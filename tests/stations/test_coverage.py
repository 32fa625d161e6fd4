"""Coverage and siting over HTTP: machines from orders, roads from dispatch, the study in a worker."""

from typing import Any

import pytest

from kit.ids import new_id
from services.stations.use_cases import studies
from tests.running import System, body, eventually
from tests.stations.conftest import AT

NAMED = {"name_zh": "名", "name_en": "name"}
JINAN, QINGDAO, YANTAI = (117.0, 36.65), (120.38, 36.07), (121.45, 37.46)
MACHINE = {"customer_id": "C1", "product": "tractor", "brand": "RC-TRUCK", "model": "H7"}


async def put(system: System, service: str, kind: str, *rows: dict[str, Any]) -> None:
    where = f"/{service}/v1/import/{kind}"
    report = body(await system.service.post(where, json={"rows": list(rows)}))
    assert "refused" not in report["counts"], report


@pytest.fixture
async def network(system: System) -> System:
    """One branch with a station of level 3 in Jinan; three machines there, six in Qingdao, four in Yantai."""
    await put(system, "stations", "branches", {"branch_id": "B1", **NAMED, **AT}, {"branch_id": "B2", **NAMED, **AT})
    await put(system, "stations", "territories", {"territory_id": "T1", "branch_id": "B1", **NAMED})
    graded = {"level": 3, "grade": "A", "brands": ["RC-TRUCK"], "capabilities": []}
    await put(system, "stations", "stations", {"station_id": "S1", "territory_id": "T1", **NAMED, **graded, **AT})
    body(await system.service.post("/orders/v1/import/customers", json={"rows": [{"customer_id": "C1", "name": "某"}]}))

    def machines(at: tuple[float, float], prefix: str, count: int) -> list[dict[str, Any]]:
        place = {"lon": at[0], "lat": at[1], "datum": "WGS-84", "station_id": "S1"}
        return [{"serial": f"{prefix}{number}", **MACHINE, **place} for number in range(count)]

    rows = [*machines(JINAN, "J", 3), *machines(QINGDAO, "Q", 6), *machines(YANTAI, "Y", 4), {"serial": "X", **MACHINE}]
    await eventually(lambda: _imported(system, rows), lambda refused: refused == 0)
    return system


async def _imported(system: System, rows: list[dict[str, Any]]) -> int:
    """How many rows are refused: orders hears of stations by feed."""
    report = body(await system.service.post("/orders/v1/import/assets", json={"rows": rows}))
    return int(report["counts"].get("refused", 0))


async def test_coverage_by_level_with_the_gaps_between(network: System) -> None:
    asked: dict[str, Any] = {"minutes": [60, 120], "at": "2026-11-20T12:00:00+08:00"}
    found = body(await network.service.get("/stations/v1/coverage", params=asked))
    assert (found["machines"], found["without_place"], found["gap_minutes"]) == (13, 1, 120)
    by_level = {
        one["level"]: (one["stations"], [share["reached"] for share in one["shares"]]) for one in found["levels"]
    }
    assert by_level == {1: (0, [0, 0]), 2: (0, [0, 0]), 3: (1, [3, 3])}
    assert [area["properties"]["machines"] for area in found["gaps"]["features"]] == [6, 4]


async def study(network: System, client: Any = None, **asked: Any) -> Any:
    sent = {"objective": "covering", "minutes": 90, "sites": 1, **asked}
    made = body(await (client or network.service).post("/stations/v1/siting", json=sent), 202)
    assert made["state"] == "queued"

    async def read() -> Any:
        return body(await network.service.get(f"/stations/v1/siting/{made['id']}"))

    async with network.worker():
        return await eventually(read, lambda one: one["state"] != "queued", within_s=40)


async def report(network: System, serial: str, at: tuple[float, float]) -> None:
    """A breakdown of a gold customer's machine, who is promised an engineer within four hours."""
    gold = {"customer_id": "C1", "name": "某", "tier": "gold"}
    body(await network.service.post("/orders/v1/import/customers", json={"rows": [gold]}))
    place = {"lon": at[0], "lat": at[1], "datum": "WGS-84"}
    dispatcher = await network.sign_in("dispatcher", branch_id="B1")
    call = {"source": "hotline", "asset": {"serial": serial}, "place": place}
    body(await dispatcher.post("/orders/v1/orders", json=call), 201)


async def test_the_next_station_goes_where_most_machines_are_out_of_reach(network: System) -> None:
    for serial, at in (("J0", JINAN), ("Y0", YANTAI), ("Y1", YANTAI)):
        await report(network, serial, at)
    done = await study(network, sites=2, preparation_minutes=150)
    assert done["state"] == "done", done
    result = done["result"]
    reached = {one["sites"]: (one["reached"], one["proven"]) for one in result["curve"]}
    assert reached == {0: (3, True), 1: (9, True), 2: (13, True)}
    assert result["promises"] == 3
    assert [one["kept"] for one in result["curve"]] == [1, 1, 3], (
        "an hour and a half of road reaches Yantai from itself alone"
    )
    places = [feature["geometry"]["coordinates"] for feature in result["sites"]["features"]]
    assert sorted(round(lon) for lon, _ in places) == [120, 121]


async def test_a_median_among_candidates_given_as_geojson(network: System) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(at)}, "properties": {}}
        for at in (JINAN, QINGDAO, YANTAI)
    ]
    candidates = {"type": "FeatureCollection", "features": features}
    done = await study(network, objective="median", candidates=candidates, keep_existing=False)
    assert done["result"]["sites"]["features"][0]["geometry"]["coordinates"] == pytest.approx(QINGDAO)
    assert done["result"]["gap"] <= 0.005
    assert done["result"]["mean_s"] > 0


async def test_a_study_that_cannot_be_made_says_why(network: System) -> None:
    done = await study(network, sites=50, branch_id="B2")
    assert (done["state"], done["result"]) == ("failed", None)
    assert "places could have a station" in done["problem"]
    asked = {"objective": "promises", "minutes": 90, "sites": 1}
    made = body(await network.service.post("/stations/v1/siting", json=asked), 202)
    await studies.work_out(network.assembly.contexts["stations"], made["id"])
    done = body(await network.service.get(f"/stations/v1/siting/{made['id']}"))
    assert (done["state"], done["problem"]) == ("failed", "no order of the last year has an arrival promise")


async def test_studies_belong_to_their_branch(network: System) -> None:
    mine = await network.sign_in("dispatcher", branch_id="B1")
    other = await network.sign_in("dispatcher", branch_id="B2")
    sent = {"objective": "covering", "minutes": 90, "sites": 1}
    key = {"Idempotency-Key": new_id()}
    first, again = [body(await mine.post("/stations/v1/siting", json=sent, headers=key), 202) for _ in range(2)]
    assert (first["id"], first["branch_id"]) == (again["id"], "B1")
    body(await other.get(f"/stations/v1/siting/{first['id']}"), 404)
    assert body(await other.get("/stations/v1/siting"))["items"] == []
    body(await other.get("/stations/v1/coverage", params={"minutes": 60, "branch_id": "B1"}), 404)
    body(await other.post("/stations/v1/siting", json=sent | {"branch_id": "B1"}), 404)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"sites": 0}, "/sites"),
    ({"minutes": 0}, "/minutes"),
    ({"preparation_minutes": -1}, "/preparation_minutes"),
    ({"objective": "nearest"}, "/objective"),
    ({"candidates": {"type": "FeatureCollection", "features": []}}, "/candidates/features"),
]


async def test_bad_questions_are_told_what_is_wrong(network: System) -> None:
    good = {"objective": "covering", "minutes": 90, "sites": 1}
    for wrong, pointer in BAD:
        told = body(await network.service.post("/stations/v1/siting", json=good | wrong), 422)
        assert told["pointer"] == pointer
    line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}
    given = {"candidates": {"type": "FeatureCollection", "features": [line]}}
    body(await network.service.post("/stations/v1/siting", json=good | given), 422)
    body(await network.service.get("/stations/v1/coverage"), 422)


async def test_a_study_given_to_two_workers_ends_once(network: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one finds it done and computes nothing."""
    done = await study(network)
    monkeypatch.setattr(studies, "maximal_covering", lambda *given, **named: pytest.fail("computed once more"))
    await studies.work_out(network.assembly.contexts["stations"], done["id"])
