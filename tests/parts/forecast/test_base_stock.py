"""Base stock over two echelons, against simulation, exhaustive search and the min/max rule."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.parts.forecast import backtest as module
from services.parts.forecast import base_stock
from services.parts.forecast.backtest import Levels, Past, _Network, backtest
from services.parts.forecast.base_stock import Group, allocate, mass


def group(*rates: float, cost: int = 100, depot_lead: float = 0.5, dispersion: float = 1.0, lead: float = 0.2) -> Group:
    rate = np.array(rates)
    return Group(rate, np.full(len(rates), dispersion), np.full(len(rates), lead), depot_lead, cost)


@settings(max_examples=25, deadline=None)
@given(mean=st.floats(0.01, 300), dispersion=st.floats(1, 20))
def test_the_distribution_has_its_mean_and_its_dispersion(mean: float, dispersion: float) -> None:
    chance = mass(np.array([mean]), np.array([dispersion]), 6000)[0]
    k = np.arange(len(chance))
    found = float((k * chance).sum())
    assert chance.sum() == pytest.approx(1, abs=1e-6)
    assert found == pytest.approx(mean, rel=1e-3)
    assert float((k**2 * chance).sum()) - found**2 == pytest.approx(mean * dispersion, rel=1e-2)


def simulated_fill(
    rates: list[float], shelves: list[int], depot: int, lead: float, depot_lead: float, dispersion: float = 1.0
) -> float:
    """Piece by piece, replaced one for one: those that lay on the shelf when they were asked for. Months.

    Orders come by themselves, each for as many pieces as makes demand of this dispersion.
    """
    rng = np.random.default_rng(1)
    months = 4000.0
    size = (dispersion - 1) / np.log(dispersion) if dispersion > 1 else 1.0
    orders = rng.poisson(sum(rates) / size * months)
    at = np.sort(rng.uniform(0, months, orders))
    shelf = rng.choice(len(rates), orders, p=np.array(rates) / sum(rates))
    pieces = rng.logseries(1 - 1 / dispersion, orders) if dispersion > 1 else np.ones(orders, np.int64)
    free = [0.0] * depot  # when each piece that the depot will ever own can leave it, oldest first
    there = [[0.0] * pieces for pieces in shelves]
    filled = 0
    asked = zip(np.repeat(at, pieces).tolist(), np.repeat(shelf, pieces).tolist(), strict=True)
    for moment, which in asked:
        free.append(moment + depot_lead)
        leaves = max(moment, free.pop(0))
        there[which].append(leaves + lead)
        filled += there[which].pop(0) <= moment
    return filled / int(pieces.sum())


@pytest.mark.parametrize("dispersion", [1.0, 1.5, 3.0, 5.0])
@pytest.mark.parametrize(
    ("rates", "depot_lead", "target"),
    [([1.0, 2.0, 0.5], 0.5, 0.9), ([0.2, 0.1, 0.3, 0.2], 1.0, 0.8), ([8.0, 5.0], 0.3, 0.95)],
)
def test_the_fill_rate_is_what_a_simulation_finds(
    rates: list[float], depot_lead: float, target: float, dispersion: float
) -> None:
    """METRIC takes the depot's mean delay for its delay: within three points of the truth here."""
    found = allocate([group(*rates, depot_lead=depot_lead, dispersion=dispersion)], target=target)
    [level] = found.levels
    assert found.enough
    real = simulated_fill(rates, level.shelves.tolist(), level.depot, 0.2, depot_lead, dispersion)
    assert real == pytest.approx(found.fill_rate, abs=0.03)


def test_an_order_that_takes_only_one_piece_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the order sizes: fifteen points too much would be promised."""
    monkeypatch.setattr(base_stock, "_fills", lambda chance, _: chance)
    with pytest.raises(AssertionError):
        test_the_fill_rate_is_what_a_simulation_finds([1.0, 2.0, 0.5], 0.5, 0.9, 3.0)


def test_a_depot_that_never_waits_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the simulation: a shelf that forgets the depot's delay."""
    honest = base_stock._ordered
    monkeypatch.setattr(base_stock, "_ordered", lambda one, _: honest(one, 0.0))
    with pytest.raises(AssertionError):
        test_the_fill_rate_is_what_a_simulation_finds([1.0, 2.0, 0.5], 0.5, 0.9, 1.0)


@settings(max_examples=25, deadline=None)
@given(
    rates=st.lists(st.sampled_from([0.3, 0.7, 1.5]), min_size=1, max_size=2),
    depot_lead=st.sampled_from([0.3, 1.0]),
    budget=st.integers(1, 6),
)
def test_no_split_of_the_same_pieces_owes_less(rates: list[float], depot_lead: float, budget: int) -> None:
    one = group(*rates, depot_lead=depot_lead)
    [level] = allocate([one], target=1.0, budget_fen=budget * 100).levels
    held = level.depot + int(level.shelves.sum())
    best = min(
        owed(one, depot, shelves)
        for depot in range(held + 1)
        for shelves in product(range(held + 1), repeat=len(rates))
        if depot + sum(shelves) == held
    )
    assert held <= budget
    assert owed(one, level.depot, level.shelves.tolist()) == pytest.approx(best, abs=1e-3)


def owed(one: Group, depot: int, shelves: list[int] | tuple[int, ...]) -> float:
    """Pieces owed by all shelves, by the definition: the sum of (k - s)+ P(D = k)."""
    k = np.arange(80)

    def short(mean: float, pieces: int) -> float:
        chance = mass(np.array([mean]), np.ones(1), 79)[0]
        return float((np.maximum(0, k - pieces) * chance).sum())

    total = float(one.rate.sum())
    delay = short(total * one.depot_lead, depot) / total
    return sum(short(rate * (0.2 + delay), pieces) for rate, pieces in zip(one.rate, shelves, strict=True))


def test_money_goes_where_it_helps_most() -> None:
    """Of two parts that are asked for alike the cheap one is filled first; more money never fills less."""
    cheap, dear = group(1.0, cost=100), group(1.0, cost=10_000)
    small = allocate([cheap, dear], target=0.999, budget_fen=1000)
    assert small.levels[0].shelves.sum() > 0
    assert small.levels[1].shelves.sum() == 0
    assert not small.enough
    fills = [allocate([cheap, dear], target=0.999, budget_fen=fen).fill_rate for fen in (0, 500, 20_000, 90_000)]
    assert fills == sorted(fills)
    assert fills[0] == 0
    assert allocate([], target=0.9).enough


def test_the_back_test_gives_more_for_no_more_money() -> None:
    """Ten parts from 10 to 1 000 yuan on four lumpy shelves each: the rule of thumb spends alike on all."""
    rng = np.random.default_rng(5)
    chance = np.minimum(0.9, rng.gamma(0.8, 0.5, 40))
    demand = (rng.random((40, 36)) < chance[:, None]) * rng.geometric(0.5, (40, 36))
    cost, depot = np.repeat(rng.integers(1_000, 100_000, 10), 4), np.repeat(np.arange(10), 4)
    found = backtest(Past(demand, cost, depot, lead_days=3, depot_lead_days=14), seed=1)
    assert found.months == 12
    assert found.base_stock.value_fen <= found.min_max.value_fen
    assert found.base_stock.fill_rate > found.min_max.fill_rate


def test_the_back_test_goes_on_until_base_stock_has_no_more_money(monkeypatch: pytest.MonkeyPatch) -> None:
    """Demand falls away and leaves what was stocked for it: the first try comes to more than the rule has bound."""
    rng = np.random.default_rng(0)
    before, after = rng.poisson(rng.gamma(1, 4, (12, 1)), (12, 30)), rng.random((12, 18)) < 0.02
    past = Past(np.hstack([before, after]), np.full(12, 1000), np.arange(12) // 4, lead_days=3, depot_lead_days=14)
    monkeypatch.setattr(module, "MOST_TRIES", 1)
    found = backtest(past, seed=1)
    assert 0 < found.base_stock.value_fen <= found.min_max.value_fen


def two_echelons(days: int) -> list[tuple[int, int, int]]:
    """On the shelf, owed to it, in the depot at the end of each day. A shelf and its depot with one piece each, two
    days apart, five from the maker; a piece is asked for on each of the first two days."""
    past = Past(np.zeros((1, 1), np.int64), np.ones(1, np.int64), np.zeros(1, np.int64), 2, 5)
    one, none = np.ones(1, np.int64), np.zeros(1, np.int64)
    network = _Network(past, one.copy(), one.copy())
    found = []
    for day in range(days):
        network.day(one if day < 2 else none, Levels(none, one, none, one), counts=True)
        found.append((int(network.on_hand[0]), int(network.owed[0]), int(network.in_depot[0])))
    return found


def test_a_shelf_waits_for_its_depot_and_the_depot_for_the_maker() -> None:
    """The depot's piece leaves at once and serves what is owed on day 2. The maker's two come on days 5 and 6: the one
    goes on to the shelf, two days away, the other stays."""
    assert two_echelons(8) == [(0, 0, 0), (0, 1, 0), *[(0, 0, 0)] * 4, (0, 0, 1), (1, 0, 1)]


def test_a_depot_that_sends_what_it_has_not_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Network, "_send", lambda network: network.requested.copy())
    with pytest.raises(AssertionError):
        test_a_shelf_waits_for_its_depot_and_the_depot_for_the_maker()
