"""What is chosen from the routes seen during a search."""

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.solver.public import pool as pool_module
from services.dispatch.solver.public import trsp
from services.dispatch.solver.public.annealing import SAMPLED, Annealing, Heat
from services.dispatch.solver.public.judge import judge_public
from services.dispatch.solver.public.pool import MOST, RESERVE_S, WORTH, Column, Pool
from services.dispatch.solver.public.population import LONG, Member, Neighbours, _join, evolve
from services.dispatch.solver.public.problems import Route
from services.dispatch.solver.public.trsp import TrspSearch
from services.dispatch.solver.stopping import Stop

from .test_annealing import Thermometer
from .test_public_kernels import trsp as small_trsp

LENIENT = Stop.iterations(1, clock=time.monotonic)


def filled(columns: Sequence[Column]) -> Pool:
    """Sampled often enough for a choice."""
    pool = Pool(lambda: columns)
    for _ in range(WORTH):
        pool.sample()
    return pool


def cost(columns: Sequence[Column], routes: Sequence[Route]) -> float:
    """Of the cheapest columns that these routes can be."""
    return sum(
        min(one.cost for one in columns if (one.vehicle, one.nodes) == (vehicle, tuple(nodes)))
        for vehicle, nodes in routes
    )


def least(columns: Sequence[Column], served: set[int]) -> float:
    """By trying every choice of at most three columns, each of its own vehicle."""
    found = []
    for count in range(1, 4):
        for some in itertools.combinations(columns, count):
            nodes = [node for one in some for node in one.nodes]
            apart = len(set(nodes)) == len(nodes) and len({one.vehicle for one in some}) == count
            if apart and served <= set(nodes):
                found.append(sum(one.cost for one in some))
    return min(found)


routes_seen = st.builds(
    Column,
    st.integers(1, 50).map(float),
    st.integers(1, 3),
    st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True).map(tuple),
)


@given(others=st.lists(routes_seen, max_size=14))
@settings(max_examples=60, deadline=None)
def test_the_cheapest_choice_that_serves_whom_the_routes_serve(others: list[Column]) -> None:
    """Nodes 5 and 6 are on none of the routes: they may be served, by one at most."""
    known = [Column(60.0, 1, (1, 2)), Column(60.0, 2, (3, 4))]
    columns = [*others, *known]
    chosen = filled(columns).choose([(1, (1, 2)), (2, (3, 4))], LENIENT)
    everybody = [node for _, nodes in chosen for node in nodes]
    assert len(everybody) == len(set(everybody))
    assert len({vehicle for vehicle, _ in chosen}) == len(chosen)
    assert {1, 2, 3, 4} <= set(everybody)
    assert cost(columns, chosen) == least(columns, {1, 2, 3, 4})


def test_of_two_orders_of_the_same_nodes_the_cheaper_one_is_kept() -> None:
    dear, cheap = Column(3.0, 1, (1, 2, 3)), Column(2.0, 1, (3, 2, 1))
    for columns in ((dear, cheap), (cheap, dear)):
        assert filled(columns).choose([(1, (1, 2, 3))], LENIENT) == [(1, (3, 2, 1))]


def test_a_full_pool_gives_up_what_was_not_seen_for_longest() -> None:
    moments = [[Column(1.0, 1, (node,)), Column(1.0, 2, (0,))] for node in range(1, MOST + 2)]
    pool = Pool(lambda: moments.pop(0))
    for _ in range(MOST + 1):
        pool.sample()
    kept = [column.nodes for column in pool._columns.values()]
    assert kept == [*((node,) for node in range(3, MOST + 2)), (0,)]


def test_nothing_is_chosen_before_enough_samples_nor_twice_from_the_same() -> None:
    pool = Pool(lambda: [Column(1.0, 1, (1,))])
    for _ in range(2):
        for _ in range(WORTH - 1):
            pool.sample()
        assert pool.choose([(1, (1,))], LENIENT) == []
        pool.sample()
        assert pool.choose([(1, (1,))], LENIENT) == [(1, (1,))]


@pytest.mark.parametrize(("left", "chosen"), [(0.9 * RESERVE_S, []), (1.1 * RESERVE_S, [(1, (1,))])])
def test_nothing_is_chosen_in_the_last_seconds(left: float, chosen: list[Route]) -> None:
    stop = Stop.seconds(left, clock=lambda: 0.0)
    assert filled([Column(1.0, 1, (1,))]).choose([(1, (1,))], stop) == chosen


def test_a_cancel_interrupts_the_ranking_and_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a full pool, by processor time, the least of three: garbage may be collected meanwhile. The choice has a
    longer limit here: its own would end it before anybody could tell."""
    monkeypatch.setattr(pool_module, "EFFORT", 5.0)
    rng = np.random.default_rng(1)
    known = [Column(1000.0, vehicle, tuple(range(5 * vehicle, 5 * vehicle + 5))) for vehicle in range(20)]
    drawn = [(int(rng.integers(25)), tuple(rng.choice(100, 8, replace=False).tolist())) for _ in range(MOST - 20)]
    pool = filled([*known, *(Column(float(rng.uniform(100, 400)), *one) for one in drawn)])

    def seconds(cancelled_after: float) -> float:
        for _ in range(WORTH):
            pool.sample()
        stop = Stop.iterations(1, clock=time.process_time, cancelled=lambda: stop.elapsed() > cancelled_after)
        pool.choose([(one.vehicle, one.nodes) for one in known], stop)
        return stop.elapsed()

    def ranking() -> float:
        began = time.process_time()
        pool_module._ranked(list(pool._columns.values()), set(range(100)), None)
        return time.process_time() - began

    whole, ranked = seconds(math.inf), min(ranking() for _ in range(3))
    assert min(seconds(0.0) for _ in range(3)) < 0.8 * ranked
    assert min(seconds(1.5 * ranked) for _ in range(3)) < 0.8 * whole


@pytest.mark.parametrize("pace", [1e-5, 0.02])
def test_samples_are_taken_at_the_same_steps_however_slow_the_clock(pace: float) -> None:
    meter, taken = Thermometer(), []
    stop = Stop.iterations(3 * SAMPLED + 1, clock=lambda: meter.now * pace)
    annealing = Annealing(meter, trsp.TUNING, stop=stop, progress=lambda iterations, cost: None)
    annealing.sample = lambda: taken.append(annealing.done)
    annealing.anneal()
    assert taken == [SAMPLED, 2 * SAMPLED, 3 * SAMPLED]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_the_routes_of_the_moment_are_told_with_their_working_time(seed: int) -> None:
    search = TrspSearch(small_trsp(seed), seed, waiting=True)
    search.run(6.0, Heat(1e-9, 1e-9), 0, 1)
    driven = list(search.driven())
    assert [(one.vehicle, list(one.nodes)) for one in driven] == search.routes()
    assert sum(one.cost for one in driven) == pytest.approx(judge_public(small_trsp(seed), search.plan()).objective)


PRICES: dict[tuple[int, tuple[int, ...]], float] = {
    (1, (1, 2)): 10.0,
    (2, (3, 4)): 20.0,
    (1, (2, 1)): 30.0,
    (2, (4, 3)): 10.0,
}


@dataclass
class PriceList:
    """A search that only takes up what it is given."""

    now: Sequence[Route] = ((1, (2, 1)), (2, (3, 4)))
    nodes: int = 4
    owned: bool = True
    near: Neighbours = field(default_factory=lambda: np.full((5, 1), -1))

    def run(self, removed: float, heat: Heat, begin: int, steps: int) -> None:
        pass

    def best(self) -> float:
        return sum(one.cost for one in self.driven())

    def unit(self) -> float:
        return 1.0

    def routes(self) -> list[Route]:
        return list(self.now)

    def begin(self, routes: Sequence[Route]) -> None:
        self.now = routes

    def driven(self) -> list[Column]:
        return [Column(PRICES[vehicle, tuple(nodes)], vehicle, tuple(nodes)) for vehicle, nodes in self.now]


def test_the_cheapest_choice_is_one_more_member_where_it_costs_less_than_all() -> None:
    search = PriceList()
    annealing = Annealing(search, trsp.TUNING, stop=LENIENT, progress=lambda steps, cost: None)
    pool = Pool(search.driven)
    members = [
        Member(30.0, [(1, (1, 2)), (2, (3, 4))], frozenset()),
        Member(40.0, [(1, (2, 1)), (2, (4, 3))], frozenset()),
    ]
    for _ in range(WORTH):
        for one in members:
            search.begin(one.routes)
            pool.sample()
    _join(members, annealing, search, pool)
    assert [one.cost for one in members] == [30.0, 40.0, 20.0]
    assert members[-1].routes == [(1, (1, 2)), (2, (4, 3))]
    for _ in range(WORTH):
        pool.sample()
    _join(members, annealing, search, pool)
    assert len(members) == 3


def test_with_a_pool_the_same_seed_and_steps_give_the_same_plan() -> None:
    problem, found = small_trsp(7), []
    for _ in range(2):
        search = TrspSearch(problem, 3)
        stop = Stop.iterations(2 * LONG * search.nodes, clock=time.process_time)
        pool = Pool(search.driven)
        evolve(search, trsp.TUNING, seed=3, stop=stop, progress=lambda steps, cost: None, pool=pool)
        found.append(search.routes())
    assert found[0] == found[1]
