"""The clocks of a promise, judged from the whole story each time.

A clock's standing is a pure function of what is known: when it started, when the order waited and why, which of its
stop events happened, what the plan predicts, and now. A fact that arrives late therefore simply changes the answer; the
difference to the last answer is what the journal is told. Time counts in elapsed UTC seconds (a day is 24 hours on
every calendar), or by a business calendar in the seconds that it is open.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from services.orders.domain.calendars import Calendar
from services.orders.domain.life import WaitingReason

ClockName = Literal["respond", "arrive", "restore", "complete"]
CLOCKS: tuple[str, ...] = get_args(ClockName)
StartEvent = Literal[
    "reported_at", "accepted_at", "window_end", "responded_at", "dispatched_at", "arrived_at", "restored_at"
]
START_EVENTS: tuple[str, ...] = get_args(StartEvent)
StopEvent = Literal["responded_at", "arrived_at", "restored_at", "cargo_moving_at", "completed_at"]
STOP_EVENTS: tuple[str, ...] = get_args(StopEvent)
ClockState = Literal["running", "paused", "met", "at_risk", "breached", "waived", "withdrawn"]
CLOCK_STATES: tuple[str, ...] = get_args(ClockState)
Span = tuple[datetime, datetime]
ENDLESS = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PauseRule:
    """A waiting reason during which a clock stands still: for at most `limit_s` elapsed seconds in all (None: as long
    as it takes), and with `proof` only while the wait is proven."""

    reason: WaitingReason
    limit_s: int | None = None
    proof: bool = False


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of a template: seconds from `start` to the first of `stops`, and what lateness costs.

    `calendar` names a business calendar (None: around the clock); `warn_at` is the share of the time after which a
    warning is raised (1 = none).
    """

    clock: ClockName
    start: StartEvent
    seconds: int
    stops: tuple[StopEvent, ...]
    pauses: tuple[PauseRule, ...]
    warn_at: float
    price_fen_per_hour: int
    step_fen: int
    cap_fen: int
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The order waited from `start` to `end` (half-open; None = it still waits); `proven` once a proof is on record."""

    reason: WaitingReason
    start: datetime
    end: datetime | None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a clock at one moment.

    `due` includes the pauses so far; a stop up to `in_time_until` is in time: that is later than `due` only when the
    calendar closes exactly then. `resumes` is when a pause runs into its limit. `late_fen` is final once stopped.
    """

    state: ClockState
    due: datetime
    in_time_until: datetime
    warn: datetime
    resumes: datetime | None
    stopped_at: datetime | None
    late_seconds: int
    late_fen: int


def judge(
    rule: ClockRule,
    *,
    started_at: datetime,
    waits: Sequence[Waiting],
    stamps: Mapping[str, datetime],
    now: datetime,
    breach_raised: bool,
    predicted: datetime | None = None,
    waived: bool = False,
    calendar: Calendar | None = None,
) -> Standing:
    """The standing of a clock at `now`.

    `stamps` are the order's time fields that are set; `breach_raised` whether a breach was already told (a clock that
    turns out met is then `withdrawn`); `predicted` is when the plan expects it to stop; `calendar` is the one that the
    rule names.
    """
    stopped_at = min((stamps[event] for event in rule.stops if event in stamps), default=None)
    until = stopped_at or now
    standstills = _standstills(rule, waits, started_at)
    paused = next((end for begin, end in standstills if begin <= now < end), None)
    pauses = [(begin, min(end, until)) for begin, end in standstills if begin < until]
    due, in_time_until = moment(started_at, rule.seconds, pauses, calendar)
    warn, _ = moment(started_at, int(rule.seconds * rule.warn_at), pauses, calendar)
    late = max(0, active_seconds(started_at, until, pauses, calendar) - rule.seconds)
    state = _state(
        stopped=stopped_at is not None,
        late=late,
        paused=paused is not None,
        at_risk=predicted is not None and predicted > in_time_until,
        breach_raised=breach_raised,
        waived=waived,
    )
    resumes = paused if state == "paused" and paused != ENDLESS else None
    return Standing(state, due, in_time_until, warn, resumes, stopped_at, late, lateness_fen(rule, late))


def _state(*, stopped: bool, late: int, paused: bool, at_risk: bool, breach_raised: bool, waived: bool) -> ClockState:
    if waived:
        return "waived"
    if late:
        return "breached"
    if stopped:
        return "withdrawn" if breach_raised else "met"
    if paused:
        return "paused"
    return "at_risk" if at_risk else "running"


def lateness_fen(rule: ClockRule, late_seconds: int) -> int:
    """ceil(price per hour x late seconds / 3600) + step, at most the cap; nothing when it is not late."""
    if late_seconds <= 0:
        return 0
    return min(rule.cap_fen, -(-rule.price_fen_per_hour * late_seconds // 3600) + rule.step_fen)


def active_seconds(start: datetime, end: datetime, pauses: Sequence[Span], calendar: Calendar | None = None) -> int:
    """Whole seconds (rounded up) that count from `start` to `end`; `pauses` are disjoint and ordered."""
    active = timedelta(0)
    for begin, finish in _active(start, pauses, calendar):
        if begin >= end:
            break
        active += min(finish, end) - begin
    return -(-active // timedelta(seconds=1))


def moment(
    start: datetime, seconds: int, pauses: Sequence[Span], calendar: Calendar | None = None
) -> tuple[datetime, datetime]:
    """When `seconds` that count have passed since `start`: the first such moment and the last one.

    They differ when the clock stands still from then on: a pause begins or the calendar closes.
    """
    left = timedelta(seconds=seconds)
    first = start if not left else None
    for begin, finish in _active(start, pauses, calendar):
        if first is not None:
            return first, begin
        if left < finish - begin:
            return begin + left, begin + left
        left -= finish - begin
        first = finish if not left else None
    raise AssertionError("time has no end")


def _active(start: datetime, pauses: Sequence[Span], calendar: Calendar | None) -> Iterator[Span]:
    """The spans since `start` that count, ordered and disjoint; the last one has no end."""
    for begin, finish in calendar.spans(start) if calendar else [(start, ENDLESS)]:
        at = max(begin, start)
        for pause_begin, pause_end in pauses:
            if pause_end <= at or pause_begin >= finish:
                continue
            if pause_begin > at:
                yield at, pause_begin
            at = pause_end
        if at < finish:
            yield at, finish


def _standstills(rule: ClockRule, waits: Sequence[Waiting], start: datetime) -> list[Span]:
    """The waits that stop this clock, from `start` on, each reason up to its limit, merged and ordered."""
    found: list[Span] = []
    for pause in rule.pauses:
        counted = [wait for wait in waits if wait.reason == pause.reason and (wait.proven or not pause.proof)]
        spans = _merged((max(wait.start, start), wait.end or ENDLESS) for wait in counted)
        found += spans if pause.limit_s is None else _limited(spans, timedelta(seconds=pause.limit_s))
    return _merged(found)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, finish in sorted(spans):
        if finish <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], finish))
        else:
            merged.append((begin, finish))
    return merged


def _limited(spans: Sequence[Span], limit: timedelta) -> list[Span]:
    """The first `limit` of the spans."""
    kept = []
    for begin, finish in spans:
        length = min(finish - begin, limit)
        if length:
            kept.append((begin, begin + length))
        limit -= length
    return kept
