"""Experts, trainers and tools: found, booked, released, calibrated."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow
from services.stations.api.wire import Limit, Running, Window
from services.stations.api.wire_resources import (
    BookingIn,
    BookingList,
    BookingOut,
    CalibrationIn,
    CalibrationOut,
    ResourceDetail,
    ResourceKind,
    ResourceOut,
    ResourcePage,
)
from services.stations.domain import Span
from services.stations.store import resources as store
from services.stations.use_cases import resources

router = service_router("stations", tag="experts, trainers and tools")
Reader = Annotated[Principal, allow("auditor", "dispatcher", "station", "system")]
Booker = Annotated[Principal, allow("dispatcher", "station", "system")]


@router.get("/resources")
async def list_resources(
    running: Running,
    caller: Reader,
    kind: ResourceKind | None = None,
    calibration_ends_by: date | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> ResourcePage:
    """Experts, trainers and tools within one's scope, head office's among them."""
    async with running.db.read() as tx:
        rows = await store.list_resources(
            tx,
            store.visible_resources(caller),
            kind=kind,
            calibration_ends_by=calibration_ends_by,
            after=cursor or "",
            limit=limit,
        )
    following = rows[-1].resource_id if len(rows) == limit else None
    return ResourcePage(items=[ResourceOut.of(row) for row in rows], next=following)


@router.get("/resources/{resource_id}")
async def read_resource(resource_id: Code, running: Running, caller: Reader) -> ResourceDetail:
    """One of them with its calibrations."""
    async with running.db.read() as tx:
        return await _detail(tx, caller, resource_id)


async def _detail(tx: AsyncConnection, caller: Principal, resource_id: str) -> ResourceDetail:
    row = await store.resource_by_id(tx, resource_id, store.visible_resources(caller))
    if row is None:
        raise NotFound(f"there is no resource {resource_id}")
    done = [CalibrationOut.of(one) for one in await store.calibrations(tx, resource_id)]
    return ResourceDetail(**ResourceOut.of(row).model_dump(), calibrations=done)


@router.get("/resources/{resource_id}/bookings")
async def list_bookings(resource_id: Code, within: Window, running: Running, caller: Reader) -> BookingList:
    """Bookings that touch `from` to `to`."""
    async with running.db.read() as tx:
        await _detail(tx, caller, resource_id)
        rows = await store.bookings(tx, resource_id, within)
    return BookingList(items=[BookingOut.of(row) for row in rows])


@router.post("/resources/{resource_id}/bookings", response_model=BookingOut, status_code=201)
async def book(
    resource_id: Code, body: BookingIn, running: Running, caller: Booker, first: Annotated[Once, Depends(once)]
) -> Response:
    """Books a free seat; 409 `taken` tells when the first one is free, 409 `calibration-ends` until when it is good."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        booking_id = await resources.book(
            tx,
            caller,
            resource_id,
            span=Span(body.start, body.end),
            order_id=body.order_id,
            purpose=body.purpose,
            now=running.clock.now(),
        )
        return await first.keep(tx, 201, await _booking(tx, caller, booking_id))


async def _booking(tx: AsyncConnection, caller: Principal, booking_id: str) -> BookingOut:
    row = await store.booking_by_id(tx, booking_id, store.visible_resources(caller))
    if row is None:
        raise NotFound(f"there is no booking {booking_id}")
    return BookingOut.of(row)


@router.post("/resource-bookings/{booking_id}/released", response_model=BookingOut)
async def release(booking_id: Id, running: Running, caller: Booker, first: Annotated[Once, Depends(once)]) -> Response:
    """Frees a booking."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await resources.release(tx, caller, booking_id, now=running.clock.now())
        return await first.keep(tx, 200, await _booking(tx, caller, booking_id))


@router.post("/resources/{resource_id}/calibrations", response_model=ResourceDetail, status_code=201)
async def calibrate(
    resource_id: Code, body: CalibrationIn, running: Running, caller: Booker, first: Annotated[Once, Depends(once)]
) -> Response:
    """A tool was calibrated: it may be booked up to `valid_until`."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await resources.calibrate(
            tx,
            caller,
            resource_id,
            done_on=body.done_on,
            valid_until=body.valid_until,
            certificate=body.certificate,
            now=running.clock.now(),
        )
        return await first.keep(tx, 201, await _detail(tx, caller, resource_id))
