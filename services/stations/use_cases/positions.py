"""Positions of engineers: kept on shift and with consent only, forgotten after 30 days or on request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.ids import new_id
from kit.problems import NotFound
from kit.sightings import Sighting, teleport
from kit.values import Place
from services.stations.domain import Span, at_work, end_of_day, working_times
from services.stations.store import network, people
from services.stations.store import positions as store
from services.stations.store.positions import LastKnown, Seen
from services.stations.use_cases.facts import ConsentGiven, ConsentWithdrawn

KEPT = timedelta(days=30)
MOST_REASONS = 10
AHEAD = timedelta(minutes=5)
"""A phone's clock may be this much ahead of ours."""


@dataclass(frozen=True, slots=True)
class Point:
    """One fix of a phone; `accuracy_m` in metres."""

    place: Place
    at: datetime
    accuracy_m: float | None
    doubt: Literal["no_place", "teleport"] | None = None
    """Why nobody can have been there then."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many points were stored (new ones), how many of them are doubtful, and why the others were not stored."""

    stored: int
    off_shift: int = 0
    no_consent: int = 0
    out_of_time: int = 0
    doubtful: int = 0
    refused: int = 0
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Points of one engineer; `refused` says of each that could not be read why."""

    engineer_id: str
    points: Sequence[Point]
    refused: Sequence[str] = ()


async def report(context: Context, caller: Principal, reports: Sequence[Report]) -> list[Kept | NotFound]:
    """Take the points of engineers, each known one once; NotFound for an engineer outside of the caller's scope."""
    now = context.clock.now()
    before = await last_known(context, list({report.engineer_id for report in reports}))
    async with context.db.transaction() as tx:
        judged = await _judged(tx, caller, reports, before, now=now)
        new = await store.add_points(tx, _rows(judged, now=now))
    newest: dict[str, Seen] = {}
    for one in judged:
        for point in one.kept:
            if point.doubt is None and (one.engineer_id not in newest or newest[one.engineer_id].at < point.at):
                newest[one.engineer_id] = Seen(one.engineer_id, point.place, point.at)
    await LastKnown(context.wakeups.redis).remember(list(newest.values()))
    return [one.told(new) for one in judged]


@dataclass(slots=True)
class _Judged:
    """A report with what may be kept of it. `engineer` is None for one who is not the caller's to report on."""

    engineer_id: str
    engineer: Row[Any] | None
    points: Sequence[Point]
    refused: Sequence[str]
    in_time: Sequence[Point] = ()
    kept: Sequence[Point] = ()

    def told(self, new: set[tuple[str, datetime]]) -> Kept | NotFound:
        """Takes what it tells as stored off `new`, so that of two reports of one point the first has stored it."""
        if self.engineer is None:
            return NotFound(f"there is no engineer {self.engineer_id}")
        refused: dict[str, Any] = {"refused": len(self.refused), "reasons": self.refused[:MOST_REASONS]}
        if not self.engineer.tracking_consent:
            return Kept(stored=0, no_consent=len(self.points), **refused)
        stored = {(self.engineer_id, point.at) for point in self.kept} & new
        new -= stored
        late = len(self.points) - len(self.in_time)
        doubtful = sum(point.doubt is not None for point in self.kept if (self.engineer_id, point.at) in stored)
        off_shift = len(self.in_time) - len(self.kept)
        return Kept(len(stored), off_shift=off_shift, out_of_time=late, doubtful=doubtful, **refused)


async def _judged(
    tx: AsyncConnection, caller: Principal, reports: Sequence[Report], before: Mapping[str, Seen], *, now: datetime
) -> list[_Judged]:
    names = {report.engineer_id for report in reports}
    engineers = {row.engineer_id: row for row in await people.engineers(tx, names, people.visible_engineers(caller))}
    judged = [
        _Judged(report.engineer_id, engineers.get(report.engineer_id), report.points, report.refused)
        for report in reports
    ]
    asked = [one for one in judged if one.engineer is not None and one.engineer.tracking_consent]
    for one in asked:
        one.in_time = [point for point in one.points if now - KEPT < point.at <= now + AHEAD]
    times = [point.at for one in asked for point in one.in_time]
    if times:
        span = Span(min(times), max(times) + timedelta(seconds=1))
        shifts, absences = await people.shifts(tx, names, span), await people.absences(tx, names, span)
        working = {name: working_times(shifts.get(name, []), absences.get(name, []), span) for name in names}
        for one in asked:
            kept = [point for point in one.in_time if at_work(working[one.engineer_id], point.at)]
            one.kept = _doubted(kept, before.get(one.engineer_id))
    return judged


def _doubted(points: Sequence[Point], before: Seen | None) -> list[Point]:
    """The points in the order of time, those marked that are too far from the one before that was believed."""
    believed = Sighting(before.place, before.at) if before is not None else None
    judged = []
    for point in sorted(points, key=lambda point: point.at):
        here = Sighting(point.place, point.at, point.accuracy_m or 0.0)
        if point.doubt is None and teleport(here, believed):
            judged.append(replace(point, doubt="teleport"))
            continue
        believed = here if point.doubt is None else believed
        judged.append(point)
    return judged


def _rows(judged: Sequence[_Judged], *, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "engineer_id": one.engineer_id,
            "at": point.at,
            "lon": point.place.lon,
            "lat": point.place.lat,
            "accuracy_m": point.accuracy_m,
            "received_at": now,
            "doubt": point.doubt,
        }
        for one in judged
        for point in one.kept
    ]


async def last_known(context: Context, engineers: Sequence[str]) -> dict[str, Seen]:
    """The newest place of each engineer in 30 days; what Redis has lost is read from the tracks and put back."""
    cache = LastKnown(context.wakeups.redis)
    since = context.clock.now() - KEPT
    known = await cache.of(engineers, since=since)
    lost = [engineer_id for engineer_id in engineers if engineer_id not in known]
    if lost:
        async with context.db.read() as tx:
            found = await store.newest_points(tx, lost, since=since)
        await cache.remember(found)
        known |= {seen.engineer_id: seen for seen in found}
    return known


async def note_look(tx: AsyncConnection, caller: Principal, subjects: Sequence[str], *, now: datetime) -> None:
    """Keep that a person sees the last places of these territories, or engineers lent to them, once an hour.

    A service shows them to nobody: dispatch plans with them.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    if caller.role != "service":
        for subject in subjects:
            await store.note_read(tx, actor=caller.actor, what="last_known", subject=subject, at=hour)


async def last_known_of_territory(context: Context, caller: Principal, territory_id: str) -> list[Seen]:
    """Where the territory's engineers were last, of those who agreed to it; that somebody looked is kept, by the hour.

    Raises NotFound outside of the scope.
    """
    async with context.db.transaction() as tx:
        if await network.territory_with_branch(tx, territory_id, network.visible_territories(caller)) is None:
            raise NotFound(f"there is no territory {territory_id}")
        rows = await people.engineers_of_territory(tx, territory_id)
        await note_look(tx, caller, [territory_id], now=context.clock.now())
    known = await last_known(context, [row.engineer_id for row in rows if row.tracking_consent])
    return [known[name] for name in sorted(known)]


async def track(context: Context, caller: Principal, engineer_id: str, *, day: date, reason: str) -> Sequence[Row[Any]]:
    """Where an engineer was on a day of the branch's zone; who looked, and why, is kept for the engineer to see.

    Raises NotFound for an engineer outside of the caller's scope.
    """
    async with context.db.transaction() as tx:
        engineer = await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller))
        if engineer is None:
            raise NotFound(f"there is no engineer {engineer_id}")
        zone = await network.zone_of_branch(tx, engineer.branch_id)
        now = context.clock.now()
        await store.note_read(tx, actor=caller.actor, what="track", subject=engineer_id, at=now, reason=reason)
        return await store.track_of(
            tx, engineer_id, start=end_of_day(day - timedelta(days=1), zone), end=end_of_day(day, zone)
        )


async def reads(context: Context, caller: Principal, engineer_id: str, *, limit: int) -> Sequence[Row[Any]]:
    """Who looked where the engineer or the engineer's territory is, newest first. Raises NotFound."""
    async with context.db.read() as tx:
        engineer = await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller))
        if engineer is None:
            raise NotFound(f"there is no engineer {engineer_id}")
        return await store.reads(tx, [engineer_id, engineer.territory_id], limit=limit)


async def set_consent(context: Context, caller: Principal, engineer_id: str, *, given: bool) -> None:
    """The engineer agrees to be located on shift, or withdraws it: then everything known is forgotten.

    Raises NotFound for an engineer outside of the caller's scope.
    """
    now = context.clock.now()
    async with context.db.transaction() as tx:
        if await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller)) is None:
            raise NotFound(f"there is no engineer {engineer_id}")
        values = {"id": new_id(), "given": given, "actor": caller.actor, "at": now}
        await people.set_consent(tx, engineer_id, values)
        message = ConsentGiven(engineer_id=engineer_id) if given else ConsentWithdrawn(engineer_id=engineer_id)
        await journal.append(tx, message, subject=engineer_id, actor=caller.actor)
        if not given:
            await store.forget_tracks(tx, engineer_id=engineer_id)
    if not given:
        await LastKnown(context.wakeups.redis).forget(engineer_id)


async def forget_old(context: Context) -> int:
    """Remove points, and last known places, that are older than they may be kept; how many points it were."""
    before = context.clock.now() - KEPT
    await LastKnown(context.wakeups.redis).forget_before(before)
    async with context.db.transaction() as tx:
        return await store.forget_tracks(tx, before=before)
