"""When vehicles of the bank are out of use, and which plates may not set out."""

from datetime import date, datetime, time
from typing import Annotated, Self

from fastapi import Depends, Response
from pydantic import BaseModel, StringConstraints, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Id, Instant, Place, Text, Wire
from kit.web import allow
from services.stations.api.wire import FromRow, Running
from services.stations.domain import PlateLimit, Span
from services.stations.store import blocks as store
from services.stations.use_cases import bank_terms, blocks

router = service_router("stations", tag="replacement vehicles")
Reader = Annotated[Principal, allow("auditor", "dispatcher", "system")]
Keeper = Annotated[Principal, allow("dispatcher", "system")]
First = Annotated[Once, Depends(once)]


class BlockIn(Wire):
    """Out of use from `start` to just before `end`."""

    start: Instant
    end: Instant
    reason: Annotated[Text, StringConstraints(min_length=1)]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end lies after start")
        return self


class BlockOut(FromRow):
    """`ended_at` when it was in use again before `end`."""

    id: str
    vehicle_id: str
    start: datetime
    end: datetime
    reason: str
    actor: str
    ended_at: datetime | None


class BlockList(BaseModel):
    items: list[BlockOut]


class PlateLimitOut(BaseModel):
    """On `weekday` (1 is Monday) plates that end in one of `digits` do not set out from `opens` to just before
    `closes`; it holds for vehicles that stand within `radius_km` of the city."""

    name: str
    lon: float
    lat: float
    radius_km: float
    weekday: int
    digits: str
    opens: time
    closes: time
    valid_from: date | None
    valid_until: date | None

    @classmethod
    def of(cls, limit: PlateLimit) -> Self:
        names = [name for name in cls.model_fields if name not in ("lon", "lat")]
        told = {name: getattr(limit, name) for name in names}
        return cls(lon=limit.place.lon, lat=limit.place.lat, **told)


class PlateLimitList(BaseModel):
    items: list[PlateLimitOut]


@router.get("/plate-limits")
async def list_plate_limits(running: Running, caller: Reader, vehicle_id: Code | None = None) -> PlateLimitList:
    """Plate limits by city and weekday: all of them, or those that concern a vehicle where it stands."""
    async with running.db.read() as tx:
        limits = await store.plate_limits(tx)
        if vehicle_id is not None:
            row = await bank_terms.vehicle_seen(tx, caller, vehicle_id)
            limits = [limit for limit in limits if limit.concerns(row.plate, Place(row.lon, row.lat))]
    return PlateLimitList(items=[PlateLimitOut.of(limit) for limit in limits])


@router.get("/vehicles/{vehicle_id}/blocks")
async def list_blocks(vehicle_id: Code, running: Running, caller: Reader) -> BlockList:
    """When a vehicle is and was out of use, by start."""
    async with running.db.read() as tx:
        await bank_terms.vehicle_seen(tx, caller, vehicle_id)
        rows = await store.blocks_of(tx, vehicle_id)
    return BlockList(items=[BlockOut.of(row) for row in rows])


@router.post("/vehicles/{vehicle_id}/blocks", response_model=BlockOut, status_code=201)
async def block(vehicle_id: Code, body: BlockIn, running: Running, caller: Keeper, first: First) -> Response:
    """Takes a vehicle out of use, for repair say. What plans have booked then is planned anew; 409 `not-free` when it
    is on the road or let."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        span, now = Span(body.start, body.end), running.clock.now()
        block_id = await blocks.block(tx, caller, vehicle_id, span=span, reason=body.reason, now=now)
        return await first.keep(tx, 201, await _block(tx, vehicle_id, block_id))


@router.post("/vehicle-blocks/{block_id}/ended", response_model=BlockOut)
async def end_block(block_id: Id, running: Running, caller: Keeper, first: First) -> Response:
    """The vehicle is in use again, from now on."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        vehicle_id = await blocks.end_block(tx, caller, block_id, now=running.clock.now())
        return await first.keep(tx, 200, await _block(tx, vehicle_id, block_id))


async def _block(tx: AsyncConnection, vehicle_id: str, block_id: str) -> BlockOut:
    row = next((one for one in await store.blocks_of(tx, vehicle_id) if one.id == block_id), None)
    if row is None:
        raise NotFound(f"there is no block {block_id}")
    return BlockOut.of(row)
