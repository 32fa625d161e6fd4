"""One caller who asks for far more than the others is told to wait; the others are not."""

from pathlib import Path

import pytest

from kit.db import Database
from kit.limits import FULL_AFTER_S, GUEST, SHARES, Buckets
from kit.settings import Settings
from tests.kit.conftest import SERVICE, make_schema
from tests.kit.probe import caller, probe

Who = tuple[str, str]
PERSON: Who = ("dispatcher", "somebody")


@pytest.fixture
def clock() -> list[float]:
    return [1_000.0]


@pytest.fixture
def buckets(clock: list[float]) -> Buckets:
    return Buckets(5.0, now=lambda: clock[0])


def taken(buckets: Buckets, who: Who, times: int) -> int:
    answers = [buckets.take(*who) for _ in range(times)]
    return sum(answer is None or answer.wait_s == 0 for answer in answers)


def test_so_many_may_come_at_once_and_then_at_an_even_pace(buckets: Buckets, clock: list[float]) -> None:
    assert taken(buckets, PERSON, 1_000) == 5 * FULL_AFTER_S
    for _ in range(20):
        clock[0] += 0.2
        assert taken(buckets, PERSON, 100) == 1
    clock[0] += 3_600
    assert taken(buckets, PERSON, 1_000) == 5 * FULL_AFTER_S


def test_who_waits_as_long_as_told_is_let_in(buckets: Buckets, clock: list[float]) -> None:
    taken(buckets, PERSON, 1_000)
    refused = buckets.take(*PERSON)
    assert refused is not None
    assert refused.wait_s == pytest.approx(0.2)
    clock[0] += refused.wait_s + 1e-3
    assert taken(buckets, PERSON, 2) == 1


def test_one_empty_bucket_is_nobody_elses(buckets: Buckets) -> None:
    taken(buckets, PERSON, 1_000)
    assert taken(buckets, ("dispatcher", "somebody else"), 10) == 10
    assert taken(buckets, ("system", "a key"), 1_000) == 5 * FULL_AFTER_S * SHARES["system"]
    assert taken(buckets, (GUEST, "a link"), 1_000) == 5 * FULL_AFTER_S * SHARES[GUEST]
    assert taken(buckets, (GUEST, "another link"), 1) == 1
    assert taken(buckets, ("service", "orders"), 10_000) == 10_000
    assert taken(Buckets(0.0), PERSON, 10_000) == 10_000


async def test_too_many_are_answered_429_with_when_to_come_again(module_database_url: str, tmp_path: Path) -> None:
    make_schema(module_database_url)
    db = Database(module_database_url, SERVICE)
    settings = Settings(data=tmp_path, database_url=module_database_url, requests_per_s=0.5)
    async with probe(db, settings) as app, caller(app) as hasty, caller(app, "engineer") as patient:
        answers = [await hasty.post("/raw") for _ in range(7)]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert [answer.status_code for answer in answers[5:]] == [429] * 2
        assert answers[0].headers["ratelimit-policy"] == '"caller";q=5;w=10'
        assert answers[0].headers["ratelimit"] == '"caller";r=4;t=0'
        last = answers[-1]
        assert (last.headers["retry-after"], last.headers["content-type"]) == ("2", "application/problem+json")
        assert last.json()["type"] == "/problems/too-many-requests"
        assert (await patient.post("/raw")).is_success
    await db.close()


async def test_guests_are_counted_by_their_link(module_database_url: str, tmp_path: Path) -> None:
    """Of 50 a second a link has 20 in ten seconds, whatever is asked of it; what is no link is not counted."""
    make_schema(module_database_url)
    db = Database(module_database_url, SERVICE)
    settings = Settings(data=tmp_path, database_url=module_database_url, requests_per_s=50)
    async with probe(db, settings) as app, caller(app, None) as guest, caller(app) as person:
        answers = [await guest.get("/doors/one/bell") for _ in range(22)]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 2
        assert (await guest.get("/doors/one/else")).status_code == 429, "it is the link that is counted"
        assert (await guest.get("/doors/two/bell")).is_success
        assert (await person.get("/doors/one/bell")).is_success, "who has an account is counted by it"
        assert all([(await guest.post("/open", json={"name": "x"})).is_success for _ in range(25)])
    await db.close()


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROADCALL_REQUESTS_PER_S", "-1")
    with pytest.raises(SystemExit, match="ROADCALL_REQUESTS_PER_S"):
        Settings.told()
