"""Siting against independent solvers: every choice on small cases, HiGHS on the textbook model for medians."""

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from services.stations.siting import covering, median, promises
from services.stations.siting.coverage import GAP_RESOLUTION, Demand, gaps, reached, shares
from services.stations.siting.covering import maximal_covering
from services.stations.siting.median import p_median
from services.stations.siting.promises import ArrivalPromises, gathered_promises
from services.stations.use_cases import studies

SMALL = st.tuples(st.integers(2, 7), st.integers(1, 12))
quick = settings(max_examples=40, deadline=None)


@st.composite
def covering_cases(draw: st.DrawFn) -> Any:
    shape = draw(SMALL)
    reach = draw(arrays.arrays(bool, shape))
    weight = draw(arrays.arrays(np.int64, shape[1], elements=st.integers(0, 9)))
    fixed = draw(st.lists(st.integers(0, shape[0] - 1), unique=True, max_size=1))
    return reach, weight, draw(st.integers(0, shape[0] - len(fixed))), fixed


@st.composite
def median_cases(draw: st.DrawFn) -> Any:
    shape = draw(SMALL)
    seconds = draw(arrays.arrays(np.float64, shape, elements=st.integers(0, 50).map(float)))
    weight = draw(arrays.arrays(np.int64, shape[1], elements=st.integers(0, 9)))
    fixed = draw(st.lists(st.integers(0, shape[0] - 1), unique=True, max_size=1))
    return seconds, weight, draw(st.integers(0 if fixed else 1, shape[0] - len(fixed))), fixed


def choices(candidates: int, sites: int, fixed: list[int]) -> list[list[int]]:
    free = [index for index in range(candidates) if index not in fixed]
    return [sorted([*fixed, *more]) for more in combinations(free, sites)]


def check_covering(case: Any) -> None:
    reach, weight, sites, fixed = case
    found = maximal_covering(reach, weight, sites, fixed=fixed)
    covered = [int(weight[reach[every].any(axis=0)].sum()) for every in choices(len(reach), sites, fixed) if every]
    assert found.covered == max(covered, default=0)
    assert found.proven
    assert len(found.sites) == sites + len(fixed)
    assert set(fixed) <= set(found.sites)


@quick
@given(covering_cases())
def test_no_choice_covers_more(case: Any) -> None:
    check_covering(case)


def test_the_check_sees_a_choice_that_is_only_greedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the first site that a greedy choice takes is none of the best two."""
    reach = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]], bool)
    case: Any = (reach, np.ones(6, np.int64), 2, [])
    check_covering(case)
    greedy = lambda r, w, n, limit: (covering._greedy(r, w, n), int(w.sum()))  # noqa: E731
    monkeypatch.setattr(covering, "_solve", greedy)
    with pytest.raises(AssertionError):
        check_covering(case)


def check_median(case: Any) -> None:
    seconds, weight, sites, fixed = case
    found = p_median(seconds, weight, sites, fixed=fixed, gap=0.0)
    costs = [float((seconds[every] * weight).min(axis=0).sum()) for every in choices(len(seconds), sites, fixed)]
    assert found.bound <= min(costs) + 1e-6, "no choice costs less than the bound"
    assert found.cost == pytest.approx(min(costs[choices(len(seconds), sites, fixed).index(found.sites)], found.cost))
    assert found.cost <= min(costs) * (1 + found.gap) / max(1e-9, 1 - found.gap) + 1e-6
    assert found.cost >= min(costs) - 1e-6


@quick
@given(median_cases())
def test_the_bound_of_a_median_is_a_bound_and_its_cost_is_real(case: Any) -> None:
    check_median(case)


def test_the_check_sees_a_bound_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a search that takes its own cost for the bound, and does not look for a better one."""
    rng = np.random.default_rng(3)
    case: Any = (rng.integers(1, 50, (8, 12)).astype(float), np.ones(12, np.int64), 3, [])
    check_median(case)
    monkeypatch.setattr(median, "interchange", lambda cost, sites, keep=(): [0, 1, 2])
    monkeypatch.setattr(median.Median, "gap", 0.0)
    with pytest.raises(AssertionError):
        check_median(case)


@pytest.mark.parametrize("seed", range(3))
def test_medians_equal_the_textbook_model_of_a_mip_solver(seed: int) -> None:
    """20 x 60, too many choices to look at: HiGHS proves the least cost, ours is that or within its stated gap."""
    rng = np.random.default_rng(seed)
    sites, machines = rng.uniform(0, 100, (20, 2)), rng.uniform(0, 100, (60, 2))
    seconds = np.hypot(*(sites[:, None, :] - machines[None, :, :]).transpose(2, 0, 1)).round()
    weight = rng.integers(1, 20, 60)
    found = p_median(seconds, weight, 5)
    least = _by_mip(seconds * weight, 5)
    assert found.bound <= least + 1e-6 <= found.cost + 1e-6
    assert found.gap <= 0.01
    assert found.cost <= least * 1.001


def _by_mip(cost: Any, sites: int) -> float:
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    opened = [model.add_binary_variable() for _ in range(cost.shape[0])]
    served = [[model.add_variable(lb=0.0, ub=1.0) for _ in row] for row in cost]
    model.add_linear_constraint(mathopt.fast_sum(opened) == sites)
    for point in range(cost.shape[1]):
        model.add_linear_constraint(mathopt.fast_sum(row[point] for row in served) == 1)
        for site, row in enumerate(served):
            model.add_linear_constraint(row[point] <= opened[site])
    every = (float(c) * v for row, ours in zip(cost, served, strict=True) for c, v in zip(row, ours, strict=True))
    model.minimize(mathopt.fast_sum(every))
    return float(mathopt.solve(model, mathopt.SolverType.HIGHS).objective_value())


def test_too_many_sites_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be chosen"):
        maximal_covering(np.ones((2, 2), bool), np.ones(2, np.int64), 3)
    with pytest.raises(ValueError, match="cannot be chosen"):
        p_median(np.ones((2, 2)), np.ones(2, np.int64), 2, fixed=[0])


# --- promises kept --------------------------------------------------------------------------------------------------

HERE = np.array([[117.0, 36.0]] * 5)
GIVEN = ArrivalPromises(HERE, np.array([14_400, 14_400, 7_200, 14_400, 7_200]), np.array([3, 5, 2, 7, 1]))
"""With an hour to depart, three hours of road are left to the promises of four hours, one to those of two."""
ROADS = np.array(
    [
        [10_800, 10_801, 3_600, -1, 3_601],  # what is there: to the second for 3 and 2, late for 5 and 1, no way to 7
        [20_000, 10_800, 9_000, -1, 9_000],  # keeps 5
        [20_000, 20_000, 3_601, 10_800, 9_000],  # keeps 7
    ],
    np.int32,
)
MACHINES = np.array([1, 9, 1, 1, 0])


def curve_by(objective: str) -> list[tuple[int, int, int]]:
    """Sites, machines reached within three hours and promises kept of the small case."""
    kept = promises.in_time(ROADS, GIVEN, preparation_s=3_600)
    ground = studies.Ground(ROADS, studies.Served(reached(ROADS, 180), MACHINES), studies.Served(kept, GIVEN.promises))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    asked: dict[str, Any] = {"objective": objective, "minutes": 180, "sites": 2, "keep_existing": True}
    question = studies.Asked(**asked, candidates=None, at=now)
    choose = studies._median if objective == "median" else studies._covering
    return [(one["sites"], one["reached"], one["kept"]) for one in choose(ground, question)["curve"]]


def check_curves() -> None:
    assert curve_by("promises") == [(0, 2, 5), (1, 3, 12), (2, 12, 17)]
    assert curve_by("covering") == [(0, 2, 5), (1, 11, 10), (2, 12, 17)], "the same sites, counted both ways"
    assert curve_by("median") == [(2, 12, 17)]


def test_the_curve_of_promises_kept_is_that_by_hand() -> None:
    check_curves()


MUTANTS: list[Any] = [
    lambda seconds, given, preparation_s: (seconds >= 0) & (seconds <= given.limit),  # nobody needs time to depart
    lambda seconds, given, preparation_s: (seconds >= 0) & (seconds + preparation_s < given.limit),  # last second late
    lambda seconds, given, preparation_s: seconds + preparation_s <= given.limit,  # no way is no time
    lambda seconds, given, preparation_s: (seconds >= 0) & (seconds + preparation_s <= given.limit.max()),  # one limit
]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_check_sees_promises_kept_by_another_rule(mutant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promises, "in_time", mutant)
    with pytest.raises(AssertionError):
        check_curves()


def test_promises_are_gathered_with_those_of_the_same_limit_only() -> None:
    rng = np.random.default_rng(4)
    limit = rng.choice([7_200, 14_400], 500)
    many = ArrivalPromises(rng.uniform((110, 30), (120, 40), (500, 2)), limit, rng.integers(1, 5, 500))
    few = gathered_promises(many, 100)
    assert 2 <= len(few.places) <= 100
    for one in (7_200, 14_400):
        assert few.promises[few.limit == one].sum() == many.promises[limit == one].sum()
    assert gathered_promises(many, 500) is many


# --- coverage -------------------------------------------------------------------------------------------------------


def test_the_last_second_of_a_minute_counts_and_no_way_is_out_of_reach() -> None:
    demand = Demand(np.array([[117.0, 36.0]] * 4), np.array([1, 10, 100, 1000]))
    seconds = np.array([3600, 3601, -1, 0], np.int32)
    assert [(one.minutes, one.reached, one.machines) for one in shares(demand, seconds, [60, 61])] == [
        (60, 1001, 1111),
        (61, 1011, 1111),
    ]


def test_gaps_are_areas_of_touching_cells_with_the_machines_out_of_reach() -> None:
    here = h3.latlng_to_cell(36.0, 117.0, GAP_RESOLUTION)
    beside = next(cell for cell in h3.grid_disk(here, 1) if cell != here)
    away = h3.latlng_to_cell(40.0, 110.0, GAP_RESOLUTION)
    places = np.array([h3.cell_to_latlng(cell)[::-1] for cell in (here, beside, away, here)])
    demand = Demand(places, np.array([3, 4, 5, 9]))
    found = gaps(demand, np.array([False, False, False, True]))
    assert [feature["properties"]["machines"] for feature in found] == [7, 5]
    assert found[0]["geometry"]["type"] in ("Polygon", "MultiPolygon")
    ring = found[1]["geometry"]["coordinates"][0]
    ring = ring[0] if found[1]["geometry"]["type"] == "MultiPolygon" else ring
    assert ring[0] == ring[-1]
    assert all(105 < lon < 115 and 35 < lat < 45 for lon, lat in ring), "longitude comes first"


def test_everything_reached_leaves_no_gap() -> None:
    demand = Demand(np.array([[117.0, 36.0]]), np.array([2]))
    assert gaps(demand, reached(np.array([0], np.int32), 1)) == []
