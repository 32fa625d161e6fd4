"""Driving through slow hours, bans and breaks: against a count second by second, and as kept/broken pairs."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.solver.judge_driving import arrival, departure
from services.dispatch.solver.problem import Pace
from tests.dispatch.solver.solving import broken, judged
from tests.dispatch.solver.tiny import HOUR, document, engineer, order


@st.composite
def paces(draw: st.DrawFn) -> Pace:
    cuts = sorted(draw(st.lists(st.integers(0, 60), min_size=0, max_size=6, unique=True)))
    windows = list(zip(cuts[::2], cuts[1::2], strict=False))
    factors = tuple((a, b, draw(st.integers(100, 10_000))) for a, b in windows)
    bans = draw(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=2))
    return Pace(factors, tuple(sorted((start, start + length) for start, length in bans)))


def counted(pace: Pace, leaves: int, seconds: int, pauses: list[tuple[int, int]], *, heavy: bool) -> int:
    """The definition of the reference, second by second."""
    made, now = 0, leaves
    while made < seconds * 10**9:
        standing = [*pauses, *(pace.bans if heavy else ())]
        if not any(start <= now < end for start, end in standing):
            made += next((-(-(10**12) // p) for start, end, p in pace.factors if start <= now < end), 10**9)
        now += 1
    return now


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)).map(lambda s: (s[0], s[0] + s[1])), max_size=2)


@settings(deadline=None)  # a busy machine is no fault of the judge
@given(paces(), st.integers(-5, 70), st.integers(0, 40), spans, st.booleans())
def test_arrival_is_the_count_second_by_second(
    pace: Pace, leaves: int, seconds: int, pauses: list[tuple[int, int]], heavy: bool
) -> None:
    arrives = arrival(pace, leaves, seconds, heavy=heavy, pauses=pauses)
    assert arrives == counted(pace, leaves, seconds, pauses, heavy=heavy)
    assert arrives <= arrival(pace, leaves + 1, seconds, heavy=heavy, pauses=pauses)


@settings(deadline=None)
@given(paces(), st.integers(0, 90), st.integers(0, 40), spans)
def test_departure_is_the_last_that_is_in_time(
    pace: Pace, arrives: int, seconds: int, pauses: list[tuple[int, int]]
) -> None:
    leaves = departure(pace, arrives, seconds, heavy=True, pauses=pauses)
    assert arrival(pace, leaves, seconds, heavy=True, pauses=pauses) <= arrives
    assert arrival(pace, leaves + 1, seconds, heavy=True, pauses=pauses) > arrives


def driven(problem: dict[str, Any], arrival_at: int, **route: Any) -> set[str]:
    """Order x at p1 by engineer a, arriving then."""
    stop = {"kind": "order", "order": "x", "arrival": arrival_at, "start": arrival_at, "end": arrival_at + HOUR}
    return broken(judged(problem, {"routes": [{"engineer": "a", "shift": 0, "stops": [stop]} | route]}))


def test_slow_hours_change_the_speed_inside_a_leg() -> None:
    """One hour of way from second 0, half speed between 0:30 and 1:00: by 1:00 half an hour and a quarter are done,
    the rest takes 15 min at full speed. Arrival 1:15."""
    problem = document(orders=[order("x")])
    problem["travel"]["factors"] = [{"window": {"start": 1800, "end": HOUR}, "permille": 2000}]
    assert driven(problem, 4500) == set()
    assert driven(problem, 4499) == {"route_overlap"}


def test_money_for_a_leg_is_the_matrix_s() -> None:
    problem = document(orders=[order("x")])
    problem["travel"]["factors"] = [{"window": {"start": 0, "end": 9 * HOUR}, "permille": 1500}]
    stop = {"kind": "order", "order": "x", "arrival": 5400, "start": 5400, "end": 9000}
    verdict = judged(problem, {"routes": [{"engineer": "a", "shift": 0, "stops": [stop]}]})
    assert verdict.violations == ()
    assert verdict.by_rule["travel.time"] == 12_000
    assert verdict.totals.travel_seconds == 2 * HOUR


def test_heavy_vans_stand_in_a_ban_and_others_drive_on() -> None:
    """Banned from 0:30 to 2:00: a heavy van arrives after 1 h of way and 1.5 h of standing, at 2:30."""
    for heavy, earliest in ((True, 9000), (False, HOUR)):
        problem = document(orders=[order("x")], engineers=[engineer("a", heavy=heavy)])
        problem["travel"]["bans"] = [{"start": 1800, "end": 2 * HOUR}]
        assert driven(problem, earliest) == set()
        assert driven(problem, earliest - 1) == {"route_overlap"}


def case(cargo_at: int, delivered_at: int) -> dict[str, Any]:
    times = {"decide_by": 0, "depart": 0, "cargo_at": cargo_at, "delivered_at": delivered_at}
    return {"order": "x", "vehicle": "v", "fen": 5} | times


def test_bans_hold_for_replacement_vehicles_unless_they_are_light() -> None:
    """The vehicle from p1 to the truck at p2 and on to p3 takes 1 h each; a ban from 1:30 to 3:00 makes it 3:30."""
    for heavy, delivered in ((True, 12_600), (False, 2 * HOUR)):
        vehicle = {"id": "v", "place": "p1", "classes": ["box"], "max_mass_kg": 1, "base_fen": 5, "heavy": heavy}
        cargo = {"cargo_class": "box", "mass_kg": 1, "destination": "p3"}
        problem = document(engineers=[], orders=[order("x", "p2", cargo=cargo)], replacement_vehicles=[vehicle])
        problem["travel"]["bans"] = [{"start": 5400, "end": 3 * HOUR}]
        left_out = [{"id": "x", "reason": "skill"}]
        for shift, rules in ((0, set()), (-1, {"vehicle_unfit"})):
            sent = [case(HOUR, delivered + shift)]
            plan = {"routes": [], "replacement_cases": sent, "unassigned": left_out}
            assert broken(judged(problem, plan)) == rules


def test_the_repaired_truck_is_heavy() -> None:
    """Work at p1 ends at 2:00, the way to p3 takes 2 h, banned from 3:00 to 5:00: delivered at 6:00, 1 h late."""
    cargo = {"cargo_class": "box", "mass_kg": 1, "destination": "p3", "deadline": 5 * HOUR, "fen_per_hour": 7}
    problem = document(orders=[order("x", cargo=cargo)])
    problem["travel"]["bans"] = [{"start": 3 * HOUR, "end": 5 * HOUR}]
    stop = {"kind": "order", "order": "x", "arrival": HOUR, "start": HOUR, "end": 2 * HOUR}
    verdict = judged(problem, {"routes": [{"engineer": "a", "shift": 0, "stops": [stop]}]})
    assert verdict.by_rule["lateness.cargo"] == 7
