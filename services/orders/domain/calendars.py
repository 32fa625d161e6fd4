"""Business calendars: the moments that count for a clock that stands still at night and on days off.

The day is the wall clock's. It opens with the first instant at which the wall shows `opens` (or, where that hour is
skipped, with the first one after it) and closes with the last instant before the wall shows `closes` for good. Where
clocks go back, hours of a day may so reach into each other: what both hold counts once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = 24 * 60
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """Open in [opens, closes), in minutes after midnight; `closes` 1440 is the end of the day."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class CalendarRule:
    """A calendar as a maker writes it down.

    `days_off` are weekdays (0 Monday to 6 Sunday); `country` names whose public holidays and made-up workdays count
    (ISO 3166, None for none). `hours` of a workday are ordered and disjoint.
    """

    calendar: str
    name_zh: str
    name_en: str
    zone: str
    hours: tuple[Hours, ...]
    days_off: tuple[int, ...]
    country: str | None = None

    def faults(self) -> list[str]:
        """Why no clock could count by this calendar; empty when it is sound."""
        found = []
        if not self.hours:
            found.append("a calendar needs hours")
        if any(hours.opens >= hours.closes for hours in self.hours):
            found.append("hours must close after they open; split what goes over midnight")
        pairs = zip(self.hours, self.hours[1:], strict=False)
        if any(earlier.closes > later.opens for earlier, later in pairs):
            found.append("hours must be in order and must not overlap")
        if set(self.days_off) >= set(range(7)):
            found.append("a calendar needs at least one workday a week")
        return found


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar ready to count by; `workday` knows holidays and the operator's own days."""

    zone: ZoneInfo
    hours: tuple[Hours, ...]
    workday: Callable[[date], bool]

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open spans [begin, end) in UTC that end after `start`, in order, without end."""
        day = start.astimezone(self.zone).date() - DAY
        while True:
            if self.workday(day):
                yield from (span for span in self._of_day(day) if span[1] > max(span[0], start))
            day += DAY

    def _of_day(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        closed = datetime.min.replace(tzinfo=UTC)
        for hours in self.hours:
            begin = max(closed, self._instant(day, hours.opens, closing=False))
            closed = max(closed, self._instant(day, hours.closes, closing=True))
            yield begin, closed

    def _instant(self, day: date, minute: int, *, closing: bool) -> datetime:
        if minute == MIDNIGHT:  # the next day begins when it first does
            day, minute, closing = day + DAY, 0, False
        wall = datetime.combine(day, time(minute // 60, minute % 60), self.zone).replace(fold=int(closing))
        instant = wall.astimezone(UTC)
        if instant.astimezone(self.zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
            return self._end_of_gap(wall)
        if closing and (instant - MINUTE).astimezone(self.zone).replace(tzinfo=None) >= wall.replace(tzinfo=None):
            # Clocks go back exactly to the closing time: only its first coming follows an open minute.
            return wall.replace(fold=0).astimezone(UTC)
        return instant

    def _end_of_gap(self, wall: datetime) -> datetime:
        """When clocks are put forward over `wall`: the whole minute at which that happens."""
        before, after = wall.replace(fold=1).astimezone(UTC), wall.replace(fold=0).astimezone(UTC)
        offset = before.astimezone(self.zone).utcoffset()
        while (after - before) > timedelta(minutes=1):
            middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after
