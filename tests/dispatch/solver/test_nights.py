"""Nights away from home in the engines: sums by head, the allowed number, and a night that is forgotten."""

from typing import Any

import pytest

from services.dispatch.solver import ENGINES, judge
from services.dispatch.solver.kernel import nights
from services.dispatch.solver.kernel.completing import complete
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.explaining import explained
from services.dispatch.solver.kernel.layout import NIGHT_FEN, TOURS, view
from services.dispatch.solver.kernel.loading import load
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import broken, planned, problem_of, solved
from tests.dispatch.solver.test_engines import ROUNDS
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

PLANNERS = [engine for engine in ENGINES if engine != "insert"]
"""Who decides where nights are spent: `insert` keeps what was published."""

DAYS = [{"start": day * 24 * HOUR, "end": (day * 24 + 8) * HOUR} for day in range(3)]
PRICE = {"travel_fen_per_hour": 6000, "distance_fen_per_km": 0}


def away(nights: int, *, fen: int = 5000, days: int = 2, **changes: Any) -> dict[str, Any]:
    """a works 8 h a day from p0 and may stay away."""
    leave = {"fen_per_night": fen, "max_nights": nights} if nights else None
    people = [engineer("a", shifts=DAYS[:days], overnight=leave)]
    return document(price=PRICE, engineers=people, horizon={"start": 0, "end": 72 * HOUR}) | changes


FAR = [order("x", "p4", service_seconds=2 * HOUR), order("y", "p5")]
"""p4 is 4 h away: there, 2 h of work and back are 10 h, more than a day has; p5 lies an hour behind it."""


@pytest.mark.parametrize("engine", PLANNERS)
def test_who_stays_reaches_what_is_too_far_for_a_day(engine: str) -> None:
    """Day one: 5 h to p5, 1 h of work. Day two: 1 h to p4, 2 h of work, 4 h home. 10 h of driving and a night; the
    other way round the same."""
    result = solved(away(1, orders=FAR), engine, ROUNDS[engine])
    assert result.verdict.by_rule == {"overnight": 5000, "travel.time": 60_000}
    assert [route.stays for route in result.plan.routes] == [True, False]
    assert solved(away(0, orders=FAR), engine, ROUNDS[engine]).plan.unassigned == {0: "shift", 1: "shift"}


@pytest.mark.parametrize("engine", PLANNERS)
@pytest.mark.parametrize(("fen", "spent"), [(23_999, 23_999), (24_001, 0)])
def test_a_night_is_spent_away_where_that_is_cheaper(engine: str, fen: int, spent: int) -> None:
    """Two days of 4 h of work at p2, 2 h away: a night there saves 4 h of driving, 24 000."""
    work = [order(name, "p2", service_seconds=4 * HOUR) for name in "xy"]
    result = solved(away(1, fen=fen, orders=work), engine, ROUNDS[engine])
    assert result.verdict.by_rule.get("overnight", 0) == spent
    assert result.verdict.totals.served == 2


@pytest.mark.parametrize("engine", PLANNERS)
@pytest.mark.parametrize("nights", [1, 2])
def test_no_more_nights_than_allowed(engine: str, nights: int) -> None:
    """Three days of 5 h of work at p2, which would like two nights."""
    work = [order(name, "p2", service_seconds=4 * HOUR) for name in "xyz"]
    result = solved(away(nights, fen=10, days=3, orders=work), engine, ROUNDS[engine])
    assert result.verdict.by_rule["overnight"] == 10 * nights


def test_a_stay_survives_a_warm_start() -> None:
    problem = problem_of(away(1, orders=FAR))
    plan = planned(problem).plan
    draft = Draft(problem)
    load(draft, plan)
    assert explained(draft) == plan


def test_insert_keeps_the_published_night() -> None:
    """z at p4 comes in: an hour more of work there, nothing else changes."""
    plan = planned(problem_of(away(1, orders=FAR))).plan
    result = solved(away(1, orders=[*FAR, order("z", "p4")]), "insert", ROUNDS["insert"], start=plan)
    assert result.verdict.by_rule == {"overnight": 5000, "travel.time": 60_000}
    assert result.plan.unassigned == {}


def test_without_leave_a_loaded_stay_ends_at_home() -> None:
    """The leave is withdrawn: what is too far for a day is left out, whatever was published."""
    plan = planned(problem_of(away(1, orders=FAR))).plan
    result = planned(problem_of(away(0, orders=FAR)), start=plan)
    assert result.plan.unassigned == {0: "shift", 1: "shift"}


def test_the_judge_sees_an_engine_that_stays_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    work = [order(name, "p2", service_seconds=4 * HOUR) for name in "xyz"]
    monkeypatch.setattr(nights, "may_stay", lambda *_: True)
    with pytest.raises(AssertionError, match="rule='nights'"):
        solved(away(1, fen=10, days=3, orders=work))


def weeks(seed: int) -> dict[str, Any]:
    """A random network over three days in which everybody may be away for a night or two."""
    problem = random_document(seed, orders=24, engineers=3, days=3, side_km=350)
    for number, one in enumerate(problem["engineers"]):
        one["overnight"] = {"fen_per_night": 8000, "max_nights": 1 + number % 2}
    return problem


@pytest.mark.parametrize("engine", PLANNERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_judge_accepts_nights_of_a_network(engine: str, seed: int) -> None:
    problem = problem_of(weeks(seed))
    result = planned(problem, engine, ROUNDS[engine], seed=seed)
    assert result.verdict.by_rule["overnight"] > 0
    again = planned(problem, engine, ROUNDS[engine], seed=seed, start=result.plan)
    assert again.verdict.total <= result.verdict.total


def test_the_running_total_has_the_nights() -> None:
    """Also when the plan is loaded; a kernel that takes nights for free is noticed by the judge."""
    for rate, missing in ((5000, 0), (0, 5000)):
        draft = Draft(problem_of(away(1, orders=FAR)))
        view(draft.facts, TOURS)[:, NIGHT_FEN] = rate
        complete(draft)
        verdict = judge(draft.problem, explained(draft))
        assert (verdict.total - draft.total, broken(verdict)) == (missing, set())
        again = draft.emptied()
        load(again, explained(draft))
        assert again.total == draft.total
