"""The embedded network, loaded once; stub engines; Redis; a clock that stands still until told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from redis.asyncio import Redis

from kit.embedded import EmbeddedValkey
from services.dispatch.travel.roads import RoadNetwork
from tests.dispatch.travel.stub_engines import StubEngine, osrm_answer, serving, valhalla_answer


class StillClock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 20, 4, tzinfo=UTC)  # noon in China

    def now(self) -> datetime:
        return self.instant

    def pass_by(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def roads() -> RoadNetwork:
    return RoadNetwork.load()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def osrm_stub() -> AsyncIterator[StubEngine]:
    async with serving(StubEngine(osrm_answer)) as stub:
        yield stub


@pytest.fixture
async def valhalla_stub() -> AsyncIterator[StubEngine]:
    async with serving(StubEngine(valhalla_answer)) as stub:
        yield stub


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
async def redis(valkey: EmbeddedValkey) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey.url) as client:
        await client.flushall()
        yield client
