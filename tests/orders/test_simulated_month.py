"""A simulated month in virtual time, over many seeds: every promise ends as an oracle says, every timer fires once.

The real clocks of the domain are driven by made-up stories: waits with and without proof, facts that arrive hours late,
outages of up to half a day during which nothing fires. The oracle counts the minutes of the month in arrays and knows
nothing of due moments or timers. ROADCALL_SIM_SEEDS runs more seeds than the default.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from services.orders.domain.calendars import Calendar, Hours
from services.orders.domain.clocks import Clock, Reassessed, attach, reassess
from services.orders.domain.promise import ClockRule, PauseRule, Waiting

SEEDS = int(os.environ.get("ROADCALL_SIM_SEEDS", "2000"))
BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
MONTH = 31 * 24 * 60
MINUTE = timedelta(minutes=1)
PROMPT = timedelta(seconds=60)
Reassess = Callable[..., Reassessed]


def workday(day: date) -> bool:
    return day.weekday() < 6 and not date(2026, 10, 1) <= day <= date(2026, 10, 3)


CALENDAR = Calendar(ZoneInfo("Asia/Shanghai"), (Hours(8 * 60, 12 * 60), Hours(13 * 60, 18 * 60)), workday)


def open_minutes() -> np.ndarray[Any, Any]:
    """Whether each minute of the month is open by the wall of Shanghai, eight hours ahead all year."""
    minutes = np.arange(MONTH) + 8 * 60
    day, minute = minutes // 1440, minutes % 1440
    weekday = (3 + day) % 7  # 1 October 2026 is a Thursday
    hours = ((minute >= 480) & (minute < 720)) | ((minute >= 780) & (minute < 1080))
    return hours & (weekday < 6) & (day >= 3)


OPEN = open_minutes()


@dataclass
class Story:
    """One order's month in minutes: waits as (reason, begin, end, proven), when it stopped, when that was told."""

    rule: ClockRule
    start: int
    waits: list[tuple[str, int, int, bool]]
    stop: int | None
    told: int | None
    outages: list[tuple[int, int]]


def story(rng: Random) -> Story:
    seconds = 60 * rng.choice([30, 240, 1440, 4320])
    pauses = (
        PauseRule("customer", limit_s=60 * rng.choice([60, 600, 3000])),
        PauseRule("weather", proof=True),
        *((PauseRule("parts"),) if rng.random() < 0.2 else ()),
    )
    rule = ClockRule(
        clock="restore",
        start="reported_at",
        seconds=seconds,
        stops=("restored_at",),
        pauses=pauses,
        warn_at=0.75,
        price_fen_per_hour=40_000,
        step_fen=100,
        cap_fen=10**9,
        calendar="office" if rng.random() < 0.4 else None,
    )
    start, waits, at = rng.randrange(MONTH // 2), [], 0
    at = start
    for _ in range(rng.randrange(5)):
        at += rng.randrange(1, seconds // 30)
        length = rng.randrange(1, 3000)
        waits.append((rng.choice(["customer", "weather", "parts"]), at, at + length, rng.random() < 0.5))
        at += length
    stop = start + int(rng.expovariate(1) * seconds / 30) if rng.random() < 0.9 else None
    told = None if stop is None else stop + rng.choice([0, 0, 5, 600])
    outages = [
        (begin, begin + rng.randrange(1, 720)) for begin in (rng.randrange(MONTH) for _ in range(rng.randrange(3)))
    ]
    inside = stop is not None and told is not None and told < MONTH
    kept = [wait for wait in waits if wait[2] < MONTH]
    return Story(rule, start, kept, stop if inside else None, told if inside else None, outages)


@dataclass
class Month:
    """What was told during the month, and the clock at its end."""

    clock: Clock
    told: list[tuple[datetime, str]] = field(default_factory=list)
    warned: list[datetime] = field(default_factory=list)


def at(minute: int) -> datetime:
    return BEGIN + minute * MINUTE


def play(tale: Story, reassess: Reassess) -> Month:
    """Drive the clock by events and timers, as the service does: whatever changed, all of it is judged anew."""
    events = sorted({tale.start, *(m for wait in tale.waits for m in wait[1:3]), *([tale.told] if tale.told else [])})
    (clock,), _ = attach([tale.rule], {"reported_at": at(tale.start)}, {"office": CALENDAR})
    month, timers, end = Month(clock), dict[str, datetime](), at(MONTH)
    pending, fired = sorted(_when_up(tale, at(minute)) for minute in events), 0
    while True:
        fires = _when_up(tale, min(timers.values()) + timedelta(seconds=1)) if timers else end
        now = min(fires, pending[0]) if pending else fires
        if now >= end:
            return month
        if pending and now == pending[0]:
            pending.pop(0)
        else:
            fired += 1
        assert fired < 200, "a timer fires again and again"
        judged = reassess(month.clock, now=now, waived=False, calendars={"office": CALENDAR}, **_known(tale, now))
        if judged.state_changed:
            month.told.append((now, judged.clock.state))
        if judged.warning:
            month.warned.append(now)
        month.clock, timers = judged.clock, dict(judged.timers)


def _when_up(tale: Story, wanted: datetime) -> datetime:
    """The moment itself, or the end of the outage that it falls into."""
    for begin, end in sorted(tale.outages):
        if at(begin) <= wanted < at(end):
            wanted = at(end)
    return wanted


def _known(tale: Story, now: datetime) -> dict[str, Any]:
    waits = [
        Waiting(reason, at(begin), at(end) if at(end) <= now else None, proven)  # type: ignore[arg-type]
        for reason, begin, end, proven in tale.waits
        if at(begin) <= now
    ]
    told = tale.told is not None and tale.stop is not None and at(tale.told) <= now
    return {"waits": waits, "stamps": {"restored_at": at(tale.stop or 0)} if told else {}}


def ran(tale: Story) -> np.ndarray[Any, Any]:
    """The oracle's minutes: whether the clock ran in each."""
    counts = OPEN.copy() if tale.rule.calendar else np.ones(MONTH, dtype=bool)
    counts[: tale.start] = False
    still = np.zeros(MONTH, dtype=bool)
    for pause in tale.rule.pauses:
        mine = np.zeros(MONTH, dtype=bool)
        for reason, begin, end, proven in tale.waits:
            if reason == pause.reason and (proven or not pause.proof):
                mine[begin:end] = True
        if pause.limit_s is not None:
            mine &= np.cumsum(mine) <= pause.limit_s // 60
        still |= mine
    return counts & ~still


def check(tale: Story, month: Month) -> None:
    """The month against the oracle: the end, what was told, and when."""
    counted = ran(tale)
    used = np.cumsum(counted)
    until = MONTH if tale.stop is None else tale.stop
    late = max(0, int(used[until - 1]) - tale.rule.seconds // 60) if until > tale.start else 0
    over = np.flatnonzero(used > tale.rule.seconds // 60)
    breaks = int(over[0]) if len(over) else MONTH  # the minute during which it becomes late
    first_look = _when_up(tale, at(breaks) + timedelta(seconds=1))
    seen_late = first_look < _when_up(tale, at(tale.told if tale.told is not None else MONTH))
    breaches = [when for when, state in month.told if state == "breached"]
    assert len(breaches) == int(seen_late or bool(late)), "a breach is told exactly once"
    for when in breaches:
        assert when > at(breaks), "nothing is told early"
        if seen_late:
            assert when <= first_look + PROMPT, "at most a minute late, or after the outage"
    _check_warning(tale, month, used, until=min(first_look, _when_up(tale, at(tale.told if tale.told else MONTH))))
    if tale.stop is None:
        assert (month.clock.state == "breached") == bool(late)
        return
    assert month.clock.state == ("breached" if late else "withdrawn" if breaches else "met")
    price = -(-tale.rule.price_fen_per_hour * late * 60 // 3600) + tale.rule.step_fen
    assert month.clock.late_fen == (price if late else 0)


def _check_warning(tale: Story, month: Month, used: np.ndarray[Any, Any], *, until: datetime) -> None:
    """It comes once, when three quarters of the time are used up (with the closing of the calendar, when that is then);
    not when the first look is at the end or a breach."""
    whole, rest = divmod(tale.rule.seconds * 3 // 4, 60)
    over = np.flatnonzero(used > whole)
    assert len(month.warned) <= 1
    if not len(over):
        return
    begins = at(int(over[0])) + timedelta(seconds=rest)
    look = _when_up(tale, begins + timedelta(seconds=1))
    if look < min(until, at(MONTH)):
        assert month.warned, "a warning is told"
        reached = begins if rest else at(int(np.flatnonzero(used >= whole)[0]) + 1)
        assert reached <= month.warned[0] <= look + PROMPT


def test_every_month_ends_as_the_oracle_says() -> None:
    ends: dict[str, int] = {}
    for seed in range(SEEDS):
        tale = story(Random(seed))
        month = play(tale, reassess)
        try:
            check(tale, month)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}\n{tale}\n{month}") from error
        ends[month.clock.state] = ends.get(month.clock.state, 0) + 1
    assert {"met", "breached", "withdrawn"} <= set(ends), f"the stories are too tame: {ends}"


def forgets_that_a_breach_was_told(clock: Clock, **known: Any) -> Reassessed:
    judged = reassess(replace(clock, state="running", breach_raised=False), **known)
    return replace(judged, state_changed=judged.clock.state != "running")


def fires_early(clock: Clock, **known: Any) -> Reassessed:
    return reassess(clock, **(known | {"now": known["now"] + timedelta(minutes=3)}))


def never_warns(clock: Clock, **known: Any) -> Reassessed:
    return replace(reassess(clock, **known), warning=False)


def loses_its_timers(clock: Clock, **known: Any) -> Reassessed:
    return replace(reassess(clock, **known), timers={})


def forgets_the_limit_of_pauses(clock: Clock, **known: Any) -> Reassessed:
    pauses = tuple(replace(pause, limit_s=None) for pause in clock.rule.pauses)
    judged = reassess(replace(clock, rule=replace(clock.rule, pauses=pauses)), **known)
    return replace(judged, clock=replace(judged.clock, rule=clock.rule))


def believes_waits_without_proof(clock: Clock, **known: Any) -> Reassessed:
    return reassess(clock, **(known | {"waits": [replace(wait, proven=True) for wait in known["waits"]]}))


def counts_the_night(clock: Clock, **known: Any) -> Reassessed:
    judged = reassess(replace(clock, rule=replace(clock.rule, calendar=None)), **known)
    return replace(judged, clock=replace(judged.clock, rule=clock.rule))


@pytest.mark.parametrize(
    "mutant",
    [
        forgets_that_a_breach_was_told,
        fires_early,
        never_warns,
        loses_its_timers,
        forgets_the_limit_of_pauses,
        believes_waits_without_proof,
        counts_the_night,
    ],
)
def test_the_oracle_sees_each_of_these_faults(mutant: Reassess) -> None:
    with pytest.raises(AssertionError):
        _play_all(mutant)


def _play_all(reassess: Reassess) -> None:
    for seed in range(SEEDS):
        tale = story(Random(seed))
        check(tale, play(tale, reassess))
