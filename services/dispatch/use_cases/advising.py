"""Questions of a dispatcher that change nothing: who else could come, and what an edited plan would cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kit.problems import Conflict, NotFound

from ..context import DispatchContext
from ..documents import violation_documents
from ..domain.published import Prediction
from ..domain.standing import Lock, PinKind, Standing
from ..solver import Plan
from ..solver import advice as solver
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
class Repair:
    """A rule to ease, by how much (seconds, levels, orders), and who could come then at what price."""

    kind: str
    amount: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Advice:
    """Cheapest candidates first; `excluded` names the rule that keeps each other engineer away. `repairs`: the cheapest
    ways to serve an order that the optimiser leaves out."""

    epoch: int
    candidates: list[Candidate]
    excluded: dict[str, str]
    repairs: list[Repair]


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """A promise clock that the edited plan stops at another time than the optimiser's plan does."""

    order_id: str
    clock: str
    due: datetime
    before: datetime
    after: datetime


@dataclass(frozen=True, slots=True)
class Analysis:
    """An edited plan beside the optimiser's: prices in fen, violations with ids, where the moved orders are, and the
    promise clocks that stop at another time, those that suffer most first."""

    epoch: int
    total_fen: int
    difference_fen: int
    by_rule: dict[str, int]
    violations: list[dict[str, str]]
    placed: dict[str, tuple[str, datetime, datetime]]
    clocks: list[ClockMoved]


async def advise(context: DispatchContext, territory_id: str, order_id: str) -> Advice:
    """Who could take an order, as if no lock were on it. Raises NotFound for one that waits for no engineer."""
    prepared = await prepare(context, territory_id, assume=lambda standing: standing.released(order_id))
    order = _index(prepared, order_id)
    base = await prepared.greedy()
    found = await context.planner.who_else(prepared.work.problem, base.plan, order, top=TOP)
    left_out = order in base.plan.unassigned
    repairs = await context.planner.how_else(prepared.work.problem, base.plan, order) if left_out else ()
    engineers = prepared.work.document.engineers
    return Advice(
        epoch=prepared.scene.standing.epoch,
        candidates=[_candidate(prepared, one) for one in found.candidates],
        excluded={engineers[engineer].id: rule for engineer, rule in found.refused.items()},
        repairs=[Repair(one.kind, one.amount, _candidate(prepared, one.candidate)) for one in repairs],
    )


def _candidate(prepared: Prepared, one: solver.Candidate) -> Candidate:
    return Candidate(
        engineer_id=prepared.work.document.engineers[one.engineer].id,
        start=prepared.scene.instant(one.start),
        difference_fen=one.fen,
        by_rule=one.by_rule,
    )


async def analyse_moves(context: DispatchContext, territory_id: str, moves: Sequence[Move]) -> Analysis:
    """What the plan would be with some orders moved; nothing is written, held or told.

    Each move goes to its engineer's best place; where the rules leave none it goes to the end of the day, and the
    violations say what is wrong with that. Raises NotFound for an order or engineer that is not there to be planned.
    """
    free = await prepare(context, territory_id, assume=_released(moves))
    base = await free.greedy()
    edited = await free.changed(replace(free.scene, standing=_locked(free.scene.standing, moves)))
    found = await context.planner.what_if(edited.work.problem, base.plan, [_in_indices(edited, move) for move in moves])
    return Analysis(
        epoch=free.scene.standing.epoch,
        total_fen=found.verdict.total,
        difference_fen=found.verdict.total - base.verdict.total,
        by_rule=found.verdict.by_rule,
        violations=violation_documents(edited.work.document, found.verdict.violations),
        placed=_placed(edited, found.plan, moves),
        clocks=_clocks_moved(free.predictions(base.plan, base.verdict), edited.predictions(found.plan, found.verdict)),
    )


def _clocks_moved(before: Sequence[Prediction], after: Sequence[Prediction]) -> list[ClockMoved]:
    stopped = {(one.order_id, one.clock): one.predicted for one in before}
    moved = [
        ClockMoved(one.order_id, one.clock, one.due, was, one.predicted)
        for one in after
        if (was := stopped.get((one.order_id, one.clock))) is not None and was != one.predicted
    ]
    return sorted(moved, key=_suffers, reverse=True)


def _suffers(clock: ClockMoved) -> tuple[timedelta, timedelta]:
    """How much later than due, then how much later at all."""
    late = [max(at - clock.due, timedelta()) for at in (clock.before, clock.after)]
    return late[1] - late[0], clock.after - clock.before


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


def _in_indices(prepared: Prepared, move: Move) -> solver.Move:
    return solver.Move(
        order=_index(prepared, move.order_id),
        engineer=_engineer(prepared, move.engineer_id) if move.engineer_id is not None else None,
        start=prepared.scene.second(move.start) if move.start else 0,
    )


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
        if stop.order in asked and not stop.second
    }


def _index(prepared: Prepared, order_id: str) -> int:
    for index, order in enumerate(prepared.work.document.orders):
        if order.id == order_id:
            return index
    if order_id in prepared.scene.waiting:
        raise Conflict(f"order {order_id} waits for another order, of which nobody knows yet when it is done")
    raise NotFound(f"order {order_id} does not wait for an engineer of this territory")


def _engineer(prepared: Prepared, engineer_id: str) -> int:
    known = {engineer.id for engineer in prepared.scene.facts.engineers}
    for index, engineer in enumerate(prepared.work.document.engineers):
        if engineer.id == engineer_id and engineer.id in known:
            return index
    raise NotFound(f"engineer {engineer_id} is not there to be planned in this territory")
