"""Prices of the bank's vehicles by day, vehicles on rent, and the protocol of each hand-over."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.auth import Principal
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound, Problem
from services.stations.domain import Span, VehicleClaim, days_begun
from services.stations.store import bank, blocks
from services.stations.store import bank_terms as store
from services.stations.use_cases.facts import ContractChanged
from services.stations.use_cases.planning import kept_in_at, offered_span

RENTED = "rental"
"""In the place of a territory, in the claims of vehicles that are on rent."""


class NotFree(Problem):
    """The vehicle is promised to somebody else in that time"""

    status = 409


class NotOffered(Problem):
    """The partner does not offer the vehicle in that time"""

    status = 409


async def vehicle_seen(tx: AsyncConnection, caller: Principal, vehicle_id: str) -> Row[Any]:
    """A vehicle of the caller's scope with its contract. Raises NotFound."""
    return _within(caller, vehicle_id, await bank.vehicle_by_id(tx, vehicle_id))


async def vehicle_within(tx: AsyncConnection, caller: Principal, vehicle_id: str) -> Row[Any]:
    """A vehicle of the caller's scope with its contract, locked. Raises NotFound."""
    return _within(caller, vehicle_id, (await bank.lock_vehicles(tx, {vehicle_id})).get(vehicle_id))


def _within(caller: Principal, vehicle_id: str, row: Row[Any] | None) -> Row[Any]:
    if row is None or (caller.branch_id is not None and row.branch_id != caller.branch_id):
        raise NotFound(f"there is no replacement vehicle {vehicle_id}")
    return row


async def change_contract(
    tx: AsyncConnection, caller: Principal, partner_id: str, *, start: date | None, end: date | None
) -> None:
    """Set both days of a partner's contract. Raises NotFound.

    What is booked beyond it stays until the next plan, which cannot take it again; nothing new is.
    """
    if await bank.set_contract(tx, caller, partner_id, start=start, end=end) is None:
        raise NotFound(f"there is no partner {partner_id}")
    told = ContractChanged(partner_id=partner_id, contract_from=start, contract_until=end)
    await journal.append(tx, told, subject=partner_id, actor=caller.actor)


async def put_price(
    tx: AsyncConnection, caller: Principal, vehicle_id: str, valid_from: date, values: dict[str, Any], *, now: datetime
) -> None:
    """Set what a vehicle costs from a day on. Raises NotFound, Invalid for a day that has passed: it may be booked."""
    row = await vehicle_within(tx, caller, vehicle_id)
    _refuse_past(valid_from, row, now)
    await store.put_price(tx, values | {"vehicle_id": vehicle_id, "valid_from": valid_from, "actor": caller.actor})


async def remove_price(
    tx: AsyncConnection, caller: Principal, vehicle_id: str, valid_from: date, *, now: datetime
) -> None:
    """Take back a price whose day has not come. Raises NotFound, Invalid."""
    row = await vehicle_within(tx, caller, vehicle_id)
    _refuse_past(valid_from, row, now)
    if not await store.remove_price(tx, vehicle_id, valid_from):
        raise NotFound(f"{vehicle_id} has no price from {valid_from}")


def _refuse_past(valid_from: date, row: Row[Any], now: datetime) -> None:
    today = now.astimezone(ZoneInfo(row.zone)).date()
    if valid_from < today:
        raise Invalid(f"{valid_from} has passed: costs are booked by its price", pointer="/valid_from")


async def rent(
    tx: AsyncConnection, caller: Principal, vehicle_id: str, *, order_id: str, span: Span, now: datetime
) -> str:
    """Let a vehicle by the day for an order's customer; the rental's id.

    Raises NotFound, NotOffered (contract, licence, availability, plate limit, or not let by the day), NotFree.
    """
    row = await vehicle_within(tx, caller, vehicle_id)
    if offered_span(row, span) != span:
        raise NotOffered(f"{vehicle_id} is not offered all the time: look at its contract, licence and availability")
    if (kept := kept_in_at(row, await blocks.plate_limits(tx), span.start)) is not None:
        raise NotOffered(f"the plate {row.plate} may not set out before {kept.end.isoformat()}: begin then")
    price = (await store.prices_on(tx, [vehicle_id], span.start.astimezone(ZoneInfo(row.zone)).date())).get(vehicle_id)
    if price is None or price.day_fen is None:
        raise NotOffered(f"{vehicle_id} has no price by the day then: set one first")
    await bank.drop_expired(tx, now, vehicles=[vehicle_id])
    taken = [one.span for one in await bank.claims_on(tx, [vehicle_id], now=now) if one.span.overlaps(span)]
    if taken:
        free_at = max(one.end for one in taken)
        raise NotFree(f"{vehicle_id} is promised until {free_at.isoformat()}", free_at=free_at.isoformat())
    rental_id = new_id()
    await bank.put_claim(
        tx,
        VehicleClaim(
            territory_id=RENTED,
            epoch=0,
            line=rental_id,
            order_id=order_id,
            vehicle_id=vehicle_id,
            span=span,
            underway=True,
        ),
    )
    values = {"id": rental_id, "vehicle_id": vehicle_id, "order_id": order_id, "start": span.start, "end": span.end}
    await store.add_rental(tx, values | {"day_fen": price.day_fen, "state": "booked", "actor": caller.actor})
    return rental_id


async def end_rental(tx: AsyncConnection, caller: Principal, rental_id: str, *, now: datetime) -> None:
    """The vehicle is back: every day begun is paid. Before its start nothing was: it is cancelled.

    Raises NotFound, Conflict (ended before).
    """
    row = await store.rental_by_id(tx, rental_id, bank.visible_vehicles(caller))
    if row is None:
        raise NotFound(f"there is no rental {rental_id}")
    if row.state != "booked":
        raise Conflict(f"the rental was {row.state} before", state=row.state)
    await bank.drop_claims(tx, [(RENTED, 0, rental_id)])
    if now <= row.start:
        await store.change_rental(tx, rental_id, {"state": "cancelled"})
        return
    cost = row.day_fen * days_begun(Span(row.start, now))
    await store.change_rental(tx, rental_id, {"state": "returned", "returned_at": now, "cost_fen": cost})


async def hand_over(tx: AsyncConnection, caller: Principal, values: dict[str, Any], *, now: datetime) -> str:
    """Keep the protocol of a hand-over; its id.

    Raises NotFound, Invalid (in the future, back before it went out, fewer kilometres than when it went out), Conflict
    (this hand-over is on record already).
    """
    await vehicle_within(tx, caller, values["vehicle_id"])
    if values["at"] > now:
        raise Invalid("this has not happened yet", pointer="/at")
    if values["direction"] == "back":
        there = await store.handovers(
            tx, bank.visible_vehicles(caller), order_id=values["order_id"], vehicle_id=values["vehicle_id"]
        )
        out = next((row for row in there if row.direction == "out"), None)
        if out is not None and values["at"] < out.at:
            raise Invalid(f"it went out at {out.at.isoformat()}", pointer="/at")
        if out is not None and values["odometer_km"] < out.odometer_km:
            raise Invalid(f"it went out with {out.odometer_km} km", pointer="/odometer_km")
    handover_id = new_id()
    if not await store.add_handover(tx, values | {"id": handover_id, "actor": caller.actor}):
        told = f"{values['vehicle_id']} went {values['direction']} for this order already: a protocol is never changed"
        raise Conflict(told)
    return handover_id
