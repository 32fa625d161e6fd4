"""Properties of every engine on random networks with every feature of the format."""

import time
from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.solver import ENGINES, Problem, Stop, judge, solve
from services.dispatch.solver.answer import Answer
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.explaining import explained
from services.dispatch.solver.kernel.insertion import NO_BOUND, best_in_tour
from services.dispatch.solver.kernel.layout import NOWHERE
from services.dispatch.solver.kernel.loading import load
from services.dispatch.solver.kernel.placing import free_quote, price_of_absence
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import plan_document, planned, problem_of, solved
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

SIZES = [(1, 8, 3, 1), (2, 20, 5, 1), (3, 25, 4, 3), (4, 40, 9, 2)]
ROUNDS = {"roadcall": 400, "greedy": 0, "insert": 240, "ortools": 2}


def network(seed: int, orders: int, engineers: int, days: int) -> dict[str, Any]:
    return random_document(seed, orders=orders, engineers=engineers, days=days)


@pytest.mark.parametrize("size", SIZES[:3])
def test_no_search_is_worse_than_greedy(size: tuple[int, int, int, int]) -> None:
    problem = network(*size)
    greedy = solved(problem)
    for engine in ("roadcall", "ortools"):
        result = solved(problem, engine, ROUNDS[engine])
        assert result.verdict.violations == ()
        assert result.verdict.total <= greedy.verdict.total


@pytest.mark.parametrize("engine", ENGINES)
def test_a_price_one_fen_from_the_judge_s_is_refused(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer in every test and benchmark goes through this comparison."""
    honest = ENGINES[engine]

    def dear(problem: Problem, **how: Any) -> Answer:
        answer = honest(problem, **how)
        return replace(answer, fen=answer.fen + 1)

    monkeypatch.setitem(ENGINES, engine, dear)
    with pytest.raises(AssertionError, match=r"takes its plan for \d+ fen"):
        solved(network(*SIZES[0]), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_same_seed_and_iterations_give_the_same_plan(engine: str) -> None:
    problem = network(7, 25, 6, 2)
    first, second = (solved(problem, engine, ROUNDS[engine], seed=5).plan for _ in range(2))
    assert first == second


def locked(problem: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    """What a day later looks like: all published, first stops under way, every third order pinned."""
    starts = {
        stop["order"]: (route["engineer"], stop["start"], stop["end"], position)
        for route in plan["routes"]
        for position, stop in enumerate(route["stops"])
        if stop["kind"] == "order"
    }
    orders = []
    for number, one in enumerate(problem["orders"]):
        changes: dict[str, Any] = {}
        if one["id"] in starts:
            who, start, end, position = starts[one["id"]]
            changes["published"] = {"engineer": who, "start": start}
            if position == 0 and number % 2:
                changes["frozen"] = {"state": "on_site", "engineer": who, "start": start, "until": end}
                changes["interruptible"] = False
            elif number % 3 == 0:
                changes["pin"] = {"kind": "resource", "engineer": who}
        orders.append(one | changes)
    return problem | {"orders": orders}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", SIZES[1:3])
def test_locks_survive_every_engine(engine: str, size: tuple[int, int, int, int]) -> None:
    problem = network(*size)
    result = solved(problem)
    later = locked(problem, plan_document(problem, result))
    again = solved(later, engine, ROUNDS[engine], start=result.plan)
    assert again.verdict.violations == ()
    where = {stop.order: route.tour for route in again.plan.routes for stop in route.stops}
    tours = problem_of(later).tours
    for number, one in enumerate(later["orders"]):
        fixed = one.get("frozen", {}).get("engineer") or one.get("pin", {}).get("engineer")
        if fixed and (one.get("frozen") or number in where):
            assert later["engineers"][tours[where[number]].engineer]["id"] == fixed


def test_a_warm_start_without_news_changes_nothing() -> None:
    problem = problem_of(network(3, 25, 4, 3))
    plan = planned(problem).plan
    again = Draft(problem)
    load(again, plan)
    assert explained(again) == plan


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(4))
def test_preventive_work_is_never_planned_at_the_price_of_a_promise(engine: str, seed: int) -> None:
    """Take all inspections out of the plan: no promise gets cheaper, because none was made late by them."""
    problem = problem_of(random_document(seed, orders=24, engineers=4, inspections=0.5, side_km=80))
    stop = Stop.iterations(ROUNDS[engine], clock=time.monotonic)
    result = solve(problem, stop=stop, engine=engine)
    inspections = {index for index, record in enumerate(problem.orders) if record.preventive}
    bare = Draft(problem)
    load(bare, result.plan, without=inspections)
    served = {stop.order for route in result.plan.routes for stop in route.stops}
    assert served & inspections
    late = ("lateness.arrive", "lateness.restore", "lateness.cargo")
    without = judge(problem, explained(bare)).by_rule
    assert [result.verdict.by_rule.get(rule, 0) for rule in late] == [without.get(rule, 0) for rule in late]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("size", SIZES)
def test_reasons_are_true(engine: str, size: tuple[int, int, int, int]) -> None:
    """`price`: a tour could take it, but not for less than leaving it out. Everything else: no tour can."""
    problem = problem_of(network(*size))
    plan = planned(problem, engine, ROUNDS[engine]).plan
    assert plan.unassigned
    draft = Draft(problem)
    load(draft, plan)
    memories = draft.facts, draft.state, draft.desk
    for left_out, reason in plan.unassigned.items():
        quote = free_quote(draft.facts, draft.state, left_out)
        found = [best_in_tour(*memories, left_out, tour, quote, NO_BOUND, True) for tour in range(len(problem.tours))]
        prices = [fen for fen, kit, *_ in found if kit != NOWHERE]
        assert bool(prices) == (reason == "price")
        assert all(fen >= price_of_absence(draft.facts, draft.state, left_out) for fen in prices)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("skill", {"skills": [{"skill": "diesel", "level": 4}]}),
        ("certificate", {"certificates": ["gas"]}),
        ("excluded", {"excluded_engineers": ["a"]}),
        ("pin", {"pin": {"kind": "resource", "engineer": "b"}}),
        ("pin", {"pin": {"kind": "time", "start": 1800}}),
        ("unreachable", {"place": "p5"}),
        ("part_missing", {"kit": [{"part": "pump", "quantity": 1}]}),
        ("window", {"windows": [{"start": 0, "end": 1800}]}),
        ("window", {"windows": [{"start": 0, "end": HOUR}], "earliest_start": 2 * HOUR}),
        ("shift", {"service_seconds": 30 * HOUR}),
        ("reserve", {"kind": "inspection", "service_seconds": 2 * HOUR}),
        ("capacity", {"service_seconds": 8 * HOUR}),
        ("price", {"drop_price_fen": 1, "place": "p2"}),
    ],
)
def test_each_reason_of_the_closed_list_is_given(reason: str, changes: dict[str, Any]) -> None:
    """Engineer a has 12 h with overtime, 1 h of them for preventive work, and one dear order of 3 h."""
    shift = {"start": 0, "end": 8 * HOUR, "overtime_until": 12 * HOUR, "reserve_seconds": 7 * HOUR}
    people = [engineer("a", shifts=[shift]), engineer("b", skills={}, shifts=[])]
    dear = order("dear", service_seconds=3 * HOUR, drop_price_fen=10**9)
    problem = document(engineers=people, orders=[dear, order("x", **changes)])
    problem["travel"]["seconds"][0][5] = -1
    assert solved(problem).plan.unassigned == {1: reason}


def test_contradictions_and_extremes_are_answered() -> None:
    for problem in (
        document(orders=[]),
        document(engineers=[], orders=[order("x")]),
        document(engineers=[engineer("a", shifts=[])], orders=[order("x")]),
        document(orders=[order(f"x{i}", "p0", service_seconds=0) for i in range(60)]),
        document(horizon={"start": 0, "end": 0}, orders=[order("x")]),
    ):
        for engine in ENGINES:
            assert solved(problem, engine, 1).verdict.violations == ()


def test_interruptible_work_on_site_may_be_left_for_a_breakdown() -> None:
    """The inspection at p1 runs to 5 h; the breakdown at p2 is due at 2 h: it is served first, then the rest."""
    on_site = {"state": "on_site", "engineer": "a", "start": -HOUR, "until": 5 * HOUR}
    inspection = order("i", kind="inspection", service_seconds=6 * HOUR, interruptible=True, frozen=on_site)
    due = {"name": "arrive", "due": 2 * HOUR, "fen_per_hour": 500_000, "stops": "start"}
    result = solved(document(orders=[inspection, order("x", "p2", clocks=[due])]))
    assert [stop.order for stop in result.plan.routes[0].stops] == [1, 0]
    kept = inspection | {"interruptible": False}
    result = solved(document(orders=[kept, order("x", "p2", clocks=[due])]))
    assert [stop.order for stop in result.plan.routes[0].stops] == [0, 1]


def test_a_part_that_only_a_far_depot_has_is_found_behind_nearer_ones() -> None:
    """Four depots on the way hold the rest of the kit; the pump lies behind them all."""
    near = [depot(f"near{number}", "p1", stock={"hose": 5}) for number in range(4)]
    kit = [{"part": "pump", "quantity": 1}, {"part": "hose", "quantity": 1}]
    far = document(depots=[*near, depot("far", "p2")], orders=[order("o", "p1", kit=kit)])
    result = solved(far)
    assert result.verdict.violations == ()
    assert plan_document(far, result)["unassigned"] == []
