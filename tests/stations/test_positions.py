"""Positions: on shift and with consent only; Redis may be wiped."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from kit.values import Place
from kit.wake import Wakeups
from services.stations.store import positions as store
from services.stations.use_cases import positions
from services.stations.use_cases.positions import forget_old
from tests.days import this_hour
from tests.running import body
from tests.stations.conftest import Stations, hour


def point(hours: float, lon: float = 117.2, lat: float = 36.6, datum: str = "WGS-84") -> dict[str, Any]:
    return {"lon": lon, "lat": lat, "datum": datum, "at": hour(hours), "accuracy_m": 12.0}


@pytest.fixture
async def tracked(stations: Stations) -> Stations:
    """E1 works from five hours ago until in five hours and agrees to be located."""
    await stations.must_import("shifts", {"engineer_id": "E1", "start": hour(-5), "end": hour(5)})
    agreed = await stations.service.put("/stations/v1/engineers/E1/consent", json={"given": True})
    assert agreed.status_code == 204
    assert stations.context.wakeups.redis is not None
    await stations.context.wakeups.redis.flushall()
    return stations


async def report(stations: Stations, *points: dict[str, Any], engineer_id: str = "E1") -> dict[str, Any]:
    sent = {"engineer_id": engineer_id, "points": list(points)}
    kept: dict[str, Any] = body(await stations.service.post("/stations/v1/positions", json=sent))
    return kept


async def last(stations: Stations) -> list[tuple[str, float, float]]:
    items = (await stations.get("positions", territory_id="T1"))["items"]
    return [(row["engineer_id"], row["lon"], row["lat"]) for row in items]


async def test_points_on_shift_are_kept_once(tracked: Stations) -> None:
    assert await report(tracked, point(-2), point(-1, lon=117.3)) == _kept(stored=2)
    assert await report(tracked, point(-2), point(-1, lon=117.3)) == _kept(stored=0)
    items = (await tracked.get("positions", territory_id="T1"))["items"]
    assert [(row["engineer_id"], row["lon"]) for row in items] == [("E1", pytest.approx(117.3, abs=1e-5))]
    assert items[0]["age_s"] >= 3600


async def test_off_shift_and_out_of_time_are_not_kept(tracked: Stations) -> None:
    await tracked.must_import("absences", {"engineer_id": "E1", "start": hour(-4), "end": hour(-3)})
    kept = await report(tracked, point(-7), point(-3.5), point(-2), point(2), point(-24 * 40))
    assert kept == _kept(stored=1, off_shift=2, out_of_time=2)


async def test_without_consent_nothing_is_kept_and_withdrawal_forgets(tracked: Stations) -> None:
    assert await report(tracked, point(-1), engineer_id="E2") == _kept(no_consent=1)
    await report(tracked, point(-1))
    await tracked.service.put("/stations/v1/engineers/E1/consent", json={"given": False})
    assert await last(tracked) == []
    async with tracked.context.db.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM track"))).scalar_one() == 0
    assert [said["engineer_id"] for said in await tracked.told("consent.withdrawn")] == ["E1"]


async def test_an_older_point_does_not_replace_a_newer_one(tracked: Stations) -> None:
    await report(tracked, point(-1, lon=117.3))
    await report(tracked, point(-2, lon=117.9))
    [(engineer_id, lon, lat)] = await last(tracked)
    assert (engineer_id, round(lon, 4), round(lat, 4)) == ("E1", 117.3, 36.6)


async def test_a_wiped_redis_is_rebuilt_from_the_tracks(tracked: Stations) -> None:
    await report(tracked, point(-1, lon=117.3))
    redis = tracked.context.wakeups.redis
    assert redis is not None
    await redis.flushall()
    assert [row[0] for row in await last(tracked)] == ["E1"]
    assert await redis.hexists("stations:last-at", "E1")


async def test_without_redis_the_tracks_answer(tracked: Stations, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Wakeups("redis://127.0.0.1:1/0")
    monkeypatch.setattr(tracked.context.wakeups, "redis", nowhere.redis)
    assert await report(tracked, point(-1, lon=117.3)) == _kept(stored=1)
    assert [row[0] for row in await last(tracked)] == ["E1"]


async def test_availability_shows_the_last_position(tracked: Stations) -> None:
    await report(tracked, point(-1, lon=117.3))
    answer = await tracked.get("availability", territory_id="T1", **{"from": hour(0), "to": hour(24)})
    assert answer["engineers"][0]["last_position"]["lon"] == pytest.approx(117.3, abs=1e-5)


async def test_old_tracks_are_forgotten(tracked: Stations) -> None:
    await report(tracked, point(-1))
    async with tracked.context.db.transaction() as tx:
        await tx.execute(text("INSERT INTO track SELECT engineer_id, at - interval '31 days', 1, 1, 1, at FROM track"))
    assert await forget_old(tracked.context) == 1


async def test_a_last_place_is_kept_no_longer_than_its_track(tracked: Stations) -> None:
    """Neither told while it still lies in Redis or in the tracks, nor left lying there."""
    old, redis = this_hour() - timedelta(days=31), tracked.context.wakeups.redis
    assert redis is not None
    seen = store.Seen("E1", Place(117.3, 36.6), old)
    row = {
        "engineer_id": "E1",
        "at": old,
        "lon": 117.3,
        "lat": 36.6,
        "accuracy_m": None,
        "received_at": old,
        "doubt": None,
    }
    async with tracked.context.db.transaction() as tx:
        await store.add_points(tx, [row])
    await store.LastKnown(redis).remember([seen])
    assert await last(tracked) == []
    within = {"from": hour(0), "to": hour(24)}
    assert (await tracked.get("availability", territory_id="T1", **within))["engineers"][0]["last_position"] is None
    await store.LastKnown(redis).remember([store.Seen("E2", Place(117.3, 36.6), this_hour())])
    await forget_old(tracked.context)
    left = [(await redis.zscore(store.PLACES, one), await redis.hexists(store.TIMES, one)) for one in ("E1", "E2")]
    assert left[0] == (None, False)
    assert all(left[1])


async def test_what_is_no_place_is_kept_and_marked_and_what_cannot_be_read_costs_no_other(tracked: Stations) -> None:
    nowhere, swapped = point(-2, lon=0.0, lat=0.0), point(-1.5, lon=36.6, lat=117.2)
    unreadable = (point(-1) | {"datum": "EPSG:4326"}, point(-1) | {"lon": "117"}, {"at": "noon"})
    kept = await report(tracked, point(-3), nowhere, swapped, *unreadable, point(-2.5))
    reasons = kept["reasons"]
    assert kept == _kept(stored=4, doubtful=2, refused=3, reasons=reasons)
    assert [reason.split(":")[0] for reason in reasons] == ["/points/3/datum", "/points/4/lon", "/points/5/lon"]
    assert await doubts(tracked) == [None, None, "no_place", "no_place"]
    ((_, lon, lat),) = await last(tracked)
    assert (round(lon, 4), round(lat, 4)) == (117.2, 36.6)


async def test_a_teleport_is_kept_and_marked_and_does_not_reach_the_board(tracked: Stations) -> None:
    await report(tracked, point(-2, lon=117.0))
    kept = await report(tracked, point(-1.9, lon=119.0), point(-1.8, lon=117.1))
    assert kept == _kept(stored=2, doubtful=1)
    assert (await report(tracked, point(-1.7, lon=120.0)))["doubtful"] == 1, "alone in its report, too"
    assert await doubts(tracked) == [None, "teleport", None, "teleport"]
    redis = tracked.context.wakeups.redis
    assert redis is not None
    for wiped in (False, True):
        if wiped:
            await redis.flushall()
        assert [lon for _, lon, _ in await last(tracked)] == [pytest.approx(117.1, abs=1e-5)], wiped


async def doubts(stations: Stations) -> list[str | None]:
    async with stations.context.db.read() as tx:
        return list((await tx.execute(text("SELECT doubt FROM track ORDER BY at"))).scalars())


def _kept(**given: Any) -> dict[str, Any]:
    counts = ("stored", "off_shift", "no_consent", "out_of_time", "doubtful", "refused")
    return dict.fromkeys(counts, 0) | {"reasons": []} | given


async def test_whoever_reads_a_track_says_why_and_the_engineer_sees_it(tracked: Stations) -> None:
    await report(tracked, point(-2), point(-1, lon=117.3))
    dispatcher = await tracked.system.sign_in("dispatcher", branch_id="B1")
    engineer = await tracked.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    days = {(this_hour() + timedelta(hours=hours)).astimezone(ZoneInfo("Asia/Shanghai")).date() for hours in (-2, -1)}
    where, seen = "/stations/v1/engineers/E1/track", 0
    for day in sorted(days):
        asked = {"day": day.isoformat(), "reason": "complaint 41"}
        seen += len(body(await dispatcher.get(where, params=asked))["points"])
    assert seen == 2
    for wrong in ({"day": "2026-11-05"}, {"day": "2026-11-05", "reason": "  "}, {"reason": "complaint 41"}):
        body(await dispatcher.get(where, params=wrong), 422)
    for _ in range(2):
        body(await dispatcher.get("/stations/v1/positions", params={"territory_id": "T1"}))
    told = body(await engineer.get("/stations/v1/engineers/E1/position-reads"))["items"]
    assert [(one["what"], one["reason"]) for one in told].count(("track", "complaint 41")) == len(days)
    assert [one["what"] for one in told].count("last_known") in (1, 2), "once an hour"
    assert all(one["actor"].startswith("dispatcher:") for one in told)
    body(await engineer.get(where, params={"day": "2026-11-05", "reason": "curiosity"}), 403)
    foreign = await tracked.system.sign_in("dispatcher", branch_id="B2")
    body(await foreign.get(where, params={"day": "2026-11-05", "reason": "curiosity"}), 404)


async def test_whoever_reads_availability_is_seen_by_those_it_shows(tracked: Stations) -> None:
    """Also by the guest that another territory lends; what dispatch plans with is shown to nobody."""
    lent = {"engineer_id": "E2", "territory_id": "T1", "start": hour(-1), "end": hour(20), "reason": "国庆保障"}
    body(await tracked.service.post("/stations/v1/secondments", json=lent), 201)
    dispatcher = await tracked.system.sign_in("dispatcher", branch_id="B1")
    asked = {"territory_id": "T1", "from": hour(0), "to": hour(24)}

    async def lookers(engineer_id: str) -> set[str]:
        answer = await tracked.get(f"engineers/{engineer_id}/position-reads")
        return {one["actor"].partition(":")[0] for one in answer["items"]}

    await tracked.get("availability", **asked)
    assert await lookers("E1") == set()
    body(await dispatcher.get("/stations/v1/availability", params=asked))
    assert await lookers("E1") == await lookers("E2") == {"dispatcher"}


async def test_a_read_that_is_not_kept_is_seen(tracked: Stations, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the test above."""

    async def forgetful(*_: Any, **__: Any) -> None:
        return None

    monkeypatch.setattr(store, "note_read", forgetful)
    with pytest.raises(AssertionError):
        await test_whoever_reads_a_track_says_why_and_the_engineer_sees_it(tracked)


async def test_a_look_at_availability_that_is_not_kept_is_seen(
    tracked: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the reads of availability."""

    async def forgetful(*_: Any, **__: Any) -> None:
        return None

    monkeypatch.setattr(positions, "note_look", forgetful)
    with pytest.raises(AssertionError):
        await test_whoever_reads_availability_is_seen_by_those_it_shows(tracked)
