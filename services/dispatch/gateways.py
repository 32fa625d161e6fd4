"""What dispatch asks its neighbours. Never called inside a transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from kit.client import Clients, ServiceClient

from .domain.facts import Availability, Experts, Facts, Fleet, PlannableOrder, Stock
from .domain.published import Joining, SourcedLine, VehicleCase

log = structlog.get_logger()
Refusals = dict[str, str]
"""Reason by name of the line that a neighbour would not hold."""


async def gather(clients: Clients, *, territory_id: str, start: datetime, end: datetime) -> Facts:
    """Everything that the neighbours know about a territory between two instants.

    Raises NeighbourDown or NeighbourProblem; a plan is never made on half of the facts.
    """
    span = {"territory_id": territory_id, "from": start.isoformat(), "to": end.isoformat()}
    asked, availability, fleet = await asyncio.gather(
        clients.orders.get("/orders/v1/plannable", params={"territory_id": territory_id}),
        clients.stations.get("/stations/v1/availability", params=span),
        clients.stations.get("/stations/v1/fleet", params=span),
    )
    orders, unreadable = _read_orders(asked["orders"])
    stock = await _stock(clients, territory_id, orders)
    cargo = any(order.cargo is not None and order.replacement_eligible for order in orders)
    experts = await clients.stations.get("/stations/v1/experts", params=span) if _ask_experts(orders) else None
    return Facts(
        orders=orders,
        engineers=Availability.model_validate(availability).engineers,
        vehicles=Fleet.model_validate(fleet).vehicles if cargo else [],
        stock=stock,
        experts=Experts.model_validate(experts).experts if experts else [],
        unreadable=unreadable,
        known_seq=asked["known_seq"],
    )


def _ask_experts(orders: Sequence[PlannableOrder]) -> bool:
    return any(order.expert is not None for order in orders)


def _read_orders(told: list[dict[str, Any]]) -> tuple[list[PlannableOrder], list[str]]:
    """The orders, and the ids of those that make no sense: one bad order must not keep the others waiting."""
    orders, unreadable = [], []
    for one in told:
        try:
            orders.append(PlannableOrder.model_validate(one))
        except ValidationError as error:
            log.error("order_unreadable", order=one.get("id"), why=str(error)[:500])
            unreadable.append(str(one.get("id")))
    return orders, unreadable


async def _stock(clients: Clients, territory_id: str, orders: Sequence[PlannableOrder]) -> Stock:
    parts = sorted({line.part for order in orders for line in order.kit})
    if not parts:
        return Stock()
    places = [
        {
            "order_id": order.id,
            "lon": order.place.lon,
            "lat": order.place.lat,
            "machine": order.machine.model_dump() if order.machine else None,
        }
        for order in orders
        if order.kit
    ]
    asked = {"territory_id": territory_id, "parts": parts, "order_places": places}
    return Stock.model_validate(await clients.parts.post("/parts/v1/plan-stock", json=asked))


@dataclass(frozen=True, slots=True)
class HoldKey:
    """The plan that claims: its territory and the epoch that it would publish; `lifetime_s` should it never."""

    territory_id: str
    epoch: int
    lifetime_s: int


async def hold_parts(clients: Clients, key: HoldKey, lines: Sequence[SourcedLine]) -> Refusals:
    """Claim the stock of a plan that is about to be published; asking again with the same lines changes nothing."""
    asked = [
        {
            "line": line.name,
            "order_id": line.order_id,
            "part": line.used_part,
            "quantity": line.quantity,
            "place_id": line.place_id,
            "source": line.source,
        }
        for line in lines
    ]
    return await _hold(clients.parts, "/parts/v1/holds", key, asked)


async def hold_vehicles(clients: Clients, key: HoldKey, cases: Sequence[VehicleCase]) -> Refusals:
    """Claim the replacement vehicles of a plan."""
    asked = [
        {
            "line": case.order_id,
            "order_id": case.order_id,
            "vehicle_id": case.vehicle_id,
            "from": case.depart.isoformat(),
            "to": case.free_at.isoformat(),
        }
        for case in cases
    ]
    return await _hold(clients.stations, "/stations/v1/holds", key, asked)


async def hold_experts(clients: Clients, key: HoldKey, joinings: Sequence[Joining]) -> Refusals:
    """Claim the experts of a plan, by order."""
    asked = [
        {
            "line": one.order_id,
            "order_id": one.order_id,
            "expert_id": one.expert_id,
            "from": one.start.isoformat(),
            "to": one.end.isoformat(),
        }
        for one in joinings
    ]
    return await _hold(clients.stations, "/stations/v1/expert-holds", key, asked)


async def _hold(client: ServiceClient, holds: str, key: HoldKey, lines: list[dict[str, Any]]) -> Refusals:
    if not lines:
        return {}
    path = f"{holds}/{key.territory_id}/{key.epoch}"
    answer = await client.put(path, json={"lines": lines, "lifetime_s": key.lifetime_s})
    return {
        str(line["line"]): str(line.get("reason") or "refused") for line in answer["lines"] if line["status"] != "held"
    }
