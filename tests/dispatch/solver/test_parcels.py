"""Parcels to a station: the courier of a depot leaves them at a counter, where the engineer comes by."""

from typing import Any

import pytest

from services.dispatch.solver import ENGINES, judge
from services.dispatch.solver.problem import ProblemError
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import broken, judged, planned, problem_of, solved
from tests.dispatch.solver.test_blocks import cut
from tests.dispatch.solver.test_engines import ROUNDS
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

Json = dict[str, Any]
PARTS = ("pump", "belt", "hose")
CLOSED = [{"start": -9, "end": -9}]


def station(pieces: int = 1, **changes: Any) -> Json:
    """A shelf at p5 that lets nobody in sends parcels at half the time of a drive for 500 fen: to the counter at p1 in
    2 h, to work at p2, whose kit has three lines, in 1 h 30."""
    kit = [{"part": part, "quantity": 1} for part in PARTS]
    courier = {"fee_fen": 500, "permille_of_drive": 500} | changes.pop("courier", {})
    shelf = depot("d", "p5", stock=dict.fromkeys(PARTS, pieces), open_windows=CLOSED, courier=courier)
    counter = {"id": "s", "place": "p1", "parcels_from": "d"}
    return document(depots=[shelf, counter], orders=[order("x", "p2", kit=kit)]) | changes


@pytest.mark.parametrize("engine", ENGINES)
def test_one_parcel_at_the_counter_is_cheaper_than_three_to_the_site(engine: str) -> None:
    """4 h of driving, 48 000; the engineer waits at p1 until 2 h, and the fee is paid once."""
    result = solved(station(), engine, ROUNDS[engine])
    assert result.verdict.by_rule["parts.courier"] == 500
    assert result.verdict.total == 48_500
    (route,) = result.plan.routes
    assert [(stop.depot, stop.start) for stop in route.stops] == [(1, 2 * HOUR), (-1, 3 * HOUR)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("rate", "fen"), [(900, 48_500 + 900), (1100, 48_000 + 3 * 500)])
def test_waiting_for_it_has_its_price(engine: str, rate: int, fen: int) -> None:
    """Who waits is an hour late; three parcels to the site are there before the engineer, for 1 000 more."""
    problem = station()
    problem["orders"][0]["clocks"] = [{"name": "arrive", "due": 2 * HOUR, "fen_per_hour": rate, "stops": "start"}]
    assert solved(problem, engine, ROUNDS[engine]).verdict.total == fen


@pytest.mark.parametrize("engine", ENGINES)
def test_one_stop_serves_everything_after_it(engine: str) -> None:
    """x at p2 and y at p3: 6 h of driving, home at 9 h, an hour of overtime, one fee."""
    problem = station(pieces=2)
    problem["orders"].append(problem["orders"][0] | {"id": "y", "place": "p3"})
    assert solved(problem, engine, ROUNDS[engine]).verdict.total == 72_000 + 9_000 + 500


@pytest.mark.parametrize("engine", ENGINES)
def test_pieces_are_those_of_the_shelf_that_sends_them(engine: str) -> None:
    """The last pump goes to the counter or to a site."""
    problem = station(engineers=[engineer("a"), engineer("b")])
    problem["orders"].append(problem["orders"][0] | {"id": "y", "place": "p3"})
    assert list(solved(problem, engine, ROUNDS[engine]).plan.unassigned.values()) == ["part_missing"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("pieces", "left_out"), [(1, ["part_missing"]), (2, [])])
def test_blocks_share_the_shelf_that_sends(engine: str, pieces: int, left_out: list[str]) -> None:
    """The counter is in both blocks, the sender in the second alone: a fetches x's parts at the counter, y's come to
    b at p4."""
    problem = station(pieces, engineers=[engineer("a"), engineer("b", start_place="p4", end_place="p4")])
    problem["depots"].insert(0, depot("z", "p4", stock={}))
    problem["orders"].append(problem["orders"][0] | {"id": "y", "place": "p4"})
    plan = solved(cut(problem, [0, 1, 2, 3], [1, 4, 5]), engine, ROUNDS[engine]).plan
    assert list(plan.unassigned.values()) == left_out


def fetched(start: int, pieces: int, sent: int) -> set[str]:
    """Rules broken by a plan that fetches x's parts at the counter at that second and has `sent` pumps brought to y."""
    problem = station(pieces=pieces, engineers=[engineer("a"), engineer("b")])
    problem["orders"].append(problem["orders"][0] | {"id": "y", "place": "p3", "kit": problem["orders"][0]["kit"][:1]})
    stops = [
        {"kind": "pickup", "depot": "s", "arrival": HOUR, "start": start, "end": start},
        {"kind": "order", "order": "x", "arrival": start + HOUR, "start": start + HOUR, "end": start + 2 * HOUR},
    ]
    other = [{"kind": "order", "order": "y", "arrival": 3 * HOUR, "start": 3 * HOUR, "end": 4 * HOUR}]
    parts = [
        {"order": "x", "line": n, "part": part, "used_part": part, "quantity": 1, "source": "pickup", "depot": "s"}
        for n, part in enumerate(PARTS)
    ]
    brought = {"order": "y", "line": 0, "part": "pump", "used_part": "pump", "quantity": 1, "source": "courier"}
    parts += [brought | {"depot": "d", "arrives_at": HOUR, "fee_fen": 500}] * sent
    plan: Json = {"routes": [{"engineer": "a", "shift": 0, "stops": stops}], "parts": parts}
    if sent:
        plan["routes"].append({"engineer": "b", "shift": 0, "stops": other})
    else:
        plan["unassigned"] = [{"id": "y", "reason": "price"}]
    return broken(judged(problem, plan))


def test_the_judge_counts_a_parcel_s_pieces_at_the_shelf() -> None:
    assert fetched(2 * HOUR, pieces=2, sent=1) == set()
    assert fetched(2 * HOUR, pieces=1, sent=1) == {"stock_oversold"}


def test_a_counter_opens_when_the_parcel_is_there() -> None:
    assert fetched(2 * HOUR, pieces=1, sent=0) == set()
    assert fetched(2 * HOUR - 1, pieces=1, sent=0) == {"depot_closed"}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_handed_over_too_late_is_not_sent(engine: str) -> None:
    kept, late = station(courier={"sent_at": 60, "cutoff": 60}), station(courier={"sent_at": 61, "cutoff": 60})
    assert solved(kept, engine, ROUNDS[engine]).plan.unassigned == {}
    assert list(solved(late, engine, ROUNDS[engine]).plan.unassigned) == [0]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"parcels_from": "nobody"}, "/depots/1/parcels_from"),
        ({"parcels_from": "s"}, "/depots/1/parcels_from"),
        ({"stock": {"pump": 1}}, "/depots/1/stock"),
        ({"courier": {"fee_fen": 1}}, "/depots/1/courier"),
    ],
)
def test_a_counter_that_is_none_is_refused(changes: Json, pointer: str) -> None:
    problem = station()
    problem["depots"][1] |= changes
    with pytest.raises(ProblemError) as refused:
        problem_of(problem)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", range(3))
def test_random_networks_with_counters_are_priced_to_the_fen(engine: str, seed: int) -> None:
    """`solve` compares the engine's price with the judge's; begun again from its own plan it is no worse."""
    random_one = random_document(seed, orders=20, engineers=5, depots=2, days=2)
    first = random_one["depots"][0]
    first["courier"] = {"fee_fen": 900, "permille_of_drive": 800}
    random_one["depots"] += [
        {"id": f"s{number}", "place": one["start_place"], "parcels_from": first["id"]}
        for number, one in enumerate(random_one["engineers"])
    ]
    problem = problem_of(random_one)
    result = planned(problem, engine, ROUNDS[engine])
    again = planned(problem, engine, ROUNDS[engine], start=result.plan)
    assert judge(problem, again.plan).violations == ()
    assert again.verdict.total <= result.verdict.total
