"""What dispatch learns about engineers, and what tells it to plan anew."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.stations.domain import authorised
from tests.days import this_hour
from tests.running import body
from tests.stations.conftest import AT, Stations, engineer, hour


async def availability(stations: Stations, territory: str = "T1") -> dict[str, dict[str, Any]]:
    answer = await stations.get("availability", territory_id=territory, **{"from": hour(0), "to": hour(24)})
    return {row["id"]: row for row in answer["engineers"]}


async def test_shifts_are_split_by_absences(stations: Stations) -> None:
    shift = {"engineer_id": "E1", "start": hour(1), "end": hour(11), "overtime_until": hour(13)}
    await stations.must_import("shifts", shift, {"engineer_id": "E1", "start": hour(30), "end": hour(38)})
    await stations.must_import("absences", {"engineer_id": "E1", "start": hour(3), "end": hour(5), "reason": "病假"})
    engineers = await availability(stations)
    assert list(engineers) == ["E1"]
    assert [(_at(row["start"]), _at(row["end"]), _at(row["overtime_until"])) for row in engineers["E1"]["shifts"]] == [
        (1, 3, 3),
        (5, 11, 13),
    ]


def _at(instant: str) -> float:
    return (datetime.fromisoformat(instant) - this_hour()).total_seconds() / 3600


async def test_skills_and_certificates_come_with_the_instant_at_which_they_end(stations: Stations) -> None:
    days: dict[str, Any] = {"skills_valid_until": {"engine": "2027-01-31"}, "certificates": {"welder": "2027-02-28"}}
    await stations.must_import("engineers", engineer("E1", skills={"engine": 4, "brakes": 2}, **days))
    found = (await availability(stations))["E1"]
    midnight = datetime(2027, 2, 1, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    skills = {row["skill"]: (row["level"], row["valid_until"]) for row in found["skills"]}
    assert skills["brakes"] == (2, None)
    assert skills["engine"][0] == 4
    assert datetime.fromisoformat(skills["engine"][1]) == midnight
    assert found["certificates"][0]["name"] == "welder"


async def test_an_engineer_works_on_the_brands_of_the_station_only(stations: Stations) -> None:
    """S1 is authorised for RC-TRUCK; a station that names no brand is authorised for all."""
    await stations.must_import("engineers", engineer("E1", brands=["RC-MACH", "RC-TRUCK"]))
    assert (await availability(stations))["E1"]["brands"] == ["RC-TRUCK"]
    assert authorised(["RC-MACH", "RC-TRUCK"], []) == ["RC-MACH", "RC-TRUCK"]


async def test_what_changes_an_engineer_tells_their_territory(stations: Stations) -> None:
    told = len(await stations.told("engineer.changed"))
    await stations.must_import("engineers", engineer("E1"))
    assert len(await stations.told("engineer.changed")) == told, "nothing has changed"
    await stations.must_import("engineers", engineer("E1", "S3"))
    await stations.must_import("shifts", {"engineer_id": "E2", "start": hour(1), "end": hour(9)})
    await stations.must_import("absences", {"engineer_id": "E2", "start": hour(1), "end": hour(9)})
    removed = await stations.service.delete(f"/stations/v1/engineers/E2/absences/{hour(1)}")
    assert removed.status_code == 204, removed.text
    news = (await stations.told("engineer.changed"))[told:]
    assert [(said["engineer_id"], said["territory_id"], said["what"]) for said in news] == [
        ("E1", "T1", "engineer"),
        ("E1", "T3", "engineer"),
        ("E2", "T2", "shift"),
        ("E2", "T2", "absence"),
        ("E2", "T2", "absence"),
    ]


async def test_what_changes_a_station_tells_its_territories(stations: Stations) -> None:
    """New, then hours, then the same again, then to another territory."""
    graded = {"name_zh": "名", "name_en": "name", "level": 1, "grade": "A", "brands": [], "capabilities": []}
    row = {"station_id": "S9", **graded, **AT}
    for change in ({}, {"opens": "08:00", "closes": "20:00"}, {"opens": "08:00", "closes": "20:00"}):
        await stations.must_import("stations", row | {"territory_id": "T1"} | change)
    await stations.must_import("stations", row | {"territory_id": "T2"})
    told = [one for one in await stations.told("station.changed") if one["station_id"] == "S9"]
    day = ("08:00", "20:00")
    assert [(one["territory_id"], one["opens"], one["closes"]) for one in told] == [
        ("T1", None, None),
        ("T1", *day),
        ("T1", *day),
        ("T2", None, None),
    ]


async def test_the_calendar_shows_shifts_absences_and_what_is_left(stations: Stations) -> None:
    await stations.must_import("shifts", {"engineer_id": "E1", "start": hour(1), "end": hour(9)})
    await stations.must_import("absences", {"engineer_id": "E1", "start": hour(0), "end": hour(4), "reason": "培训"})
    calendar = await stations.get("engineers/E1/calendar", **{"from": hour(0), "to": hour(24)})
    assert [row["reason"] for row in calendar["absences"]] == ["培训"]
    assert [(_at(row["start"]), _at(row["end"])) for row in calendar["working"]] == [(4, 9)]
    gone = await stations.service.delete(f"/stations/v1/engineers/E1/absences/{hour(7)}")
    assert body(gone, 404)["type"] == "/problems/not-found"


async def test_an_unknown_territory_is_not_found(stations: Stations) -> None:
    for path in ("availability", "fleet"):
        query = {"territory_id": "NOWHERE", "from": hour(0), "to": hour(24)}
        body(await stations.service.get(f"/stations/v1/{path}", params=query), 404)
