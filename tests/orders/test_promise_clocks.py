"""The clocks against a slow oracle that walks second by second, and the rules a reader would expect of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.domain.life import WaitingReason
from services.orders.domain.promise import ClockRule, PauseRule, Standing, Waiting, active_seconds, judge, lateness_fen

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
RULE = ClockRule(
    clock="restore",
    start="reported_at",
    seconds=60,
    stops=("restored_at", "cargo_moving_at"),
    pauses=(PauseRule("customer", limit_s=50), PauseRule("weather", proof=True), PauseRule("expert", 30, proof=True)),
    warn_at=0.75,
    price_fen_per_hour=40_000,
    step_fen=300_000,
    cap_fen=301_000,
)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def judged(
    now: int,
    *,
    waits: list[Waiting] | None = None,
    raised: bool = False,
    restored_at: int | None = None,
    cargo_moving_at: int | None = None,
) -> Standing:
    stamps = {"restored_at": restored_at, "cargo_moving_at": cargo_moving_at}
    moments = {name: at(second) for name, second in stamps.items() if second is not None}
    return judge(RULE, started_at=START, waits=waits or [], stamps=moments, now=at(now), breach_raised=raised)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Waiting], int | None, int]:
    """Waits (overlapping, of any reason, one may be open), a stop or none, and the moment of looking."""
    spans = draw(st.lists(st.tuples(st.integers(0, 150), st.integers(1, 60)), max_size=4))
    reasons: st.SearchStrategy[WaitingReason] = st.sampled_from(["parts", "customer", "expert", "weather"])
    proven = st.booleans()
    waits = [Waiting(draw(reasons), at(begin), at(begin + length), draw(proven)) for begin, length in spans]
    if draw(st.booleans()):
        waits.append(Waiting(draw(reasons), at(draw(st.integers(0, 150))), None, draw(proven)))
    stop = draw(st.none() | st.integers(0, 200))
    return waits, stop, draw(st.integers(stop or 0, 250))


def ticks(waits: list[Waiting], until: int) -> list[bool]:
    """The oracle: for each second since the start, whether the clock ran. Each reason has its own account of seconds
    that it may still take."""
    left = {pause.reason: 10**9 if pause.limit_s is None else pause.limit_s for pause in RULE.pauses}
    wants_proof = {pause.reason for pause in RULE.pauses if pause.proof}
    ran = []
    for second in range(until):
        reasons = {
            wait.reason
            for wait in waits
            if wait.reason in left and wait.start <= at(second) and (wait.end is None or at(second) < wait.end)
            if wait.proven or wait.reason not in wants_proof
        }
        standing = {reason for reason in reasons if left[reason] > 0}
        for reason in standing:
            left[reason] -= 1
        ran.append(not standing)
    return ran


@given(stories())
def test_state_and_lateness_match_the_walk(story: tuple[list[Waiting], int | None, int]) -> None:
    waits, stop, now = story
    standing = judged(now, waits=waits, restored_at=stop)
    ran = ticks(waits, now if stop is None else stop)
    late = max(0, sum(ran) - RULE.seconds)
    assert standing.late_seconds == late
    assert standing.late_fen == lateness_fen(RULE, late)
    assert standing.stopped_at == (None if stop is None else at(stop))
    if late:
        assert standing.state == "breached"
    elif stop is not None:
        assert standing.state == "met"
    else:
        paused = not ticks(waits, now + 1)[now]
        assert standing.state == ("paused" if paused else "running")


@given(stories())
def test_due_is_the_moment_when_the_seconds_are_used_up(story: tuple[list[Waiting], int | None, int]) -> None:
    waits, stop, now = story
    standing = judged(now, waits=waits, restored_at=stop)
    horizon = now if stop is None else stop
    known = [
        Waiting(wait.reason, wait.start, min(wait.end or at(horizon), at(horizon)), wait.proven)
        for wait in waits
        if wait.start < at(horizon)
    ]
    due = int((standing.due - START).total_seconds())
    assert sum(ticks(known, due)) == RULE.seconds
    assert due == 0 or ticks(known, due)[due - 1], "the last second before it is due is one that counts"


def test_stopping_exactly_when_due_is_kept_and_a_second_later_is_not() -> None:
    assert judged(60, restored_at=60).state == "met"
    assert judged(61, restored_at=61).state == "breached"
    assert judged(60).state == "running"
    assert judged(61).state == "breached"


def test_the_cargo_moving_again_stops_the_24_hour_clock_as_well() -> None:
    standing = judged(500, cargo_moving_at=50, restored_at=400)
    assert standing.state == "met"
    assert standing.stopped_at == at(50)


def test_a_late_fact_withdraws_a_breach() -> None:
    assert judged(100).state == "breached"
    assert judged(100, raised=True, restored_at=40).state == "withdrawn"


def test_a_pause_runs_into_its_limit_and_the_clock_goes_on() -> None:
    """Customer waits may take 50 of the seconds: 60 + 50 are due at 110, and nobody has to come back to see it."""
    waits = [Waiting("customer", at(10), None)]
    assert (judged(59, waits=waits).state, judged(59, waits=waits).resumes) == ("paused", at(60))
    assert judged(60, waits=waits).state == "running"
    assert judged(60, waits=waits).due == at(110)
    assert judged(111, waits=waits).state == "breached"


def test_a_wait_without_its_proof_stops_nothing_and_a_late_proof_counts_from_the_beginning() -> None:
    assert judged(61, waits=[Waiting("weather", at(0), None)]).state == "breached"
    assert judged(61, waits=[Waiting("weather", at(0), None, proven=True)]).state == "paused"


def test_what_the_maker_causes_does_not_stop_the_clock() -> None:
    assert judged(61, waits=[Waiting("parts", at(0), None)]).state == "breached"
    assert judged(49, waits=[Waiting("customer", at(0), None)]).state == "paused"


def test_a_breached_clock_stays_breached_while_the_order_waits() -> None:
    """A pause after the breach stops the price, not the breach."""
    standing = judged(110, waits=[Waiting("customer", at(70), None)])
    assert (standing.state, standing.late_seconds) == ("breached", 10)


def test_a_prediction_after_due_is_a_risk_and_one_before_is_none() -> None:
    for predicted, state in ((at(61), "at_risk"), (at(60), "running")):
        standing = judge(
            RULE, started_at=START, waits=[], stamps={}, now=at(1), breach_raised=False, predicted=predicted
        )
        assert standing.state == state


def test_a_cancelled_order_waives_its_clocks() -> None:
    standing = judge(RULE, started_at=START, waits=[], stamps={}, now=at(999), breach_raised=True, waived=True)
    assert standing.state == "waived"


@pytest.mark.parametrize(("late", "fen"), [(0, 0), (1, 300_012), (36, 300_400), (90, 301_000), (10**6, 301_000)])
def test_lateness_is_rounded_up_once_and_capped(late: int, fen: int) -> None:
    """40 000 fen per hour: one second is 11.1, rounded up to 12, plus the step of 300 000; the cap is 301 000."""
    assert lateness_fen(RULE, late) == fen


def test_a_day_has_24_hours_where_clocks_are_put_back() -> None:
    """New York, 1 November 2026: 12:00 to 12:00 on the wall is 25 hours."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("America/New_York")
    noon = datetime(2026, 10, 31, 12, tzinfo=zone).astimezone(UTC)
    next_noon = datetime(2026, 11, 1, 12, tzinfo=zone).astimezone(UTC)
    assert active_seconds(noon, next_noon, []) == 25 * 3600
