"""Questions of a dispatcher that change nothing: who else could come, and what an edited plan would cost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kit.problems import NotFound

from ..context import DispatchContext
from ..documents import violation_documents
from ..domain.standing import Lock, PinKind, Standing
from ..solver import Plan, Verdict
from ..solver.advice import Recommendation, analyse, recommend
from ..solver.plan import Route, Stop
from .preparing import Prepared, prepare

TOP = 5


@dataclass(frozen=True, slots=True)
class Move:
    """An edit: give the order to this engineer (None: leave it out), at `start` if one is given."""

    order_id: str
    engineer_id: str | None
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """`difference_fen` and `by_rule`: the whole plan's price with this choice against the optimiser's plan."""

    engineer_id: str
    start: datetime
    difference_fen: int
    by_rule: dict[str, int]


@dataclass(frozen=True, slots=True)
class Advice:
    """Cheapest candidates first; `excluded` names the rule that keeps each other engineer away."""

    epoch: int
    candidates: list[Candidate]
    excluded: dict[str, str]


@dataclass(frozen=True, slots=True)
class Analysis:
    """An edited plan beside the optimiser's: prices in fen, violations with ids, where the moved orders are."""

    epoch: int
    total_fen: int
    difference_fen: int
    by_rule: dict[str, int]
    violations: list[dict[str, str]]
    placed: dict[str, tuple[str, datetime, datetime]]


async def advise(context: DispatchContext, territory_id: str, order_id: str) -> Advice:
    """Who could take an order, as if no lock were on it. Raises NotFound for one that waits for no engineer."""
    prepared = await prepare(context, territory_id, assume=lambda standing: standing.released(order_id))
    order = _index(prepared, order_id)
    base = await prepared.greedy()
    found = await asyncio.to_thread(recommend, prepared.work.problem, base.plan, order, top=TOP)
    return _advice(prepared, found)


def _advice(prepared: Prepared, found: Recommendation) -> Advice:
    engineers = prepared.work.document.engineers
    return Advice(
        epoch=prepared.scene.standing.epoch,
        candidates=[
            Candidate(
                engineer_id=engineers[one.engineer].id,
                start=prepared.scene.instant(one.start),
                difference_fen=one.fen,
                by_rule=one.by_rule,
            )
            for one in found.candidates
        ],
        excluded={engineers[engineer].id: rule for engineer, rule in found.refused.items()},
    )


async def analyse_moves(context: DispatchContext, territory_id: str, moves: Sequence[Move]) -> Analysis:
    """What the plan would be with some orders moved; nothing is written, held or told.

    Each move goes to its engineer's best place; where the rules leave none it goes to the end of the day, and the
    violations say what is wrong with that. Raises NotFound for an order or engineer that is not there to be planned.
    """
    free = await prepare(context, territory_id, assume=_released(moves))
    base = await free.greedy()
    edited = await free.changed(replace(free.scene, standing=_locked(free.scene.standing, moves)))
    for move in moves:
        _index(edited, move.order_id)
        _engineer(edited, move)
    plan, verdict = await asyncio.to_thread(_edit, edited, base.plan, moves)
    return Analysis(
        epoch=free.scene.standing.epoch,
        total_fen=verdict.total,
        difference_fen=verdict.total - base.verdict.total,
        by_rule=verdict.by_rule,
        violations=violation_documents(edited.work.document, verdict.violations),
        placed=_placed(edited, plan, moves),
    )


def _released(moves: Sequence[Move]) -> Any:
    def assume(standing: Standing) -> Standing:
        for move in moves:
            standing = standing.released(move.order_id)
        return standing

    return assume


def _locked(standing: Standing, moves: Sequence[Move]) -> Standing:
    for move in moves:
        if move.engineer_id is not None:
            pin: PinKind = "both" if move.start else "resource"
            standing = standing.locked(Lock(move.order_id, move.engineer_id, pin, move.start))
    return standing


def _edit(prepared: Prepared, plan: Plan, moves: Sequence[Move]) -> tuple[Plan, Verdict]:
    problem = prepared.work.problem
    for move in moves:
        order = _index(prepared, move.order_id)
        if move.engineer_id is None:
            plan = _without(plan, order)
            plan = replace(plan, unassigned={**plan.unassigned, order: "price"})
            continue
        found = recommend(problem, plan, order, top=problem.engineers).candidates
        engineer = _engineer(prepared, move)
        fitting = [one.plan for one in found if one.engineer == engineer]
        plan = fitting[0] if fitting else _forced(prepared, _without(plan, order), order, engineer, move.start)
    return analyse(problem, plan)


def _without(plan: Plan, order: int) -> Plan:
    """The plan less an order and its parts; a pick-up that nobody needs any more costs nothing but time."""
    routes = (replace(one, stops=tuple(stop for stop in one.stops if stop.order != order)) for one in plan.routes)
    return Plan(
        routes=tuple(route for route in routes if any(stop.order >= 0 for stop in route.stops)),
        sources=tuple(source for source in plan.sources if source.order != order),
        cases=plan.cases,
        unassigned=plan.unassigned,
    )


def _forced(prepared: Prepared, plan: Plan, order: int, engineer: int, start: datetime | None) -> Plan:
    """The order at the end of the engineer's day, whatever rule that breaks."""
    tours = prepared.work.problem.tours_of[engineer]
    unassigned = {other: reason for other, reason in plan.unassigned.items() if other != order}
    if not tours:
        return replace(plan, unassigned={**unassigned, order: "shift"})
    second = prepared.scene.second(start) if start else 0
    begun = [tour for tour in tours if prepared.work.problem.tours[tour].start <= second]
    tour = begun[-1] if begun else tours[0]
    routes = {route.tour: route for route in plan.routes}
    stops = routes[tour].stops if tour in routes else ()
    routes[tour] = Route(tour, (*stops, Stop(order, -1, 0, 0, 0)))
    return Plan(tuple(routes.values()), plan.sources, plan.cases, unassigned)


def _placed(prepared: Prepared, plan: Plan, moves: Sequence[Move]) -> dict[str, tuple[str, datetime, datetime]]:
    asked = {_index(prepared, move.order_id): move.order_id for move in moves}
    engineers, scene = prepared.work.document.engineers, prepared.scene
    return {
        asked[stop.order]: (
            engineers[prepared.work.problem.tours[route.tour].engineer].id,
            scene.instant(stop.start),
            scene.instant(stop.end),
        )
        for route in plan.routes
        for stop in route.stops
        if stop.order in asked
    }


def _index(prepared: Prepared, order_id: str) -> int:
    for index, order in enumerate(prepared.work.document.orders):
        if order.id == order_id:
            return index
    raise NotFound(f"order {order_id} does not wait for an engineer of this territory")


def _engineer(prepared: Prepared, move: Move) -> int:
    known = {engineer.id for engineer in prepared.scene.facts.engineers}
    for index, engineer in enumerate(prepared.work.document.engineers):
        if engineer.id == move.engineer_id and engineer.id in known:
            return index
    if move.engineer_id is None:
        return -1
    raise NotFound(f"engineer {move.engineer_id} is not there to be planned in this territory")
