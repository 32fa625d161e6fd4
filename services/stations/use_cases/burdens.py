"""Who carries how much of the nights, the overtime and the long ways."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.geo import distance_m
from kit.values import Place
from services.messages import AppointmentMoved
from services.stations.domain import Span, night_seconds, seconds_outside
from services.stations.store import burdens as store
from services.stations.store import people, positions

STEPS = {"travelling": "departed_at", "on_site": "arrived_at", "done": "done_at"}
LONGEST = timedelta(hours=24)
"""A visit that seems to take longer was never ended by its engineer: its last day counts."""


async def follow(tx: AsyncConnection, steps: Iterable[tuple[AppointmentMoved, datetime]]) -> None:
    """Keep when engineers left, arrived and were done, by steps in their order; at the end, what it asked of them."""
    noted: dict[str, dict[str, Any]] = {}
    for moved, at in steps:
        if (step := STEPS.get(moved.state)) is not None:
            whose = {"appointment_id": moved.appointment_id, "engineer_id": moved.engineer_id}
            noted[moved.appointment_id] = noted.get(moved.appointment_id, {}) | whose | {step: at}
    for row in await store.note_all(tx, list(noted.values())):
        await _sum_up(tx, row)


async def _sum_up(tx: AsyncConnection, row: Row[Any]) -> None:
    start = row.departed_at or row.arrived_at
    if row.done_at is None or start is None or start >= row.done_at:
        return
    span = Span(max(start, row.done_at - LONGEST), row.done_at)
    shifts = (await people.shifts(tx, [row.engineer_id], span)).get(row.engineer_id, [])
    zone = await store.zone_of(tx, row.engineer_id)
    track = await positions.track_of(tx, row.engineer_id, start=span.start, end=span.end)
    points = [point for point in track if point.doubt is None]
    places = [Place(point.lon, point.lat) for point in points]
    figures = {
        "work_s": int((span.end - span.start).total_seconds()),
        "night_s": night_seconds(span, zone or "Asia/Shanghai"),
        "overtime_s": seconds_outside(span, [Span(shift.start, shift.end) for shift in shifts]),
        "metres": round(sum(distance_m(a, b) for a, b in pairwise(places))) if len(places) > 1 else None,
    }
    await store.sum_up(tx, row.appointment_id, figures)


@dataclass(frozen=True, slots=True)
class Burden:
    """Of one engineer; `share` of each figure is by what it is above (over 1) or below the mean of those shown."""

    row: Row[Any]
    shares: dict[str, float | None]


async def burdens(
    context: Context, caller: Principal, *, branch_id: str | None, territory_id: str | None, days: int
) -> list[Burden]:
    """The engineers within the scope, the most nights first, over the last `days`."""
    since = context.clock.now() - timedelta(days=days)
    async with context.db.read() as tx:
        which = people.visible_engineers(caller)
        rows = await store.burdens(tx, which, branch_id=branch_id, territory_id=territory_id, since=since)
    names = ("drive_s", "night_s", "overtime_s", "metres")
    means = {name: _mean([getattr(row, name) for row in rows]) for name in names}
    found = [
        Burden(row, {name: getattr(row, name) / mean if (mean := means[name]) else None for name in names})
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.row.night_s, -one.row.overtime_s, one.row.engineer_id))


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
