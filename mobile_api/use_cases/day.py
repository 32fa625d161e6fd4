"""An engineer's day, and what changed in it since the phone last asked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from mobile_api.context import Mobile
from mobile_api.store import lanes, operations, visits
from mobile_api.use_cases.reading import Shown, show, who

KEPT_AFTER_END = timedelta(hours=16)
"""How long a finished appointment stays on the phone: until the end of the longest shift."""
MOST_VISITS = 50
PAGE = 100
TOLD_FROM_START = timedelta(days=30)
"""A phone that starts afresh is told the answers of this time."""


@dataclass(frozen=True, slots=True)
class Day:
    """`appointments` were sent to this phone; `coming` are planned after them and may still change hands."""

    now: datetime
    cursor: int
    waiting: int
    engineer: Any
    station: Any
    appointments: list[Shown]
    coming: list[Row[Any]]


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since a cursor. Ask again at once when there is `more`."""

    cursor: int
    more: bool
    waiting: int
    appointments: list[Shown] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    answers: list[Row[Any]] = field(default_factory=list)


async def day(context: Mobile, engineer_id: str) -> Day:
    """Everything that the engineer's phone shows, in the order of the route."""
    now = context.clock.now()
    async with context.db.read() as tx:
        cursor = await lanes.last_change(tx, engineer_id)
        rows = await visits.of_day(tx, engineer_id, ended_after=now - KEPT_AFTER_END, limit=MOST_VISITS)
        waiting = await operations.count_waiting(tx, engineer_id)
    told = [row for row in rows if row.state != "planned"]
    coming = [row for row in rows if row.state == "planned"]
    engineer, station = await who(context, engineer_id)
    return Day(now, cursor, waiting, engineer, station, await show(context, told), coming)


async def changes(context: Mobile, engineer_id: str, cursor: int | None) -> Changes:
    """Changed and removed appointments and final answers after `cursor`; None starts from the beginning.

    A cursor from a database that was since restored to an older state is started over.
    """
    async with context.db.read() as tx:
        newest = await lanes.last_change(tx, engineer_id)
        after = cursor if cursor is not None and cursor <= newest else 0
        seen = await visits.told_after(tx, engineer_id, after, limit=PAGE)
        answers = await operations.told_after(tx, engineer_id, after, limit=PAGE)
        waiting = await operations.count_waiting(tx, engineer_id)
    full = [rows[-1].change for rows in (seen, answers) if len(rows) == PAGE]
    until = min(full, default=newest)
    seen = [visit for visit in seen if visit.change <= until]
    if after == 0:
        oldest = context.clock.now() - TOLD_FROM_START
        answers = [row for row in answers if row.answered_at > oldest]
    return Changes(
        cursor=until,
        more=until < newest,
        waiting=waiting,
        appointments=await show(context, [row for row in seen if not row.removed and row.state != "planned"]),
        removed=[row.appointment_id for row in seen if row.removed],
        answers=[row for row in answers if row.change <= until],
    )
