"""Advice for dispatchers: recommendations and edited plans are priced by the judge, and nothing is changed."""

import copy

from services.dispatch.solver import judge
from services.dispatch.solver.kernel.advising import analyse, recommend
from services.dispatch.solver.plan import Plan, Route, Stop
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import problem_of, solved
from tests.dispatch.solver.tiny import HOUR, document, engineer, order


def test_candidates_come_cheapest_first_with_the_change_by_rule() -> None:
    """Every candidate's plan is accepted, and its price is the given plan's plus the change."""
    network = random_document(9, orders=20, engineers=6)
    problem, plan = problem_of(network), solved(network).plan
    base = judge(problem, plan)
    before = copy.deepcopy(plan)
    for one in range(20):
        found = recommend(problem, plan, one)
        prices = [candidate.fen for candidate in found.candidates]
        assert prices == sorted(prices)
        assert len(prices) <= 5
        for candidate in found.candidates:
            verdict = judge(problem, candidate.plan)
            assert verdict.violations == ()
            assert verdict.total == base.total + candidate.fen == base.total + sum(candidate.by_rule.values())
    assert plan == before


def test_the_ones_who_cannot_come_have_their_rule() -> None:
    people = [
        engineer("a"),
        engineer("b", skills={}),
        engineer("c", shifts=[{"start": 0, "end": HOUR}]),
        engineer("d", max_orders=0),
    ]
    problem = problem_of(document(engineers=people, orders=[order("x", excluded_engineers=[])]))
    found = recommend(problem, Plan(unassigned={0: "capacity"}), 0)
    assert [candidate.engineer for candidate in found.candidates] == [0]
    assert found.refused == {1: "skill", 2: "shift", 3: "capacity"}
    assert found.candidates[0].by_rule == {"dropped": -1_000_000, "travel.distance": 12_000, "travel.time": 12_000}
    assert found.candidates[0].start == HOUR


def test_work_under_way_has_no_candidates() -> None:
    moving = order("x", frozen={"state": "travelling", "engineer": "a", "start": 60, "until": 120})
    result = solved(document(orders=[moving]))
    assert recommend(problem_of(document(orders=[moving])), result.plan, 0).candidates == ()


def test_an_edited_plan_is_timed_and_priced_as_it_stands() -> None:
    """x at p1 and y at p3 in the dearer order: 3 + 2 + 1 h of driving instead of 6, and the pin on y is broken."""
    pinned = order("y", "p3", pin={"kind": "time", "start": 5 * HOUR})
    problem = problem_of(document(orders=[order("x"), pinned]))
    blank = [Stop(1, -1, 0, 0, 0), Stop(0, -1, 0, 0, 0)]
    found = analyse(problem, Plan((Route(0, tuple(blank)),)))
    verdict = found.verdict
    assert [(stop.arrival, stop.start) for stop in found.plan.routes[0].stops] == [
        (3 * HOUR, 5 * HOUR),
        (8 * HOUR, 8 * HOUR),
    ]
    assert verdict.violations == ()
    assert verdict.by_rule == {"overtime": 18_000, "travel.distance": 36_000, "travel.time": 36_000}
    late = [Stop(0, -1, 0, 0, 0), Stop(1, -1, 0, 0, 0)]
    moved = problem_of(document(orders=[order("x", service_seconds=3 * HOUR), pinned]))
    verdict = analyse(moved, Plan((Route(0, tuple(late)),))).verdict
    assert [violation.rule for violation in verdict.violations] == ["pin"]
