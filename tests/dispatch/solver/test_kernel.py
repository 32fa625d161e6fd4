"""The compiled kernel's memory: its running prices are the judge's, and what is taken back leaves no trace."""

from dataclasses import replace

import numpy as np
import pytest

from services.dispatch.solver import Problem, judge
from services.dispatch.solver.kernel.completing import complete
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.layout import (
    AGREED,
    BEGINS_AT,
    BUSY,
    CASE,
    COUNTS,
    DELIVERED,
    FREE,
    KIT_FEN,
    LEAN_BREACH_FEN,
    LEAN_DROP_FEN,
    LEFT,
    LENGTH,
    MOVED,
    N_ORDERS,
    ORDERS_ON,
    PREVENTIVE_ON,
    PRICES,
    RELEASE,
    REMOVED,
    SEEDS,
    SESSION,
    SOURCE,
    SPENT,
    STAYS,
    TAKEN,
    TOTAL,
    TOUCHED_ORDERS,
    TOUR_FEN,
    TOUR_OF,
    VISITS,
    State,
    view,
)
from services.dispatch.solver.kernel.loading import load
from services.dispatch.solver.kernel.reading import plan_of
from services.dispatch.solver.kernel.ruin import ruin
from services.dispatch.solver.kernel.search import anneal, arrange, insert, settle
from services.dispatch.solver.kernel.trial import begin_trial, take_back
from services.dispatch.solver.kernel.writing import price
from services.dispatch.solver.plan import Plan, Route
from services.dispatch.solver.problem import Clock, Order
from services.dispatch.solver.verdict import Violation
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import problem_of

SIZES = [(1, 12, 3, 1), (2, 25, 5, 1), (3, 30, 4, 3), (4, 60, 12, 2)]


class Scene:
    """A constructed plan of a random network, and a worker's desk."""

    def __init__(self, seed: int, orders: int, engineers: int, days: int) -> None:
        document = random_document(seed, orders=orders, engineers=engineers, days=days, ties=True)
        self.problem: Problem = problem_of(document)
        draft = Draft(self.problem, seed=seed)
        complete(draft)
        self.facts, self.state, self.saved, self.desk = draft.facts, draft.state, draft.saved, draft.desk
        self.best = self.state.copy()

    def anneal(self, trials: int, heat: float) -> None:
        anneal(self.facts, self.state, self.saved, self.best, self.desk, trials, heat, heat)

    def plan(self, state: State) -> Plan:
        absent = np.flatnonzero(view(state, TOUR_OF)[: len(self.problem.orders), 0] < 0).tolist()
        return plan_of(self.problem, self.facts, state, dict.fromkeys(absent, "price"))

    def judged(self, state: State) -> tuple[int, tuple[Violation, ...]]:
        verdict = judge(self.problem, self.plan(state))
        return verdict.total, verdict.violations


def total(state: State) -> int:
    return int(view(state, TOTAL)[0, 0])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("heat", [1.0, 50_000.0, 10.0**9])
def test_the_running_total_is_the_judge_s_to_the_fen(size: tuple[int, int, int, int], heat: float) -> None:
    """After construction and after any number of trials, also when every trial is accepted."""
    scene = Scene(*size)
    for trials in (0, 1, 7, 60):
        scene.anneal(trials, heat)
        assert scene.judged(scene.state) == (total(scene.state), ())
        assert scene.judged(scene.best) == (total(scene.best), ())
        assert total(scene.best) <= total(scene.state)


def leant(problem: Problem, breach: int, drop: int) -> Problem:
    """The problem whose prices say what a leaning search adds."""

    def dearer(clock: Clock) -> Clock:
        return clock._replace(breach_fen=clock.breach_fen + breach, cap_fen=clock.cap_fen + breach)

    def order(one: Order) -> Order:
        cargo = one.cargo and replace(one.cargo, clock=one.cargo.clock and dearer(one.cargo.clock))
        added = drop if one.drop_fen else 0
        return replace(one, clocks=tuple(map(dearer, one.clocks)), cargo=cargo, drop_fen=one.drop_fen + added)

    return replace(problem, orders=tuple(map(order, problem.orders)))


@pytest.mark.parametrize("size", SIZES)
def test_a_leaning_search_adds_so_much_to_each_broken_clock_and_each_order_left_out(
    size: tuple[int, int, int, int],
) -> None:
    scene = Scene(*size)
    scene.anneal(30, 50_000.0)
    true, plan = total(scene.state), scene.plan(scene.state)
    for breach, drop in ((700, 3_000), (0, 0)):
        view(scene.facts, PRICES)[[LEAN_BREACH_FEN, LEAN_DROP_FEN], 0] = breach, drop
        price(scene.facts, scene.state)
        assert total(scene.state) == judge(leant(scene.problem, breach, drop), plan).total
        assert (total(scene.state) == true) == (breach == 0)


def written(state: State) -> dict[int, object]:
    """Everything that a state says; cells behind the end of a tour say nothing."""
    lengths = view(state, LENGTH)[:, 0].tolist()
    rows: dict[int, object] = {
        table: [view(state, table)[tour, : length + more].tolist() for tour, length in enumerate(lengths)]
        for table, more in ((VISITS, 0), (FREE, 1), (TAKEN, 1), (SPENT, 1))
    }
    plain = (LENGTH, TOUR_FEN, TOUR_OF, SOURCE, RELEASE, KIT_FEN, CASE, MOVED, DELIVERED, LEFT, BUSY, ORDERS_ON)
    more = (AGREED, SESSION, STAYS, BEGINS_AT, PREVENTIVE_ON, TOTAL)
    return rows | {table: view(state, table).tolist() for table in (*plain, *more)}


def traces(scene: Scene, *, forgotten: int) -> tuple[int, int]:
    """One trial around every order, taken back: how many changed something, and how many left a trace when so many of
    the orders that each touched first are struck off its list."""
    facts, state, saved, desk = scene.facts, scene.state, scene.saved, scene.desk
    changed = left = 0
    for seed in view(desk, SEEDS)[:, 0].tolist():
        before, whole = written(state), state.copy()
        begin_trial(state, saved, desk)
        count = ruin(facts, state, saved, desk, seed)
        arrange(facts, desk, seed, count)
        for order in view(desk, REMOVED)[:count, 0].tolist():
            insert(facts, state, saved, desk, order, 0.3, 1.0, True)
        settle(facts, state, saved, desk, 0.0)
        changed += written(state) != before
        listed, kept = view(desk, TOUCHED_ORDERS), max(0, int(view(desk, COUNTS)[N_ORDERS, 0]) - forgotten)
        listed[:kept] = listed[forgotten : forgotten + kept].copy()
        view(desk, COUNTS)[N_ORDERS] = kept
        take_back(facts, state, saved, desk)
        left += written(state) != before
        state[:] = whole
    return changed, left


@pytest.mark.parametrize("size", SIZES)
def test_a_trial_that_is_taken_back_leaves_no_trace(size: tuple[int, int, int, int]) -> None:
    scene = Scene(*size)
    scene.anneal(20, 50_000.0)
    changed, left = traces(scene, forgotten=0)
    assert changed > 0  # the trials did change something, so the comparison could fail
    assert left == 0
    assert traces(scene, forgotten=1)[1] > 0  # a list that lacks one order is noticed


@pytest.mark.parametrize("size", SIZES)
def test_a_plan_that_is_loaded_again_is_the_same_plan(size: tuple[int, int, int, int]) -> None:
    scene = Scene(*size)
    scene.anneal(100, 1.0)
    plan, again = scene.plan(scene.best), Draft(scene.problem)
    load(again, plan)
    loaded = again.outline()
    assert [_orders(route) for route in loaded.routes] == [_orders(route) for route in plan.routes]
    assert (loaded.sources, loaded.cases) == (plan.sources, plan.cases)
    assert scene.judged(again.state) == (again.total, ())
    assert again.total <= total(scene.best)  # less where an earlier day has made a pick-up needless


def _orders(route: Route) -> list[int]:
    return [stop.order for stop in route.stops if stop.order >= 0]
