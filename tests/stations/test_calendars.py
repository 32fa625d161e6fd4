"""Working time, free spans and contracts: the pure part, against models that count minutes."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.stations.domain import (
    Span,
    WorkingTime,
    at_work,
    contract_span,
    cost_fen,
    end_of_day,
    without,
    working_times,
)

START = datetime(2026, 11, 5, tzinfo=UTC)
DAY = 48


def at(tick: int) -> datetime:
    """Half an hour after the other."""
    return START + timedelta(minutes=30 * tick)


spans = st.tuples(st.integers(0, DAY), st.integers(1, DAY)).map(lambda pair: Span(at(pair[0]), at(pair[0] + pair[1])))
shifts = st.tuples(st.integers(0, DAY), st.integers(1, 20), st.integers(0, 6)).map(
    lambda drawn: WorkingTime(at(drawn[0]), at(drawn[0] + drawn[1]), at(drawn[0] + drawn[1] + drawn[2]))
)


@given(spans, st.lists(spans, max_size=6))
def test_without_leaves_exactly_what_is_not_taken(span: Span, taken: list[Span]) -> None:
    left = without(span, taken)
    assert left == sorted(left)
    for tick in range(2 * DAY + 2):
        moment = at(tick)
        wanted = span.holds(moment) and not any(cut.holds(moment) for cut in taken)
        assert any(piece.holds(moment) for piece in left) == wanted


@given(shifts, st.lists(spans, max_size=4), spans)
def test_working_time_is_the_shift_less_the_absences(shift: WorkingTime, absences: list[Span], within: Span) -> None:
    """Inside the window, regular time is worked exactly when the shift says so and no absence forbids it."""
    pieces = working_times([shift], absences, within)
    for tick in range(2 * DAY + 8):
        moment = at(tick)
        if not within.holds(moment):
            continue
        absent = any(absence.holds(moment) for absence in absences)
        regular = Span(shift.start, shift.end).holds(moment) and not absent
        assert any(Span(piece.start, piece.end).holds(moment) for piece in pieces) == regular
        if at_work(pieces, moment):
            assert Span(shift.start, max(shift.end, shift.overtime_until)).holds(moment)
            assert not absent


def test_an_absence_splits_a_shift_and_only_the_last_piece_has_overtime() -> None:
    shift = WorkingTime(at(16), at(36), at(40))
    pieces = working_times([shift], [Span(at(20), at(24))], Span(at(0), at(48)))
    assert pieces == [WorkingTime(at(16), at(20), at(20)), WorkingTime(at(24), at(36), at(40))]


def test_an_absence_until_after_the_end_leaves_no_overtime_piece() -> None:
    shift = WorkingTime(at(16), at(36), at(40))
    assert working_times([shift], [Span(at(30), at(38))], Span(at(0), at(48))) == [WorkingTime(at(16), at(30), at(30))]


def test_a_shift_goes_on_beyond_the_window() -> None:
    shift = WorkingTime(at(0), at(20), at(24))
    assert working_times([shift], [], Span(at(10), at(12))) == [shift]


def test_a_contract_counts_both_its_days_in_the_zone_of_its_branch() -> None:
    """Shanghai is eight hours ahead: the contract of the 5th begins at 16:00 UTC of the 4th."""
    wide = Span(START - timedelta(days=3), START + timedelta(days=5))
    day = date(2026, 11, 5)
    assert contract_span(start=day, end=day, zone="Asia/Shanghai", within=wide) == Span(
        datetime(2026, 11, 4, 16, tzinfo=UTC), datetime(2026, 11, 5, 16, tzinfo=UTC)
    )
    assert contract_span(start=None, end=None, zone="Asia/Shanghai", within=wide) == wide
    after = Span(START + timedelta(days=1), START + timedelta(days=2))
    assert contract_span(start=None, end=day, zone="Asia/Shanghai", within=after) is None


def test_a_day_ends_an_hour_later_when_the_clocks_go_back() -> None:
    start_of_day = end_of_day(date(2026, 10, 31), "America/New_York")
    assert end_of_day(date(2026, 11, 1), "America/New_York").timestamp() - start_of_day.timestamp() == 25 * 3600


def test_cost_is_the_base_price_and_the_kilometres() -> None:
    assert cost_fen(base_fen=80_000, fen_per_km=700, kilometres=240) == 248_000
    assert cost_fen(base_fen=80_000, fen_per_km=700, kilometres=None) == 80_000
