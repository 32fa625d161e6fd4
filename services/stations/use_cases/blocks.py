"""Vehicles of the bank that are out of use for a time."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound
from services.stations.domain import Span, VehicleClaim
from services.stations.store import bank
from services.stations.store import blocks as store
from services.stations.use_cases.bank import make_way
from services.stations.use_cases.bank_terms import NotFree, vehicle_within

BLOCKED = "block"
"""In the place of a territory, in the claims of vehicles that are out of use."""


async def block(
    tx: AsyncConnection, caller: Principal, vehicle_id: str, *, span: Span, reason: str, now: datetime
) -> str:
    """Take a vehicle out of use, for repair say; the block's id.

    What plans have held or booked then makes way and is told short, so that they decide anew. Raises NotFound,
    Invalid (over already), NotFree (on the road then, let, or out of use).
    """
    await vehicle_within(tx, caller, vehicle_id)
    if span.end <= now:
        raise Invalid("that time is over", pointer="/end")
    await bank.drop_expired(tx, now, vehicles=[vehicle_id])
    there = [one for one in await bank.claims_on(tx, [vehicle_id], now=now) if one.span.overlaps(span)]
    if bound := [one for one in there if one.underway]:
        free_at = max(one.span.end for one in bound).isoformat()
        told = f"{vehicle_id} is on the road, let or out of use until {free_at}: end that first, or begin later"
        raise NotFree(told, free_at=free_at)
    await make_way(tx, there, actor=caller.actor)
    block_id = new_id()
    claim = VehicleClaim(BLOCKED, 0, block_id, order_id=None, vehicle_id=vehicle_id, span=span, underway=True)
    await bank.put_claim(tx, claim)
    values = {"id": block_id, "vehicle_id": vehicle_id, "start": span.start, "end": span.end, "reason": reason}
    await store.add_block(tx, values | {"actor": caller.actor})
    return block_id


async def end_block(tx: AsyncConnection, caller: Principal, block_id: str, *, now: datetime) -> str:
    """The vehicle is in use again; its id. Raises NotFound, Conflict (over already)."""
    row = await store.block_by_id(tx, block_id, bank.visible_vehicles(caller))
    if row is None:
        raise NotFound(f"there is no block {block_id}")
    if row.ended_at is not None or row.end <= now:
        raise Conflict(f"it was over at {(row.ended_at or row.end).isoformat()}")
    await bank.drop_claims(tx, [(BLOCKED, 0, block_id)])
    await store.end_block(tx, block_id, now)
    return str(row.vehicle_id)
