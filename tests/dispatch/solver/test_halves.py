"""Two workers on one large plan: the same plan on one core and on two, nothing taken twice, ended within a chunk."""

import time
from dataclasses import replace

import pytest

from services.dispatch.solver import Problem, Result, Stop, judge, solve
from services.dispatch.solver.kernel import halves
from services.dispatch.solver.kernel.draft import Draft
from services.dispatch.solver.kernel.engine import in_halves
from services.dispatch.solver.kernel.explaining import explained
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import problem_of

TRIALS = 1500
SEEDS = range(5)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is small counts as large, and is cut often."""
    monkeypatch.setattr(halves, "LARGE", 4)
    monkeypatch.setattr(halves, "ROUND", 2)


def network(seed: int) -> Problem:
    """Twelve engineers who run short of parts and vehicles."""
    return problem_of(random_document(seed, orders=60, engineers=12, parts=3, vehicles=3, days=2))


def searched(problem: Problem, *, threads: int) -> Result:
    return solve(problem, stop=Stop.iterations(TRIALS, clock=time.monotonic), seed=3, threads=threads)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_core_and_two_give_the_same_plan(seed: int) -> None:
    problem = network(seed)
    one, two = (searched(problem, threads=threads) for threads in (1, 2))
    assert one.plan == two.plan
    assert one.iterations == two.iterations == TRIALS


def broken(seed: int) -> set[str]:
    """Rules broken by what two workers make of nothing, with all shelves full; the price that they counted apart is
    what the judge counts of the whole."""
    problem, found = network(seed), set()
    draft = Draft(problem, seed=1)
    before = draft.total
    stop = Stop.iterations(TRIALS, clock=time.monotonic)
    best, _, _ = in_halves(draft, stop=stop, progress=lambda *_: None, threads=2)
    for state in (draft.state, best):
        draft.adopt(state)
        verdict = judge(problem, explained(draft))
        found |= {violation.rule for violation in verdict.violations}
        assert verdict.total == draft.total
    assert draft.total < before
    return found


def test_the_halves_are_one_plan_again_to_the_fen() -> None:
    assert set[str]().union(*map(broken, SEEDS)) == set()


def test_workers_that_both_take_the_last_piece_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: each is given everything."""
    monkeypatch.setattr(halves, "_divided", lambda stock, _: (stock.copy(), stock.copy()))
    assert "stock_oversold" in set[str]().union(*map(broken, SEEDS))


def test_workers_that_both_send_a_free_vehicle_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nothing is taken away from either."""
    monkeypatch.setattr(halves, "TAKEN_AWAY", 0)
    assert "vehicle_twice" in set[str]().union(*map(broken, SEEDS))


def test_a_cancel_is_seen_between_two_chunks() -> None:
    looks = iter([False] * 3)
    stop = Stop.seconds(60, clock=time.monotonic, cancelled=lambda: next(looks, True))
    result = solve(network(0), stop=stop, threads=2)
    assert result.stopped_by == "cancelled"
    assert result.iterations <= 3 * 2 * halves.CHUNK


def test_a_small_problem_or_one_with_a_crew_or_leave_to_stay_is_not_cut() -> None:
    problem = network(0)
    assert halves.is_cut(problem)
    assert not halves.is_cut(problem_of(random_document(0, orders=3, engineers=3)))
    crew = (replace(problem.orders[0], crew=2), *problem.orders[1:])
    assert not halves.is_cut(replace(problem, orders=crew))
    leave = (replace(problem.tours[0], nights=1), *problem.tours[1:])
    assert not halves.is_cut(replace(problem, tours=leave))
