"""build_travel: what the installation has decides who answers; what was opened is closed."""

from datetime import UTC, datetime

import httpx
import pytest
from redis.asyncio import Redis

from kit.values import Place
from services.dispatch.travel.composition import build_travel
from services.dispatch.travel.port import DegradedReason
from tests.dispatch.travel.conftest import StillClock
from tests.dispatch.travel.stub_engines import StubEngine, write_reply

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
A, B = Place(117.02, 36.67), Place(119.10, 36.71)


async def test_with_nothing_the_embedded_roads_answer(clock: StillClock) -> None:
    async with build_travel(clock=clock) as travel:
        found = await travel.matrix(origins=[A], destinations=[B], at=NOON)
    assert (found.source, found.degraded) == ("embedded-roads", False)


async def test_osrm_first_then_valhalla_then_the_embedded_roads(
    clock: StillClock, osrm_stub: StubEngine, valhalla_stub: StubEngine
) -> None:
    async def sick(writer: object, _: object) -> None:
        await write_reply(writer, b"", status=503)  # type: ignore[arg-type]

    async with build_travel(clock=clock, osrm_url=osrm_stub.url, valhalla_url=valhalla_stub.url) as travel:

        async def ask() -> tuple[str, DegradedReason | None]:
            found = await travel.matrix(origins=[A], destinations=[B], at=NOON)
            return found.source, found.degraded_reason

        assert await ask() == ("osrm", None)
        osrm_stub.write = sick
        assert await ask() == ("valhalla", DegradedReason.REFUSED)
        valhalla_stub.write = sick
        assert await ask() == ("embedded-roads", DegradedReason.REFUSED)


async def test_redis_spares_the_engine_and_stays_open(clock: StillClock, osrm_stub: StubEngine, redis: Redis) -> None:
    async with build_travel(clock=clock, osrm_url=osrm_stub.url, redis=redis) as travel:
        for _ in range(2):
            assert (await travel.matrix(origins=[A], destinations=[B], at=NOON)).source == "osrm"
    assert len(osrm_stub.requests) == 1
    assert await redis.ping()


async def test_the_http_client_is_closed_with_it(
    clock: StillClock, osrm_stub: StubEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    aclose = httpx.AsyncClient.__aexit__

    async def noted(client: httpx.AsyncClient, *arguments: object) -> None:
        closed.append(client)
        await aclose(client, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.AsyncClient, "__aexit__", noted)
    async with build_travel(clock=clock, osrm_url=osrm_stub.url):
        assert closed == []
    assert len(closed) == 1
    assert closed[0].is_closed
