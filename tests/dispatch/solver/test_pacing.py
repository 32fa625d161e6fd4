"""The engines' own driving, for vehicles that a plan may send: against the reference's count second by second."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.dispatch.solver.kernel.pacing import Pacing
from services.dispatch.solver.problem import Pace
from tests.dispatch.solver.test_judge_driving import counted, paces

ways = st.lists(st.tuples(st.integers(-5, 70), st.integers(0, 40)), min_size=1, max_size=4)


@settings(deadline=None)
@given(paces(), ways, st.booleans())
def test_arrivals_are_the_count_second_by_second(pace: Pace, drives: list[tuple[int, int]], heavy: bool) -> None:
    leaves, seconds = np.array(drives, np.int64).T
    found = Pacing(pace, heavy=heavy).arrivals(leaves, seconds).tolist()
    assert found == [counted(pace, left, way, [], heavy=heavy) for left, way in drives]


BANNED = Pace(bans=((10, 20),))


@settings(deadline=None)
@example(pace=BANNED, arrives=30, seconds=10, heavy=True)  # whoever waits in the ban leaves at its end
@example(pace=BANNED, arrives=15, seconds=0, heavy=True)  # who is there has no way to go
@given(pace=paces(), arrives=st.integers(0, 90), seconds=st.integers(0, 40), heavy=st.booleans())
def test_departure_is_the_last_that_is_in_time(pace: Pace, arrives: int, seconds: int, heavy: bool) -> None:
    leaves = Pacing(pace, heavy=heavy).departure(arrives, seconds)
    assert counted(pace, leaves, seconds, [], heavy=heavy) <= arrives
    assert counted(pace, leaves + 1, seconds, [], heavy=heavy) > arrives
