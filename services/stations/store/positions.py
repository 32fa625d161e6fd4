"""Where engineers were: tracks in PostgreSQL, the last known place in Redis, which may be wiped at any moment."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from kit.values import Place
from services.stations.tables import engineer, position_read, track

log = structlog.get_logger()
PLACES, TIMES = "stations:last-place", "stations:last-at"
REDIS_DEADLINE_S = 0.5
NEWER_WINS = """
for i = 1, #ARGV, 4 do
  local before = tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or '0')
  if tonumber(ARGV[i + 3]) >= before then
    redis.call('GEOADD', KEYS[1], ARGV[i + 1], ARGV[i + 2], ARGV[i])
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 3])
  end
end
"""
OLD_ONES_GO = """
local known = redis.call('HGETALL', KEYS[2])
for i = 1, #known, 2 do
  if tonumber(known[i + 1]) < tonumber(ARGV[1]) then
    redis.call('ZREM', KEYS[1], known[i])
    redis.call('HDEL', KEYS[2], known[i])
  end
end
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """An engineer was here at that moment."""

    engineer_id: str
    place: Place
    at: datetime


# --- tracks ---------------------------------------------------------------------------------------------------------


_given = given_rows(types_of(track, track.c.keys()))
_ADD = (
    insert(track)
    .from_select(track.c.keys(), select(_given))
    .on_conflict_do_nothing()
    .returning(track.c.engineer_id, track.c.at)
)


async def add_points(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> set[tuple[str, datetime]]:
    """Keep points; engineer and instant of those that were new."""
    if not rows:
        return set()
    return {(row.engineer_id, row.at) for row in await tx.execute(_ADD, as_rows(rows))}


async def newest_points(tx: AsyncConnection, engineers: Collection[str], *, since: datetime) -> list[Seen]:
    """The newest believable point of each engineer that has one from `since` on."""
    mine = (track.c.engineer_id == engineer.c.engineer_id) & track.c.doubt.is_(None) & (track.c.at >= since)
    newest = select(track).where(mine).order_by(track.c.at.desc()).limit(1).lateral()
    rows = await tx.execute(select(newest).select_from(engineer).where(engineer.c.engineer_id.in_(engineers)))
    return [Seen(row.engineer_id, Place(row.lon, row.lat), row.at) for row in rows]


async def track_of(tx: AsyncConnection, engineer_id: str, *, start: datetime, end: datetime) -> Sequence[Row[Any]]:
    """Points from `start` to just before `end`, in order."""
    mine = (track.c.engineer_id == engineer_id) & (track.c.at >= start) & (track.c.at < end)
    return (await tx.execute(select(track).where(mine).order_by(track.c.at))).all()


async def note_read(
    tx: AsyncConnection, *, actor: str, what: str, subject: str, at: datetime, reason: str = ""
) -> None:
    """Keep who looked; the same look again is one line."""
    values = {"actor": actor, "what": what, "subject": subject, "at": at, "reason": reason}
    await tx.execute(insert(position_read).values(values).on_conflict_do_nothing())


async def reads(tx: AsyncConnection, subjects: Collection[str], *, limit: int) -> Sequence[Row[Any]]:
    """Who looked at these engineers or territories, newest first."""
    mine = select(position_read).where(position_read.c.subject.in_(subjects))
    return (await tx.execute(mine.order_by(position_read.c.at.desc(), position_read.c.actor).limit(limit))).all()


async def forget_tracks(tx: AsyncConnection, *, engineer_id: str | None = None, before: datetime | None = None) -> int:
    """Remove an engineer's points, or everybody's points before an instant; how many it were."""
    old = delete(track)
    if engineer_id is not None:
        old = old.where(track.c.engineer_id == engineer_id)
    if before is not None:
        old = old.where(track.c.at < before)
    return (await tx.execute(old)).rowcount


# --- last known place -------------------------------------------------------------------------------------------------


class LastKnown:
    """The newest place of each engineer. Never fails: what Redis does not tell, the caller reads from the tracks."""

    def __init__(self, redis: "Redis | None"):
        self._redis = redis

    async def remember(self, points: Sequence[Seen]) -> None:
        """Keep the newest; an older point than the known one changes nothing."""
        arguments: list[str | float] = []
        for seen in points:
            arguments += [seen.engineer_id, seen.place.lon, seen.place.lat, seen.at.timestamp()]
        if arguments:
            async with self._asking() as redis:
                if redis is not None:
                    await redis.eval(NEWER_WINS, 2, PLACES, TIMES, *arguments)

    async def of(self, engineers: Sequence[str], *, since: datetime) -> dict[str, Seen]:
        """What is known from `since` on, by engineer; the others are missing."""
        known: dict[str, Seen] = {}
        async with self._asking() as redis:
            if redis is None or not engineers:
                return known
            places = await redis.geopos(PLACES, *engineers)
            times = await redis.hmget(TIMES, list(engineers))
            for engineer_id, place, at in zip(engineers, places, times, strict=True):
                if place is not None and at is not None and float(at) >= since.timestamp():
                    when = datetime.fromtimestamp(float(at), UTC)
                    known[engineer_id] = Seen(engineer_id, Place(round(place[0], 6), round(place[1], 6)), when)
        return known

    async def forget(self, engineer_id: str) -> None:
        async with self._asking() as redis:
            if redis is not None:
                await redis.zrem(PLACES, engineer_id)
                await redis.hdel(TIMES, engineer_id)

    async def forget_before(self, before: datetime) -> None:
        """Remove the places of all who were not seen since."""
        async with self._asking() as redis:
            if redis is not None:
                await redis.eval(OLD_ONES_GO, 2, PLACES, TIMES, before.timestamp())

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator["Redis | None"]:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(REDIS_DEADLINE_S):
                yield self._redis
