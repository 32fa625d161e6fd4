"""Courier shipments: ordered when a plan confirms a courier line, then moved by the carrier's messages."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.ids import new_id
from kit.problems import Conflict, NotFound, Problem
from services.messages import PlanPublished, StockLine
from services.parts.domain.shelf import ShelfKey
from services.parts.store import catalogue, claims, records, shelves
from services.parts.use_cases import ledger, telling

CarrierKind = Literal["picked", "shipped", "delayed", "received"]
CourierKey = tuple[str, str, str]
"""Order, part and the place that it is sent from."""
RANK = {"cancelled": 0, "ordered": 0, "picked": 1, "shipped": 2, "received": 3}
"""A shipment only moves forward; carriers' messages come late and out of order."""


class NoReceivingPlace(Problem):
    """Nobody knows where these pieces were received"""

    status = 409


async def follow_plan(
    tx: AsyncConnection,
    plan: PlanPublished,
    already: Sequence[Row[Any]],
    wanted: Mapping[CourierKey, int],
    *,
    now: datetime,
    actor: str,
) -> None:
    """Order the pieces that the published plan has reserved for a courier, cancel what has not left and is not sent.

    `already` are the territory's shipments that have not arrived, `wanted` the pieces by order, part and place.
    """
    lines = {(line.order_id, line.part): line for line in plan.stock if line.source == "courier"}
    vans = await catalogue.vans(tx, {line.engineer_id for line in lines.values()})
    left = dict(wanted)
    changes: list[tuple[str, dict[str, Any]]] = []
    moved: list[dict[str, Any]] = []
    for row in already:
        line = lines.get((row.order_id, row.part))
        if row.state != "ordered":
            if line is not None:  # it is on its way, perhaps to another engineer now; its time is the carrier's
                changes.append((row.id, _courier(line, vans, row.state, row.quantity) | {"eta": row.eta}))
        elif line is not None and (pieces := left.pop((row.order_id, row.part, row.from_place_id), 0)):
            changes.append((row.id, _courier(line, vans, "ordered", pieces)))
        else:
            changes.append((row.id, _unchanged(row) | {"state": "cancelled"}))
            moved.append(dict(row._mapping) | {"state": "cancelled"})
    await records.change_shipments(tx, changes)
    added = [
        _courier(lines[order_id, part], vans, "ordered", pieces)
        | {"id": new_id(), "order_id": order_id, "territory_id": plan.territory_id, "part": part}
        | {"from_place_id": place_id, "created_at": now}
        for (order_id, part, place_id), pieces in sorted(left.items())
    ]
    await records.add_shipments(tx, added)
    await telling.shipments_moved(tx, [*moved, *added], actor=actor)


def _courier(line: StockLine, vans: dict[str, str], state: str, quantity: int) -> dict[str, Any]:
    return {
        "state": state,
        "quantity": quantity,
        "engineer_id": line.engineer_id,
        "to_place_id": vans.get(line.engineer_id),
        "eta": line.arrives_at,
        "fee_fen": line.fee_fen,
    }


def _unchanged(row: Row[Any]) -> dict[str, Any]:
    names = ("state", "quantity", "engineer_id", "to_place_id", "eta", "fee_fen")
    return {name: getattr(row, name) for name in names}


async def cancel_of_order(tx: AsyncConnection, order_id: str, *, actor: str) -> None:
    """The order ended: what has not left the shelf stays there."""
    cancelled = await records.cancel_shipments(tx, order_id=order_id)
    await telling.shipments_moved(tx, [dict(row._mapping) for row in cancelled], actor=actor)


@dataclass(frozen=True, slots=True)
class CarrierMessage:
    """What a carrier says of a parcel; `place_id` is where it was received when the plan knew no place."""

    event_id: str
    kind: CarrierKind
    at: datetime
    eta: datetime | None = None
    place_id: str | None = None
    carrier: str | None = None
    waybill: str | None = None


async def carrier_event(context: Context, caller: Principal, shipment_id: str, said: CarrierMessage) -> Row[Any]:
    """Apply one message of the carrier; the shipment after it. The same event id again changes nothing.

    Raises NotFound, Conflict (this event id said something else before), NoReceivingPlace.
    """
    async with context.db.transaction() as tx:
        row = await records.shipment_by_id(tx, shipment_id, catalogue.visible(caller), lock=True)
        if row is None:
            raise NotFound(f"there is no shipment {shipment_id}")
        told = {"shipment_id": shipment_id, "event_id": said.event_id, "kind": said.kind, "at": said.at}
        before = await records.add_shipment_event(tx, told | {"eta": said.eta, "actor": caller.actor})
        if before is None:
            await _apply(tx, row, said, context=context, actor=caller.actor)
        elif before != said.kind:
            problem = f"event {said.event_id} was {before!r} before: give a new message a new id"
            raise Conflict(problem, pointer="/event_id")
        after = await records.shipment_by_id(tx, shipment_id, catalogue.visible(caller))
    if after is None:
        raise NotFound(f"there is no shipment {shipment_id}")
    return after


async def _apply(tx: AsyncConnection, row: Row[Any], said: CarrierMessage, *, context: Context, actor: str) -> None:
    state = row.state if said.kind == "delayed" or RANK[said.kind] <= RANK[row.state] else said.kind
    target = said.place_id or row.to_place_id
    if state == "received" and row.state != "received":
        known = await catalogue.known_places(tx, {target} if target else set())
        if target is None or target not in known:
            raise NoReceivingPlace("name the stock place that received it", pointer="/place_id")
    if RANK[state] > RANK[row.state]:
        await _move_stock(tx, row, state, target, at=said.at, context=context, actor=actor)
    values = {"state": state, "eta": said.eta or row.eta, "to_place_id": target}
    values |= {"carrier": said.carrier or row.carrier, "waybill": said.waybill or row.waybill}
    await records.change_shipments(tx, [(row.id, values)])
    if any(values[name] != getattr(row, name) for name in ("state", "eta", "waybill")):
        await telling.shipments_moved(tx, [dict(row._mapping) | values], actor=actor)


async def _move_stock(
    tx: AsyncConnection, row: Row[Any], state: str, target: str | None, *, at: datetime, context: Context, actor: str
) -> None:
    """Off the shelf when it is picked (or the first later message comes), onto the receiving one when received."""
    origin: ShelfKey = (row.from_place_id, row.part)
    goal: ShelfKey | None = (target, row.part) if state == "received" and target else None
    await shelves.open_shelves(tx, {key for key in (origin, goal) if key})
    locked = await shelves.lock(tx, {key for key in (origin, goal) if key}, now=context.clock.now())
    ended = await claims.has_ended(tx, row.order_id)
    legs: Counter[tuple[ledger.Kind, ShelfKey]] = Counter()
    if RANK[row.state] == 0:
        taking = locked.by_key[origin].take(row.order_id, row.quantity)
        legs = Counter({("found", origin): taking.found, ("transfer_out", origin): -row.quantity})
        await telling.short(tx, [(origin, claim) for claim in taking.displaced], actor=actor)
    if goal:
        locked.by_key[goal].put(row.quantity, picked_for=None if ended else row.order_id)
        legs["transfer_in", goal] = row.quantity
    await shelves.save(tx, locked)
    costs = await catalogue.known_parts(tx, {row.part})
    booked = [
        ledger.entry(
            kind,
            key,
            pieces,
            unit_cost_fen=costs[row.part],
            actor=actor,
            at=at,
            order_id=row.order_id,
            engineer_id=row.engineer_id,
            shipment_id=row.id,
        )
        for (kind, key), pieces in legs.items()
        if pieces
    ]
    await shelves.append_movements(tx, booked)
