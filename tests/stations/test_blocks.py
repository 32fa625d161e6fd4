"""Vehicles of the bank that are out of use, and plates that may not set out."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kit.ids import new_id
from kit.values import Place
from services.stations.domain import PlateLimit, Span, kept_in, last_digit
from tests.days import this_hour, today
from tests.running import body
from tests.stations.conftest import AT, Stations, hour, line

ZONE = ZoneInfo("Asia/Shanghai")
JINAN = Place(117.0, 36.65)


async def block(stations: Stations, start: float, end: float, status: int = 201, client: Any = None) -> Any:
    sent = {"start": hour(start), "end": hour(end), "reason": "换离合器"}
    return body(await (client or stations.service).post("/stations/v1/vehicles/V1/blocks", json=sent), status)


async def test_a_vehicle_out_of_use_is_neither_sent_nor_let_until_it_is_in_use_again(stations: Stations) -> None:
    made = await block(stations, 10, 58)
    assert await stations.hold("T1", 1, line("v", new_id(), start=9, end=12)) == {"v": "taken"}
    assert (await stations.fleet("T1", 12, 48)).keys() == {"V2"}
    [claim] = (await stations.get("vehicles/V1/claims"))["items"]
    assert (claim["kind"], claim["order_id"], claim["start"]) == ("block", None, hour(10).replace("+00:00", "Z"))
    told = await block(stations, 30, 70, 409)
    assert datetime.fromisoformat(told["free_at"]) == this_hour() + timedelta(hours=58)
    where = f"/stations/v1/vehicle-blocks/{made['id']}/ended"
    assert body(await stations.service.post(where, json={}))["ended_at"] is not None
    body(await stations.service.post(where, json={}), 409)
    assert await stations.hold("T1", 1, line("v", new_id(), start=9, end=12)) == {"v": None}
    assert len((await stations.get("vehicles/V1/blocks"))["items"]) == 1


async def test_what_plans_have_booked_makes_way_and_they_are_told(stations: Stations, order: str) -> None:
    """A hold of a plan on its way is gone as well: its line is short once it is published."""
    waiting = new_id()
    await stations.publish("T1", 1, line("v", order, start=12, end=20))
    await stations.hold("T1", 2, line("v", waiting, start=12, end=20))
    await block(stations, 10, 58)
    assert [said["order_id"] for said in await stations.told("vehicle.short")] == [order]
    assert [said["order_id"] for said in await stations.told("vehicle.released")] == [order]
    await stations.publish("T1", 2, line("v", waiting, start=12, end=20))
    assert [said["order_id"] for said in await stations.told("vehicle.short")] == [order, waiting]
    assert [one["kind"] for one in (await stations.get("vehicles/V1/claims"))["items"]] == ["block"]


async def test_a_vehicle_on_the_road_is_not_taken_out_of_use(stations: Stations, order: str) -> None:
    await stations.publish("T1", 1, line("v", order, start=1, end=20))
    await stations.step(order, "V1", "accept", case_id=new_id())
    assert "on the road" in (await block(stations, 10, 58, 409))["detail"]
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    await block(stations, 30, 58, 404, other)
    assert (await block(stations, -5, -1, 422))["pointer"] == "/end"
    assert (await block(stations, 58, 30, 422))["type"] == "/problems/invalid"


# --- plate limits ---------------------------------------------------------------------------------------------------


def limit(**given: Any) -> PlateLimit:
    made = {"name": "济南", "place": JINAN, "radius_km": 30.0, "weekday": 1, "digits": "16"}
    return PlateLimit(**{**made, "opens": time(7), "closes": time(20), **given})


def kept(plate: str = "鲁A12341", standing: Place = JINAN, **given: Any) -> list[tuple[datetime, datetime]]:
    """In the two weeks from Monday, 5 January 2026."""
    begin = datetime(2026, 1, 5, tzinfo=ZONE)
    within = Span(begin, begin + timedelta(days=14))
    found = kept_in([limit(**given)], plate=plate, standing=standing, zone="Asia/Shanghai", within=within)
    return [(one.start, one.end) for one in found]


def test_a_plate_is_kept_in_on_its_weekday_within_the_city() -> None:
    """One that stands elsewhere, ends otherwise, or before and after the days of the limit is not."""
    monday = datetime(2026, 1, 5, 7, tzinfo=ZONE), datetime(2026, 1, 5, 20, tzinfo=ZONE)
    again = tuple(at + timedelta(days=7) for at in monday)
    assert kept() == [monday, again]
    assert kept("鲁A12342") == []
    assert kept(standing=Place(117.0, 37.5)) == []
    assert kept(valid_from=date(2026, 1, 6)) == [again]
    assert kept(valid_until=date(2026, 1, 5)) == [monday]
    assert [last_digit(plate) for plate in ("鲁A1234D", "鲁A12349", "鲁AD12345", "")] == ["0", "9", "5", "0"]


async def test_a_vehicle_is_not_sent_while_its_plate_keeps_it_in(stations: Stations) -> None:
    """V1 ends in 1, V2 in 2: tomorrow from 10:00 to 16:00 the first stays. One that has set out before goes on."""
    day = today() + timedelta(days=1)
    row = {"limit_id": "L", "name": "济南", **AT, "radius_km": 30, "weekday": day.isoweekday(), "digits": "1"}
    await stations.must_import("plate_limits", row | {"opens": "10:00", "closes": "16:00"})
    opens = (datetime.combine(day, time(10), ZONE) - this_hour()).total_seconds() / 3600

    async def asked(start: float, vehicle: str = "V1") -> str | None:
        [reason] = (await stations.hold("T1", 1, line("v", new_id(), vehicle, start, start + 3))).values()
        return reason

    starts = [opens - 1, opens, opens + 5.5, opens + 6]
    assert [await asked(start) for start in starts] == [None, "plate_limit", "plate_limit", None]
    assert await asked(opens, "V2") is None
    free = await stations.fleet("T1", opens - 3, opens + 10)
    assert [len(free["V1"]), len(free["V2"])] == [2, 1]
    daily = {"base_fen": 1, "fen_per_km": 1, "day_fen": 1}
    assert (await stations.service.put(f"/stations/v1/vehicles/V1/prices/{today()}", json=daily)).status_code == 204
    let = {"order_id": new_id(), "start": hour(opens), "end": hour(opens + 30)}
    told = body(await stations.service.post("/stations/v1/vehicles/V1/rentals", json=let), 409)
    assert "may not set out before" in told["detail"]
    assert [one["digits"] for one in (await stations.get("plate-limits", vehicle_id="V1"))["items"]] == ["1"]
    assert (await stations.get("plate-limits", vehicle_id="V2"))["items"] == []
    short = new_id()
    await stations.publish("T1", 2, line("v", short, start=opens, end=opens + 3))
    assert [said["order_id"] for said in await stations.told("vehicle.short")] == [short]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"weekday": 8}, "/weekday"),
        ({"digits": "1x"}, "/digits"),
        ({"closes": "06:00"}, None),
        ({"lat": 117.0}, "/lat"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-01"}, None),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused(
    stations: Stations, wrong: dict[str, Any], pointer: str | None
) -> None:
    row = {"limit_id": "L", "name": "济南", **AT, "radius_km": 30, "weekday": 1, "digits": "1"}
    report = await stations.import_rows("plate_limits", [row | {"opens": "07:00", "closes": "20:00"} | wrong])
    assert report["counts"] == {"refused": 1}
    if pointer is not None:
        assert report["rows"][0]["problem"]["pointer"].endswith(pointer)
