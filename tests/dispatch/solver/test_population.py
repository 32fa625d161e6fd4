"""How plans of the public sets are crossed, and which of them stay."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.solver.blocks import Matrix
from services.dispatch.solver.compiled import interpreted
from services.dispatch.solver.dice import Dice
from services.dispatch.solver.public import trsp_search, vrptw_search
from services.dispatch.solver.public.annealing import Heat, Tuning
from services.dispatch.solver.public.judge import judge_public
from services.dispatch.solver.public.population import (
    FOUNDERS,
    LONG,
    Member,
    admit,
    crossed,
    evolve,
    steps_of_a_child,
)
from services.dispatch.solver.public.problems import Route
from services.dispatch.solver.public.trsp import TrspSearch
from services.dispatch.solver.public.vrptw import VrptwSearch
from services.dispatch.solver.stopping import Stop

from .test_public_kernels import WARM, trsp, vrptw

TUNING = Tuning(removed=6, hot=1.5, warm=0.1, cold=0.05, raised=(200, 200))


def plans(seed: int) -> tuple[VrptwSearch, list[Route], list[Route]]:
    """A search with the routes of two plans of its problem."""
    problem, found = vrptw(seed), []
    for one in (seed, seed + 1):
        search = VrptwSearch(problem, one, waiting=True)
        interpreted(vrptw_search.improve)(*search._arguments(6, WARM, 0, 20))
        found.append(search.routes())
    return search, found[0], found[1]


@given(seed=st.integers(0, 10_000), owned=st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_child_has_whole_routes_of_one_and_what_they_leave_of_the_other(seed: int, owned: bool) -> None:
    """Where routes are owned, each vehicle has one at most."""
    search, one, other = plans(seed)
    child = crossed(one, other, search.near, Dice(seed), owned=owned)
    whole = [route for route in child if route in one]
    taken = {node for _, nodes in whole for node in nodes}
    rests = [(vehicle, [node for node in nodes if node not in taken]) for vehicle, nodes in other]
    assert all(route in rests for route in child if route not in one)
    assert bool(whole) == bool(one)
    everybody = [node for _, nodes in child for node in nodes]
    assert len(everybody) == len(set(everybody))
    vehicles = [vehicle for vehicle, _ in child]
    assert not owned or len(vehicles) == len(set(vehicles))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_construction_begins_with_the_routes_given(seed: int) -> None:
    """Routes of a plan come back as they were, at their distance."""
    search, one, _ = plans(seed)
    search.begin(one)
    interpreted(vrptw_search.improve)(*search._arguments(6, WARM, 0, 1))
    assert search.routes() == one
    verdict = judge_public(vrptw(seed), search.plan())
    assert not verdict.violations
    assert verdict.objective * 10 == pytest.approx(search.best())


@given(seed=st.integers(0, 10_000), left_out=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_technicians_begin_with_the_routes_given(seed: int, left_out: int) -> None:
    """Each keeps the requests given, in their turn; those left out are inserted where they cost least."""
    problem = trsp(seed)
    search = TrspSearch(problem, seed, waiting=True)
    interpreted(trsp_search.improve)(*search._arguments(6, WARM, 0, 20))
    cost, given = search.best(), {who: nodes[left_out:] for who, nodes in search.routes()}
    search.begin(list(given.items()))
    interpreted(trsp_search.improve)(*search._arguments(6, WARM, 0, 1))
    found = dict(search.routes())
    for who, nodes in given.items():
        assert [node for node in found.get(who, ()) if node in nodes] == nodes
    verdict = judge_public(problem, search.plan())
    assert not verdict.violations
    absent = verdict.unassigned * search._scene.absence
    assert verdict.objective + absent == pytest.approx(search.best())
    assert left_out or search.best() <= cost + 1e-6


@given(seed=st.integers(0, 10_000), shuffled=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_who_does_not_fit_in_the_routes_given_is_served_elsewhere(seed: int, shuffled: int) -> None:
    """All customers in one route, in any order: too heavy and too late for most."""
    problem = vrptw(seed)
    search = VrptwSearch(problem, seed, waiting=True)
    served = np.flatnonzero(search.served)
    search.begin([(1, np.random.default_rng(shuffled).permutation(served).tolist())] if len(served) else [])
    interpreted(vrptw_search.improve)(*search._arguments(6, WARM, 0, 1))
    verdict = judge_public(problem, search.plan())
    assert not verdict.violations
    assert verdict.unassigned == problem.size - 1 - len(served)


def member(cost: float, *ways: tuple[int, int]) -> Member:
    return Member(cost, [], frozenset(ways))


def test_a_child_takes_the_place_of_the_member_most_like_it() -> None:
    members = [member(10, (1, 2), (2, 3)), member(20, (4, 5)), member(15, (1, 2))]
    admit(members, member(9, (1, 2), (2, 3)))
    assert [one.cost for one in members] == [9, 20, 15]


def test_a_child_dearer_than_the_member_most_like_it_takes_the_place_of_the_worst() -> None:
    members = [member(10, (1, 2), (2, 3)), member(20, (4, 5)), member(15, (1, 2))]
    admit(members, member(12, (1, 2), (2, 3)))
    assert [one.cost for one in members] == [10, 12, 15]


def test_a_copy_and_a_child_dearer_than_all_are_refused() -> None:
    members = [member(10, (1, 2)), member(20, (4, 5))]
    for cost in (10, 20, 21):
        admit(members, member(cost, (7, 8)))
    assert [one.cost for one in members] == [10, 20]


@dataclass
class Ladder:
    """Every plan costs 1 more than the one before."""

    nodes: int = 2
    owned: bool = False
    near: Matrix = field(default_factory=lambda: np.array([[-1], [2], [1]], np.int32))
    plans: list[list[Route]] = field(default_factory=list)
    begun: list[Sequence[Route]] = field(default_factory=list)

    def run(self, removed: float, heat: Heat, begin: int, steps: int) -> None:
        if begin == 0:
            self.plans.append([(1, [1, 2])])

    def best(self) -> float:
        return len(self.plans)

    def unit(self) -> float:
        return 1.0

    def routes(self) -> list[Route]:
        return self.plans[-1]

    def begin(self, routes: Sequence[Route]) -> None:
        self.begun.append(routes)


def test_a_long_search_ends_at_the_best_of_all_members() -> None:
    search = Ladder()
    stop = Stop.iterations(2 * search.nodes * LONG, clock=time.monotonic)
    done, why = evolve(search, TUNING, seed=1, stop=stop, progress=lambda steps, cost: None)
    assert (done, why) == (2 * search.nodes * LONG, "iterations")
    assert search.begun[: FOUNDERS - 1] == [[]] * (FOUNDERS - 1)
    assert search.begun[-1] is search.plans[0]


def test_a_short_search_is_one_fall() -> None:
    search = Ladder()
    stop = Stop.iterations(search.nodes * (LONG - 1), clock=time.monotonic)
    evolve(search, TUNING, seed=1, stop=stop, progress=lambda steps, cost: None)
    assert search.begun == []


def test_the_same_seed_and_steps_give_the_same_plan() -> None:
    problem = vrptw(7)
    found = []
    for _ in range(2):
        search = VrptwSearch(problem, 3)
        stop = Stop.iterations(2 * LONG * search.nodes, clock=time.process_time)
        evolve(search, TUNING, seed=3, stop=stop, progress=lambda steps, cost: None)
        found.append(search.routes())
    assert found[0] == found[1]


def test_children_are_annealed_ever_shorter() -> None:
    """From 1 600 steps to 100 over the half after the founders: at three quarters of the budget 400, the geometric
    mean."""
    falling = replace(TUNING, raised=(1600, 100))
    assert [steps_of_a_child(falling, share) for share in (0.4, 0.5, 0.75, 1.0, 1.1)] == [1600, 1600, 400, 100, 100]
    assert steps_of_a_child(TUNING, 0.7) == 200
