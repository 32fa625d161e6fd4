"""The job behind a plan of stock: forecast, levels over two echelons, proposals, and the same for last year."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Row

from kit.context import Context
from kit.values import Place
from services.parts.domain.pushing import Push, Site, depots_of, pushes
from services.parts.domain.stock_value import months_back
from services.parts.forecast.backtest import Backtest, Past, backtest
from services.parts.forecast.base_stock import Allocation, Group, allocate
from services.parts.store import catalogue, demand_months
from services.parts.store import stock_plans as store
from services.parts.use_cases import forecasting
from services.parts.use_cases.kpis import ZONE
from services.parts.use_cases.stock_plans import Asked, NothingToPlan, of_branch

DAYS_PER_MONTH = 30.4
LEAST_RATE = 0.01
"""Less than a piece in eight years is no reason to stock a part."""
PLAYED_SHELVES = 1000
BACKTEST_PERIODS = 36


@dataclass(frozen=True)
class Shelves:
    """One part of one depot: the shelves with demand, in the order of the arrays of its `Group`."""

    depot_id: str
    part: str
    places: list[str]


async def work_out(context: Context, plan_id: str) -> None:
    """Gather, decide, store. A plan that cannot be made says why. Raises NeighbourDown: tried again."""
    async with context.db.read() as tx:
        row = await store.by_id(tx, plan_id)
    if row is None or row.state != "queued":
        return
    asked = Asked.model_validate(row.asked)
    month = context.clock.now().astimezone(ZONE).date().replace(day=1)
    await forecasting.refresh(context, month)
    proposals: list[dict[str, Any]] = []
    try:
        result, proposals = await _plan(context, row.branch_id, asked, month)
        values: dict[str, Any] = {"state": "done", "result": result}
    except NothingToPlan as error:
        values = {"state": "failed", "problem": str(error)}
    async with context.db.transaction() as tx:
        await store.finish(tx, plan_id, values | {"finished_at": context.clock.now()}, proposals)


async def _plan(
    context: Context, branch_id: str | None, asked: Asked, month: date
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    async with context.db.read() as tx:
        sites = [_site(row) for row in await store.planned_places(tx, of_branch(branch_id, central=True))]
        forecasts = await demand_months.forecasts(tx, month, of_branch(branch_id, central=False))
        costs = await catalogue.known_parts(tx, {row.part for row in forecasts})
        positions = await store.positions(tx, {site.place_id for site in sites})
        since = months_back(month, BACKTEST_PERIODS)
        history = await demand_months.history(tx, since=since, until=month)
    depots = depots_of(sites)
    shelves, groups = _groups(forecasts, depots, costs, asked)
    if not groups:
        raise NothingToPlan("no shelf that a depot fills up expects any demand: import past demand or a wear list")
    found = await asyncio.to_thread(allocate, groups, target=asked.target_fill, budget_fen=asked.budget_fen)
    proposals = _pushed(shelves, found, positions, costs)
    known = [row for row in history if row.place_id in depots and row.part in costs]
    past = _past(known, costs, depots, month, asked)
    played = await asyncio.to_thread(backtest, past) if past is not None else None
    present = sum(
        pieces[0] * costs[part] for (place_id, part), pieces in positions.items() if part in costs and pieces[0] > 0
    )
    return _result(found, groups, proposals, played, present), proposals


def _site(row: Row[Any]) -> Site:
    return Site(row.place_id, row.kind, row.territory_id, Place(row.lon, row.lat))


def _groups(
    forecasts: Any, depots: dict[str, str], costs: dict[str, int], asked: Asked
) -> tuple[list[Shelves], list[Group]]:
    """The parts of every depot, with the shelves that ask for them."""
    rows: defaultdict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in forecasts:
        if row.place_id in depots and row.rate >= LEAST_RATE:
            rows[depots[row.place_id], row.part].append(row)
    lead = asked.lead_days / DAYS_PER_MONTH
    shelves = [Shelves(depot, part, [row.place_id for row in these]) for (depot, part), these in sorted(rows.items())]
    groups = [
        Group(
            rate=np.array([row.rate for row in these]),
            dispersion=np.array([row.dispersion for row in these]),
            lead=np.full(len(these), lead),
            depot_lead=asked.depot_lead_days / DAYS_PER_MONTH,
            unit_cost_fen=costs[part],
        )
        for (_, part), these in sorted(rows.items())
    ]
    return shelves, groups


def _pushed(shelves: list[Shelves], found: Allocation, positions: Any, costs: dict[str, int]) -> list[dict[str, Any]]:
    """Proposals to store; a depot that serves two regions of one plan appears once per part."""
    return [
        _proposal(push, one.part, costs[one.part])
        for one, level in zip(shelves, found.levels, strict=True)
        for push in pushes(
            one.depot_id,
            level.depot,
            dict(zip(one.places, level.shelves.tolist(), strict=True)),
            {
                place: positions[place, one.part]
                for place in (*one.places, one.depot_id)
                if (place, one.part) in positions
            },
        )
    ]


def _proposal(push: Push, part: str, cost_fen: int) -> dict[str, Any]:
    return {
        "place_id": push.place_id,
        "part": part,
        "from_place_id": push.from_place_id,
        "target": push.target,
        "position": push.position,
        "quantity": push.quantity,
        "value_fen": push.quantity * cost_fen,
    }


def _past(
    history: Sequence[Row[Any]], costs: dict[str, int], depots: dict[str, str], month: date, asked: Asked
) -> Past | None:
    """What the back-test plays: parts of depots, drawn by a seed, with all their shelves, until `PLAYED_SHELVES` are
    reached; none without a year and a half of past."""
    if not history or (month - min(row.month for row in history)).days < 540:
        return None
    first = months_back(month, BACKTEST_PERIODS)
    shelves = sorted({(depots[row.place_id], row.part, row.place_id) for row in history})
    stocks = list(dict.fromkeys((depot, part) for depot, part, _ in shelves))
    drawn = np.random.default_rng(0).permutation(len(stocks)).tolist()
    place_of = {stocks[stock]: turn for turn, stock in enumerate(drawn)}
    played = sorted(shelves, key=lambda shelf: place_of[shelf[:2]])[:PLAYED_SHELVES]
    index = {(place, part): number for number, (_, part, place) in enumerate(played)}
    demand = np.zeros((len(index), BACKTEST_PERIODS), np.int64)
    for row in history:
        if (number := index.get((row.place_id, row.part))) is not None:
            demand[number, (row.month.year - first.year) * 12 + row.month.month - first.month] = row.pieces
    return Past(
        demand=demand,
        cost_fen=np.array([costs[part] for _, part, _ in played], np.int64),
        depot=np.array([place_of[shelf[:2]] for shelf in played], np.int64),
        lead_days=asked.lead_days,
        depot_lead_days=asked.depot_lead_days,
    )


def _result(
    found: Allocation, groups: list[Group], proposals: list[dict[str, Any]], played: Backtest | None, present: int
) -> dict[str, Any]:
    moved = [one for one in proposals if one["from_place_id"] is not None]
    bought = [one for one in proposals if one["from_place_id"] is None]
    result: dict[str, Any] = {
        "fill_rate": found.fill_rate,
        "enough": found.enough,
        "value_fen": found.value_fen,
        "present_value_fen": present,
        "parts": len(groups),
        "shelves": sum(len(group.rate) for group in groups),
        "to_move": {"lines": len(moved), "pieces": sum(one["quantity"] for one in moved)},
        "to_buy": {"lines": len(bought), "value_fen": sum(one["value_fen"] for one in bought)},
        "backtest": None,
    }
    if played is not None:
        sides = {"min_max": played.min_max, "base_stock": played.base_stock}
        told = {name: {"fill_rate": side.fill_rate, "value_fen": side.value_fen} for name, side in sides.items()}
        result["backtest"] = {"months": played.months, **told}
    return result
