"""A published plan and what happens next: whatever comes, work under way stays, and the new plan is accepted."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.dispatch.solver import ENGINES, Plan, Problem, judge
from services.dispatch.solver.kernel import reading
from services.dispatch.solver.problem import FOREVER, Frozen, Order, Told
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import planned, problem_of, solved
from tests.dispatch.solver.strategies import holes
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

SEQUENCES = 1000
EDITS = 3
PUMP = [{"part": "pump", "quantity": 1}]


def under_way(problem: Problem, plan: Plan, dice: random.Random) -> Problem:
    """Some engineers have left for their first order, or are at it."""
    orders, tours = list(problem.orders), list(problem.tours)
    for route in plan.routes:
        stop = next((stop for stop in route.stops if stop.order >= 0), None)
        if stop is None or route.stops[0] is not stop or orders[stop.order].frozen or dice.random() < 0.5:
            continue
        if orders[stop.order].crew == 2:  # a crew under way has a test of its own
            continue
        engineer = tours[route.tour].engineer
        if tours[route.tour].frozen or any(t.engineer == engineer and t.frozen for t in tours):
            continue
        orders[stop.order] = replace(
            orders[stop.order], frozen=Frozen(engineer, stop.start, stop.end), kit=(), links=(), expert=None
        )
        breaks = tuple(one for one in tours[route.tour].breaks if stop.end <= one.latest)
        place, end_place = orders[stop.order].place, tours[route.tour].end_place
        end_place = end_place if problem.way(place, end_place)[0] >= 0 else place
        tours[route.tour] = replace(
            tours[route.tour], frozen=(stop.order,), breaks=breaks, end_place=end_place, limit=FOREVER // 2
        )
    return replace(problem, orders=tuple(orders), tours=tuple(tours))


def told(problem: Problem, plan: Plan) -> Problem:
    """Every customer knows who comes and when: from now on a change has a price."""
    orders = list(problem.orders)
    for route in plan.routes:
        for stop in route.stops:
            if stop.order >= 0 and not stop.second:
                published = Told(problem.tours[route.tour].engineer, stop.start)
                orders[stop.order] = replace(orders[stop.order], published=published)
    return replace(problem, orders=tuple(orders))


def edited(problem: Problem, dice: random.Random) -> Problem:
    """One thing happens: an order turns urgent or is called off, an engineer falls ill or is late, a shelf is empty."""
    orders, tours = list(problem.orders), list(problem.tours)
    one = dice.randrange(len(orders))
    match dice.choice(("urgent", "called off", "ill", "late", "empty shelf", "moved")):
        case "urgent" if not orders[one].frozen:
            clocks = tuple(clock._replace(due=problem.start + 3600) for clock in orders[one].clocks)
            orders[one] = replace(orders[one], clocks=clocks, drop_fen=10**7)
        case "called off" if not orders[one].frozen:
            orders[one] = replace(orders[one], windows=())
        case "ill":
            tour = dice.randrange(len(tours))
            if not tours[tour].frozen:
                tours[tour] = replace(tours[tour], max_orders=0)
        case "late":
            orders = [_later(order, dice.randrange(7200)) if order.frozen else order for order in orders]
            tours = [replace(t, breaks=()) if t.frozen else t for t in tours]
        case "empty shelf":
            stock = np.array(problem.stock)
            stock[dice.randrange(len(stock))] = 0
            return replace(problem, stock=stock)
        case "moved" if not orders[one].frozen:
            orders[one] = replace(orders[one], pin_engineer=dice.randrange(problem.engineers))
    return replace(problem, orders=tuple(orders), tours=tuple(tours))


def _later(order: Order, seconds: int) -> Order:
    return replace(order, frozen=order.frozen and replace(order.frozen, until=order.frozen.until + seconds))


def frozen_stops(problem: Problem, plan: Plan) -> dict[int, tuple[int, int, int]]:
    return {
        stop.order: (problem.tours[route.tour].engineer, stop.start, stop.end)
        for route in plan.routes
        for stop in route.stops
        if stop.order >= 0 and problem.orders[stop.order].frozen
    }


def sequence(seed: int) -> int:
    """A plan is told, some work begins, something happens, and again; how many orders were under way in the end."""
    dice = random.Random(seed)
    whole = random_document(seed % 50, orders=8, engineers=3, depots=2, vehicles=1, ties=seed % 10 == 0)
    if seed % 3 == 0:
        holes(whole, dice)
    problem = problem_of(whole)
    plan = planned(problem).plan
    at_work: dict[int, tuple[int, int, int]] = {}
    for _ in range(EDITS):
        problem = edited(under_way(told(problem, plan), plan, dice), dice)
        result = planned(problem, dice.choice(("roadcall", "insert")), 20, start=plan)
        plan = result.plan
        at_work = {
            o: (r.frozen.engineer, r.frozen.start, r.frozen.until) for o, r in enumerate(problem.orders) if r.frozen
        }
        assert judge(problem, plan).violations == ()
        assert frozen_stops(problem, plan) == at_work
        leads = [stop for route in plan.routes for stop in route.stops if stop.order >= 0 and not stop.second]
        assert len(plan.unassigned) + len(leads) == len(problem.orders)
    return len(at_work)


@pytest.mark.timeout(600)  # others may hold this machine
def test_a_thousand_sequences_of_edits_never_touch_work_under_way() -> None:
    under_way_by_seed = [sequence(seed) for seed in range(SEQUENCES)]
    assert sum(map(bool, under_way_by_seed)) > 0.9 * SEQUENCES
    assert sum(under_way_by_seed) > 1.5 * SEQUENCES


def test_an_engine_that_forgets_a_stop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    honest: Any = reading._route

    def forgetful(problem: Problem, *rest: Any) -> Any:
        route = honest(problem, *rest)
        return replace(route, stops=tuple(s for s in route.stops if s.order < 0 or not problem.orders[s.order].frozen))

    monkeypatch.setattr(reading, "_route", forgetful)
    with pytest.raises(AssertionError, match="order_missing"):
        sequence(3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["breakdown", "inspection"])
def test_a_detour_over_a_depot_stays_where_it_is_the_only_way(engine: str, kind: str) -> None:
    """b at p2 is reached over the depot at p1 alone, where the pump for x is fetched. The pump is gone: x is left out,
    and b is still visited over p1: 4 h of driving, 48 000."""
    way = document(depots=[depot("d", "p1")], orders=[order("b", "p2"), order("x", "p3", kit=PUMP, kind=kind)])
    for table in way["travel"].values():
        table[0][2] = -1
    told = planned(problem_of(way), "roadcall", 200).plan
    assert told.unassigned == {}
    result = solved(way | {"depots": [depot("d", "p1", stock={})]}, engine, 50, start=told)
    assert result.plan.unassigned == {1: "part_missing"}
    assert result.verdict.by_rule["travel.time"] + result.verdict.by_rule["travel.distance"] == 48_000


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tour_ends_where_work_under_way_has_no_way_home(engine: str) -> None:
    """a is at p2 from 1 h to 2 h; the matrix knows no way from there to p0. x at p3 is done by a, who comes back to p2:
    2 h of driving, 24 000; b stays at home."""
    under_way = {"state": "on_site", "engineer": "a", "start": HOUR, "until": 2 * HOUR}
    alone = document(engineers=[engineer("a"), engineer("b")], orders=[order("w", "p2", frozen=under_way)])
    for table in alone["travel"].values():
        table[2][0] = -1
    assert solved(alone, engine, 50).verdict.total == 0
    result = solved(alone | {"orders": [*alone["orders"], order("x", "p3")]}, engine, 50)
    assert result.verdict.total == 24_000
