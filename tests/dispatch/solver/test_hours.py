"""What the engines make of breaks, slow hours and bans: sums by head, and a break in the way of the work."""

from typing import Any

import pytest

from services.dispatch.solver import ENGINES, judge
from services.dispatch.solver.kernel import reading
from tests.dispatch.solver.solving import planned, problem_of, solved
from tests.dispatch.solver.tiny import HOUR, document, engineer, order

LUNCH = {"earliest": 2 * HOUR, "latest": 3 * HOUR, "seconds": 1800}


def resting(*breaks: dict[str, int], **changes: Any) -> dict[str, Any]:
    shift = {"start": 0, "end": 8 * HOUR, "overtime_until": 12 * HOUR, "breaks": list(breaks)}
    return engineer("a", shifts=[shift], **changes)


def times(problem: dict[str, Any], engine: str) -> tuple[list[tuple[int, int, int]], tuple[tuple[int, int], ...]]:
    """(arrival, start, end) of the stops of the one route, and its breaks."""
    result = solved(problem, engine)
    assert judge(problem_of(problem), result.plan).violations == ()
    (route,) = result.plan.routes
    return [(stop.arrival, stop.start, stop.end) for stop in route.stops], route.breaks


@pytest.mark.parametrize("engine", ENGINES)
def test_a_break_waits_until_the_work_is_done(engine: str) -> None:
    """One hour of way, one of work, home at 3:00, no later than `latest`: no break is owed."""
    found, breaks = times(document(engineers=[resting(LUNCH)], orders=[order("x")]), engine)
    assert (found, breaks) == ([(HOUR, HOUR, 2 * HOUR)], ())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_break_is_taken_on_the_way_home(engine: str) -> None:
    """Work at p2 from 2:00 to 3:00, two hours home: at 3:00 the break can still begin, so home is at 5:30."""
    problem = document(engineers=[resting(LUNCH)], orders=[order("x", "p2")])
    found, breaks = times(problem, engine)
    assert (found, breaks) == ([(2 * HOUR, 2 * HOUR, 3 * HOUR)], ((3 * HOUR, 12_600),))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_break_comes_before_work_that_would_run_over_it(engine: str) -> None:
    """Two hours of work from 2:00 would end at 4:00: lunch from 2:00, on arrival, then the work."""
    problem = document(engineers=[resting(LUNCH)], orders=[order("x", "p2", service_seconds=2 * HOUR)])
    found, breaks = times(problem, engine)
    assert (found, breaks) == ([(2 * HOUR, 9000, 16_200)], ((2 * HOUR, 9000),))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_break_inside_a_drive_and_one_while_waiting(engine: str) -> None:
    """Lunch at 2:00 in the middle of three hours to p3, there at 3:30. The work opens at 6:00: coffee from 4:00 costs
    nothing."""
    coffee = {"earliest": 4 * HOUR, "latest": 7 * HOUR, "seconds": 900}
    window = [{"start": 6 * HOUR, "end": 7 * HOUR}]
    problem = document(engineers=[resting(LUNCH, coffee)], orders=[order("x", "p3", windows=window)])
    found, breaks = times(problem, engine)
    assert found == [(12_600, 6 * HOUR, 7 * HOUR)]
    assert breaks == ((2 * HOUR, 9000), (4 * HOUR, 15_300))


@pytest.mark.parametrize("engine", ENGINES)
def test_slow_hours_and_bans_are_driven_as_the_judge_drives(engine: str) -> None:
    """Half speed until 1:00: half an hour is done by then, the rest of p1's hour by 1:30. Work until 2:30; the heavy
    van stands from 3:00 to 4:00 on its way home and is back at 4:30, a second too late for the shorter shift."""
    problem = document(engineers=[engineer("a", heavy=True)], orders=[order("x")])
    problem["travel"]["factors"] = [{"window": {"start": 0, "end": HOUR}, "permille": 2000}]
    problem["travel"]["bans"] = [{"start": 3 * HOUR, "end": 4 * HOUR}]
    found, _ = times(problem, engine)
    assert found == [(5400, 5400, 9000)]
    tight = problem | {"engineers": [engineer("a", heavy=True, shifts=[{"start": 0, "end": 16_199}])]}
    assert solved(tight, engine).plan.unassigned == {0: "shift"}


def test_the_judge_sees_an_engine_that_skips_its_break(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a plan without the pauses that its times leave room for is refused."""
    problem = problem_of(document(engineers=[resting(LUNCH)], orders=[order("x", "p2")]))
    monkeypatch.setattr(reading.Legs, "go_home", lambda *_: None)
    with pytest.raises(AssertionError, match="break"):
        planned(problem)
