"""The bank of replacement vehicles: partners, vehicles, claims and booked costs."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, false, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.stations.domain import Span, VehicleClaim
from services.stations.store.network import everywhere
from services.stations.tables import branch, partner, replacement_cost, vehicle, vehicle_claim

_WITH_CONTRACT = select(vehicle, partner.c.contract_from, partner.c.contract_until, branch.c.zone).select_from(
    vehicle.join(partner).join(branch, branch.c.branch_id == vehicle.c.branch_id)
)


def visible_vehicles(caller: Principal) -> ColumnElement[bool]:
    """The bank belongs to the branches; stations and engineers have no business in it."""
    if everywhere(caller):
        return true()
    return vehicle.c.branch_id == caller.branch_id if caller.branch_id is not None else false()


# --- vehicles -------------------------------------------------------------------------------------------------------


async def known_partners(tx: AsyncConnection, partners: Collection[str]) -> dict[str, str]:
    """Branch by partner, of those that exist."""
    query = select(partner.c.partner_id, partner.c.branch_id).where(partner.c.partner_id.in_(partners))
    return {row.partner_id: row.branch_id for row in await tx.execute(query)}


async def list_partners(
    tx: AsyncConnection, caller: Principal, *, branch_id: str | None, now: datetime
) -> Sequence[Row[Any]]:
    """Partner firms of the caller's branches: their contract, how many vehicles they offer, and until when from now any
    of these is held, booked or let."""
    live = vehicle_claim.c.expires_at.is_(None) | (vehicle_claim.c.expires_at > now)
    live &= func.upper(vehicle_claim.c.window) > now
    offered = partner.outerjoin(vehicle, vehicle.c.partner_id == partner.c.partner_id)
    offered = offered.outerjoin(vehicle_claim, (vehicle_claim.c.vehicle_id == vehicle.c.vehicle_id) & live)
    columns: tuple[Any, ...] = (
        partner,
        func.count(vehicle.c.vehicle_id.distinct()).label("vehicles"),
        func.max(func.upper(vehicle_claim.c.window)).label("claimed_until"),
    )
    query = select(*columns).select_from(offered).where(_partners_within(caller)).group_by(partner.c.partner_id)
    if branch_id is not None:
        query = query.where(partner.c.branch_id == branch_id)
    return (await tx.execute(query.order_by(partner.c.partner_id))).all()


async def lock_partners(tx: AsyncConnection, partners: Collection[str]) -> dict[str, Row[Any]]:
    """Those of `partners` that exist; nobody else changes their contracts until we are done."""
    mine = select(partner).where(partner.c.partner_id.in_(partners)).order_by(partner.c.partner_id)
    return {row.partner_id: row for row in await tx.execute(mine.with_for_update())}


def _partners_within(caller: Principal) -> ColumnElement[bool]:
    if everywhere(caller):
        return true()
    return partner.c.branch_id == caller.branch_id if caller.branch_id is not None else false()


async def set_contract(
    tx: AsyncConnection, caller: Principal, partner_id: str, *, start: date | None, end: date | None
) -> Row[Any] | None:
    """The partner with its new contract; none outside of the caller's branches."""
    mine = update(partner).where((partner.c.partner_id == partner_id) & _partners_within(caller))
    changed = mine.values(contract_from=start, contract_until=end).returning(partner)
    found: Row[Any] | None = (await tx.execute(changed)).first()
    return found


async def list_vehicles(
    tx: AsyncConnection, which: ColumnElement[bool], *, branch_id: str | None, after: str, limit: int
) -> Sequence[Row[Any]]:
    wanted = which & (vehicle.c.vehicle_id > after)
    if branch_id is not None:
        wanted &= vehicle.c.branch_id == branch_id
    return (await tx.execute(_WITH_CONTRACT.where(wanted).order_by(vehicle.c.vehicle_id).limit(limit))).all()


async def vehicles_of_branch(tx: AsyncConnection, branch_id: str) -> Sequence[Row[Any]]:
    mine = vehicle.c.branch_id == branch_id
    return (await tx.execute(_WITH_CONTRACT.where(mine).order_by(vehicle.c.vehicle_id))).all()


async def vehicle_by_id(tx: AsyncConnection, vehicle_id: str) -> Row[Any] | None:
    return (await tx.execute(_WITH_CONTRACT.where(vehicle.c.vehicle_id == vehicle_id))).first()


async def lock_vehicles(tx: AsyncConnection, vehicles: Collection[str]) -> dict[str, Row[Any]]:
    """Those of `vehicles` that exist, with their contract; nobody else claims them until we are done."""
    mine = _WITH_CONTRACT.where(vehicle.c.vehicle_id.in_(vehicles)).order_by(vehicle.c.vehicle_id)
    return {row.vehicle_id: row for row in await tx.execute(mine.with_for_update(of=vehicle))}


# --- claims ---------------------------------------------------------------------------------------------------------


async def claims_on(tx: AsyncConnection, vehicles: Collection[str], *, now: datetime) -> list[VehicleClaim]:
    """Claims on these vehicles, without expired holds."""
    live = vehicle_claim.c.expires_at.is_(None) | (vehicle_claim.c.expires_at > now)
    return await _claims(tx, vehicle_claim.c.vehicle_id.in_(vehicles) & live)


async def claims_of_territory(tx: AsyncConnection, territory_id: str, *, up_to_epoch: int) -> list[VehicleClaim]:
    mine = (vehicle_claim.c.territory_id == territory_id) & (vehicle_claim.c.epoch <= up_to_epoch)
    return await _claims(tx, mine)


async def claims_of_order(tx: AsyncConnection, order_id: str) -> list[VehicleClaim]:
    return await _claims(tx, vehicle_claim.c.order_id == order_id)


async def _claims(tx: AsyncConnection, which: ColumnElement[bool]) -> list[VehicleClaim]:
    query = select(vehicle_claim).where(which).order_by(vehicle_claim.c.epoch, vehicle_claim.c.line)
    return [
        VehicleClaim(
            territory_id=row.territory_id,
            epoch=row.epoch,
            line=row.line,
            order_id=row.order_id,
            vehicle_id=row.vehicle_id,
            span=Span(row.window.lower, row.window.upper),
            underway=row.underway,
            expires_at=row.expires_at,
        )
        for row in await tx.execute(query)
    ]


async def drop_claims(tx: AsyncConnection, keys: Collection[tuple[str, int, str]]) -> None:
    if keys:
        table = vehicle_claim.c
        await tx.execute(
            delete(vehicle_claim).where(tuple_(table.territory_id, table.epoch, table.line).in_(list(keys)))
        )


async def drop_expired(tx: AsyncConnection, now: datetime, *, vehicles: Collection[str] | None = None) -> int:
    """Forget holds whose time is over, of all vehicles or of these; how many it were."""
    expired = vehicle_claim.c.expires_at <= now
    if vehicles is not None:
        expired &= vehicle_claim.c.vehicle_id.in_(vehicles)
    return (await tx.execute(delete(vehicle_claim).where(expired))).rowcount


async def put_claim(tx: AsyncConnection, claim: VehicleClaim) -> None:
    """Add or replace a claim. Raises IntegrityError when it would use a vehicle twice."""
    values = {
        "territory_id": claim.territory_id,
        "epoch": claim.epoch,
        "line": claim.line,
        "order_id": claim.order_id,
        "vehicle_id": claim.vehicle_id,
        "window": Range(claim.span.start, claim.span.end),
        "underway": claim.underway,
        "expires_at": claim.expires_at,
    }
    statement = insert(vehicle_claim).values(values)
    await tx.execute(statement.on_conflict_do_update(constraint=vehicle_claim.primary_key, set_=values))


async def set_underway(tx: AsyncConnection, order_id: str, vehicle_id: str) -> None:
    """The driver has taken a step: no plan takes this booking away any more."""
    mine = (vehicle_claim.c.order_id == order_id) & (vehicle_claim.c.vehicle_id == vehicle_id)
    booked = mine & vehicle_claim.c.expires_at.is_(None)
    await tx.execute(update(vehicle_claim).where(booked).values(underway=True))


# --- costs ----------------------------------------------------------------------------------------------------------


async def add_cost(tx: AsyncConnection, values: dict[str, Any]) -> bool:
    """False when the case is booked already."""
    added = insert(replacement_cost).values(values).on_conflict_do_nothing().returning(replacement_cost.c.case_id)
    return (await tx.execute(added)).first() is not None


async def list_costs(tx: AsyncConnection, which: ColumnElement[bool], *, after: str, limit: int) -> Sequence[Row[Any]]:
    query = select(replacement_cost).join(vehicle).where(which & (replacement_cost.c.case_id > after))
    return (await tx.execute(query.order_by(replacement_cost.c.case_id).limit(limit))).all()
