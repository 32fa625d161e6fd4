"""The engineer's day and delta sync."""

from typing import Annotated

from fastapi import Query

from kit.routes import service_router
from mobile_api.api.wire import AppointmentShown, Coming, DayOut, Me, Result, Running, SyncOut
from mobile_api.use_cases import day

router = service_router("mobile", tag="day")
Cursor = Annotated[str | None, Query(pattern=r"^\d{1,18}$")]


@router.get("/day")
async def read_day(me: Me, running: Running) -> DayOut:
    """The appointments that were sent to this phone, in the order of the route, with everything needed for them."""
    today = await day.day(running, me.id)
    ages = [(today.now - shown.as_of).total_seconds() for shown in today.appointments if shown.as_of is not None]
    return DayOut(
        engineer_id=me.id,
        now=today.now,
        cursor=str(today.cursor),
        waiting=today.waiting,
        stale=any(shown.stale for shown in today.appointments),
        age_s=round(max(ages, default=0)),
        engineer=today.engineer,
        station=today.station,
        appointments=[AppointmentShown.of(shown) for shown in today.appointments],
        coming=[
            Coming(id=row.appointment_id, scheduled_start=row.scheduled_start, scheduled_end=row.scheduled_end)
            for row in today.coming
        ],
    )


@router.get("/sync")
async def sync(me: Me, running: Running, cursor: Cursor = None) -> SyncOut:
    """Appointments that changed or went away since the cursor, and the final answers of operations."""
    new = await day.changes(running, me.id, int(cursor) if cursor is not None else None)
    return SyncOut(
        cursor=str(new.cursor),
        more=new.more,
        waiting=new.waiting,
        appointments=[AppointmentShown.of(shown) for shown in new.appointments],
        removed=new.removed,
        answers=[Result.of(row, row.status) for row in new.answers],
    )
