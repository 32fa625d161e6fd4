"""Remembers an engine's matrices in Redis, pair by pair. Redis may be wiped or gone: then it is only slower.

One hash per (source, hour class, origin), one field per destination; places are rounded to 0.0001 degrees (11 m). A
value is four little-endian int32: seconds, metres, access metres at the origin and at the destination. A hash expires
as a whole, counted from its first field. Answers of a stand-in are not remembered.
"""

import asyncio
import struct
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kit.values import Place
from services.dispatch.travel.breaker import BreakerOpen, CircuitBreaker
from services.dispatch.travel.port import (
    NO_WAY,
    Ints,
    Route,
    TravelMatrix,
    TravelTimes,
    lonlat,
    refuse_too_large,
)
from services.dispatch.travel.speeds import hour_class_at

log = structlog.get_logger(__name__)

REDIS_SECONDS = 1.0
"""Longer than this is not worth waiting for a memory."""

_VALUE = struct.Struct("<4i")
_UNKNOWN = np.iinfo(np.int32).min
_Cells = np.ndarray[tuple[int, int, int], np.dtype[np.int32]]


class Cached:
    """An engine (guarded or not) with a memory. redis: a client that gives bytes (no decode_responses); namespace
    tells engines and their settings apart and is the source of what is remembered."""

    def __init__(
        self,
        engine: TravelTimes,
        *,
        redis: Redis,
        namespace: str,
        breaker: CircuitBreaker,
        keep: timedelta = timedelta(hours=24),
    ) -> None:
        self._engine = engine
        self._redis = redis
        self._namespace = namespace
        self._breaker = breaker
        self._keep = keep

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        """See TravelTimes. Asks the engine only for the origins and destinations that have an unknown pair."""
        refuse_too_large(origins, destinations)
        prefix = f"travel:{self._namespace}:{hour_class_at(at).value}:".encode()
        keys = [prefix + name for name in _names(origins)]
        fields = _names(destinations)
        cells = await self._recall(keys, fields)
        unknown = cells[:, :, 0] < NO_WAY
        if not unknown.any():
            return _assemble(cells, self._namespace)
        rows = np.flatnonzero(unknown.any(axis=1)).tolist()
        columns = np.flatnonzero(unknown.any(axis=0)).tolist()
        answer = await self._engine.matrix(
            origins=[origins[row] for row in rows], destinations=[destinations[column] for column in columns], at=at
        )
        fresh = _cells_of(answer)
        if not answer.degraded:
            await self._remember([keys[row] for row in rows], [fields[column] for column in columns], fresh)
        block = np.ix_(rows, columns)
        cells[block] = np.where(unknown[block][:, :, None], fresh, cells[block])
        return replace(_assemble(cells, answer.source), degraded_reason=answer.degraded_reason)

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes. Lines are not remembered."""
        return await self._engine.route(origin, destination, at)

    async def _recall(self, keys: Sequence[bytes], fields: Sequence[bytes]) -> _Cells:
        cells = np.full((len(keys), len(fields), 4), _UNKNOWN, np.int32)
        if not keys or not fields:
            return cells

        async def read() -> list[Any]:
            pipeline = self._redis.pipeline(transaction=False)
            for key in keys:
                pipeline.hmget(key, fields)
            return list(await pipeline.execute())

        unknown = _VALUE.pack(_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
        for row, values in enumerate(await self._try(read) or ()):
            known = (value if value and len(value) == _VALUE.size else unknown for value in values)
            cells[row] = np.frombuffer(b"".join(known), "<i4").reshape(-1, 4)
        return cells

    async def _remember(self, keys: Sequence[bytes], fields: Sequence[bytes], cells: _Cells) -> None:
        async def write() -> list[Any]:
            pipeline = self._redis.pipeline(transaction=False)
            for key, row in zip(keys, cells, strict=True):
                packed = row.astype("<i4").tobytes()
                values = (packed[start : start + _VALUE.size] for start in range(0, len(packed), _VALUE.size))
                pipeline.hset(key, mapping=dict(zip(fields, values, strict=True)))
                pipeline.expire(key, self._keep, nx=True)
            return list(await pipeline.execute())

        await self._try(write)

    async def _try(self, use: Any) -> list[Any] | None:
        """What Redis says, or None when it is away, slow or broken."""
        try:
            with self._breaker.attempt():
                async with asyncio.timeout(REDIS_SECONDS):
                    answer: list[Any] = await use()
                    return answer
        except BreakerOpen:
            return None
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("travel.cache_away", error=type(error).__name__)
            return None


def _names(places: Sequence[Place]) -> list[bytes]:
    return [f"{lon},{lat}".encode() for lon, lat in np.rint(lonlat(places) * 10_000).astype(int).tolist()]


def _cells_of(matrix: TravelMatrix) -> _Cells:
    """seconds, metres, origin and destination access as the last axis."""
    shape = matrix.seconds.shape
    start = np.broadcast_to(matrix.origin_access_metres[:, None], shape)
    end = np.broadcast_to(matrix.destination_access_metres[None, :], shape)
    cells: _Cells = np.stack([matrix.seconds, matrix.metres, start, end], axis=-1)
    return cells


def _assemble(cells: _Cells, source: str) -> TravelMatrix:
    return TravelMatrix(
        seconds=cells[:, :, 0].copy(),
        metres=cells[:, :, 1].copy(),
        origin_access_metres=_longest(cells[:, :, 2], axis=1),
        destination_access_metres=_longest(cells[:, :, 3], axis=0),
        source=source,
    )


def _longest(access: np.ndarray[tuple[int, int], np.dtype[np.int32]], *, axis: int) -> Ints:
    """One access per place: cells of one place agree unless a stand-in answered some, then the longer is told."""
    longest: Ints = access.max(axis=axis, initial=0)
    return longest
