"""The bank of replacement vehicles and what they have cost."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow
from services.stations.api.wire import Limit, Running
from services.stations.api.wire_bank import (
    BankKpis,
    HandoverIn,
    HandoverList,
    HandoverOut,
    PartnerFigures,
    PriceIn,
    PriceList,
    PriceOut,
    RentalIn,
    RentalOut,
    RentalPage,
    RentalState,
)
from services.stations.api.wire_planning import CostOut, CostPage, VehicleOut, VehiclePage
from services.stations.domain import Span
from services.stations.store import bank
from services.stations.store import bank_terms as terms
from services.stations.use_cases import bank_terms

router = service_router("stations", tag="replacement vehicles")
Reader = Annotated[Principal, allow("auditor", "dispatcher", "system")]
Keeper = Annotated[Principal, allow("dispatcher", "system")]


@router.get("/vehicles")
async def list_vehicles(
    running: Running,
    branch_id: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
    caller: Principal = allow("auditor", "dispatcher", "system"),
) -> VehiclePage:
    """The replacement vehicles of the branches within one's scope."""
    async with running.db.read() as tx:
        rows = await bank.list_vehicles(
            tx, bank.visible_vehicles(caller), branch_id=branch_id, after=cursor or "", limit=limit
        )
    following = rows[-1].vehicle_id if len(rows) == limit else None
    return VehiclePage(items=[VehicleOut.of(row) for row in rows], next=following)


@router.get("/replacement-costs")
async def list_costs(
    running: Running,
    cursor: Id | None = None,
    limit: Limit = 50,
    caller: Principal = allow("auditor", "dispatcher", "system"),
) -> CostPage:
    """What the maker bears for delivered cargo, by case, oldest first."""
    async with running.db.read() as tx:
        rows = await bank.list_costs(tx, bank.visible_vehicles(caller), after=cursor or "", limit=limit)
    return CostPage(items=[CostOut.of(row) for row in rows], next=rows[-1].case_id if len(rows) == limit else None)


# --- prices ---------------------------------------------------------------------------------------------------------


@router.get("/vehicles/{vehicle_id}/prices")
async def list_prices(vehicle_id: Code, running: Running, caller: Reader) -> PriceList:
    """What a vehicle costs from which day on."""
    async with running.db.read() as tx:
        await bank_terms.vehicle_seen(tx, caller, vehicle_id)
        rows = await terms.prices_of(tx, vehicle_id)
    return PriceList(items=[PriceOut.of(row) for row in rows])


@router.put("/vehicles/{vehicle_id}/prices/{valid_from}", status_code=204)
async def put_price(vehicle_id: Code, valid_from: date, body: PriceIn, running: Running, caller: Keeper) -> None:
    """From this day, today or later, the vehicle costs so much."""
    async with running.db.transaction() as tx:
        now = running.clock.now()
        await bank_terms.put_price(tx, caller, vehicle_id, valid_from, body.model_dump(), now=now)


@router.delete("/vehicles/{vehicle_id}/prices/{valid_from}", status_code=204)
async def remove_price(vehicle_id: Code, valid_from: date, running: Running, caller: Keeper) -> None:
    """A price whose day has not passed is taken back."""
    async with running.db.transaction() as tx:
        await bank_terms.remove_price(tx, caller, vehicle_id, valid_from, now=running.clock.now())


# --- rentals --------------------------------------------------------------------------------------------------------


@router.post("/vehicles/{vehicle_id}/rentals", response_model=RentalOut, status_code=201)
async def rent(
    vehicle_id: Code, body: RentalIn, running: Running, caller: Keeper, first: Annotated[Once, Depends(once)]
) -> Response:
    """Lets a vehicle by the day to an order's customer; plans do not send it in that time."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        span, now = Span(body.start, body.end), running.clock.now()
        rental_id = await bank_terms.rent(tx, caller, vehicle_id, order_id=body.order_id, span=span, now=now)
        return await first.keep(tx, 201, await _rental(tx, caller, rental_id))


@router.post("/rentals/{rental_id}/ended", response_model=RentalOut)
async def end_rental(
    rental_id: Id, running: Running, caller: Keeper, first: Annotated[Once, Depends(once)]
) -> Response:
    """The vehicle is back: each day begun is booked. Before its start a rental is cancelled."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await bank_terms.end_rental(tx, caller, rental_id, now=running.clock.now())
        return await first.keep(tx, 200, await _rental(tx, caller, rental_id))


@router.get("/rentals")
async def list_rentals(
    running: Running,
    caller: Reader,
    state: RentalState | None = None,
    vehicle_id: Code | None = None,
    cursor: Id | None = None,
    limit: Limit = 50,
) -> RentalPage:
    """Vehicles on rent within one's scope, oldest first."""
    async with running.db.read() as tx:
        which = bank.visible_vehicles(caller)
        rows = await terms.list_rentals(tx, which, state=state, vehicle_id=vehicle_id, after=cursor or "", limit=limit)
    return RentalPage(items=[RentalOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


async def _rental(tx: AsyncConnection, caller: Principal, rental_id: str) -> RentalOut:
    row = await terms.rental_by_id(tx, rental_id, bank.visible_vehicles(caller))
    if row is None:
        raise NotFound(f"there is no rental {rental_id}")
    return RentalOut.of(row)


# --- hand-overs and figures -----------------------------------------------------------------------------------------


@router.post("/handovers", response_model=HandoverOut, status_code=201)
async def hand_over(
    body: HandoverIn, running: Running, caller: Keeper, first: Annotated[Once, Depends(once)]
) -> Response:
    """Keeps the protocol that both sides signed when a vehicle went out or came back; it is never changed."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        made = await bank_terms.hand_over(tx, caller, body.model_dump(), now=running.clock.now())
        rows = await terms.handovers(tx, bank.visible_vehicles(caller), order_id=body.order_id)
        [row] = [row for row in rows if row.id == made]
        return await first.keep(tx, 201, HandoverOut.of(row))


@router.get("/handovers")
async def list_handovers(
    running: Running, caller: Reader, order_id: Id | None = None, vehicle_id: Code | None = None
) -> HandoverList:
    """The protocols of an order or of a vehicle, oldest first."""
    if order_id is None and vehicle_id is None:
        raise Invalid("name an order or a vehicle", pointer="/order_id")
    async with running.db.read() as tx:
        rows = await terms.handovers(tx, bank.visible_vehicles(caller), order_id=order_id, vehicle_id=vehicle_id)
    return HandoverList(items=[HandoverOut.of(row) for row in rows])


@router.get("/bank-kpis")
async def read_kpis(
    month: Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")], running: Running, caller: Reader
) -> BankKpis:
    """By partner: cases delivered in a month (Asia/Shanghai), their distance and cost, and complete protocols."""
    begin = datetime.fromisoformat(f"{month}-01T00:00:00+08:00")
    until = (begin + timedelta(days=32)).replace(day=1)
    async with running.db.read() as tx:
        rows = await terms.kpis(tx, branch_id=caller.branch_id, begin=begin, until=until)
    return BankKpis(month=month, items=[PartnerFigures.of(row) for row in rows])
