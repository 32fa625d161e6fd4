"""Implausible facts are taken, marked, and told; honest ones are never marked."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.geo import distance_m
from kit.sightings import Sighting, teleport
from kit.values import Place
from mobile_api.domain import doubts
from mobile_api.domain.doubts import DOUBTS, backdated
from tests.mobile_api.conftest import Field, Phone
from tests.mobile_api.pictures import jpeg
from tests.mobile_api.test_photos import upload
from tests.running import body, eventually

Json = dict[str, Any]
NOON = datetime(2026, 11, 26, 4, tzinfo=UTC)
JINAN, QINGDAO = Place(117.12, 36.65), Place(120.38, 36.07)


@pytest.mark.parametrize(
    ("minutes", "earlier", "sent", "wanted"),
    [
        (0, None, None, False),
        (-1, 0, None, False),
        (-3, 0, None, True),
        (-1, None, 0, False),
        (-30, None, 0, True),
        (600, 0, 0, False),
    ],
)
def test_a_fact_before_what_was_earlier_is_backdated(
    minutes: int, earlier: int | None, sent: int | None, wanted: bool
) -> None:
    bounds = {
        name: None if bound is None else NOON + timedelta(minutes=bound)
        for name, bound in (("earlier", earlier), ("dispatched_at", sent))
    }
    assert backdated(NOON + timedelta(minutes=minutes), **bounds) == wanted


@pytest.mark.parametrize(
    ("place", "minutes", "wanted"),
    [(QINGDAO, 60, True), (QINGDAO, 200, False), (Place(117.13, 36.65), 0, False), (Place(117.2, 36.65), 1, True)],
)
def test_nobody_drives_faster_than_a_train(place: Place, minutes: int, wanted: bool) -> None:
    assert teleport(Sighting(place, NOON + timedelta(minutes=minutes)), Sighting(JINAN, NOON)) == wanted


def test_honest_days_are_never_marked() -> None:
    """A thousand engineers who drive 120 km/h at most, whose positions jump 500 m and whose clocks drift a minute."""
    rng = random.Random(20261126)
    for _ in range(1_000):
        before, place, at = None, JINAN, NOON
        for _ in range(6):
            there = Place(place.lon + rng.uniform(-0.5, 0.5), place.lat + rng.uniform(-0.5, 0.5))
            drive_s = distance_m(place, there) / (120 / 3.6)
            at += timedelta(seconds=drive_s + rng.uniform(0, 7200))
            seen = Sighting(Place(there.lon + rng.uniform(-0.005, 0.005), there.lat), at, accuracy_m=50.0)
            drift = timedelta(seconds=rng.uniform(-60, 60))
            assert not teleport(seen, before)
            assert not backdated(at + drift, earlier=at, dispatched_at=None)
            before, place = seen, there


async def test_cheats_are_taken_and_told(field_: Field, phone: Phone, visit: Json) -> None:
    elsewhere = await field_.appointment(phone)
    now = datetime.now(UTC)

    def check_in(about: Json, place: Place, at: datetime) -> Json:
        made = phone.operation("check_in", about, place={"lon": place.lon, "lat": place.lat, "datum": "WGS-84"})
        return made | {"at": at.isoformat()}

    results = await phone.send(
        check_in(visit, JINAN, now - timedelta(minutes=20)),
        check_in(elsewhere, QINGDAO, now - timedelta(minutes=10)),
        phone.operation("work_started", elsewhere) | {"at": (now - timedelta(minutes=50)).isoformat()},
        sent_at=now.isoformat(),
    )
    assert [result["status"] for result in results] == ["applied"] * 3, "nothing is dropped"
    asked = [field_.owners.bodies[result["id"]].get("doubts") for result in results]
    assert asked == [None, ["teleport"], ["backdated"]], "and each owner is told"

    async def told() -> dict[str, list[str]]:
        rows = body(await field_.system.service.get("/mobile/v1/journal"))["items"]
        return {row["payload"]["operation_id"]: row["payload"]["doubts"] for row in rows}

    known = await eventually(told, lambda known: len(known) == 3)
    assert [known[result["id"]] for result in results] == [[], ["teleport"], ["backdated"]]


async def test_one_picture_on_two_orders_is_told(field_: Field, phone: Phone, visit: Json) -> None:
    elsewhere = await field_.appointment(phone)
    picture = jpeg()
    for about in (visit, elsewhere):
        await upload(phone, about, picture)

    async def told() -> list[list[str]]:
        rows = body(await field_.system.service.get("/mobile/v1/journal"))["items"]
        return [row["payload"]["also_of"] for row in rows if row["kind"] == "photo.stored"]

    assert await eventually(told, lambda rows: len(rows) == 2) == [[], [visit["order_id"]]]


def test_every_doubt_is_documented() -> None:
    from pathlib import Path

    page = (Path(doubts.__file__).parent.parent.parent / "docs/reference/mobile-api.md").read_text()
    assert [name for name in DOUBTS if f"`{name}`" not in page] == []
