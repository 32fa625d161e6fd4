"""Replacement vehicles: sent when that is cheaper than being late, with the latest useful decision."""

from typing import Any

from services.dispatch.solver import ENGINES
from tests.dispatch.solver.solving import problem_of, solved
from tests.dispatch.solver.tiny import HOUR, document, order

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
