"""Puts travel times together from what the installation has."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from redis.asyncio import Redis

from kit.clock import Clock
from services.dispatch.travel.breaker import CircuitBreaker
from services.dispatch.travel.cache import Cached
from services.dispatch.travel.embedded import EmbeddedRoads
from services.dispatch.travel.guard import Guarded
from services.dispatch.travel.osrm import Osrm
from services.dispatch.travel.port import TravelTimes
from services.dispatch.travel.valhalla import Valhalla

_CONNECT_SECONDS, _READ_SECONDS = 2.0, 30.0


@asynccontextmanager
async def build_travel(
    *, clock: Clock, osrm_url: str = "", valhalla_url: str = "", redis: Redis | None = None
) -> AsyncIterator[TravelTimes]:
    """Travel times for as long as the context lasts. The embedded road network always stands behind; in front of it
    Valhalla and OSRM where their URLs are given (OSRM is asked first), each with a deadline, a circuit breaker and,
    with Redis, a memory. The Redis client stays the caller's to close."""
    travel: TravelTimes = EmbeddedRoads()
    async with AsyncExitStack() as resources:
        for engine in await _engines(resources, osrm_url=osrm_url, valhalla_url=valhalla_url):
            travel = Guarded(engine, stand_in=travel, breaker=CircuitBreaker(clock=clock))
            if redis is not None:
                memory = CircuitBreaker(clock=clock)
                travel = Cached(travel, redis=redis, namespace=engine.source, breaker=memory)
        yield travel


async def _engines(resources: AsyncExitStack, *, osrm_url: str, valhalla_url: str) -> list[Osrm | Valhalla]:
    """The outside engines, the one to ask first last."""
    if not (osrm_url or valhalla_url):
        return []
    timeout = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    client = await resources.enter_async_context(httpx.AsyncClient(timeout=timeout, trust_env=False))
    engines: list[Osrm | Valhalla] = []
    if valhalla_url:
        engines.append(Valhalla(client, valhalla_url))
    if osrm_url:
        engines.append(Osrm(client, osrm_url))
    return engines
