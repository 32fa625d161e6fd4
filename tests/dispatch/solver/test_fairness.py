"""Fair shares in the engines: sums by head, and a share that is forgotten."""

import pytest

from services.dispatch.solver import ENGINES, judge
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.explaining import explained
from services.dispatch.solver.kernel.layout import FAIRNESS_FEN, PRICES, view
from services.dispatch.solver.kernel.loading import load
from tests.dispatch.solver.solving import problem_of, solved
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

PRICE = {
    "travel_fen_per_hour": 6000,
    "distance_fen_per_km": 0,
    "fairness_fen_per_hour": 1000,
    "fairness_free_seconds": 4 * HOUR,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_who_has_borne_less_goes(engine: str) -> None:
    """p1 and back are two hours of driving. a has borne 3 h: one of the two lies above the free 4 h and costs 1 000. b
    has borne nothing: nothing."""
    people = [engineer("a", burden_seconds=3 * HOUR), engineer("b")]
    result = solved(document(price=PRICE, engineers=people, orders=[order("x")]), engine)
    assert [route.tour for route in result.plan.routes] == [1]
    alone = solved(document(price=PRICE, engineers=people[:1], orders=[order("x")]), engine)
    assert alone.verdict.by_rule == {"fairness": 1000, "travel.time": 12_000}


@pytest.mark.parametrize("engine", ENGINES)
def test_days_of_one_engineer_add_up(engine: str) -> None:
    """Two days, each with two hours to p2 and two back: 8 h, 4 of them above what is free."""
    days = [{"start": day * 24 * HOUR, "end": (day * 24 + 8) * HOUR} for day in range(2)]
    work = [
        order(str(day), "p2", windows=[{"start": day * 24 * HOUR, "end": (day * 24 + 8) * HOUR}]) for day in range(2)
    ]
    horizon = {"start": 0, "end": 48 * HOUR}
    problem = document(price=PRICE, engineers=[engineer("a", shifts=days)], orders=work, horizon=horizon)
    result = solved(problem, engine)
    assert result.verdict.by_rule == {"fairness": 4000, "travel.time": 48_000}


@pytest.mark.parametrize(("rate", "missing"), [(1000, 0), (0, 1000)])
def test_the_running_total_has_the_share(rate: int, missing: int) -> None:
    """Also when a plan is loaded; a kernel that forgets the rate is noticed by the judge."""
    people = [engineer("a", burden_seconds=3 * HOUR)]
    draft = Draft(problem_of(document(price=PRICE, engineers=people, orders=[order("x")])))
    view(draft.facts, PRICES)[FAIRNESS_FEN] = rate
    draft.construct()
    assert judge(draft.problem, explained(draft)).total - draft.total == missing
    again = draft.emptied()
    load(again, explained(draft))
    assert again.total == draft.total
