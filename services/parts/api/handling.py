"""What people do with stock beside orders: transfers, count sheets, cores."""

from typing import Annotated

from fastapi import Depends, Response
from sqlalchemy import true
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import Caller, allow
from services.parts.api.wire import Limit, Running
from services.parts.api.wire_handling import (
    CoreOut,
    CorePage,
    CoreReturnIn,
    CountIn,
    CountLineOut,
    ReceiveIn,
    SheetDetail,
    SheetIn,
    SheetOut,
    SheetPage,
    SheetState,
    ShipIn,
    TransferIn,
    TransferOut,
    TransferPage,
    TransferState,
    quantities,
)
from services.parts.store import catalogue, handling
from services.parts.use_cases import cores, counts, transfers

router = service_router("parts", tag="transfers, counts and cores")
Keeper = Annotated[Principal, allow("dispatcher", "station", "system")]
First = Annotated[Once, Depends(once)]

# --- transfers ------------------------------------------------------------------------------------------------------


@router.post("/transfers", response_model=TransferOut, status_code=201)
async def order_transfer(body: TransferIn, running: Running, caller: Keeper, first: First) -> Response:
    """Orders pieces from another place to one's own; nothing leaves the shelf before it is shipped."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        transfer_id = await transfers.order(
            tx,
            caller,
            from_place_id=body.from_place_id,
            to_place_id=body.to_place_id,
            lines=quantities(body.lines),
            reason=body.reason,
            expected_at=body.expected_at,
            now=running.clock.now(),
        )
        return await first.keep(tx, 201, await _transfer(tx, caller, running, transfer_id))


@router.get("/transfers")
async def list_transfers(
    running: Running,
    caller: Caller,
    state: TransferState | None = None,
    late: bool = False,
    branch_id: Code | None = None,
    cursor: Id | None = None,
    limit: Limit = 50,
) -> TransferPage:
    """Transfers from or to places in one's scope, or a branch's.

    `late` keeps those that are longer on their way than expected.
    """
    now = running.clock.now()
    async with running.db.read() as tx:
        which = catalogue.visible(caller) & (true() if branch_id is None else catalogue.of_branch(branch_id))
        late_at = now if late else None
        rows = await handling.list_transfers(tx, which, state=state, late_at=late_at, after=cursor or "", limit=limit)
        lines = await handling.lines_of_transfers(tx, [row.id for row in rows])
    items = [TransferOut.at(row, [line for line in lines if line.transfer_id == row.id], now) for row in rows]
    return TransferPage(items=items, next=rows[-1].id if len(rows) == limit else None)


@router.get("/transfers/{transfer_id}")
async def read_transfer(transfer_id: Id, running: Running, caller: Caller) -> TransferOut:
    """One transfer."""
    async with running.db.read() as tx:
        return await _transfer(tx, caller, running, transfer_id)


async def _transfer(tx: AsyncConnection, caller: Principal, running: Context, transfer_id: str) -> TransferOut:
    row = await handling.transfer_by_id(tx, transfer_id, catalogue.visible(caller))
    if row is None:
        raise NotFound(f"there is no transfer {transfer_id}")
    return TransferOut.at(row, await handling.lines_of_transfers(tx, [transfer_id]), running.clock.now())


@router.post("/transfers/{transfer_id}/shipped", response_model=TransferOut)
async def ship_transfer(transfer_id: Id, body: ShipIn, running: Running, caller: Keeper, first: First) -> Response:
    """The pieces leave the shelf: all of them free, or 409 `not-enough-free` and none."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await transfers.ship(tx, caller, transfer_id, expected_at=body.expected_at, now=running.clock.now())
        return await first.keep(tx, 200, await _transfer(tx, caller, running, transfer_id))


@router.post("/transfers/{transfer_id}/received", response_model=TransferOut)
async def receive_transfer(
    transfer_id: Id, body: ReceiveIn, running: Running, caller: Keeper, first: First
) -> Response:
    """The pieces arrive, once; without `lines` all of them. What is missing is lost on the way and stays visible."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        received = None if body.lines is None else quantities(body.lines)
        await transfers.receive(tx, caller, transfer_id, received=received, now=running.clock.now())
        return await first.keep(tx, 200, await _transfer(tx, caller, running, transfer_id))


@router.post("/transfers/{transfer_id}/cancelled", response_model=TransferOut)
async def cancel_transfer(transfer_id: Id, running: Running, caller: Keeper, first: First) -> Response:
    """Ends a transfer that has not been shipped."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await transfers.cancel(tx, caller, transfer_id, now=running.clock.now())
        return await first.keep(tx, 200, await _transfer(tx, caller, running, transfer_id))


# --- count sheets ---------------------------------------------------------------------------------------------------


@router.post("/count-sheets", response_model=SheetDetail, status_code=201)
async def open_sheet(body: SheetIn, running: Running, caller: Keeper, first: First) -> Response:
    """A sheet for one place and day; without `parts` for everything that the place has on record."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        now = running.clock.now()
        sheet_id = await counts.open_sheet(tx, caller, place_id=body.place_id, day=body.day, parts=body.parts, now=now)
        return await first.keep(tx, 201, await _sheet(tx, caller, sheet_id))


@router.get("/count-sheets")
async def list_sheets(
    running: Running,
    caller: Caller,
    state: SheetState | None = None,
    branch_id: Code | None = None,
    cursor: Id | None = None,
    limit: Limit = 50,
) -> SheetPage:
    """The count sheets of places in one's scope, or of a branch's."""
    async with running.db.read() as tx:
        which = catalogue.visible(caller) & (true() if branch_id is None else catalogue.of_branch(branch_id))
        rows = await handling.list_sheets(tx, which, state=state, after=cursor or "", limit=limit)
    return SheetPage(items=[SheetOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


@router.get("/count-sheets/{sheet_id}")
async def read_sheet(sheet_id: Id, running: Running, caller: Caller) -> SheetDetail:
    """One sheet with its lines."""
    async with running.db.read() as tx:
        return await _sheet(tx, caller, sheet_id)


async def _sheet(tx: AsyncConnection, caller: Principal, sheet_id: str) -> SheetDetail:
    row = await handling.sheet_by_id(tx, sheet_id, catalogue.visible(caller))
    if row is None:
        raise NotFound(f"there is no count sheet {sheet_id}")
    lines = [CountLineOut.of(line) for line in await handling.lines_of_sheet(tx, sheet_id)]
    return SheetDetail(**SheetOut.of(row).model_dump(), lines=lines)


@router.put("/count-sheets/{sheet_id}/lines")
async def count(sheet_id: Id, body: CountIn, running: Running, caller: Keeper) -> SheetDetail:
    """Writes down what was counted just now; the same part again replaces its count."""
    async with running.db.transaction() as tx:
        await counts.count(tx, caller, sheet_id, counted=quantities(body.lines), now=running.clock.now())
        return await _sheet(tx, caller, sheet_id)


@router.post("/count-sheets/{sheet_id}/posted", response_model=SheetDetail)
async def post_sheet(sheet_id: Id, running: Running, caller: Keeper, first: First) -> Response:
    """Books every difference, or nothing."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await counts.post(tx, caller, sheet_id, now=running.clock.now())
        return await first.keep(tx, 200, await _sheet(tx, caller, sheet_id))


@router.post("/count-sheets/{sheet_id}/cancelled", response_model=SheetDetail)
async def cancel_sheet(sheet_id: Id, running: Running, caller: Keeper, first: First) -> Response:
    """Throws an open sheet away; nothing is booked."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        await counts.cancel(tx, caller, sheet_id)
        return await first.keep(tx, 200, await _sheet(tx, caller, sheet_id))


# --- cores ----------------------------------------------------------------------------------------------------------


@router.get("/cores")
async def list_cores(
    running: Running, caller: Caller, owed: bool | None = None, cursor: Id | None = None, limit: Limit = 50
) -> CorePage:
    """Worn pieces that are owed for parts with a deposit; `owed` keeps the open or the settled ones."""
    async with running.db.read() as tx:
        rows = await handling.list_cores(tx, catalogue.visible(caller), owed=owed, after=cursor or "", limit=limit)
    return CorePage(items=[CoreOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


@router.post("/cores/{core_id}/returns", response_model=CoreOut)
async def return_core(core_id: Id, body: CoreReturnIn, running: Running, caller: Keeper, first: First) -> Response:
    """Cores were handed in; not more than are owed."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        now = running.clock.now()
        row = await cores.give_back(
            tx,
            caller,
            core_id,
            place_id=body.place_id,
            quantity=body.quantity,
            condition=body.condition,
            now=now,
        )
        return await first.keep(tx, 200, CoreOut.of(row))
