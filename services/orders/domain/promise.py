"""The clocks of a promise, judged from the whole story each time.

A clock's standing is a pure function of what is known: when it started, when the order waited and why, which of its
stop events happened, what the plan predicts, and now. A fact that arrives late therefore simply changes the answer; the
difference to the last answer is what the journal is told. Time counts in elapsed UTC seconds: a day is 24 hours on
every calendar.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from services.orders.domain.life import WaitingReason

ClockName = Literal["respond", "arrive", "restore", "complete"]
CLOCKS: tuple[str, ...] = get_args(ClockName)
StartEvent = Literal["reported_at", "accepted_at", "window_end"]
StopEvent = Literal["responded_at", "arrived_at", "restored_at", "cargo_moving_at", "completed_at"]
ClockState = Literal["running", "paused", "met", "at_risk", "breached", "waived", "withdrawn"]
CLOCK_STATES: tuple[str, ...] = get_args(ClockState)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of a template: seconds from `start` to the first of `stops`, and what lateness costs.

    `pauses` are the waiting reasons during which the clock stands still; `warn_at` is the share of the time after
    which a warning is raised (1 = none).
    """

    clock: ClockName
    start: StartEvent
    seconds: int
    stops: tuple[StopEvent, ...]
    pauses: tuple[WaitingReason, ...]
    warn_at: float
    price_fen_per_hour: int
    step_fen: int
    cap_fen: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """The order waited from `start` to `end` (half-open; None = it still waits)."""

    reason: WaitingReason
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a clock at one moment. `due` includes the pauses so far; `late_fen` is final once stopped."""

    state: ClockState
    due: datetime
    warn: datetime
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
) -> Standing:
    """The standing of a clock at `now`.

    `stamps` are the order's time fields that are set; `breach_raised` whether a breach was already told (a clock that
    turns out met is then `withdrawn`); `predicted` is when the plan expects it to stop.
    """
    stopped_at = min((stamps[event] for event in rule.stops if event in stamps), default=None)
    until = stopped_at or now
    pauses = _pauses(rule, waits, started_at, until)
    due = _moment(started_at, rule.seconds, pauses)
    warn = _moment(started_at, int(rule.seconds * rule.warn_at), pauses)
    late = max(0, active_seconds(started_at, until, pauses) - rule.seconds)
    state = _state(
        stopped=stopped_at is not None,
        late=late,
        paused=_paused(rule, waits, now),
        at_risk=predicted is not None and predicted > due,
        breach_raised=breach_raised,
        waived=waived,
    )
    return Standing(state, due, warn, stopped_at, late, lateness_fen(rule, late))


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


def active_seconds(start: datetime, end: datetime, pauses: Sequence[tuple[datetime, datetime]]) -> int:
    """Whole seconds (rounded up) from `start` to `end` outside of `pauses`, which are disjoint and ordered."""
    active = max(end - start, timedelta(0))
    for begin, finish in pauses:
        active -= max(min(finish, end) - max(begin, start), timedelta(0))
    return -(-active // timedelta(seconds=1))


def _moment(start: datetime, seconds: int, pauses: Sequence[tuple[datetime, datetime]]) -> datetime:
    """When `seconds` of active time have passed since `start`; a pause that begins exactly then does not shift it."""
    moment = start + timedelta(seconds=seconds)
    for begin, finish in pauses:
        if begin < moment:
            moment += finish - begin
    return moment


def _pauses(
    rule: ClockRule, waits: Sequence[Waiting], start: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """The waits that stop this clock, cut to [start, until], merged and ordered."""
    counted = sorted(
        (max(wait.start, start), min(wait.end or until, until)) for wait in waits if wait.reason in rule.pauses
    )
    merged: list[tuple[datetime, datetime]] = []
    for begin, finish in counted:
        if finish <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], finish))
        else:
            merged.append((begin, finish))
    return merged


def _paused(rule: ClockRule, waits: Sequence[Waiting], now: datetime) -> bool:
    return any(
        wait.reason in rule.pauses and wait.start <= now and (wait.end is None or now < wait.end) for wait in waits
    )
