"""What engineers and carriers report."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from kit.auth import Principal
from kit.context import Context
from kit.idempotency import Once, once
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow
from services.parts.api.wire import Limit, Running
from services.parts.api.wire_facts import (
    BookedAll,
    BookedOut,
    CarrierEventIn,
    DiscrepancyOut,
    DiscrepancyPage,
    PickupIn,
    PieceLine,
    ShipmentOut,
    ShipmentPage,
    UsageIn,
)
from services.parts.store import catalogue, records
from services.parts.use_cases import facts, shipments

router = service_router("parts", tag="facts")


@router.post("/pickups", response_model=BookedAll)
async def pick_up(
    body: PickupIn,
    running: Running,
    first: Annotated[Once, Depends(once)],
    caller: Principal = allow("engineer"),
) -> Response:
    """Books pieces from a place into the engineer's van, for one order. A fact: booked even when records disagree."""
    _only_own(caller, body.engineer_id)
    fact = facts.Fact(
        order_id=body.order_id,
        appointment_id=body.appointment_id,
        engineer_id=body.engineer_id,
        at=_not_future(body.at, running),
        actor=caller.actor,
    )
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        now = running.clock.now()
        booked = await facts.pick_up(tx, fact, place_id=body.place_id, lines=_pieces(body.lines), now=now)
        return await first.keep(tx, 200, BookedAll(lines=[BookedOut.of(line) for line in booked]))


@router.post("/usage", response_model=BookedAll)
async def use(
    body: UsageIn,
    running: Running,
    first: Annotated[Once, Depends(once)],
    caller: Principal = allow("engineer"),
) -> Response:
    """Books pieces from the van into the machine, or back. A fact: booked even when records disagree."""
    _only_own(caller, body.engineer_id)
    fact = facts.Fact(
        order_id=body.order_id,
        engineer_id=body.engineer_id,
        at=_not_future(body.at, running),
        actor=caller.actor,
    )
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        booked = await facts.use(
            tx,
            fact,
            van_place_id=body.van_place_id,
            lines=_pieces(body.lines),
            returns=_pieces(body.returns),
            now=running.clock.now(),
        )
        return await first.keep(tx, 200, BookedAll(lines=[BookedOut.of(line) for line in booked]))


def _only_own(caller: Principal, engineer_id: str) -> None:
    if caller.role == "engineer" and caller.engineer_id != engineer_id:
        raise NotFound(f"there is no engineer {engineer_id}")


def _not_future(at: datetime | None, running: Context) -> datetime:
    now = running.clock.now()
    return min(at, now) if at is not None else now


def _pieces(lines: list[PieceLine]) -> list[facts.Pieces]:
    return [facts.Pieces(line.part, line.quantity) for line in lines]


@router.get("/shipments")
async def list_shipments(
    running: Running,
    state: Literal["ordered", "picked", "shipped", "received", "cancelled"] | None = None,
    under_way: bool = False,
    late: bool = False,
    branch_id: Code | None = None,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
    limit: Limit = 50,
    caller: Principal = allow("auditor", "dispatcher", "station", "system"),
) -> ShipmentPage:
    """Parcels that leave from places within one's scope, what is expected first at the head; `under_way` keeps those
    that have neither arrived nor been cancelled, `late` of these the ones expected before now, `branch_id` those for
    its territories."""
    late_at = running.clock.now() if late else None
    async with running.db.read() as tx:
        which = catalogue.visible(caller)
        rows = await records.list_shipments(
            tx,
            which,
            state=state,
            under_way=under_way,
            late_at=late_at,
            branch_id=branch_id,
            after=_expected_after(cursor),
            limit=limit,
        )
    last = rows[-1] if len(rows) == limit else None
    return ShipmentPage(
        items=[ShipmentOut.of(row) for row in rows],
        next=f"{last.eta.isoformat() if last.eta else ''}/{last.id}" if last else None,
    )


def _expected_after(cursor: str | None) -> tuple[datetime | None, str] | None:
    """Time (none: no time is known) and id of the last of the page before."""
    if cursor is None:
        return None
    expected, _, shipment_id = cursor.partition("/")
    try:
        return datetime.fromisoformat(expected) if expected else None, shipment_id
    except ValueError:
        raise Invalid("this cursor is not one of this list: start again without it", pointer="/cursor") from None


@router.post("/shipments/{shipment_id}/events")
async def carrier_event(
    shipment_id: Id,
    body: CarrierEventIn,
    running: Running,
    caller: Principal = allow("system", "dispatcher", "station"),
) -> ShipmentOut:
    """A carrier's message; the same `event_id` again changes nothing, a late one never moves a shipment back."""
    said = shipments.CarrierMessage(**body.model_dump())
    return ShipmentOut.of(await shipments.carrier_event(running, caller, shipment_id, said))


@router.get("/discrepancies")
async def list_discrepancies(
    running: Running,
    cursor: Id | None = None,
    limit: Limit = 50,
    caller: Principal = allow("auditor", "dispatcher", "station"),
) -> DiscrepancyPage:
    """Facts that the records contradict, of orders within one's scope, oldest first."""
    async with running.db.read() as tx:
        rows = await records.list_discrepancies(tx, catalogue.visible_orders(caller), after=cursor or "", limit=limit)
    return DiscrepancyPage(
        items=[DiscrepancyOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None
    )
