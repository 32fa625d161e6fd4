"""Remembers an engine's matrices in Redis, pair by pair. Redis may be wiped or gone: then it is only slower.

One string per (source, hour class, origin): a record of 24 bytes for each known destination, so that a whole row is
read at once and taken apart by numpy. Places are rounded to 0.0001 degrees (11 m). Two writers at once may lose one's
records, which costs a question. A row expires as a whole, counted from its first record. Answers of a stand-in are not
remembered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
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

MOST_DESTINATIONS = 4_000
"""Remembered for one origin; the oldest give way."""
KEYS_AT_ONCE = 250

_RECORD = np.dtype([("place", "<i8"), ("cell", "<i4", 4)])
"""cell: seconds, metres, access metres at the origin and at the destination."""
_UNKNOWN = np.iinfo(np.int32).min
_Records = np.ndarray[tuple[int], np.dtype[np.void]]
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
        prefix = f"travel:{self._namespace}:{hour_class_at(at).value}:"
        keys = [f"{prefix}{code}" for code in _codes(origins).tolist()]
        codes, place_of = np.unique(_codes(destinations), return_inverse=True)
        known = await self._recall(keys)
        cells = np.stack([_row(records, codes) for records in known])[:, place_of] if known else _no_cells(destinations)
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
            added = codes[place_of][columns]
            grown = [_grown(known[row], added, new) for row, new in zip(rows, fresh, strict=True)]
            await self._remember([keys[row] for row in rows], grown)
        block = np.ix_(rows, columns)
        cells[block] = np.where(unknown[block][:, :, None], fresh, cells[block])
        return replace(_assemble(cells, answer.source), degraded_reason=answer.degraded_reason)

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes. Lines are not remembered."""
        return await self._engine.route(origin, destination, at)

    async def _recall(self, keys: Sequence[str]) -> list[_Records]:
        """What is known about each origin; nothing where Redis knows nothing, rubbish, or does not answer."""
        found: list[_Records] = []
        for start in range(0, len(keys), KEYS_AT_ONCE):
            chunk = keys[start : start + KEYS_AT_ONCE]
            values = await self._try(partial(self._redis.mget, chunk)) or [None] * len(chunk)
            found += [_records(value) for value in values]
        return found

    async def _remember(self, keys: Sequence[str], rows: Sequence[_Records]) -> None:
        for start in range(0, len(keys), KEYS_AT_ONCE):
            pipeline = self._redis.pipeline(transaction=False)
            chunk = slice(start, start + KEYS_AT_ONCE)
            for key, row in zip(keys[chunk], rows[chunk], strict=True):
                pipeline.set(key, row.tobytes(), keepttl=True)
                pipeline.expire(key, self._keep, nx=True)
            await self._try(pipeline.execute)

    async def _try(self, use: Callable[[], Awaitable[list[Any]]]) -> list[Any] | None:
        """What Redis says, or None when it is away, slow or broken."""
        try:
            with self._breaker.attempt():
                async with asyncio.timeout(REDIS_SECONDS):
                    return await use()
        except BreakerOpen:
            return None
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("travel.cache_away", error=type(error).__name__)
            return None


def _codes(places: Sequence[Place]) -> npt.NDArray[np.int64]:
    """One number for each place of 0.0001 degrees."""
    lon, lat = np.rint(lonlat(places) * 10_000).astype(np.int64).T
    codes: npt.NDArray[np.int64] = (lon + 1_800_000) * 10_000_000 + (lat + 900_000)
    return codes


def _records(value: bytes | None) -> _Records:
    whole = value if value and len(value) % _RECORD.itemsize == 0 else b""
    return np.frombuffer(whole, _RECORD)


def _row(records: _Records, codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """The cells [codes, 4] that the records have; codes ascending, without doubles."""
    row = np.full((len(codes), 4), _UNKNOWN, np.int32)
    at = np.searchsorted(codes, records["place"])
    at[at == len(codes)] = 0
    asked = codes[at] == records["place"] if len(codes) else np.zeros(len(records), bool)
    row[at[asked]] = records["cell"][asked]
    return row


def _grown(old: _Records, places: npt.NDArray[np.int64], cells: npt.NDArray[np.int32]) -> _Records:
    """The records with new ones at their end, doubles and the oldest dropped."""
    new = np.empty(len(places), _RECORD)
    new["place"], new["cell"] = places, cells
    kept = old[~np.isin(old["place"], places)]
    return np.concatenate([kept, new])[-MOST_DESTINATIONS:]


def _no_cells(destinations: Sequence[Place]) -> _Cells:
    return np.empty((0, len(destinations), 4), np.int32)


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
