"""The lower bound: no accepted plan is cheaper, whatever the tolls; and it is worth having, since optima lie close."""

import json
import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.instances import instance
from bench.solver import rich as kept_cells
from bench.solver.bound import Relaxation, Tolls, certificates, checked, master, pricing, proven, tours
from bench.solver.bound import __main__ as command
from bench.solver.bound.__main__ import table
from bench.solver.bound.certificates import certificate, keep
from bench.solver.bound.outset import Outset, without_sunk_costs
from bench.solver.bound.pricing import Memory, Pricer
from bench.solver.bound.relief import alone, promise_fen
from bench.solver.bound.tables import DEPOT, FIXED_FEN, SERVICE, UNREACHABLE
from bench.solver.bound.tolls import NOBODY
from bench.solver.completion import completed
from bench.solver.reduced import reduced
from bench.solver.rich_peers import nearest
from services.dispatch.documents import to_problem
from services.dispatch.solver import Plan, Problem, judge
from services.dispatch.solver.plan import Route
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.oracle import optimum
from tests.dispatch.solver.solving import planned, problem_of
from tests.dispatch.solver.strategies import tiny_document
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

DEAR = 10**8
"""A toll for which any order is served, or none at minus as much."""


@pytest.fixture
def nothing_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """For dear tolls, which would pay for every repetition."""
    monkeypatch.setattr(tours, "NEIGHBOURS", tours.BITS)


@cache
def rich(name: str) -> Problem:
    """A frozen instance whose work under way promises nothing: what it costs does not depend on the plan."""
    return without_sunk_costs(to_problem(instance(name)))


@cache
def plan_of(name: str, engine: str) -> Plan:
    problem = rich(name)
    if engine == "nearest":
        return completed(problem, nearest.plan(reduced(problem), 0.0, 0))
    return planned(problem, engine, 2000).plan


def part_of(plan: Plan, route: Route) -> Plan:
    """The route with its kits and vehicles; whatever else there was is left out."""
    own = {stop.order for stop in route.stops}
    return Plan(
        routes=(route,),
        sources=tuple(source for source in plan.sources if source.order in own),
        cases=tuple(case for case in plan.cases if case.order in own),
    )


def dearer(problem: Problem, plan: Plan) -> Iterator[tuple[int, int]]:
    """(judge's price, least price of the relaxation) of each route, when its orders must be served and no others, and
    there are no other pieces than those that it takes."""
    memory = Memory()
    for route in plan.routes:
        part, own = part_of(plan, route), [stop.order for stop in route.stops if stop.order >= 0]
        others = sum(alone(problem, o)[0].fen for o in range(len(problem.orders)) if o not in own)
        stock = np.zeros_like(problem.stock)
        for source in part.sources:
            stock[source.place, source.part] += problem.orders[source.order].kit[source.line].quantity
        tolls = no_tolls(problem, -DEAR)
        tolls.orders[own] = DEAR
        new = [one for one in own if not problem.orders[one].frozen]
        pricer = Pricer(replace(problem, stock=stock), route.tour, memory)
        while not (found := pricer.cheapest(tolls, strict=True)).proven:
            memory.grow()
        yield judge(problem, part).total - others, found.fen + DEAR * len(new)


def no_tolls(problem: Problem, fen: int = 0) -> Tolls:
    return Tolls(
        np.full(len(problem.orders), fen, np.int64),
        np.zeros(len(problem.vehicles), np.int64),
        np.zeros(problem.stock.shape, np.int64),
    )


@pytest.mark.usefixtures("nothing_is_forgotten")
@pytest.mark.parametrize("name", ["100x15/1", "100x15/2", "100x15/3"])
@pytest.mark.parametrize("engine", ["greedy", "roadcall", "nearest"])
def test_each_route_of_a_plan_is_in_the_relaxation_for_no_more(name: str, engine: str) -> None:
    """And for little less: what is left out of the relaxation has hardly a price."""
    problem, plan = rich(name), plan_of(name, engine)
    pairs = list(dearer(problem, plan))
    assert all(least <= fen for fen, least in pairs)
    sent = {case.order: case.vehicle for case in plan.cases}
    choices = [(alone(problem, o), sent.get(o, NOBODY)) for o in plan.unassigned]
    left = sum(one.fen for own, vehicle in choices for one in own if one.vehicle == vehicle)
    assert sum(fen for fen, _ in pairs) + left == judge(problem, plan).total
    if engine == "roadcall":
        assert sum(least for _, least in pairs) >= 0.97 * sum(fen for fen, _ in pairs)


def _longer(found: Any) -> Any:
    seconds, fen = found
    return seconds + 900, fen


def _slower(found: Any) -> Any:
    seconds, fen = found
    return seconds * 11 // 10, fen


MUTANTS: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "work lasts longer": (tours, "_work", _longer),
    "legs last longer": (tours, "_leg", _slower),
    "legs cost more": (tours, "_leg", lambda found: (found[0], found[1] + 1)),
    "no early starts": (tours, "starts", lambda found: [((a + 4 * HOUR, b), fen) for (a, b), fen in found]),
    "change is always paid": (tours, "starts", lambda found: [(span, fen + 2000) for span, fen in found]),
    "parts have one source": (tours, "sources", lambda found: [line[:1] for line in found]),
    "depots are not left aside": (pricing, "kits", lambda found: (found[0], [])),
    "promises are due earlier": (tours, "_nodes", lambda found: (found[0] - [HOUR, 0, 0, 0, 0, 0, 0], found[1])),
    "shifts begin late": (tours, "_begin", lambda found: (found[0] + HOUR, found[1])),
    "no vehicles": (tours, "reliefs", lambda found: found[:1]),
}


@pytest.mark.usefixtures("nothing_is_forgotten")
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_relaxation_that_forbids_too_much_is_found_out(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, spoil = MUTANTS[mutant]
    rightly = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments: spoil(rightly(*arguments)))
    pairs = [
        pair for seed in (1, 2, 3) for pair in dearer(rich(f"100x15/{seed}"), plan_of(f"100x15/{seed}", "roadcall"))
    ]
    assert any(least > fen for fen, least in pairs)


@pytest.mark.usefixtures("nothing_is_forgotten")
@pytest.mark.parametrize("engine", ["greedy", "roadcall", "nearest"])
def test_each_route_of_a_large_plan_is_in_the_relaxation_for_no_more(engine: str) -> None:
    """Over two days. Nobody may do other orders than the route's own, which
    are then few enough to be remembered everywhere."""
    problem, plan = rich("500x60/1"), plan_of("500x60/1", engine)
    everybody = frozenset(range(problem.engineers))
    pairs: list[tuple[int, int]] = []
    for route in plan.routes:
        own = {stop.order for stop in route.stops}
        orders = [one if index in own else replace(one, excluded=everybody) for index, one in enumerate(problem.orders)]
        pairs += dearer(replace(problem, orders=tuple(orders)), part_of(plan, route))
    assert len(pairs) >= 100
    assert all(least <= fen for fen, least in pairs)
    if engine == "roadcall":
        assert sum(least for _, least in pairs) >= 0.97 * sum(fen for fen, _ in pairs)


def any_tolls(problem: Problem, seed: int) -> Tolls:
    dice = random.Random(seed)
    tolls = no_tolls(problem)
    tolls.orders[:] = [dice.choice((0, dice.randrange(20_000), dice.randrange(400_000))) for _ in problem.orders]
    tolls.vehicles[:] = [dice.choice((0, dice.randrange(90_000))) for _ in problem.vehicles]
    tolls.pieces[:] = [[dice.choice((0, 0, dice.randrange(9000))) for _ in row] for row in tolls.pieces]
    return tolls


def exhaustive(pricer: Pricer, tolls: Tolls) -> int:
    """The least price by trying every route without repetitions, with lateness as `relief` counts it."""
    kept, on = pricer.under(tolls)
    sheet, problem = pricer.sheet, pricer.problem

    def late(node: int, start: int, end: int) -> int:
        if node >= len(sheet.orders):
            return 0
        record = problem.orders[sheet.orders[node]]
        return min(
            one.fen + tolls.of_vehicle(one.vehicle) + promise_fen(record, one, start, end)
            for one in sheet.reliefs[node]
        )

    def rest(node: int, ready: int, seen: frozenset[int], depots: int) -> int:
        back = ready + int(on.seconds[node, -1])
        over = max(0, back - on.end)
        least = int(on.fen[node, -1]) + -(-on.overtime_rate * over // 3600) if back <= on.limit else UNREACHABLE
        for to in set(range(len(on.nodes))) - seen:
            paid = int(on.fen[node, to] + on.nodes[to, FIXED_FEN] - on.gain[to])
            for offer in kept[on.span[to, 0] : on.span[to, 2]]:
                start = max(offer.first, ready + int(on.seconds[node, to]))
                end = start + int(on.nodes[to, SERVICE])
                if start <= offer.last and end <= on.limit and offer.depots & depots == offer.depots:
                    here = paid + offer.fen + offer.toll_fen + late(to, start, end)
                    least = min(least, here + rest(to, end, seen | {to}, depots | int(on.nodes[to, DEPOT])))
        return least

    least = rest(len(on.nodes), on.begin, frozenset(), 0)
    return least if sheet.driven else min(0, least)


@pytest.mark.usefixtures("nothing_is_forgotten")
@pytest.mark.parametrize(
    "made",
    [
        *(tiny_document(seed) for seed in range(40)),
        *(random_document(seed, orders=3, engineers=2, depots=4, parts=8, side_km=60) for seed in range(30)),
    ],
)
def test_the_search_finds_the_cheapest_of_all_routes(made: dict[str, Any]) -> None:
    """With one depot or with many. What its columns cost, less the tolls, is what it found."""
    problem, seed = problem_of(made), len(str(made))
    tolls = any_tolls(problem, seed)
    for pricer in Relaxation(problem).pricers:
        found = pricer.cheapest(tolls, strict=True)
        assert found.fen == exhaustive(pricer, tolls)
        prices = [
            column.fen
            - sum(times * int(tolls.orders[one]) for one, times in column.orders)
            + sum(times * int(tolls.vehicles[one]) for one, times in column.vehicles)
            + sum(int(tolls.pieces[place, part]) * quantity for place, part, quantity in column.pieces)
            for column in [pricer.still, *found.columns]
        ]
        assert min(prices) == found.fen


@pytest.mark.parametrize("seed", range(20))
def test_forgetting_only_makes_routes_cheaper(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tours, "NEIGHBOURS", 2)
    monkeypatch.setattr(tours, "BITS", 2)
    problem = problem_of(tiny_document(seed))
    tolls = any_tolls(problem, seed)
    for pricer in Relaxation(problem).pricers:
        assert pricer.cheapest(tolls, strict=True).fen <= exhaustive(pricer, tolls)


@pytest.mark.parametrize("seed", range(30))
def test_no_tolls_prove_more_than_a_plan_costs(seed: int) -> None:
    """Whole problems with breaks, slow hours, bans, fair shares and two days, which the relaxation leaves out or takes
    apart; and tiny ones with work under way and pins."""
    made = random_document(seed, orders=10, engineers=2, days=1 + seed % 2, parts=4, side_km=100)
    for problem in (problem_of(made), problem_of(tiny_document(seed))):
        relaxation = Relaxation(problem)
        plans = [planned(problem, engine, 300) for engine in ("greedy", "roadcall")]
        costs = [found.verdict.total for found in plans]
        for draw in range(4):
            found = relaxation.bound(any_tolls(problem, 100 * seed + draw))
            assert found.proven
            assert found.fen <= min(costs)
        assert proven(problem).fen <= min(costs)
        assert proven(problem, [found.plan for found in plans]).fen <= min(costs)


def test_under_the_first_tolls_the_routes_of_the_plan_cost_nothing() -> None:
    """And the orders on no route pay what they cost there."""
    problem, plan = rich("100x15/1"), plan_of("100x15/1", "roadcall")
    outset = Outset(problem, [plan])
    assert {column.tour for column in outset.columns} == {route.tour for route in plan.routes}
    for column in outset.columns:
        paid = sum(int(outset.tolls.orders[one]) * times for one, times in column.orders)
        assert column.fen == pytest.approx(paid, abs=len(column.orders))
    total = sum(column.fen for column in outset.columns) + sum(outset.tolls.orders[list(plan.unassigned)].tolist())
    assert total == judge(problem, plan).total


@pytest.mark.parametrize("seed", range(3))
def test_it_proves_as_much_from_a_plan_and_with_few_routes_at_a_time(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = problem_of(random_document(seed, orders=14, engineers=3, days=1, parts=4, side_km=100))
    whole = proven(problem)
    again = proven(problem, known=whole.tolls)
    assert again.fen == pytest.approx(whole.fen, rel=0.004)
    assert again.rounds < whole.rounds
    monkeypatch.setattr(master, "ROOM", 80)
    few = proven(problem, [planned(problem, "roadcall", 300).plan])
    assert few.fen == pytest.approx(whole.fen, rel=0.004)
    assert few.fen <= few.value


PROVEN = {"100x15/1": 1_374_728, "100x15/2": 1_659_103, "100x15/3": 2_805_907, "500x60/1": 8_877_508}
"""What kept certificates prove, as published. The other large ones take as long; the command checks them."""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", PROVEN)
def test_the_kept_certificates_prove_what_is_published(name: str) -> None:
    problem = to_problem(instance(name))
    tolls = certificate(name, problem)
    assert tolls is not None
    assert checked(problem, tolls) == PROVEN[name] <= planned(problem, "roadcall", 2000).verdict.total


def test_a_certificate_is_kept_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "KEPT", tmp_path / "kept.json")
    problem = problem_of(tiny_document(3))
    tolls = any_tolls(problem, 3)
    assert certificate("x", problem) is None
    for name in ("x", "y"):
        keep(name, tolls)
    read = certificate("x", problem)
    assert read is not None
    assert [a.tolist() for a in (read.orders, read.vehicles, read.pieces)] == [
        a.tolist() for a in (tolls.orders, tolls.vehicles, tolls.pieces)
    ]


def test_the_bound_lies_closely_below_exact_optima() -> None:
    shares = []
    for seed in range(60):
        problem = problem_of(tiny_document(seed))
        best = optimum(problem, effort=1.0)
        if best.proven and best.fen:
            bound = proven(problem).fen
            assert 0 < bound <= best.fen, seed
            shares.append(bound / best.fen)
    assert len(shares) >= 50
    assert statistics.fmean(shares) >= 0.97


def bound_of(**changes: Any) -> int:
    return proven(problem_of(document(**changes)), gap=0.0).fen


def test_what_can_be_added_up_by_head() -> None:
    """p1 and back: 2 x 6 000 for time and 2 x 6 000 for 60 km; or left out for a fen less. Two at p1 share the way. The
    pump for p2 lies on the way at p1, or comes by courier for 7."""
    assert bound_of(orders=[order("x")]) == 24_000
    assert bound_of(orders=[order("x", drop_price_fen=23_999)]) == 23_999
    assert bound_of(orders=[order("x"), order("y")]) == 24_000
    kit = [{"part": "pump", "quantity": 1}]
    shelf = depot("d", "p1", courier={"fee_fen": 7}, pickup_seconds=600)
    assert bound_of(depots=[shelf], orders=[order("x", "p2", kit=kit)]) == 48_000
    closed = shelf | {"open_windows": [{"start": 20 * HOUR, "end": 21 * HOUR}]}
    assert bound_of(depots=[closed], orders=[order("x", "p2", kit=kit)]) == 48_007


def test_an_engineer_does_one_thing_at_a_time() -> None:
    """Both are reached at 1 h; the second waits an hour for the first to be done, at 500 an hour. Who lives there
    starts at 0, 1 and 2 h."""
    clocks = [{"name": "arrive", "due": HOUR, "fen_per_hour": 500, "stops": "start"}]
    x, y, z = (order(name, clocks=clocks) for name in "xyz")
    assert bound_of(orders=[x, y]) == 24_500
    assert bound_of(engineers=[engineer("a", start_place="p1", end_place="p1")], orders=[x, y, z]) == 500


@pytest.mark.parametrize(
    "changes",
    [
        {"orders": [order("x", crew_size=2)]},
        {"orders": [order("x", service_seconds=59)]},
        {
            "engineers": [
                engineer(
                    "a",
                    shifts=[{"start": day * 24 * HOUR, "end": (day * 24 + 8) * HOUR} for day in (0, 1)],
                    overnight={"fen_per_night": 1, "max_nights": 1},
                )
            ],
            "horizon": {"start": 0, "end": 48 * HOUR},
        },
        {"travel": document()["travel"] | {"factors": [{"window": {"start": 0, "end": HOUR}, "permille": 999}]}},
    ],
    ids=["crew", "short", "nights", "quick"],
)
def test_problems_of_which_it_would_be_no_relaxation_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no bound for problems with"):
        Relaxation(problem_of(document(**changes)))


def test_a_bar_is_out_of_reach_where_the_bound_is_above_it() -> None:
    row = {"instance": "i", "budget": "10", "bound": 41, "roadcall": 50, "ortools_peer": 100, "nearest": 120}
    assert list(table([row]))[2:] == [
        "| i | 10 | 41 | `roadcall` | 50 | 0.820 | | |",
        "| i | 10 | 41 | `ortools_peer` | 100 | 0.410 | 0.4 | out of reach |",
        "| i | 10 | 41 | `nearest` | 120 | 0.342 | 0.35 | open |",
    ]


def test_a_peer_without_a_plan_has_no_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a median, where one is missing. The cells are kept ones, so that nothing is measured."""
    monkeypatch.setattr(kept_cells, "KEPT", tmp_path)
    for engine, seconds in (("roadcall", "10"), ("ortools_peer", "10"), ("nearest", "-")):
        for name in ("a", "b"):
            found = {"failed": "RuntimeError: no plan"} if (engine, name) == ("ortools_peer", "b") else {"fen": 100}
            (tmp_path / f"rich-{engine}-{name}-{seconds}s.json").write_text(json.dumps(found))
    rows = command._beside({"a": 41, "b": 43}, "10")
    assert [row["ortools_peer"] for row in rows] == [100, None, None]
    assert [row["bound"] for row in rows] == [41, 43, 42]
    assert list(table(rows[1:2]))[3] == "| b | 10 | 43 | `ortools_peer` | no plan | | 0.4 | |"
