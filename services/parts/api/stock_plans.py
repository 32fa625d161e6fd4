"""Forecasts, expected wear, plans of stock with their proposals, and how stock is made up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Response, status
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.idempotency import Once, once
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow
from services.parts.api.wire import Limit, Running
from services.parts.api.wire_stock_plans import (
    Accepted,
    AcceptIn,
    ClassOut,
    DeclineIn,
    ErrorsOut,
    ForecastOut,
    ForecastPage,
    MonthErrorOut,
    MoverOut,
    Movers,
    ProposalOut,
    ProposalPage,
    ProposalState,
    RunOut,
    StockPlanIn,
    StockPlanOut,
    StockPlanPage,
    StructureOut,
    WearLineOut,
    WearListIn,
    WearListOut,
    WearListPage,
)
from services.parts.store import catalogue, demand_months
from services.parts.store import stock_plans as store
from services.parts.use_cases import stock_plans, structure, wear_lists
from services.parts.use_cases.kpis import ZONE

router = service_router("parts", tag="forecasts and plans of stock")
Reader = Annotated[Principal, allow("auditor", "dispatcher", "station", "system")]
Overseer = Annotated[Principal, allow("auditor", "dispatcher", "system")]
Planner = Annotated[Principal, allow("dispatcher", "system")]
First = Annotated[Once, Depends(once)]
After = Annotated[str | None, Query(pattern=r"^[^/]{1,200}/[^/]{1,200}$", description="`next` of the page before")]

# --- forecasts ------------------------------------------------------------------------------------------------------


@router.get("/forecasts")
async def list_forecasts(
    running: Running, caller: Reader, place_id: Code | None = None, cursor: After = None, limit: Limit = 50
) -> ForecastPage:
    """What is expected of this month, by shelf and part."""
    month = running.clock.now().astimezone(ZONE).date().replace(day=1)
    async with running.db.read() as tx:
        rows = await demand_months.forecasts(
            tx, month, catalogue.visible(caller), place_id=place_id, after=_after(cursor), limit=limit
        )
    full = len(rows) == limit
    next_page = f"{rows[-1].place_id}/{rows[-1].part}" if full else None
    return ForecastPage(items=[ForecastOut.of(row) for row in rows], next=next_page)


@router.get("/forecast-errors")
async def read_errors(running: Running, caller: Reader, branch_id: Code | None = None) -> ErrorsOut:
    """How well demand was forecast: each run on its past, and each month's forecast against what came, for all places
    in one's scope or a branch's."""
    runs, months = await structure.forecast_errors(running, caller, branch_id=branch_id)
    return ErrorsOut(
        runs=[RunOut.of(row) for row in runs],
        months=[MonthErrorOut.model_validate(month, from_attributes=True) for month in months],
    )


def _after(cursor: str | None) -> tuple[str, str]:
    place_id, _, part = (cursor or "").partition("/")
    return place_id, part


# --- expected wear --------------------------------------------------------------------------------------------------


@router.get("/wear-lists")
async def list_wear(running: Running, caller: Reader, cursor: Code | None = None, limit: Limit = 50) -> WearListPage:
    """What guarantee plans expect to wear out on shelves within one's scope, by list."""
    async with running.db.read() as tx:
        rows = await demand_months.wear_lists(tx, catalogue.visible(caller), after=cursor or "", limit=limit)
        items = await _with_lines(tx, rows)
    return WearListPage(items=items, next=rows[-1].list_id if len(rows) == limit else None)


@router.put("/wear-lists/{list_id}")
async def put_wear(list_id: Code, body: WearListIn, running: Running, caller: Planner) -> WearListOut:
    """Sets the whole list; the next forecast expects its wear, less as the past comes to show it."""
    async with running.db.transaction() as tx:
        await wear_lists.put(
            tx,
            caller,
            list_id,
            title=body.title,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            lines=[line.model_dump() for line in body.lines],
            now=running.clock.now(),
        )
        rows = await demand_months.wear_lists(tx, catalogue.visible(caller), list_id=list_id)
        [found] = await _with_lines(tx, rows)
    return found


@router.delete("/wear-lists/{list_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_wear(list_id: Code, running: Running, caller: Planner) -> None:
    """The plan has ended or was given up."""
    async with running.db.transaction() as tx:
        await wear_lists.remove(tx, caller, list_id)


async def _with_lines(tx: AsyncConnection, rows: Sequence[Row[Any]]) -> list[WearListOut]:
    lines = await demand_months.wear_lines(tx, [row.list_id for row in rows])
    return [
        WearListOut(**row._mapping, lines=[WearLineOut.of(line) for line in lines if line.list_id == row.list_id])
        for row in rows
    ]


# --- plans ----------------------------------------------------------------------------------------------------------


@router.post("/stock-plans", response_model=StockPlanOut, status_code=202)
async def ask_plan(body: StockPlanIn, running: Running, first: First, caller: Planner) -> Response:
    """Queues a plan; read it until its state is `done` or `failed`."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        asked = stock_plans.Asked(**body.model_dump(exclude={"branch_id"}))
        plan_id = await stock_plans.ask(running, tx, caller, branch_id=body.branch_id, asked=asked)
        return await first.keep(tx, 202, await _plan(tx, caller, plan_id))


@router.get("/stock-plans")
async def list_plans(
    running: Running, caller: Overseer, branch_id: Code | None = None, cursor: Id | None = None, limit: Limit = 20
) -> StockPlanPage:
    """The plans within one's scope, of a branch or all, newest first."""
    async with running.db.read() as tx:
        rows = await store.newest(tx, store.visible_plans(caller), branch_id=branch_id, before=cursor, limit=limit)
    return StockPlanPage(items=[StockPlanOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


@router.get("/stock-plans/{plan_id}")
async def read_plan(plan_id: Id, running: Running, caller: Overseer) -> StockPlanOut:
    """One plan."""
    async with running.db.read() as tx:
        return await _plan(tx, caller, plan_id)


async def _plan(tx: AsyncConnection, caller: Principal, plan_id: str) -> StockPlanOut:
    row = await store.by_id(tx, plan_id, store.visible_plans(caller))
    if row is None:
        raise NotFound(f"there is no plan of stock {plan_id}")
    return StockPlanOut.of(row)


@router.get("/stock-plans/{plan_id}/proposals")
async def list_proposals(
    plan_id: Id,
    running: Running,
    caller: Overseer,
    state: ProposalState | None = None,
    cursor: After = None,
    limit: Limit = 50,
) -> ProposalPage:
    """What the plan would push to the shelves and buy for the depots."""
    async with running.db.read() as tx:
        await _plan(tx, caller, plan_id)
        rows = await store.proposals(
            tx, plan_id, catalogue.visible(caller), state=state, after=_after(cursor), limit=limit
        )
    next_page = f"{rows[-1].place_id}/{rows[-1].part}" if len(rows) == limit else None
    return ProposalPage(items=[ProposalOut.of(row) for row in rows], next=next_page)


@router.post("/stock-plans/{plan_id}/accepted", response_model=Accepted)
async def accept_proposals(plan_id: Id, body: AcceptIn, running: Running, first: First, caller: Planner) -> Response:
    """Orders the transfers of proposals, all or none; the places ship and receive them like any other."""
    lines: Mapping[stock_plans.Key, int | None] | None = None
    if body.lines is not None:
        lines = {(line.place_id, line.part): line.quantity for line in body.lines}
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        made = await stock_plans.accept(tx, caller, plan_id, lines=lines, now=running.clock.now())
        return await first.keep(tx, 200, Accepted(transfers=made))


@router.post("/stock-plans/{plan_id}/declined", status_code=status.HTTP_204_NO_CONTENT)
async def decline_proposals(plan_id: Id, body: DeclineIn, running: Running, caller: Planner) -> None:
    """These proposals will not be followed."""
    async with running.db.transaction() as tx:
        await stock_plans.decline(tx, caller, plan_id, lines={(line.place_id, line.part) for line in body.lines})


# --- structure ------------------------------------------------------------------------------------------------------


@router.get("/fast-movers")
async def read_movers(
    running: Running,
    caller: Reader,
    branch_id: Code | None = None,
    months: Annotated[int, Query(ge=1, le=36)] = 12,
    limit: Limit = 50,
) -> Movers:
    """The parts of which most pieces were used in the last full months, in one's scope or a branch."""
    rows = await structure.fast_movers(running, caller, branch_id=branch_id, months=months, limit=limit)
    return Movers(items=[MoverOut.of(row) for row in rows])


@router.get("/structure")
async def read_structure(
    running: Running,
    caller: Reader,
    quarter: Annotated[str, Query(pattern=r"^20\d\d-Q[1-4]$")],
    branch_id: Code | None = None,
) -> StructureOut:
    """Stock at the end of a quarter (of the present one: now) by class of value and by age, in one's scope or a
    branch."""
    first = _first_day(running, quarter)
    found = await structure.quarter(running, caller, first, branch_id=branch_id)
    return StructureOut(
        quarter=quarter,
        classes={name: ClassOut.model_validate(one, from_attributes=True) for name, one in found.items()},
    )


def _first_day(running: Context, quarter: str) -> date:
    first = date(int(quarter[:4]), 3 * int(quarter[-1]) - 2, 1)
    if first > running.clock.now().astimezone(ZONE).date():
        raise Invalid(f"{quarter} has not begun", pointer="/quarter")
    return first
