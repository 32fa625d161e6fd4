"""The clocks of one order as they are kept, brought up to date, and the timers that they need."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.orders.domain.promise import ClockRule, ClockState, Standing, StartEvent, Waiting, judge
from services.orders.domain.templates import Template

_RANKS: Mapping[ClockState, int] = {"breached": 0, "at_risk": 1, "running": 2}
NO_RISK = 3


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as it was last told: `breach_raised` and `warned` say what must not be told a second time."""

    rule: ClockRule
    started_at: datetime
    due: datetime
    state: ClockState = "running"
    stopped_at: datetime | None = None
    predicted: datetime | None = None
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


def attach(template: Template, starts: Mapping[StartEvent, datetime]) -> list[Clock]:
    """The template's clocks, started; a clock whose start event is not known for this order is left out."""
    clocks = []
    for rule in template.clocks:
        if (started := starts.get(rule.start)) is not None:
            standing = judge(rule, started_at=started, waits=(), stamps={}, now=started, breach_raised=False)
            clocks.append(Clock(rule=rule, started_at=started, due=standing.due))
    return clocks


def reassess(
    clock: Clock, *, waits: Sequence[Waiting], stamps: Mapping[str, datetime], now: datetime, waived: bool
) -> Reassessed:
    """The clock as it stands at `now`. Doing it twice changes and tells nothing the second time."""
    standing = judge(
        clock.rule,
        started_at=clock.started_at,
        waits=waits,
        stamps=stamps,
        now=now,
        breach_raised=clock.breach_raised,
        predicted=clock.predicted,
        waived=waived,
    )
    runs = standing.state in ("running", "at_risk")
    warning = runs and not clock.warned and clock.rule.warn_at < 1 and now > standing.warn
    fresh = replace(
        clock,
        due=standing.due,
        state=standing.state,
        stopped_at=standing.stopped_at,
        breach_raised=clock.breach_raised or standing.state == "breached",
        warned=clock.warned or warning,
        late_fen=standing.late_fen if standing.stopped_at else 0,
    )
    return Reassessed(fresh, fresh.state != clock.state, warning, _timers(fresh, standing) if runs else {})


def _timers(clock: Clock, standing: Standing) -> dict[str, datetime]:
    timers = {f"breach:{clock.rule.clock}": standing.due}
    if not clock.warned and clock.rule.warn_at < 1:
        timers[f"warn:{clock.rule.clock}"] = standing.warn
    return timers


def risk(clocks: Iterable[Clock]) -> tuple[int, datetime | None]:
    """The order's place in the queue: rank of its worst unstopped clock (0 worst), and when the first such is due."""
    running = [(_RANKS[clock.state], clock.due) for clock in clocks if clock.state in _RANKS and not clock.stopped_at]
    return min(running, default=(NO_RISK, None))
