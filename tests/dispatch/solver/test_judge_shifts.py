"""Breaks, nights away and fair shares: each rule as a kept/broken pair, the arithmetic in the comment."""

from typing import Any

import pytest

from services.dispatch.documents import PlanReader, PlanWriter, ProblemDocument, to_problem
from services.dispatch.documents.plan import PlanDocument
from services.dispatch.solver import Verdict, judge
from tests.dispatch.solver.solving import broken, judged, problem_of, solved
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

Json = dict[str, Any]
HALF = 1800


def stop(name: str, arrival: int, start: int | None = None, work: int = HOUR) -> Json:
    begin = arrival if start is None else start
    return {"kind": "order", "order": name, "arrival": arrival, "start": begin, "end": begin + work}


def route(*stops: Json, shift: int = 0, **members: Any) -> Json:
    return {"engineer": "a", "shift": shift, "stops": list(stops)} | members


def pause(start: int, end: int) -> list[Json]:
    return [{"start": start, "end": end}]


def resting(**shift: Any) -> Json:
    """a works 0 to 8 h and has half an hour of break that starts between 2 h and 3 h; x lies at p1, y at p2."""
    breaks = [{"earliest": 2 * HOUR, "latest": 3 * HOUR, "seconds": HALF}]
    shifts = [{"start": 0, "end": 8 * HOUR, "overtime_until": 12 * HOUR, "breaks": breaks} | shift]
    return document(engineers=[engineer("a", shifts=shifts)], orders=[order("x"), order("y", "p2")])


def worked(problem: Json, second_arrival: int, *, second_start: int | None = None, breaks: list[Json]) -> set[str]:
    """x from 1 h to 2 h, then y, home 2 h after it."""
    stops = [stop("x", HOUR), stop("y", second_arrival, second_start)]
    return broken(judged(problem, {"routes": [route(*stops, breaks=breaks)]}))


def test_a_break_delays_the_drive_in_which_it_lies() -> None:
    """x ends at 2 h; an hour of way with half an hour of break in it: y at 3:30."""
    assert worked(resting(), 3 * HOUR + HALF, breaks=pause(2 * HOUR, 2 * HOUR + HALF)) == set()
    assert worked(resting(), 3 * HOUR + HALF - 1, breaks=pause(2 * HOUR, 2 * HOUR + HALF)) == {"route_overlap"}


def test_a_break_may_lie_in_waiting() -> None:
    """At y at 3:00, break until 3:30, work then: the break costs waiting, no driving."""
    assert worked(resting(), 3 * HOUR, second_start=3 * HOUR + HALF, breaks=pause(3 * HOUR, 3 * HOUR + HALF)) == set()


@pytest.mark.parametrize(
    "breaks",
    [
        [],  # none, though the route is home at 6:30
        pause(2 * HOUR, 2 * HOUR + HALF - 1),  # a second too short
        pause(2 * HOUR - 1, 2 * HOUR + HALF - 1),  # a second too early, and during x
        pause(3 * HOUR + 1, 3 * HOUR + HALF + 1),  # a second too late, and during y
    ],
)
def test_an_owed_break_is_taken_whole_inside_its_window(breaks: list[Json]) -> None:
    assert worked(resting(), 3 * HOUR + HALF, breaks=breaks) == {"break"}


def test_a_break_never_interrupts_work() -> None:
    """y starts at 2:45 after a way that was cut to nothing: the break would lie inside its work."""
    problem = resting()
    problem["orders"][1]["place"] = "p1"
    assert worked(problem, 2 * HOUR, breaks=pause(3 * HOUR, 3 * HOUR + HALF)) == set()
    assert worked(problem, 2 * HOUR + HALF, breaks=pause(3 * HOUR, 3 * HOUR + HALF)) == {"break"}


def test_who_is_home_by_the_latest_start_rests_there() -> None:
    """x alone: home at 3:00, the last start of the break. A second longer away, and it is owed."""
    problem = resting()
    plan = {"routes": [route(stop("x", HOUR))], "unassigned": [{"id": "y", "reason": "price"}]}
    assert broken(judged(problem, plan)) == set()
    plan["routes"] = [route(stop("x", HOUR, HOUR + 1))]
    assert broken(judged(problem, plan)) == {"break"}


def test_what_could_be_rested_before_is_not_owed() -> None:
    """Now is 2:30 or 2:29:59; the break of half an hour could be had from 2:00 on."""
    for now, owed in ((2 * HOUR + HALF, 0), (2 * HOUR + HALF - 1, 1)):
        problem = resting() | {"horizon": {"start": now, "end": 24 * HOUR}}
        assert len(problem_of(problem).tours[0].breaks) == owed


def test_a_break_under_way_is_nobody_s_to_plan() -> None:
    """Work on site until 3:00 or a second longer: after it the break of 3:00 can still start, or no more."""
    for until, owed in ((3 * HOUR, 1), (3 * HOUR + 1, 0)):
        frozen = {"state": "on_site", "engineer": "a", "start": HOUR, "until": until}
        problem = resting() | {"orders": [order("x", frozen=frozen)]}
        assert len(problem_of(problem).tours[0].breaks) == owed


@pytest.mark.parametrize("engine", ["greedy", "roadcall"])
def test_work_that_ends_before_the_shift_begins_leads_home_from_there(engine: str) -> None:
    """Work at p3 until 1 h, where the horizon ends; the shift is 2 to 3 h: home by 5 h, and no rule is broken."""
    frozen = {"state": "travelling", "engineer": "a", "start": 0, "until": HOUR}
    who = engineer("a", shifts=[{"start": 2 * HOUR, "end": 3 * HOUR}])
    problem = document(horizon={"start": 0, "end": HOUR}, engineers=[who], orders=[order("x", "p3", frozen=frozen)])
    assert problem_of(problem).tours[0].limit == 5 * HOUR
    assert solved(problem, engine, 10).verdict.violations == ()


def touring(**leave: Any) -> Json:
    """Two shifts, 0 to 8 h and 24 to 32 h, of an engineer who may stay out; x at p3, y at p4."""
    shifts = [{"start": day * 24 * HOUR, "end": (day * 24 + 8) * HOUR} for day in range(2)]
    who = engineer("a", shifts=shifts, overnight={"fen_per_night": 900, "max_nights": 1} | leave)
    return document(
        horizon={"start": 0, "end": 48 * HOUR}, engineers=[who], orders=[order("x", "p3"), order("y", "p4")]
    )


def test_a_night_away_saves_the_way_home_and_back() -> None:
    """p0-p3 3 h, night at p3, p3-p4 1 h, home 4 h: 8 h of way instead of 6 + 8, and one night."""
    routes = [route(stop("x", 3 * HOUR), stays=True), route(stop("y", 25 * HOUR), shift=1)]
    verdict = judged(touring(), {"routes": routes})
    assert verdict.violations == ()
    assert verdict.by_rule == {"overnight": 900, "travel.time": 48_000, "travel.distance": 48_000}
    too_early = [routes[0], route(stop("y", 25 * HOUR - 1), shift=1)]
    assert broken(judged(touring(), {"routes": too_early})) == {"route_overlap"}


def test_after_a_night_away_somebody_drives_home() -> None:
    left_out = [{"id": "y", "reason": "price"}]
    stayed = route(stop("x", 3 * HOUR), stays=True)
    assert broken(judged(touring(), {"routes": [stayed], "unassigned": left_out})) == {"nights"}
    verdict = judged(touring(), {"routes": [stayed, route(shift=1)], "unassigned": left_out})
    assert verdict.violations == ()
    assert verdict.by_rule["travel.time"] == 36_000  # 3 h out, 3 h home the next day


def test_nights_need_leave_and_a_next_shift() -> None:
    stayed, home = route(stop("x", 3 * HOUR), stays=True), route(stop("y", 25 * HOUR), shift=1)
    no_leave = touring()
    no_leave["engineers"][0]["overnight"] = None
    assert broken(judged(no_leave, {"routes": [stayed, home]})) == {"nights"}
    assert broken(judged(touring(), {"routes": [stayed, home | {"stays": True}]})) == {"nights"}


def test_every_begun_day_between_two_shifts_is_a_night() -> None:
    """From 8 h to 56 h lie exactly 48 h: two nights; one second more, three."""
    for start, nights in ((56 * HOUR, 2), (56 * HOUR + 1, 3)):
        problem = touring(max_nights=2)
        problem["horizon"]["end"] = 90 * HOUR
        problem["engineers"][0]["shifts"][1] = {"start": start, "end": start + 8 * HOUR}
        routes = [route(stop("x", 3 * HOUR), stays=True), route(stop("y", start + HOUR), shift=1)]
        verdict = judged(problem, {"routes": routes})
        assert verdict.by_rule["overnight"] == nights * 900
        assert broken(verdict) == (set() if nights == 2 else {"nights"})


def test_overtime_and_limit_of_a_stay_end_with_the_work() -> None:
    """x from 7 h to 8 h: no overtime although home is 3 h away; a second later the shift, without overtime, is over."""
    home = route(stop("y", 25 * HOUR), shift=1)
    assert broken(judged(touring(), {"routes": [route(stop("x", 7 * HOUR), stays=True), home]})) == set()
    late = route(stop("x", 7 * HOUR + 1), stays=True)
    assert broken(judged(touring(), {"routes": [late, home]})) == {"shift"}


def test_a_plan_with_breaks_and_nights_is_read_back_as_it_was_written() -> None:
    problem = touring()
    routes = [route(stop("x", 3 * HOUR), stays=True, breaks=pause(HOUR, HOUR)), route(shift=1)]
    plan = {"version": "roadcall-plan/1", "origin": problem["origin"], "routes": routes}
    parsed = ProblemDocument.model_validate(problem)
    compiled = to_problem(parsed)
    reading = PlanReader(parsed, compiled).read(PlanDocument.model_validate(plan))
    written = PlanWriter(parsed, compiled).plan(reading.plan, judge(compiled, reading.plan))
    assert PlanReader(parsed, compiled).read(written).plan == reading.plan
    first, second = written.routes
    assert (first.depart, first.return_at, first.travel_seconds) == (0, 4 * HOUR, 3 * HOUR)
    assert (second.depart, second.return_at, second.travel_seconds) == (24 * HOUR, 27 * HOUR, 3 * HOUR)


def burdened(history: int, free: int) -> Verdict:
    """The way to p1 and back is 2 h, and the shift ends half an hour before: 2.5 h of burden at 10 an hour."""
    who = engineer("a", shifts=[{"start": 0, "end": 9000, "overtime_until": 4 * HOUR}], burden_seconds=history)
    price = {"fairness_fen_per_hour": 10, "fairness_free_seconds": free, "overtime_fen_per_hour": 0}
    return judged(document(price=price, engineers=[who], orders=[order("x")]), {"routes": [route(stop("x", HOUR))]})


@pytest.mark.parametrize(
    ("history", "free", "fen"),
    [
        (0, 9000, None),  # all of it is free
        (0, 8999, 1),  # one second above: ceil(10 / 3600)
        (0, 0, 25),
        (5 * HOUR, 6 * HOUR, 15),  # one hour of the 2.5 still is free
        (7 * HOUR, 6 * HOUR, 25),  # history itself is not charged again
    ],
)
def test_burden_above_the_free_amount_is_charged_once(history: int, free: int, fen: int | None) -> None:
    assert burdened(history, free).by_rule.get("fairness") == fen


def test_burden_counts_over_all_shifts_of_an_engineer() -> None:
    """Two ways of 2 h of one engineer with 3 h free: 1 h charged; two engineers: nothing."""
    price = {"fairness_fen_per_hour": 10, "fairness_free_seconds": 3 * HOUR}
    shifts = [{"start": day * 24 * HOUR, "end": (day * 24 + 8) * HOUR} for day in range(2)]
    people = [engineer("a", shifts=shifts), engineer("b")]
    problem = document(price=price, horizon={"start": 0, "end": 48 * HOUR}, engineers=people)
    problem["orders"] = [order("x"), order("y")]
    one = [route(stop("x", HOUR)), route(stop("y", 25 * HOUR), shift=1)]
    assert judged(problem, {"routes": one}).by_rule["fairness"] == 10
    two = [route(stop("x", HOUR)), route(stop("y", HOUR)) | {"engineer": "b"}]
    assert "fairness" not in judged(problem, {"routes": two}).by_rule
