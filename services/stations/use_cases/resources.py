"""Booking of experts, trainers and tools: each seat once, a tool only while its calibration holds."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound, Problem
from services.stations.domain import Span, end_of_day
from services.stations.store import experts, resources

ZONE = "Asia/Shanghai"
"""Head office's."""


class Taken(Problem):
    """It is booked at that time"""

    status = 409


class CalibrationEnds(Problem):
    """The tool's calibration does not last until then"""

    status = 409


async def book(
    tx: AsyncConnection,
    caller: Principal,
    resource_id: str,
    *,
    span: Span,
    order_id: str | None,
    purpose: str,
    now: datetime,
) -> str:
    """Book a free seat; the booking's id. Raises NotFound, CalibrationEnds, Taken."""
    row = await _locked(tx, caller, resource_id)
    if row.calibrated_until is not None and span.end > end_of_day(row.calibrated_until, row.zone or ZONE):
        told = f"{row.name} is calibrated until {row.calibrated_until}: have it calibrated, or take another one"
        raise CalibrationEnds(told, calibrated_until=row.calibrated_until.isoformat())
    await experts.drop_expired(tx, now, experts=[resource_id])
    free = set(range(row.seats)) - await resources.taken_seats(tx, resource_id, span)
    if not free:
        booked = await resources.bookings(tx, resource_id, span)
        ends = min(one.window.upper for one in booked)
        raise Taken(
            f"{row.name} is booked then, the first booking ends at {ends.isoformat()}", free_at=ends.isoformat()
        )
    values = {"id": new_id(), "resource_id": resource_id, "seat": min(free), "order_id": order_id}
    values |= {"purpose": purpose, "actor": caller.actor, "created_at": now}
    await resources.add_booking(tx, values, span)
    return str(values["id"])


async def release(tx: AsyncConnection, caller: Principal, booking_id: str, *, now: datetime) -> None:
    """Free a booking. Raises NotFound, Conflict (free already, or a plan has it)."""
    row = await resources.booking_by_id(tx, booking_id, resources.visible_resources(caller))
    if row is None:
        raise NotFound(f"there is no booking {booking_id}")
    if row.territory_id is not None:
        raise Conflict(f"the plan of {row.territory_id} has it for order {row.order_id}: change it there")
    if not await resources.release(tx, booking_id=booking_id, now=now):
        raise Conflict("the booking was released before")


async def calibrate(
    tx: AsyncConnection,
    caller: Principal,
    resource_id: str,
    *,
    done_on: date,
    valid_until: date,
    certificate: str,
    now: datetime,
) -> None:
    """A tool was calibrated. Raises NotFound, Invalid (no tool, days the wrong way round, not yet)."""
    row = await _locked(tx, caller, resource_id)
    if row.kind != "tool":
        raise Invalid(f"{row.name} is no tool: only tools are calibrated")
    if valid_until < done_on:
        raise Invalid("a calibration holds from the day it is done", pointer="/valid_until")
    if done_on > now.astimezone(ZoneInfo(row.zone or ZONE)).date():
        raise Invalid("that day has not come yet", pointer="/done_on")
    values: dict[str, Any] = {"id": new_id(), "resource_id": resource_id, "done_on": done_on}
    values |= {"valid_until": valid_until, "certificate": certificate, "actor": caller.actor, "recorded_at": now}
    await resources.add_calibration(tx, values)


async def _locked(tx: AsyncConnection, caller: Principal, resource_id: str) -> Row[Any]:
    row = await resources.resource_by_id(tx, resource_id, resources.visible_resources(caller), lock=True)
    if row is None:
        raise NotFound(f"there is no resource {resource_id}")
    return row
