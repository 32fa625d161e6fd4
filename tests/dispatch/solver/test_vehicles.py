"""Replacement vehicles: sent when that is cheaper than being late, with the latest useful decision."""

from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.solver import ENGINES, Plan, Problem, judge
from services.dispatch.solver.judge_driving import arrival
from services.dispatch.solver.plan import Case
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import broken, problem_of, solved
from tests.dispatch.solver.test_engines import ROUNDS
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

RESTORE = {"name": "restore", "due": 10 * HOUR, "fen_per_hour": 10_000, "stops": "end", "or_cargo": True}
CARGO = {
    "cargo_class": "box",
    "mass_kg": 20_000,
    "destination": "p5",
    "deadline": 12 * HOUR,
    "fen_per_hour": 1000,
    "handover_seconds": 1800,
}


def stranded(**vehicle: Any) -> dict[str, Any]:
    """A truck at p3 that nobody can repair; a vehicle 2 h away at p1."""
    base = {"id": "v", "place": "p1", "classes": ["box"], "max_mass_kg": 20_000, "base_fen": 9000, "fen_per_km": 10}
    return document(
        engineers=[],
        orders=[order("x", "p3", clocks=[RESTORE], cargo=dict(CARGO))],
        replacement_vehicles=[base | {"mobilise_seconds": 1800} | vehicle],
    )


def test_it_saves_both_promises_and_says_until_when() -> None:
    result = solved(stranded())
    (case,) = result.plan.cases
    # leaves at 0:30, at the truck 2:30, cargo moves 3:00, at p5 5:00
    assert (case.depart, case.cargo_at, case.delivered_at) == (1800, 3 * HOUR, 5 * HOUR)
    # restore: 10:00 - 2:00 drive - 0:30 hand-over - 0:30 mobilise = 7:00; deadline: 12:00 - 5:00 = 7:00
    assert case.decide_by == 7 * HOUR
    # 9 000 + (120 + 120 km) x 10
    assert result.verdict.by_rule == {"dropped": 1_000_000, "replacement.vehicle": 11_400}


def test_it_stays_when_lateness_is_cheaper() -> None:
    # left alone: 14 h late x 10 000, and the cargo 24 + 2 - 12 = 14 h x 1 000: 154 000
    assert solved(stranded(base_fen=151_601)).plan.cases == ()
    assert len(solved(stranded(base_fen=151_599)).plan.cases) == 1


def test_it_must_fit_the_cargo() -> None:
    for unfit in ({"classes": ["tank"]}, {"max_mass_kg": 19_999}, {"regions": ["south"]}):
        assert solved(stranded(**unfit)).plan.cases == ()
    coupled = stranded(couplings=["k50"])
    coupled["orders"][0]["cargo"]["coupling"] = "k90"
    assert solved(coupled).plan.cases == ()
    coupled["replacement_vehicles"][0]["couplings"] = ["k50", "k90"]
    assert len(solved(coupled).plan.cases) == 1


def test_it_leaves_inside_its_windows() -> None:
    result = solved(stranded(windows=[{"start": 0, "end": 900}, {"start": 6 * HOUR, "end": 7 * HOUR}]))
    (case,) = result.plan.cases
    assert case.depart == 6 * HOUR
    # the last departure for the restore clock is 7:30, but the window closes at 7:00: decide by 6:30
    assert case.decide_by == 7 * HOUR - 1800


@pytest.mark.parametrize(
    ("begun", "restore_due", "deadline", "decide_by"),
    [
        (5 * HOUR, 19_800, 8 * HOUR, 9000),  # only restore, due 5:30, needs the vehicle: 2:30
        (5 * HOUR + 1, 19_800, 8 * HOUR + 1, 2 * HOUR),  # the work misses arrive, due 5:00, by 1 s: 2:00
        (5 * HOUR, 10_799, 8 * HOUR, 0),  # restore, due 2:59:59, comes 1 s too late even now: every second costs
        (5 * HOUR, 10_799, 8 * HOUR - 1, 3 * HOUR - 1),  # the truck is 1 s late, the vehicle is not if sent by 2:59:59
    ],
)
def test_only_what_the_repair_breaks_has_to_be_decided(
    begun: int, restore_due: int, deadline: int, decide_by: int
) -> None:
    """An engineer beside the truck works from `begun` to 6:00, the truck then needs 2 h to p5. The vehicle has the
    cargo moving 3 h after the decision, at p5 5 h after it."""
    arrive = {"name": "arrive", "due": 5 * HOUR, "fen_per_hour": 1, "stops": "start", "or_cargo": True}
    clocks = [arrive, RESTORE | {"due": restore_due, "breach_fen": 60_000}]
    problem = stranded() | {"engineers": [engineer("a", start_place="p3", end_place="p3")]}
    cargo = CARGO | {"deadline": deadline}
    problem["orders"] = [order("x", "p3", earliest_start=begun, clocks=clocks, cargo=cargo)]
    (case,) = solved(problem).plan.cases
    assert case.decide_by == decide_by


def sent_at(problem: Problem, plan: Plan, case: Case, decided: int) -> tuple[set[str], int]:
    """The plan with the case decided then: rules that it breaks, and promises that it keeps."""
    order, vehicle = problem.orders[case.order], problem.vehicles[case.vehicle]
    assert order.cargo
    assert order.cargo.clock
    ways = problem.way(vehicle.place, order.place)[0], problem.way(order.place, order.cargo.destination)[0]
    depart = decided + vehicle.mobilise
    moves = arrival(problem.pace, depart, ways[0], heavy=vehicle.heavy) + order.cargo.handover
    delivered = arrival(problem.pace, moves, ways[1], heavy=vehicle.heavy)
    later = replace(case, depart=depart, cargo_at=moves, delivered_at=delivered)
    verdict = judge(problem, replace(plan, cases=tuple(later if one == case else one for one in plan.cases)))
    return broken(verdict), verdict.totals.clocks_kept + (delivered <= order.cargo.clock.due)


def test_the_judge_sees_that_a_second_later_is_too_late() -> None:
    """Decided in time the plan keeps what it keeps now; a second later it breaks a promise, or no vehicle sets out."""
    waited = 0
    for seed in range(16):
        document = random_document(seed, orders=8, engineers=2, vehicles=3)
        for vehicle in document["replacement_vehicles"]:
            vehicle["windows"] = [{"start": hour * HOUR, "end": (hour + 3) * HOUR} for hour in (6, 12, 18)]
        problem = problem_of(document)
        plan = solved(document).plan
        for case in plan.cases:
            now = sent_at(problem, plan, case, case.depart - problem.vehicles[case.vehicle].mobilise)
            if case.decide_by > problem.start:
                waited += 1
                assert sent_at(problem, plan, case, case.decide_by) == now
                rules, kept = sent_at(problem, plan, case, case.decide_by + 1)
                assert rules == {"vehicle_unfit"} or kept < now[1]
    assert waited > 8


def test_the_one_vehicle_goes_where_it_saves_most() -> None:
    problem = stranded()
    dearer = RESTORE | {"fen_per_hour": 20_000}
    problem["orders"].append(order("y", "p3", clocks=[dearer], cargo=CARGO))
    for engine in ENGINES:
        assert [case.order for case in solved(problem, engine, 2).plan.cases] == [1]


def test_a_vehicle_under_way_is_kept_and_free() -> None:
    problem = stranded()
    sent = {"vehicle": "v", "cargo_at": 9 * HOUR, "delivered_at": 13 * HOUR}
    problem["orders"][0]["cargo"] = CARGO | {"sent": sent}
    result = solved(problem)
    assert result.plan.cases == ()
    assert result.verdict.by_rule == {"dropped": 1_000_000, "lateness.cargo": 1000}
    assert problem_of(problem).vehicles[0].base_fen == 9000


def two_ways(due: int, base_fen: int) -> dict[str, Any]:
    """x is down at p3. `far` leaves p0 at once: work from 3:00 to 4:00, 6 h of driving, 72 000. `near`, an hour away,
    begins at 6:00: work from 7:00 to 8:00, 2 h of driving, 24 000. The vehicle has the cargo moving at 3:00 for
    `base_fen` + 240 km x 10."""
    near = engineer("near", start_place="p2", end_place="p2", shifts=[{"start": 6 * HOUR, "end": 14 * HOUR}])
    late = RESTORE | {"due": due, "breach_fen": 60_000, "fen_per_hour": 3600}
    problem = stranded(base_fen=base_fen)
    return problem | {"engineers": [near, engineer("far")], "orders": [order("x", "p3", clocks=[late], cargo=CARGO)]}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("due", "base_fen", "by", "fen"),
    [
        (4 * HOUR, 45_601, "far", 72_000),  # repaired in time: the vehicle and near's way, 48 001 + 24 000, are dearer
        (4 * HOUR, 45_599, "near", 47_999 + 24_000),  # 2 fen cheaper: it goes, and the repair may wait for near
        (4 * HOUR - 1, 45_601, "near", 48_001 + 24_000),  # far would be 1 s late: 72 000 + 60 001
    ],
)
def test_vehicle_and_engineer_are_chosen_together(engine: str, due: int, base_fen: int, by: str, fen: int) -> None:
    result = solved(two_ways(due, base_fen), engine, ROUNDS[engine])
    (route,) = result.plan.routes
    assert (("near", "far")[route.tour], len(result.plan.cases)) == (by, by == "near")
    assert result.verdict.total == fen


def two_at_once(due: int, base_fen: int) -> dict[str, Any]:
    """One engineer for x and y, both at p1: there from 1:00 on, one ends at 2:00, the other at 3:00. y should be
    begun by 1:00: an hour later costs 4 000. x should be up by `due`; a vehicle beside it has the cargo moving at
    0:30."""
    soon = {"name": "arrive", "due": HOUR, "fen_per_hour": 4000, "stops": "start"}
    late = RESTORE | {"due": due, "breach_fen": 10_000, "fen_per_hour": 3600}
    problem = stranded(base_fen=base_fen, fen_per_km=0, mobilise_seconds=0)
    orders = [order("x", clocks=[late], cargo=CARGO), order("y", clocks=[soon])]
    return problem | {"engineers": [engineer("a")], "orders": orders}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("due", "base_fen", "first", "fen"),
    [
        (2 * HOUR, 4001, 0, 4000),  # x is up at 2:00: y waits
        (2 * HOUR - 1, 4001, 1, 4001),  # x is late by 1 s whatever is done, 10 001: the vehicle goes, and x may wait
        (2 * HOUR, 3999, 1, 3999),  # x could be up in time, but to let it wait is cheaper than to let y wait
    ],
)
def test_a_vehicle_lets_the_repair_wait(engine: str, due: int, base_fen: int, first: int, fen: int) -> None:
    result = solved(two_at_once(due, base_fen), engine, ROUNDS[engine])
    (route,) = result.plan.routes
    assert [stop.order for stop in route.stops] == [first, 1 - first]
    assert len(result.plan.cases) == first
    assert result.verdict.total == 24_000 + fen


@pytest.mark.parametrize("engine", ["roadcall", "insert"])
@pytest.mark.parametrize(("base_fen", "first", "fen"), [(4001, 0, 4000), (3999, 1, 3999)])
def test_the_search_turns_a_route_round_and_sends_a_vehicle(engine: str, base_fen: int, first: int, fen: int) -> None:
    """Here x, at p1, is planned first, up by 2:00; y at p2 would be begun at 3:00, half an hour late, 4 000. The other
    way round y is begun at 2:00 and x is up at 5:00. Neither alone pays: the vehicle saves x nothing, and y first makes
    x late; `greedy`, which moves nothing, and `ortools`, which decides routes and vehicles in turn, leave it."""
    problem = two_at_once(2 * HOUR, base_fen)
    problem["orders"][1]["place"] = "p2"
    problem["orders"][1]["clocks"][0].update(due=9000, fen_per_hour=8000)
    result = solved(problem, engine, ROUNDS[engine])
    (route,) = result.plan.routes
    assert ([stop.order for stop in route.stops], len(result.plan.cases)) == ([first, 1 - first], first)
    assert result.verdict.total == 48_000 + fen


def test_a_vehicle_is_called_back_when_somebody_can_come_in_time() -> None:
    """far is there after all: his 72 000 against 24 000 and a vehicle of 48 001."""
    problem = two_ways(4 * HOUR, 45_601)
    alone = solved(problem | {"engineers": problem["engineers"][:1]})
    assert len(alone.plan.cases) == 1
    result = solved(problem, "roadcall", ROUNDS["roadcall"], start=alone.plan)
    assert (result.plan.cases, result.verdict.total) == ((), 72_000)
