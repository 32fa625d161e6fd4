"""Imports: a bad row is named with its reason and never stops the good ones."""

import time
from typing import Any

import pytest

from tests.running import body
from tests.stations.conftest import AT, Stations, engineer, hour, vehicle

NAMED = {"name_zh": "名", "name_en": "name"}


async def test_rows_are_created_updated_unchanged_or_refused(stations: Stations) -> None:
    rows = [engineer("E1"), engineer("E2", "S2", name="王芳"), engineer("E9"), engineer("E8", "NOWHERE")]
    report = await stations.import_rows("engineers", rows)
    assert [row["status"] for row in report["rows"]] == ["unchanged", "updated", "created", "refused"]
    problem = report["rows"][3]["problem"]
    assert (problem["type"], problem["pointer"]) == ("/problems/unknown-reference", "/rows/3/station_id")
    assert report["counts"] == {"unchanged": 1, "updated": 1, "created": 1, "refused": 1}
    names = {row["id"]: row["name"] for row in (await stations.get("engineers"))["items"]}
    assert names == {"E1": "张伟", "E2": "王芳", "E3": "张伟", "E9": "张伟"}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("branches", {"branch_id": "B9", **NAMED, **AT, "lon": 36.6, "lat": 117.0}, "/lat"),
    ("branches", {"branch_id": "B9", **NAMED, "lon": 117.0, "lat": 36.6}, "/datum"),
    ("branches", {"branch_id": "B9", **NAMED, **AT, "zone": "Mars/Olympus"}, "/zone"),
    ("territories", {"territory_id": "T 9", "branch_id": "B1", **NAMED}, "/territory_id"),
    ("territories", {"territory_id": "T9", "branch_id": "B9", **NAMED}, "/branch_id"),
    ("stations", {"station_id": "S9", "territory_id": "T1", **NAMED, **AT, "level": 4, "grade": "AAA"}, "/level"),
    ("stations", {"station_id": "S9", "territory_id": "T1", **NAMED, **AT, "level": 1, "grade": "B"}, "/grade"),
    ("engineers", engineer("E9", skills={"engine": 6}), "/skills"),
    ("engineers", engineer("E9", certificates={"welder": "tomorrow"}), "/certificates"),
    ("engineers", engineer("E9", salary=1), "/salary"),
    ("engineers", engineer("E9", home_lon=0, home_lat=0), "/home_lat"),
    ("engineers", engineer("E9", name="a\u0007b"), "/name"),
    ("shifts", {"engineer_id": "E1", "start": hour(9), "end": hour(1)}, ""),
    ("shifts", {"engineer_id": "E1", "start": hour(1), "end": hour(26)}, ""),
    ("shifts", {"engineer_id": "E1", "start": "2026-11-05T08:00:00", "end": hour(1)}, "/start"),
    ("shifts", {"engineer_id": "NOBODY", "start": hour(1), "end": hour(9)}, "/engineer_id"),
    ("absences", {"engineer_id": "E1", "start": hour(1), "end": hour(1)}, ""),
    (
        "partners",
        {"partner_id": "P9", "branch_id": "B1", "name": "x", "contract_from": "2026-13-01"},
        "/contract_from",
    ),
    ("vehicles", vehicle("V9", max_mass_kg=0), "/max_mass_kg"),
    ("vehicles", vehicle("V9", base_fen=-1), "/base_fen"),
    ("vehicles", vehicle("V9", base_fen=1.5), "/base_fen"),
    ("vehicles", vehicle("V9", branch_id="B2"), "/branch_id"),
    ("vehicles", vehicle("V9", available_from=hour(2), available_until=hour(1)), ""),
]
GOOD: dict[str, dict[str, Any]] = {
    "branches": {"branch_id": "B7", **NAMED, **AT},
    "territories": {"territory_id": "T7", "branch_id": "B1", **NAMED},
    "stations": {"station_id": "S7", "territory_id": "T1", **NAMED, **AT, "level": 3, "grade": "A"},
    "engineers": engineer("E7"),
    "shifts": {"engineer_id": "E1", "start": hour(1), "end": hour(9)},
    "absences": {"engineer_id": "E1", "start": hour(1), "end": hour(9)},
    "partners": {"partner_id": "P7", "branch_id": "B1", "name": "物流"},
    "vehicles": vehicle("V7"),
}


async def test_bad_rows_are_named_and_the_good_ones_taken(stations: Stations) -> None:
    for kind, good in GOOD.items():
        bad = [(row, pointer) for of, row, pointer in BAD if of == kind]
        report = await stations.import_rows(kind, [*(row for row, _ in bad), good])
        assert report["counts"] == {"created": 1, "refused": len(bad)}, report
        pointers = [line["problem"]["pointer"] for line in report["rows"][:-1]]
        assert pointers == [f"/rows/{index}{pointer}" for index, (_, pointer) in enumerate(bad)]


async def test_shifts_of_one_engineer_never_overlap(stations: Stations) -> None:
    await stations.must_import("shifts", {"engineer_id": "E1", "start": hour(1), "end": hour(9)})
    rows = [
        {"engineer_id": "E1", "start": hour(8), "end": hour(12)},
        {"engineer_id": "E1", "start": hour(1), "end": hour(10)},
        {"engineer_id": "E1", "start": hour(10), "end": hour(12)},
        {"engineer_id": "E1", "start": hour(11), "end": hour(13)},
        {"engineer_id": "E2", "start": hour(8), "end": hour(12)},
    ]
    report = await stations.import_rows("shifts", rows)
    assert [line["status"] for line in report["rows"]] == ["refused", "updated", "created", "refused", "created"]
    assert report["rows"][0]["problem"]["type"] == "/problems/overlapping-shift"


async def test_a_repeated_row_is_refused(stations: Stations) -> None:
    report = await stations.import_rows("engineers", [engineer("E9"), engineer("E9", name="另一个")])
    assert [line["status"] for line in report["rows"]] == ["created", "refused"]
    assert report["rows"][1]["problem"]["first_row"] == 0


async def test_datum_is_converted(stations: Stations) -> None:
    await stations.must_import("engineers", engineer("E9", home_lon=116.404, home_lat=39.915, datum="GCJ-02"))
    home = await stations.get("engineers/E9")
    assert home["home"]["lon"] == pytest.approx(116.39776, abs=1e-4)
    assert home["home"]["lat"] == pytest.approx(39.91360, abs=1e-4)


async def test_five_hundred_rows_are_taken_in_one_call(stations: Stations) -> None:
    """The time is printed for the record; the limit is loose because other work shares the machine."""
    rows = [engineer(f"X{number:04}") for number in range(500)]
    started = time.perf_counter()
    report = await stations.import_rows("engineers", rows)
    took = time.perf_counter() - started
    assert report["counts"] == {"created": 500}
    assert took < 10, took


BROKEN = (b'{"rows": [1]}', b'{"rows": {}}', b"{}", b"[]", b'{"rows": [], "x": 1}', b'{"rows": [{"lon": NaN}]}', b"{")


async def test_broken_bodies_are_problems(stations: Stations) -> None:
    for content in BROKEN:
        answer = await stations.service.post(
            "/stations/v1/import/branches", content=content, headers={"content-type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, content
        assert answer.headers["content-type"] == "application/problem+json"
    problem = body(await stations.service.post("/stations/v1/import/dragons", json={"rows": []}), 422)
    assert problem["pointer"] == "/kind"
