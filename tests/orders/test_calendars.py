"""Business calendars against an oracle that walks minute by minute over the wall clocks of 40 zones."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.orders.catalogue import shipped
from services.orders.domain.calendars import MIDNIGHT, Calendar, CalendarRule, Hours
from services.orders.domain.promise import active_seconds, moment
from services.orders.use_cases.calendars import ready

ZONES = [
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Almaty",
    "Asia/Vladivostok",
    "Asia/Manila",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
    "Pacific/Marquesas",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Sao_Paulo",
    "America/Mexico_City",
    "Atlantic/Azores",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Moscow",
    "Antarctica/Troll",
]
MINUTE = timedelta(minutes=1)


def changes_of(name: str) -> list[datetime]:
    """The hours of 2026 and 2027 in which the zone's offset changes."""
    zone, found = ZoneInfo(name), []
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at.year < 2028:
        following = at + timedelta(hours=1)
        if at.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            found.append(at)
        at = following
    return found


CHANGES = {name: changes_of(name) for name in ZONES}


def test_there_are_forty_zones_and_half_of_them_change_their_clocks() -> None:
    assert len(set(ZONES)) == 40
    assert sum(bool(found) for found in CHANGES.values()) >= 18


@st.composite
def stories(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and a start within two days before a change of clocks where the zone has one."""
    name = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from(CHANGES[name] or [datetime(2026, 2, 14, tzinfo=UTC)]))
    start = near - timedelta(minutes=draw(st.integers(0, 2 * MIDNIGHT)))
    cuts = sorted(draw(st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True)))
    hours = tuple(Hours(15 * opens, 15 * closes) for opens, closes in zip(cuts[::2], cuts[1::2], strict=False))
    days_off = draw(st.sets(st.integers(0, 6), max_size=3))
    exceptions = {
        start.date() + timedelta(days=shift): draw(st.booleans())
        for shift in draw(st.sets(st.integers(-1, 3), max_size=2))
    }

    def workday(day: date) -> bool:
        return exceptions.get(day, day.weekday() not in days_off)

    return Calendar(ZoneInfo(name), hours, workday), start


def walk(calendar: Calendar, start: datetime, minutes: int) -> list[bool]:
    """The oracle: whether each minute since `start` counts. A day opens with its first minute at or after `opens` and
    closes after its last minute before `closes`, on the wall clock of that day."""
    wall: dict[date, list[tuple[datetime, int]]] = defaultdict(list)
    at = start - timedelta(days=2)
    while at < start + timedelta(minutes=minutes, days=2):
        local = at.astimezone(calendar.zone)
        wall[local.date()].append((at, 60 * local.hour + local.minute))
        at += MINUTE
    counted: set[datetime] = set()
    for day, shown in wall.items():
        if calendar.workday(day):
            for hours in calendar.hours:
                opened = [moment for moment, minute in shown if minute >= hours.opens]
                closing = [moment for moment, minute in shown if minute < hours.closes]
                if opened and closing:
                    counted |= {moment for moment, _ in shown if opened[0] <= moment <= closing[-1]}
    return [start + number * MINUTE in counted for number in range(minutes)]


SPAN = 4 * MIDNIGHT
CAIRO = (
    Calendar(ZoneInfo("Africa/Cairo"), (Hours(0, 23 * 60),), lambda day: True),
    datetime(2026, 10, 29, 20, tzinfo=UTC),
)
"""Clocks go back from midnight to 23:00, which is when it closes."""
HAVANA = (
    Calendar(ZoneInfo("America/Havana"), (Hours(0, 15), Hours(30, 45)), lambda day: True),
    datetime(2026, 11, 1, 4, tzinfo=UTC),
)
"""Clocks go back from one o'clock to midnight: both hours come twice, the second begins before the first has ended."""


@settings(max_examples=60, deadline=None)
@example(CAIRO)
@given(stories())
def test_open_spans_are_those_that_the_walk_finds(story: tuple[Calendar, datetime]) -> None:
    calendar, start = story
    found = [False] * SPAN
    for begin, end in calendar.spans(start):
        if begin >= start + SPAN * MINUTE:
            break
        first, last = max(0, (begin - start) // MINUTE), (end - start) // MINUTE
        for number in range(first, min(last, SPAN)):
            found[number] = True
    assert found == walk(calendar, start, SPAN)


@settings(max_examples=60, deadline=None)
@example(HAVANA, [], 100)
@given(stories(), st.lists(st.tuples(st.integers(0, SPAN), st.integers(1, 900)), max_size=3), st.integers(0, 2000))
def test_due_and_lateness_by_calendar_with_pauses(
    story: tuple[Calendar, datetime], drawn: list[tuple[int, int]], minutes: int
) -> None:
    """The walk says how many minutes count until any moment; due is the first with all of them, in time the last."""
    calendar, start = story
    ran = walk(calendar, start, SPAN)
    pauses, free_from = [], 0
    for begin, length in sorted(drawn):
        if begin >= free_from:
            pauses.append((start + begin * MINUTE, start + (begin + length) * MINUTE))
            ran[begin : begin + length] = [False] * len(ran[begin : begin + length])
            free_from = begin + length
    assert active_seconds(start, start + SPAN * MINUTE, pauses, calendar) == 60 * sum(ran)
    if sum(ran) <= minutes:
        return
    due, in_time_until = moment(start, 60 * minutes, pauses, calendar)
    counts = [0]
    for counted in ran:
        counts.append(counts[-1] + counted)
    assert (due - start) // MINUTE == counts.index(minutes)
    assert (in_time_until - start) // MINUTE == len(counts) - 1 - counts[::-1].index(minutes)


def test_an_office_week_by_hand() -> None:
    """Eight hours from Friday 16:00: 90 minutes until 17:30, the weekend, 6.5 hours of Monday from 08:00 on."""
    office = ready(next(rule for rule in shipped().calendars if rule.calendar == "CN-OFFICE"), {})
    friday = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    due, _ = moment(friday, 8 * 3600, [], office)
    assert due == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    due, in_time_until = moment(friday, 90 * 60, [], office)
    assert (due, in_time_until) == (datetime(2026, 11, 20, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, tzinfo=UTC))


def test_chinese_holidays_made_up_workdays_and_the_operators_word() -> None:
    """2026: 1 October is a holiday, Saturday 10 October is worked instead; the operator may say otherwise."""
    rule = next(rule for rule in shipped().calendars if rule.calendar == "CN-OFFICE")
    office = ready(rule, {date(2026, 11, 25): False, date(2026, 10, 1): True})
    days = {date(2026, 10, 2): False, date(2026, 10, 10): True, date(2026, 10, 11): False, date(2026, 10, 12): True}
    own = {date(2026, 11, 25): False, date(2026, 10, 1): True}
    for day, worked in (days | own).items():
        assert office.workday(day) == worked, day


@pytest.mark.parametrize(
    ("hours", "days_off", "faults"),
    [
        ((), (), 1),
        ((Hours(600, 600),), (), 1),
        ((Hours(600, 700), Hours(650, 800)), (), 1),
        ((Hours(0, MIDNIGHT),), tuple(range(7)), 1),
        ((Hours(0, 700), Hours(700, MIDNIGHT)), (5, 6), 0),
    ],
)
def test_a_calendar_by_which_no_clock_could_count_is_refused(
    hours: tuple[Hours, ...], days_off: tuple[int, ...], faults: int
) -> None:
    assert len(CalendarRule("X", "x", "x", "Asia/Shanghai", hours, days_off).faults()) == faults
