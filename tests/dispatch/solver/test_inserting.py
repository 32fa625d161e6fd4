"""The engine `insert`: a new order into a published plan, at its exact best place, and hardly anybody else is moved."""

import time
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from services.dispatch.solver import Plan, Problem, Stop, judge, solve
from services.dispatch.solver.kernel import inserting
from services.dispatch.solver.kernel.advising import recommend
from services.dispatch.solver.problem import Told
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import planned, problem_of
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

Times = dict[int, tuple[int, int]]


def times(problem: Problem, plan: Plan) -> Times:
    """(engineer, start) of every planned order."""
    return {
        stop.order: (problem.tours[route.tour].engineer, stop.start)
        for route in plan.routes
        for stop in route.stops
        if stop.order >= 0
    }


def with_news(seed: int, inspections: float = 0.2) -> tuple[Problem, Plan]:
    """A published plan of 24 orders, and the problem with a 25th that it does not know."""
    problem = problem_of(random_document(seed, orders=25, engineers=6, days=2, inspections=inspections))
    news = problem.orders[-1]
    known = replace(problem, orders=problem.orders[:-1])
    plan = planned(known, "roadcall", 200).plan
    told = times(known, plan)
    orders = tuple(
        replace(one, published=Told(*told[number]) if number in told else None)
        for number, one in enumerate(known.orders)
    )
    return replace(problem, orders=(*orders, news)), plan


def best_without_a_search(problem: Problem, plan: Plan) -> int:
    """Price of the plan with the new order where the judge finds it cheapest, or left out."""
    left_out = replace(plan, unassigned={**plan.unassigned, len(problem.orders) - 1: "capacity"})
    candidates = recommend(problem, left_out, len(problem.orders) - 1, top=1).candidates
    return min([judge(problem, one.plan).total for one in candidates] + [judge(problem, left_out).total])


@pytest.mark.parametrize("seed", range(4))
def test_the_best_place_and_then_no_worse(seed: int) -> None:
    """Without a search it is the cheapest candidate of all engineers, to the fen; the search only makes it cheaper. No
    inspections, which would make room besides."""
    problem, plan = with_news(seed, inspections=0.0)
    alone = planned(problem, "insert", 0, start=plan)
    assert alone.verdict.total == best_without_a_search(problem, plan)
    searched = planned(problem, "insert", 240, start=plan)
    assert searched.verdict.total <= alone.verdict.total


def crowd(**changes: Any) -> tuple[Problem, Plan]:
    """Twenty-nine engineers near p1, each busy with one order and allowed no second; far away, at p5, one is free."""
    near = [engineer(f"n{number}", max_orders=1) for number in range(29)]
    free = engineer("free", start_place="p5", end_place="p5")
    work = [order(f"o{number}", "p0") for number in range(29)]
    problem = problem_of(document(engineers=[*near, free], orders=[*work, order("urgent", **changes)]))
    known = replace(problem, orders=problem.orders[:-1])
    return problem, planned(known).plan


def test_nobody_is_too_far_to_be_asked() -> None:
    """The free engineer is none of the 24 most promising ones, and nothing is planned near."""
    problem, plan = crowd()
    result = planned(problem, "insert", 0, start=plan)
    assert times(problem, result.plan)[29] == (29, 4 * HOUR)


def test_of_very_many_new_orders_no_more_are_tried_on_every_tour_once_it_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The wish comes while the second handful is tried; the rest is planned by a look around it, none is forgotten."""
    problem, looks, wide = problem_of(random_document(5, orders=30, engineers=6, days=2)), iter([False]), []
    honest: Any = inserting.insert_all

    def watched(*memories: Any) -> None:
        wide.append(memories[-1])
        honest(*memories)

    monkeypatch.setattr(inserting, "AT_ONCE", 8)
    monkeypatch.setattr(inserting, "insert_all", watched)
    stop = Stop.seconds(60, clock=time.monotonic, cancelled=lambda: next(looks, True))
    result = solve(problem, stop=stop, engine="insert", start=Plan())
    assert (wide[:4], result.stopped_by, result.iterations) == ([True, True, False, False], "cancelled", 0)
    assert not any(wide[4:])
    assert len(times(problem, result.plan)) + len(result.plan.unassigned) == 30


def test_a_scan_of_the_near_tours_alone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the exact scan."""
    honest: Any = inserting.insert_all
    monkeypatch.setattr(inserting, "insert_all", lambda *memories: honest(*memories[:-1], False))
    problem, plan = crowd()
    assert 29 in planned(problem, "insert", 0, start=plan).plan.unassigned


def test_a_change_is_made_only_where_it_pays() -> None:
    """Engineer b is told x at p1 for 1 h. The urgent y at p2 must be begun by 2 h; a, at p5, is 3 h away: too late.
    b can serve y first: 2 h away, in time, then x at 4 h, moved by 3 h. Left out y costs 1 000 000; moving x costs
    `fen`: below that it is moved, above it is not."""
    for fen, moved in ((50_000, True), (2_000_000, False)):
        people = [engineer("a", start_place="p5", end_place="p5"), engineer("b")]
        told = order("x", published={"engineer": "b", "start": HOUR}, drop_price_fen=9_000_000)
        urgent = order("y", "p2", windows=[{"start": 0, "end": 2 * HOUR}])
        problem = problem_of(document(price={"change_time_fen": fen}, engineers=people, orders=[told, urgent]))
        plan = planned(replace(problem, orders=problem.orders[:1])).plan
        result = times(problem, planned(problem, "insert", 100, start=plan).plan)
        assert (result[0] != (1, HOUR), 1 in result) == (moved, moved)


def test_preventive_work_that_makes_room_finds_another_place() -> None:
    """a inspects at p1 from 1 h on, and only then. The breakdown at p1, which only a can mend, is due by 1 h: a starts
    it in time, and b, who is two levels below a, takes over the inspection."""
    people = [engineer("a", skills={"diesel": 4}), engineer("b", skills={"diesel": 2}, start_place="p2")]
    inspection = order("i", kind="inspection", windows=[{"start": HOUR, "end": HOUR}])
    clock = {"name": "arrive", "due": HOUR, "fen_per_hour": 100_000, "stops": "start"}
    breakdown = order("x", skills=[{"skill": "diesel", "level": 4}], clocks=[clock])
    problem = problem_of(document(engineers=people, orders=[inspection, breakdown]))
    known = replace(problem, orders=problem.orders[:1])
    plan = planned(known).plan
    assert times(known, plan) == {0: (0, HOUR)}
    result = planned(problem, "insert", 0, start=plan)
    assert times(problem, result.plan) == {0: (1, HOUR), 1: (0, HOUR)}


@pytest.mark.parametrize("seed", range(3))
def test_reasons_are_true(seed: int) -> None:
    """Whoever is left out for another reason than its price is not let in by a look at everybody either."""
    problem, plan = with_news(seed)
    result = planned(problem, "insert", 100, start=plan).plan
    for left_out, reason in result.unassigned.items():
        assert bool(recommend(problem, result, left_out, top=1).candidates) == (reason == "price")


def test_without_news_nothing_changes() -> None:
    problem, plan = with_news(2)
    known = replace(problem, orders=problem.orders[:-1])
    left_out = {number: "capacity" for number in range(len(known.orders)) if number not in times(known, plan)}
    result = planned(known, "insert", 240, start=replace(plan, unassigned=left_out))
    assert result.iterations == 0
    before, after = times(known, plan), times(known, result.plan)
    assert {number: after[number] for number in before} == before


@pytest.mark.parametrize("seed", range(4))
def test_a_cancel_leaves_the_first_answer(seed: int) -> None:
    """The new order at its best place, as the cheapest candidate is priced, and nobody else moved."""
    problem, plan = with_news(seed, inspections=0.0)
    news = len(problem.orders) - 1
    stop = Stop.seconds(60, clock=time.monotonic, cancelled=lambda: True)
    result = solve(problem, stop=stop, engine="insert", start=plan)
    assert (result.stopped_by, result.iterations) == ("cancelled", 0)
    assert result.verdict.total == best_without_a_search(problem, plan)
    before, now = times(problem, plan), times(problem, result.plan)
    assert {number: now[number][0] for number in before} == {number: who for number, (who, _) in before.items()}
    assert (news in now) != (news in result.plan.unassigned)


def test_only_a_search_that_begins_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a cancel that would take a tenth of a second with 2 000 new orders."""
    problem, plan = with_news(1)
    prepared = Mock(wraps=inserting._surroundings)  # the real one, counted
    monkeypatch.setattr(inserting, "_surroundings", prepared)
    for trials, switch, times_prepared in ((1, True, 0), (0, False, 0), (1, False, 1)):
        stop = Stop.iterations(trials, clock=time.monotonic, cancelled=switch.__bool__)
        assert solve(problem, stop=stop, engine="insert", start=plan).iterations == times_prepared
        assert prepared.call_count == times_prepared
