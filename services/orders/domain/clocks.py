"""The clocks of one order as they are kept, brought up to date, and the timers that they need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.orders.domain.calendars import Calendar
from services.orders.domain.promise import ClockRule, ClockState, Standing, Waiting, judge

_RANKS: Mapping[ClockState, int] = {"breached": 0, "at_risk": 1, "running": 2}
NO_RISK = 3


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as it was last told, with when the plan sees it stop and the `chance` that it is kept.

    `breach_raised` and `warned` say what must not be told a second time.
    """

    rule: ClockRule
    started_at: datetime
    due: datetime
    state: ClockState = "running"
    stopped_at: datetime | None = None
    predicted: datetime | None = None
    chance: float | None = None
    breach_raised: bool = False
    warned: bool = False
    late_fen: int = 0


@dataclass(frozen=True, slots=True)
class Reassessed:
    """A clock brought up to date: what of it is news, and when it must be looked at again (timer name → moment)."""

    clock: Clock
    state_changed: bool
    warning: bool
    timers: Mapping[str, datetime]


def attach(
    rules: Iterable[ClockRule], starts: Mapping[str, datetime], calendars: Mapping[str, Calendar]
) -> tuple[list[Clock], list[ClockRule]]:
    """The clocks whose start event has happened, started, and the rules that still wait for theirs."""
    clocks, waiting = [], []
    for rule in rules:
        if (started := starts.get(rule.start)) is None:
            waiting.append(rule)
            continue
        calendar = calendars[rule.calendar] if rule.calendar else None
        standing = judge(
            rule, started_at=started, waits=(), stamps={}, now=started, breach_raised=False, calendar=calendar
        )
        clocks.append(Clock(rule=rule, started_at=started, due=standing.due))
    return clocks, waiting


def reassess(
    clock: Clock,
    *,
    waits: Sequence[Waiting],
    stamps: Mapping[str, datetime],
    now: datetime,
    waived: bool,
    calendars: Mapping[str, Calendar],
) -> Reassessed:
    """The clock as it stands at `now`. Doing it twice changes and tells nothing the second time."""
    started_at = stamps.get(clock.rule.start, clock.started_at)
    standing = judge(
        clock.rule,
        started_at=started_at,
        waits=waits,
        stamps=stamps,
        now=now,
        breach_raised=clock.breach_raised,
        predicted=clock.predicted,
        waived=waived,
        calendar=calendars[clock.rule.calendar] if clock.rule.calendar else None,
    )
    runs = standing.state in ("running", "at_risk")
    warning = runs and not clock.warned and clock.rule.warn_at < 1 and now > standing.warn
    fresh = replace(
        clock,
        started_at=started_at,
        due=standing.due,
        state=standing.state,
        stopped_at=standing.stopped_at,
        breach_raised=clock.breach_raised or standing.state == "breached",
        warned=clock.warned or warning,
        late_fen=standing.late_fen if standing.stopped_at else 0,
    )
    return Reassessed(fresh, fresh.state != clock.state, warning, _timers(fresh, standing, runs=runs))


def _timers(clock: Clock, standing: Standing, *, runs: bool) -> dict[str, datetime]:
    """When the clock changes by itself: it is warned of, it is late, its pause has lasted as long as it may."""
    name = clock.rule.clock
    if standing.resumes is not None:
        return {f"limit:{name}": standing.resumes}
    if not runs:
        return {}
    timers = {f"breach:{name}": standing.in_time_until}
    if not clock.warned and clock.rule.warn_at < 1:
        timers[f"warn:{name}"] = standing.warn
    return timers


def risk(clocks: Iterable[Clock]) -> tuple[int, datetime | None]:
    """The order's place in the queue: rank of its worst unstopped clock (0 worst), and when the first such is due."""
    running = [(_RANKS[clock.state], clock.due) for clock in clocks if clock.state in _RANKS and not clock.stopped_at]
    return min(running, default=(NO_RISK, None))
