"""Nights, overtime and distance, from the steps of visits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from services.messages import AppointmentMoved
from services.stations.domain import Span, night_seconds, seconds_outside
from services.stations.use_cases import burdens
from tests.running import body
from tests.stations.conftest import Stations
from tests.stations.test_availability import availability

HOUR = timedelta(hours=1)
TEN = (datetime.now(UTC) - timedelta(days=3)).replace(hour=2, minute=0, second=0, microsecond=0)
"""Three days ago, ten in the morning in China."""


@given(start=st.integers(0, 100), length=st.integers(1, 60))
def test_nights_are_counted_hour_by_hour(start: int, length: int) -> None:
    """Against counting every hour by its clock."""
    span = Span(TEN + start * HOUR, TEN + (start + length) * HOUR)
    clocks = [(10 + start + hour) % 24 for hour in range(length)]
    assert night_seconds(span, "Asia/Shanghai") == 3600 * sum(clock >= 22 or clock < 6 for clock in clocks)


def test_overtime_is_what_no_shift_covers() -> None:
    shifts = [Span(TEN, TEN + 4 * HOUR), Span(TEN + 6 * HOUR, TEN + 9 * HOUR)]
    assert seconds_outside(Span(TEN + 3 * HOUR, TEN + 10 * HOUR), shifts) == 3 * 3600


def moved(engineer_id: str) -> AppointmentMoved:
    """A step of a new appointment, to be copied with its state."""
    names = {"order_id": new_id(), "appointment_id": new_id(), "engineer_id": engineer_id, "territory_id": "T1"}
    return AppointmentMoved.model_validate(names | {"state": "done"})


async def visit(stations: Stations, engineer_id: str = "E1", **hours: float) -> None:
    """Steps of an appointment, hours after TEN, told together."""
    event = moved(engineer_id)
    steps = [(event.model_copy(update={"state": state}), TEN + timedelta(hours=at)) for state, at in hours.items()]
    async with stations.context.db.transaction() as tx:
        await burdens.follow(tx, steps)


async def of(stations: Stations, client: Any = None, **asked: Any) -> dict[str, dict[str, Any]]:
    found = body(await (client or stations.service).get("/stations/v1/burdens", params=asked))["items"]
    return {one["engineer_id"]: one for one in found}


async def test_a_visit_adds_its_night_and_its_overtime(stations: Stations) -> None:
    """Shift 10 to 18; one visit 16 to 23 o'clock, one without a departure 11 to 12, one that never ended."""
    shift = {"engineer_id": "E1", "start": TEN.isoformat(), "end": (TEN + 8 * HOUR).isoformat()}
    await stations.must_import("shifts", shift)
    await visit(stations, dispatched=5, travelling=6, on_site=7, done=13)
    await visit(stations, on_site=1, done=2)
    await visit(stations, travelling=3)
    found = (await of(stations, territory_id="T1"))["E1"]
    assert (found["visits"], found["work_s"]) == (2, 8 * 3600)
    assert (found["night_s"], found["overtime_s"]) == (3600, 5 * 3600)
    assert (found["metres"], found["tracked"]) == (0, 0)
    assert await of(stations, days=1) == {}, "who has no visits in this time is neither sent nor part of the mean"


async def test_shares_are_by_the_mean_and_each_sees_the_own_scope(stations: Stations) -> None:
    await visit(stations, on_site=13, done=16)
    await visit(stations, "E2", on_site=13, done=14)
    mine = await stations.system.sign_in("dispatcher", branch_id="B1")
    found = await of(stations, mine)
    assert list(found) == ["E1", "E2"], "the most nights first, and no other branch"
    assert (found["E1"]["night_share"], found["E2"]["night_share"]) == (1.5, 0.5)
    alone = await stations.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    assert list(await of(stations, alone)) == ["E1"]


async def test_plans_are_told_what_was_borne_in_four_weeks(stations: Stations) -> None:
    """Two hours of way and one of overtime by day; a way of three hours at night, all of it outside of any shift."""
    shift = {"engineer_id": "E1", "start": TEN.isoformat(), "end": (TEN + 8 * HOUR).isoformat()}
    await stations.must_import("shifts", shift)
    await visit(stations, travelling=4, on_site=6, done=9)
    assert (await availability(stations))["E1"]["borne_seconds"] == (2 + 1) * 3600
    assert (await of(stations))["E1"]["drive_s"] == 2 * 3600
    await visit(stations, travelling=13, on_site=16, done=18)
    assert (await availability(stations))["E1"]["borne_seconds"] == (3 + 3 + 5 + 5) * 3600
    await visit(stations, travelling=-24 * 40, on_site=-24 * 40 + 5, done=-24 * 40 + 6)
    assert (await availability(stations))["E1"]["borne_seconds"] == 16 * 3600, "forty days ago is forgotten"


async def test_a_departure_that_is_forgotten_would_be_seen(stations: Stations, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a follower that keeps the arrival only tells another figure."""
    await visit(stations, travelling=11, on_site=13, done=14)
    honest = (await of(stations))["E1"]["night_s"]
    assert honest == 2 * 3600
    monkeypatch.setitem(burdens.STEPS, "travelling", "arrived_at")
    monkeypatch.setitem(burdens.STEPS, "on_site", "arrived_at")
    await visit(stations, "E2", travelling=11, on_site=13, done=14)
    assert (await of(stations))["E2"]["night_s"] != honest
