"""The memory of matrices on a real Valkey: it spares the engine, and is never needed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from redis.asyncio import Redis

from kit.embedded import EmbeddedValkey
from kit.values import Place
from services.dispatch.travel import cache as cache_module
from services.dispatch.travel.breaker import CircuitBreaker
from services.dispatch.travel.cache import Cached
from services.dispatch.travel.port import DegradedReason, MatrixTooLarge, Route, TravelMatrix
from tests.dispatch.travel.conftest import StillClock
from tests.dispatch.travel.stub_engines import drive

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
NIGHT = NOON + timedelta(hours=12)
A, B, C, D = Place(117.02, 36.67), Place(119.10, 36.71), Place(120.38, 36.07), Place(116.39, 39.9)


class CountingEngine:
    """Says what drive() says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.degraded_reason: DegradedReason | None = None

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        self.asked.append((len(origins), len(destinations)))
        ways = np.array([[drive(a, b) for b in destinations] for a in origins])
        found = np.where(ways > 2e6, -1, np.rint(ways)).astype(np.int32)
        return TravelMatrix(
            found[:, :, 0],
            found[:, :, 1],
            np.array([round(place.lon) for place in origins], np.int32),
            np.array([round(place.lat) for place in destinations], np.int32),
            "stand-in" if self.degraded_reason else "counting",
            self.degraded_reason,
        )

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        return Route(((origin.lon, origin.lat),), "counting")


@pytest.fixture
def engine() -> CountingEngine:
    return CountingEngine()


def _cached(engine: CountingEngine, redis: Redis, clock: StillClock) -> Cached:
    return Cached(engine, redis=redis, namespace="counting", breaker=CircuitBreaker(clock=clock))


@pytest.fixture
def cached(engine: CountingEngine, redis: Redis, clock: StillClock) -> Cached:
    return _cached(engine, redis, clock)


def _same(one: TravelMatrix, other: TravelMatrix) -> None:
    for name in ("seconds", "metres", "origin_access_metres", "destination_access_metres"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.source, one.degraded_reason) == (other.source, other.degraded_reason)


async def test_the_second_time_the_engine_is_not_asked(cached: Cached, engine: CountingEngine) -> None:
    first = await cached.matrix(origins=[A, B], destinations=[B, C, D], at=NOON)
    _same(first, await CountingEngine().matrix(origins=[A, B], destinations=[B, C, D], at=NOON))
    _same(first, await cached.matrix(origins=[A, B], destinations=[B, C, D], at=NOON + timedelta(hours=1)))
    assert engine.asked == [(2, 3)]


async def test_only_what_is_new_is_asked(cached: Cached, engine: CountingEngine) -> None:
    await cached.matrix(origins=[A, B], destinations=[B, C], at=NOON)
    grown = await cached.matrix(origins=[A, D, B], destinations=[B, C], at=NOON)
    assert engine.asked == [(2, 2), (1, 2)]
    _same(grown, await CountingEngine().matrix(origins=[A, D, B], destinations=[B, C], at=NOON))


async def test_no_way_is_remembered_too(cached: Cached, engine: CountingEngine) -> None:
    far = Place(87.6, 43.8)
    for _ in range(2):
        found = await cached.matrix(origins=[A], destinations=[far], at=NOON)
        assert found.metres[0, 0] == -1
    assert len(engine.asked) == 1


async def test_another_hour_class_direction_or_place_is_another_question(
    cached: Cached, engine: CountingEngine
) -> None:
    await cached.matrix(origins=[A], destinations=[B], at=NOON)
    await cached.matrix(origins=[A], destinations=[B], at=NIGHT)
    await cached.matrix(origins=[B], destinations=[A], at=NOON)
    await cached.matrix(origins=[Place(A.lon + 0.001, A.lat)], destinations=[B], at=NOON)
    assert len(engine.asked) == 4
    await cached.matrix(origins=[Place(A.lon + 0.00001, A.lat)], destinations=[B], at=NOON)
    assert len(engine.asked) == 4


async def test_a_stand_ins_answer_is_not_remembered(cached: Cached, engine: CountingEngine) -> None:
    engine.degraded_reason = DegradedReason.DEADLINE
    assert (await cached.matrix(origins=[A], destinations=[B], at=NOON)).degraded
    engine.degraded_reason = None
    assert not (await cached.matrix(origins=[A], destinations=[B], at=NOON)).degraded
    assert len(engine.asked) == 2


async def test_what_is_known_outlives_the_engine_and_the_rest_is_marked(cached: Cached, engine: CountingEngine) -> None:
    known = await cached.matrix(origins=[A, B], destinations=[C], at=NOON)
    engine.degraded_reason = DegradedReason.BREAKER_OPEN
    _same(known, await cached.matrix(origins=[A, B], destinations=[C], at=NOON))
    mixed = await cached.matrix(origins=[A, B], destinations=[C, D], at=NOON)
    assert mixed.degraded_reason is DegradedReason.BREAKER_OPEN
    np.testing.assert_array_equal(mixed.seconds[:, 0], known.seconds[:, 0])


async def test_a_wiped_redis_only_costs_the_question(cached: Cached, engine: CountingEngine, redis: Redis) -> None:
    first = await cached.matrix(origins=[A], destinations=[B], at=NOON)
    await redis.flushall()
    _same(first, await cached.matrix(origins=[A], destinations=[B], at=NOON))
    assert len(engine.asked) == 2


async def test_rubbish_in_redis_is_no_answer(cached: Cached, engine: CountingEngine, redis: Redis) -> None:
    first = await cached.matrix(origins=[A], destinations=[B, C, D], at=NOON)
    [key] = await redis.keys("travel:*")
    for rubbish in (b"short", b"\x80" * 72, b""):
        await redis.set(key, rubbish)
        _same(first, await cached.matrix(origins=[A], destinations=[B, C, D], at=NOON))
    await redis.delete(key)
    await redis.hset(key, "not", "a string")
    _same(first, await cached.matrix(origins=[A], destinations=[B, C, D], at=NOON))
    assert len(engine.asked) == 5


async def test_the_same_destination_twice_is_one_memory(cached: Cached, engine: CountingEngine, redis: Redis) -> None:
    expected = await CountingEngine().matrix(origins=[A, A], destinations=[C, B, C], at=NOON)
    for _ in range(2):
        _same(expected, await cached.matrix(origins=[A, A], destinations=[C, B, C], at=NOON))
    assert len(engine.asked) == 1


async def test_a_row_forgets_its_oldest_when_it_is_full(
    cached: Cached, engine: CountingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "MOST_DESTINATIONS", 2)
    for destination in (B, C, D):
        await cached.matrix(origins=[A], destinations=[destination], at=NOON)
    await cached.matrix(origins=[A], destinations=[C, D], at=NOON)
    assert len(engine.asked) == 3
    await cached.matrix(origins=[A], destinations=[B], at=NOON)
    assert len(engine.asked) == 4


async def test_more_origins_than_fit_into_one_reading(
    cached: Cached, engine: CountingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "KEYS_AT_ONCE", 3)
    origins = [Place(117 + number / 100, 36) for number in range(8)]
    expected = await CountingEngine().matrix(origins=origins, destinations=[B, C], at=NOON)
    for _ in range(2):
        _same(expected, await cached.matrix(origins=origins, destinations=[B, C], at=NOON))
    assert len(engine.asked) == 1


async def test_everything_expires_within_a_day_of_its_first_record(cached: Cached, redis: Redis) -> None:
    await cached.matrix(origins=[A], destinations=[B], at=NOON)
    [key] = await redis.keys("travel:*")
    await redis.expire(key, 100)
    await cached.matrix(origins=[A], destinations=[C], at=NOON)
    assert 0 < await redis.ttl(key) <= 100
    await redis.flushall()
    await cached.matrix(origins=[A], destinations=[B], at=NOON)
    assert 86_000 < await redis.ttl(key) <= 86_400


async def test_empty_and_too_large_questions(cached: Cached, engine: CountingEngine) -> None:
    found = await cached.matrix(origins=[], destinations=[A], at=NOON)
    assert found.seconds.shape == (0, 1)
    assert found.destination_access_metres.tolist() == [0]
    with pytest.raises(MatrixTooLarge):
        await cached.matrix(origins=[A] * 4_001, destinations=[A] * 4_001, at=NOON)
    assert engine.asked == []


async def test_lines_pass_through(cached: Cached) -> None:
    assert (await cached.route(A, B, NOON)).source == "counting"


async def test_a_redis_that_dies_and_comes_back_is_only_slower(
    engine: CountingEngine, clock: StillClock, scratch: Path
) -> None:
    server = EmbeddedValkey(scratch / "mortal-valkey")
    server.start()
    async with Redis.from_url(server.url) as redis:
        cached = _cached(engine, redis, clock)
        first = await cached.matrix(origins=[A], destinations=[B], at=NOON)
        server.kill()
        for _ in range(4):
            _same(first, await cached.matrix(origins=[A], destinations=[B], at=NOON))
        server.start()
        clock.pass_by(31)
        for _ in range(2):
            _same(first, await cached.matrix(origins=[A], destinations=[B], at=NOON))
    server.stop()
    assert engine.asked == [(1, 1)] * 6  # asked when new, four times without Redis, once to fill the new one


@pytest.fixture
async def mute_redis() -> AsyncIterator[str]:
    """Accepts connections and never says a word."""

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(ignore, "127.0.0.1", 0)
    yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_mute_redis_is_given_up_after_three_short_waits(
    engine: CountingEngine, clock: StillClock, mute_redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "REDIS_SECONDS", 0.05)
    async with Redis.from_url(mute_redis, socket_timeout=None) as redis:
        breaker = CircuitBreaker(clock=clock)
        cached = Cached(engine, redis=redis, namespace="counting", breaker=breaker)
        expected = await CountingEngine().matrix(origins=[A], destinations=[B], at=NOON)
        for _ in range(3):
            _same(expected, await cached.matrix(origins=[A], destinations=[B], at=NOON))
        assert breaker.is_open
        async with asyncio.timeout(0.05):
            _same(expected, await cached.matrix(origins=[A], destinations=[B], at=NOON))


async def test_engines_do_not_share_a_memory(engine: CountingEngine, redis: Redis, clock: StillClock) -> None:
    other = CountingEngine()
    await _cached(engine, redis, clock).matrix(origins=[A], destinations=[B], at=NOON)
    elsewhere = Cached(other, redis=redis, namespace="other", breaker=CircuitBreaker(clock=clock))
    await elsewhere.matrix(origins=[A], destinations=[B], at=NOON)
    assert len(other.asked) == 1
