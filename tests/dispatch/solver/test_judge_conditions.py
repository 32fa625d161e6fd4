"""Conditions of the judge one by one: a plan that just keeps it, and one that just breaks it and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from services.dispatch.solver import Plan, Problem, judge
from services.dispatch.solver.plan import Source
from tests.dispatch.solver.solving import broken, judged, planned, problem_of
from tests.dispatch.solver.test_vehicles import CARGO, RESTORE, stranded
from tests.dispatch.solver.tiny import HOUR, depot, document, engineer, order

Json = dict[str, Any]
BOTH = [engineer("a"), engineer("b")]


def visited(who: str = "a", start: int = HOUR, **changes: Any) -> set[str]:
    """Rules that are broken when somebody drives to x, an hour away, and begins at that second."""
    stop = {"kind": "order", "order": "x", "arrival": HOUR, "start": start, "end": start + HOUR}
    plan = {"routes": [{"engineer": who, "shift": 0, "stops": [stop]}]}
    return broken(judged(document(engineers=BOTH, orders=[order("x", **changes)]), plan))


@pytest.mark.parametrize(
    ("start", "rules"),
    [(2 * HOUR, set()), (2 * HOUR - 1, {"time_window"}), (4 * HOUR, set()), (4 * HOUR + 1, {"time_window"})],
)
def test_a_start_lies_in_a_window(start: int, rules: set[str]) -> None:
    assert visited(start=start, windows=[{"start": 2 * HOUR, "end": 4 * HOUR}]) == rules


def test_who_is_home_at_the_limit_is_home_in_time() -> None:
    """An hour of work and one home until 12 h."""
    assert visited(start=10 * HOUR) == set()
    assert visited(start=10 * HOUR + 1) == {"shift"}


def test_a_pinned_engineer_comes() -> None:
    pin = {"kind": "resource", "engineer": "b"}
    assert visited("b", pin=pin) == set()
    assert visited("a", pin=pin) == {"pin"}


def test_who_declined_does_not_come() -> None:
    assert visited("b", excluded_engineers=["a"]) == set()
    assert visited("a", excluded_engineers=["a"]) == {"excluded"}


def reserving(seconds: int) -> Json:
    return {"shifts": [{"start": 0, "end": 8 * HOUR, "reserve_seconds": seconds}]}


@pytest.mark.parametrize(
    ("rule", "kept", "over"),
    [
        ("max_orders", {"max_orders": 2}, {"max_orders": 1}),
        ("reserve", reserving(6 * HOUR), reserving(6 * HOUR + 1)),
    ],
)
def test_a_shift_has_room(rule: str, kept: Json, over: Json) -> None:
    """Two inspections of an hour each in a shift of eight."""
    inspections = [order(name, kind="inspection") for name in "xy"]
    plan = {"routes": [{"engineer": "a", "shift": 0, "stops": [{"kind": "order", "order": o} for o in "xy"]}]}
    for limits, rules in ((kept, set()), (over, {rule})):
        assert broken(judged(document(engineers=[engineer("a", **limits)], orders=inspections), plan)) == rules


def parcel() -> tuple[Problem, Plan, Source]:
    """A pump for x, sent for 500 fen, is there at 3 h; its shelf lets nobody in."""
    closed = [{"start": -9, "end": -9}]
    offer = {"kind": "courier", "depot": "d", "arrives_at": 3 * HOUR, "fee_fen": 500}
    line = {"part": "pump", "quantity": 1, "deliveries": [offer]}
    problem = problem_of(
        document(
            depots=[depot("d", "p5", stock={"pump": 2, "belt": 2}, open_windows=closed), depot("e", "p4")],
            orders=[order("x", kit=[line])],
        )
    )
    plan = accepted(problem)
    (source,) = plan.sources
    return problem, plan, source


def accepted(problem: Problem) -> Plan:
    plan = planned(problem).plan
    assert judge(problem, plan).violations == ()
    return plan


def test_work_waits_for_its_parcel() -> None:
    problem, plan, _ = parcel()
    (route,) = plan.routes
    (stop,) = route.stops
    assert stop.start == 3 * HOUR
    early = replace(stop, start=stop.start - 1, end=stop.end - 1)
    assert broken(judge(problem, replace(plan, routes=(replace(route, stops=(early,)),)))) == {"part_missing"}


@pytest.mark.parametrize(
    "changes",
    [
        {"fee_fen": 499},
        {"arrives_at": 3 * HOUR - 1},
        {"kind": "transfer"},
        {"kind": "van"},
        {"place": 2},  # e, which has a pump, too
        {"part": 1},
        {"line": 1},
    ],
)
def test_a_parcel_is_one_that_was_offered(changes: dict[str, Any]) -> None:
    problem, plan, source = parcel()
    assert broken(judge(problem, replace(plan, sources=(replace(source, **changes),)))) == {"part_missing"}


def test_a_line_is_supplied_once() -> None:
    problem, plan, source = parcel()
    assert broken(judge(problem, replace(plan, sources=(source, source)))) == {"part_missing"}


def test_a_part_is_fetched_before_the_work() -> None:
    """From p1 for work at p2, or on the way home."""
    problem = document(depots=[depot("d", "p1")], orders=[order("x", "p2", kit=[{"part": "pump", "quantity": 1}])])
    source = {"order": "x", "line": 0, "part": "pump", "used_part": "pump", "quantity": 1}
    work, pickup = {"kind": "order", "order": "x"}, {"kind": "pickup", "depot": "d"}
    for stops, rules in (([pickup, work], set()), ([work, pickup], {"part_missing"})):
        plan = {
            "routes": [{"engineer": "a", "shift": 0, "stops": stops}],
            "parts": [source | {"source": "pickup", "depot": "d"}],
        }
        assert broken(judged(problem, plan)) == rules


def truck(cargo: Json, vehicle: Json, region: str | None = None) -> Problem:
    """A truck at p3 that nobody can repair; a vehicle at p1 that is ready after half an hour."""
    problem = stranded(**vehicle)
    where = {"region": region} if region else {}
    problem["orders"] = [order("x", "p3", clocks=[RESTORE], cargo=CARGO | cargo, **where)]
    return problem_of(problem)


FITS: list[tuple[Json, Json, Json, Json]] = [  # cargo and vehicle, then what is different where it does not fit
    ({}, {"max_mass_kg": 20_000}, {}, {"max_mass_kg": 19_999}),
    ({}, {"classes": ["box"]}, {}, {"classes": ["tank"]}),
    ({"coupling": "k90"}, {"couplings": ["k50", "k90"]}, {}, {"couplings": ["k50"]}),
    ({"hazard": True}, {"hazard": True}, {}, {"hazard": False}),
    ({}, {"regions": ["north"]}, {}, {"regions": ["south"]}),
    ({}, {"mobilise_seconds": 1800}, {}, {"mobilise_seconds": 1801}),
    ({}, {"windows": [{"start": 1800, "end": 1800}]}, {}, {"windows": [{"start": 1801, "end": 9000}]}),
    ({}, {"windows": [{"start": 0, "end": 1800}]}, {}, {"windows": [{"start": 0, "end": 1799}]}),
    ({}, {"base_fen": 9000}, {}, {"base_fen": 8999}),
    ({}, {"fen_per_km": 10}, {}, {"fen_per_km": 11}),
    ({"handover_seconds": 1800}, {}, {"handover_seconds": 1799}, {}),
]


@pytest.mark.parametrize(("cargo", "vehicle", "other_cargo", "other_vehicle"), FITS)
def test_a_vehicle_fits_is_ready_and_has_its_price(
    cargo: Json, vehicle: Json, other_cargo: Json, other_vehicle: Json
) -> None:
    problem = truck(cargo, vehicle, "north")
    plan = accepted(problem)
    assert len(plan.cases) == 1
    assert broken(judge(truck(cargo | other_cargo, vehicle | other_vehicle, "north"), plan)) == {"vehicle_unfit"}


def test_cargo_is_delivered_when_the_drive_ends() -> None:
    problem = truck({}, {})
    plan = accepted(problem)
    (case,) = plan.cases
    for seconds in (-1, 1):
        wrong = replace(case, delivered_at=case.delivered_at + seconds)
        assert broken(judge(problem, replace(plan, cases=(wrong,)))) == {"vehicle_unfit"}
