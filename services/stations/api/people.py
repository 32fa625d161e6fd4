"""Engineers, their calendars, positions and consent."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import Query

from kit.auth import Principal
from kit.batches import BatchIn, BatchOut, answered
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Instant, Text
from kit.web import Caller, allow
from services.stations.api.wire import Limit, Running, ShiftOut, Window
from services.stations.api.wire_people import (
    AbsenceOut,
    CalendarOut,
    ConsentIn,
    EngineerOut,
    EngineerPage,
    PositionList,
    PositionOut,
    PositionRead,
    PositionReads,
    PositionsIn,
    PositionsKept,
    TrackOut,
    TrackPoint,
)
from services.stations.domain import WorkingTime, working_times
from services.stations.store import people
from services.stations.use_cases import calendar, positions

router = service_router("stations", tag="engineers")


@router.get("/engineers")
async def list_engineers(
    running: Running,
    caller: Caller,
    branch_id: Code | None = None,
    territory_id: Code | None = None,
    station_id: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> EngineerPage:
    """The engineers within one's scope."""
    async with running.db.read() as tx:
        rows = await people.list_engineers(
            tx,
            people.visible_engineers(caller),
            branch_id=branch_id,
            territory_id=territory_id,
            station_id=station_id,
            after=cursor or "",
            limit=limit,
        )
    following = rows[-1].engineer_id if len(rows) == limit else None
    return EngineerPage(items=[EngineerOut.of(row) for row in rows], next=following)


@router.get("/engineers/{engineer_id}")
async def read_engineer(engineer_id: Code, running: Running, caller: Caller) -> EngineerOut:
    """One engineer."""
    async with running.db.read() as tx:
        row = await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller))
    if row is None:
        raise NotFound(f"there is no engineer {engineer_id}")
    return EngineerOut.of(row)


@router.get("/engineers/{engineer_id}/calendar")
async def read_calendar(engineer_id: Code, within: Window, running: Running, caller: Caller) -> CalendarOut:
    """Shifts, absences and the working time that they leave, between `from` and `to`."""
    async with running.db.read() as tx:
        if await people.engineer_by_id(tx, engineer_id, people.visible_engineers(caller)) is None:
            raise NotFound(f"there is no engineer {engineer_id}")
        shifts = (await people.shifts(tx, [engineer_id], within)).get(engineer_id, [])
        entries = await people.list_absences(tx, engineer_id, within)
        absences = (await people.absences(tx, [engineer_id], within)).get(engineer_id, [])
    return CalendarOut(
        shifts=[shift_out(time) for time in shifts],
        absences=[AbsenceOut.of(entry) for entry in entries],
        working=[shift_out(time) for time in working_times(shifts, absences, within)],
    )


def shift_out(time: WorkingTime) -> ShiftOut:
    """Working time as it goes out."""
    return ShiftOut(start=time.start, end=time.end, overtime_until=time.overtime_until)


@router.delete("/engineers/{engineer_id}/{kind}/{start}", status_code=204)
async def delete_calendar_entry(
    engineer_id: Code,
    kind: calendar.CalendarKind,
    start: Instant,
    running: Running,
    caller: Principal = allow("dispatcher", "station", "system"),
) -> None:
    """Removes the shift or absence that starts at `start`."""
    await calendar.delete_entry(running, caller, kind, engineer_id, start)


@router.put("/engineers/{engineer_id}/consent", status_code=204)
async def set_consent(
    engineer_id: Code, body: ConsentIn, running: Running, caller: Principal = allow("engineer")
) -> None:
    """The engineer agrees to be located on shift, or withdraws it: then all places known are removed."""
    await positions.set_consent(running, caller, engineer_id, given=body.given)


@router.get("/engineers/{engineer_id}/track")
async def read_track(
    engineer_id: Code,
    day: Annotated[date, Query(ge=date(1971, 1, 1), le=date(2199, 1, 1))],
    reason: Annotated[Text, Query(min_length=5)],
    running: Running,
    caller: Principal = allow("auditor", "dispatcher"),
) -> TrackOut:
    """Where an engineer was on one day, on shift and with consent; who asked, and why, is kept for the engineer."""
    rows = await positions.track(running, caller, engineer_id, day=day, reason=reason)
    return TrackOut(points=[TrackPoint.of(row) for row in rows])


@router.get("/engineers/{engineer_id}/position-reads")
async def read_position_reads(
    engineer_id: Code, running: Running, limit: Limit = 50, caller: Principal = allow("auditor", "engineer")
) -> PositionReads:
    """Who looked where the engineer is or was, newest first."""
    rows = await positions.reads(running, caller, engineer_id, limit=limit)
    return PositionReads(items=[PositionRead.of(row) for row in rows])


@router.post("/positions")
async def report_positions(body: PositionsIn, running: Running, caller: Principal = allow("engineer")) -> PositionsKept:
    """Keeps an engineer's points: those on shift, with consent, not older than 30 days. Known ones are not doubled,
    doubtful ones are marked."""
    (kept,) = await positions.report(running, caller, [body.report()])
    if isinstance(kept, NotFound):
        raise kept
    return PositionsKept(**asdict(kept))


@router.post("/positions/batch")
async def report_many_positions(body: BatchIn, running: Running, caller: Principal = allow()) -> BatchOut:
    """For mobile_api: what many phones report at the same time, each item and answer as of `POST /positions`."""

    async def work(items: Sequence[tuple[str, PositionsIn]], _: bool) -> list[dict[str, Any] | Exception | None]:
        kept = await positions.report(running, caller, [sent.report() for _, sent in items])
        return [one if isinstance(one, NotFound) else asdict(one) for one in kept]

    return await answered(body, PositionsIn, work, caller=caller)


@router.get("/positions")
async def read_positions(
    territory_id: Code, running: Running, caller: Principal = allow("auditor", "dispatcher")
) -> PositionList:
    """Where the territory's engineers were last, of those who agreed to be located."""
    now = running.clock.now()
    seen = await positions.last_known_of_territory(running, caller, territory_id)
    return PositionList(
        items=[
            PositionOut(
                engineer_id=one.engineer_id,
                lon=one.place.lon,
                lat=one.place.lat,
                at=one.at,
                age_s=max(0, int((now - one.at).total_seconds())),
            )
            for one in seen
        ]
    )
