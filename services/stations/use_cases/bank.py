"""Replacement vehicles: holds for a plan on its way, bookings of published plans, costs of delivered cargo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.context import Context
from services.messages import (
    PlanPublished,
    ReplacementCostBooked,
    ReplacementStepTaken,
    VehicleBooked,
    VehicleLine,
    VehicleReleased,
    VehicleShort,
)
from services.stations.domain import PlateLimit, Span, VehicleClaim, cost_fen, stands_in_the_way
from services.stations.store import bank, bank_terms, blocks
from services.stations.use_cases.epochs import refuse_published
from services.stations.use_cases.planning import kept_in_at, offered_span

RefusalReason = Literal["taken", "not_offered", "plate_limit", "unknown_vehicle"]


@dataclass(frozen=True, slots=True)
class HoldLine:
    """A vehicle that a plan would like to have."""

    line: str
    order_id: str
    vehicle_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """`reason` is None for a line that is held."""

    line: str
    reason: RefusalReason | None


async def hold(
    context: Context, *, territory_id: str, epoch: int, lines: Sequence[HoldLine], lifetime: timedelta
) -> list[HoldAnswer]:
    """Hold vehicles for the plan (territory, epoch). A line asked for again keeps its hold; others stay untouched.

    Raises StaleEpoch when this epoch, or a later one, is published.
    """
    now = context.clock.now()
    async with context.db.transaction() as tx:
        await refuse_published(tx, territory_id, epoch)
        vehicles = await bank.lock_vehicles(tx, {line.vehicle_id for line in lines})
        await bank.drop_expired(tx, now, vehicles=list(vehicles))
        await bank.drop_claims(tx, [(territory_id, epoch, line.line) for line in lines])
        claims = await bank.claims_on(tx, list(vehicles), now=now)
        limits = await blocks.plate_limits(tx)
        answers: list[HoldAnswer] = []
        for line in lines:
            wanted = VehicleClaim(
                territory_id=territory_id,
                epoch=epoch,
                line=line.line,
                order_id=line.order_id,
                vehicle_id=line.vehicle_id,
                span=line.span,
                expires_at=now + lifetime,
            )
            reason = _reason_against(wanted, vehicles.get(line.vehicle_id), claims, limits)
            if reason is None:
                await bank.put_claim(tx, wanted)
                claims.append(wanted)
            answers.append(HoldAnswer(line.line, reason))
    return answers


def _reason_against(
    wanted: VehicleClaim, vehicle: Row[Any] | None, claims: Sequence[VehicleClaim], limits: Sequence[PlateLimit]
) -> RefusalReason | None:
    if vehicle is None:
        return "unknown_vehicle"
    if offered_span(vehicle, wanted.span) != wanted.span:
        return "not_offered"
    if kept_in_at(vehicle, limits, wanted.span.start) is not None:
        return "plate_limit"
    return "taken" if any(stands_in_the_way(there, wanted) for there in claims) else None


async def publish(tx: AsyncConnection, plan: PlanPublished, *, now: datetime, actor: str) -> None:
    """Holds of a published plan become bookings, whatever it no longer lists is freed.

    A vehicle that is on the road stays with its order whatever the plan says.
    """
    mine = await bank.claims_of_territory(tx, plan.territory_id, up_to_epoch=plan.epoch)
    listed = [_booking(plan, line) for line in plan.vehicles]
    vehicles = await bank.lock_vehicles(tx, {claim.vehicle_id for claim in (*mine, *listed)})
    await bank.drop_expired(tx, now, vehicles=list(vehicles))
    await bank.drop_claims(tx, [claim.key for claim in mine if not claim.underway])
    there = await bank.claims_on(tx, list(vehicles), now=now)
    limits = await blocks.plate_limits(tx)
    before = {_pair(claim): claim.span for claim in mine if claim.expires_at is None}
    after = {_pair(claim): claim.span for claim in mine if claim.underway}
    for claim in listed:
        pair = _pair(claim)
        if pair in after:
            continue
        binding = [other for other in there if _binds(other, plan)]
        if _reason_against(claim, vehicles.get(claim.vehicle_id), binding, limits):
            await _tell_short(tx, claim, actor)
            continue
        await bank.put_claim(tx, claim)
        there.append(claim)
        after[pair] = claim.span
    await _tell_difference(tx, plan.territory_id, before, after, actor)


def _binds(claim: VehicleClaim, plan: PlanPublished) -> bool:
    """Holds of the territory's next plans wait for their own publication."""
    return claim.territory_id != plan.territory_id or claim.epoch <= plan.epoch


def _booking(plan: PlanPublished, line: VehicleLine) -> VehicleClaim:
    return VehicleClaim(
        territory_id=plan.territory_id,
        epoch=plan.epoch,
        line=line.line,
        order_id=line.order_id,
        vehicle_id=line.vehicle_id,
        span=Span(line.start, line.end),
    )


_Booked = dict[tuple[str, str], Span]


def _pair(claim: VehicleClaim) -> tuple[str, str]:
    """Order and vehicle of a plan's claim."""
    return str(claim.order_id), claim.vehicle_id


async def _tell_difference(tx: AsyncConnection, territory_id: str, before: _Booked, after: _Booked, actor: str) -> None:
    for order_id, vehicle_id in sorted(before.keys() - after.keys()):
        released = VehicleReleased(order_id=order_id, vehicle_id=vehicle_id, territory_id=territory_id)
        await journal.append(tx, released, subject=order_id, actor=actor)
    for (order_id, vehicle_id), span in sorted(after.items()):
        if before.get((order_id, vehicle_id)) != span:
            booked = VehicleBooked(
                order_id=order_id,
                vehicle_id=vehicle_id,
                territory_id=territory_id,
                start=span.start,
                end=span.end,
            )
            await journal.append(tx, booked, subject=order_id, actor=actor)


async def _tell_short(tx: AsyncConnection, claim: VehicleClaim, actor: str) -> None:
    order_id, vehicle_id = _pair(claim)
    message = VehicleShort(order_id=order_id, vehicle_id=vehicle_id, territory_id=claim.territory_id)
    await journal.append(tx, message, subject=order_id, actor=actor)


async def make_way(tx: AsyncConnection, claims: Sequence[VehicleClaim], *, actor: str) -> None:
    """Plans lose these holds and bookings of vehicles that are not on the road; of bookings they are told."""
    await bank.drop_claims(tx, [claim.key for claim in claims])
    for claim in claims:
        if claim.expires_at is None:
            await _tell_difference(tx, claim.territory_id, {_pair(claim): claim.span}, {}, actor)
            await _tell_short(tx, claim, actor)


async def end_order(tx: AsyncConnection, order_id: str, *, actor: str) -> None:
    """An order ended: its vehicles are freed, unless they are on the road with the cargo."""
    claims = [claim for claim in await bank.claims_of_order(tx, order_id) if not claim.underway]
    await bank.drop_claims(tx, [claim.key for claim in claims])
    for claim in claims:
        if claim.expires_at is None:
            await _tell_difference(tx, claim.territory_id, {_pair(claim): claim.span}, {}, actor)


async def take_step(tx: AsyncConnection, step: ReplacementStepTaken, *, at: datetime, actor: str) -> None:
    """The partner's driver took a step. Delivered: the vehicle is free and the maker's cost is booked, once."""
    if step.step != "delivered":
        await bank.set_underway(tx, step.order_id, step.vehicle_id)
        return
    vehicle = await bank.vehicle_by_id(tx, step.vehicle_id)
    if vehicle is None:
        raise LookupError(f"vehicle {step.vehicle_id} of case {step.case_id} is not in the bank")
    day = at.astimezone(ZoneInfo(vehicle.zone)).date()
    price = (await bank_terms.prices_on(tx, [step.vehicle_id], day)).get(step.vehicle_id, vehicle)
    cost = cost_fen(base_fen=price.base_fen, fen_per_km=price.fen_per_km, kilometres=step.kilometres)
    values = {
        "case_id": step.case_id,
        "order_id": step.order_id,
        "vehicle_id": step.vehicle_id,
        "partner_id": vehicle.partner_id,
        "kilometres": step.kilometres,
        "base_fen": price.base_fen,
        "fen_per_km": price.fen_per_km,
        "cost_fen": cost,
        "delivered_at": at,
    }
    if await bank.add_cost(tx, values):
        message = ReplacementCostBooked(
            order_id=step.order_id, vehicle_id=step.vehicle_id, partner_id=vehicle.partner_id, cost_fen=cost
        )
        await journal.append(tx, message, subject=step.order_id, actor=actor, effective_at=at)
    mine = [claim for claim in await bank.claims_of_order(tx, step.order_id) if claim.vehicle_id == step.vehicle_id]
    await bank.drop_claims(tx, [claim.key for claim in mine])
    booked = {_pair(claim): claim.span for claim in mine if claim.expires_at is None}
    await _tell_difference(tx, step.territory_id, booked, {}, actor)
