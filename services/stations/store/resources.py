"""Experts, trainers and tools, their bookings and calibrations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, false, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.stations.domain import Span
from services.stations.store.network import everywhere
from services.stations.tables import branch, calibration, resource, resource_booking, station, territory

_WITH_ZONE = select(resource, branch.c.zone).outerjoin(branch, branch.c.branch_id == resource.c.branch_id)


def visible_resources(caller: Principal) -> ColumnElement[bool]:
    """Head office's are open to everybody; beside them a branch sees its own, a station those of itself and branch."""
    if everywhere(caller):
        return true()
    of_everybody = resource.c.branch_id.is_(None)
    if caller.role == "station" and caller.station_id is not None:
        home = select(territory.c.branch_id).join(station).where(station.c.station_id == caller.station_id)
        shared = resource.c.station_id.is_(None) & resource.c.branch_id.in_(home)
        return or_(of_everybody, shared, resource.c.station_id == caller.station_id)
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return or_(of_everybody, resource.c.branch_id == caller.branch_id)
    return false()


async def list_resources(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    kind: str | None,
    calibration_ends_by: date | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Resources by id; `calibration_ends_by` keeps tools whose last good day is that one or an earlier one."""
    wanted = which & (resource.c.resource_id > after)
    if kind is not None:
        wanted &= resource.c.kind == kind
    if calibration_ends_by is not None:
        wanted &= resource.c.calibrated_until <= calibration_ends_by
    return (await tx.execute(_WITH_ZONE.where(wanted).order_by(resource.c.resource_id).limit(limit))).all()


async def resource_by_id(
    tx: AsyncConnection, resource_id: str, which: ColumnElement[bool], *, lock: bool = False
) -> Row[Any] | None:
    """A resource with the zone of its branch; locked, nobody else books it until we are done."""
    query = _WITH_ZONE.where((resource.c.resource_id == resource_id) & which)
    return (await tx.execute(query.with_for_update(of=resource) if lock else query)).first()


async def taken_seats(tx: AsyncConnection, resource_id: str, span: Span) -> set[int]:
    overlapping = resource_booking.c.window.overlaps(Range(span.start, span.end))
    mine = (resource_booking.c.resource_id == resource_id) & resource_booking.c.released_at.is_(None)
    return set((await tx.scalars(select(resource_booking.c.seat).where(mine & overlapping))).all())


async def add_booking(tx: AsyncConnection, values: dict[str, Any], span: Span) -> None:
    """Raises IntegrityError when the seat is taken then."""
    await tx.execute(insert(resource_booking).values(values | {"window": Range(span.start, span.end)}))


async def booking_by_id(tx: AsyncConnection, booking_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    """A booking of a resource within `which`."""
    query = select(resource_booking).join(resource).where((resource_booking.c.id == booking_id) & which)
    return (await tx.execute(query)).first()


async def bookings(tx: AsyncConnection, resource_id: str, within: Span) -> Sequence[Row[Any]]:
    """Bookings that touch `within` and were not released, in order."""
    mine = (resource_booking.c.resource_id == resource_id) & resource_booking.c.released_at.is_(None)
    touching = resource_booking.c.window.overlaps(Range(within.start, within.end))
    query = select(resource_booking).where(mine & touching)
    return (await tx.execute(query.order_by(resource_booking.c.window, resource_booking.c.seat))).all()


async def release(
    tx: AsyncConnection, *, now: datetime, booking_id: str | None = None, order_id: str | None = None
) -> int:
    """Free a booking, or all of an order; how many were not free yet."""
    mine = resource_booking.c.id == booking_id if booking_id is not None else resource_booking.c.order_id == order_id
    open_ones = update(resource_booking).where(mine & resource_booking.c.released_at.is_(None))
    return (await tx.execute(open_ones.values(released_at=now))).rowcount


async def add_calibration(tx: AsyncConnection, values: dict[str, Any]) -> None:
    """Keep the calibration; the tool is good until the day that the one done last names."""
    await tx.execute(insert(calibration).values(values))
    latest = select(calibration.c.valid_until).where(calibration.c.resource_id == values["resource_id"])
    latest = latest.order_by(calibration.c.done_on.desc(), calibration.c.id.desc()).limit(1)
    mine = update(resource).where(resource.c.resource_id == values["resource_id"])
    await tx.execute(mine.values(calibrated_until=latest.scalar_subquery()))


async def calibrations(tx: AsyncConnection, resource_id: str) -> Sequence[Row[Any]]:
    """Newest first."""
    mine = select(calibration).where(calibration.c.resource_id == resource_id)
    return (await tx.execute(mine.order_by(calibration.c.done_on.desc(), calibration.c.id.desc()))).all()
