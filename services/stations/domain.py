"""Working time, free time of replacement vehicles, and what sending one costs. Pure.

Every span is half-open: its start belongs to it, its end does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from kit.geo import distance_m
from kit.values import Place

Post = Literal[
    "station_manager", "service_manager", "technical_manager", "parts_manager", "warranty_clerk", "information_clerk"
]
"""The key posts of a station (关键岗位)."""
POSTS: tuple[Post, ...] = get_args(Post)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` to just before `end`."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True, order=True)
class WorkingTime:
    """A piece of a shift; between `end` and `overtime_until` work goes on at the overtime price."""

    start: datetime
    end: datetime
    overtime_until: datetime


# --- calendars ------------------------------------------------------------------------------------------------------


def without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What is left of `span` once `taken` is cut out, in order."""
    left: list[Span] = []
    start = span.start
    for cut in sorted(taken):
        if cut.end <= start or cut.start >= span.end:
            continue
        if cut.start > start:
            left.append(Span(start, cut.start))
        start = max(start, cut.end)
    if start < span.end:
        left.append(Span(start, span.end))
    return left


def working_times(shifts: Iterable[WorkingTime], absences: Sequence[Span], within: Span) -> list[WorkingTime]:
    """The shifts that begin or go on in `within`, split by absences.

    A shift is not cut at the ends of `within`: whoever plans must see when it really ends. A piece that ends with an
    absence has no overtime; a piece that lies in the overtime only is left out.
    """
    times: list[WorkingTime] = []
    for shift in sorted(shifts):
        whole = Span(shift.start, max(shift.end, shift.overtime_until))
        if not whole.overlaps(within):
            continue
        for piece in without(whole, absences):
            if piece.start >= shift.end or not piece.overlaps(within):
                continue
            times.append(WorkingTime(piece.start, min(piece.end, shift.end), piece.end))
    return times


def at_work(times: Iterable[WorkingTime], at: datetime) -> bool:
    """Whether `at` lies in working time or the overtime allowed after it."""
    return any(Span(piece.start, piece.overtime_until).holds(at) for piece in times)


NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)


def night_seconds(span: Span, zone: str) -> int:
    """Seconds of `span` between 22:00 and 06:00 in a zone."""
    clock = ZoneInfo(zone)
    day = span.start.astimezone(clock).date() - timedelta(days=1)
    total = timedelta()
    while (begins := datetime.combine(day, NIGHT_BEGINS, clock)) < span.end:
        day += timedelta(days=1)
        ends = datetime.combine(day, NIGHT_ENDS, clock)
        total += max(timedelta(), min(ends, span.end) - max(begins, span.start))
    return int(total.total_seconds())


def seconds_outside(span: Span, inside: Iterable[Span]) -> int:
    """Seconds of `span` that lie in none of `inside`."""
    return int(sum((left.end - left.start).total_seconds() for left in without(span, inside)))


def end_of_day(day: date, zone: str) -> datetime:
    """The first instant after a day in a zone: what is valid up to that day ends here."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


# --- bank of replacement vehicles -----------------------------------------------------------------------------------


def contract_span(*, start: date | None, end: date | None, zone: str, within: Span) -> Span | None:
    """The part of `within` that a contract covers; both its days belong to it, in the zone of its branch."""
    opens = within.start if start is None else max(within.start, datetime.combine(start, time(), ZoneInfo(zone)))
    closes = within.end
    if end is not None:
        closes = min(closes, end_of_day(end, zone))
    return Span(opens, closes) if opens < closes else None


@dataclass(frozen=True, slots=True)
class VehicleClaim:
    """A vehicle for one order of one plan. A booking has no expiry; `underway` ones are on the road already.

    No order: it is out of use, for repair say.
    """

    territory_id: str
    epoch: int
    line: str
    order_id: str | None
    vehicle_id: str
    span: Span
    underway: bool = False
    expires_at: datetime | None = None

    @property
    def key(self) -> tuple[str, int, str]:
        return self.territory_id, self.epoch, self.line


def stands_in_the_way(there: VehicleClaim, wanted: VehicleClaim) -> bool:
    """Whether `wanted` cannot be had because of `there`.

    Other territories' claims always stand in the way, those of the same plan too. Other plans of the same territory
    are alternatives, of which one becomes real: they do not, unless the vehicle is on the road for another order.
    """
    if there.key == wanted.key or there.vehicle_id != wanted.vehicle_id or not there.span.overlaps(wanted.span):
        return False
    if there.territory_id != wanted.territory_id:
        return True
    if there.underway:
        return there.order_id != wanted.order_id
    return there.epoch == wanted.epoch


@dataclass(frozen=True, slots=True)
class PlateLimit:
    """Plates that end in one of `digits` stay where they are on one weekday (1 is Monday), within a city.

    From `opens` to just before `closes`, local time; both days of validity belong to it, None means without end.
    """

    name: str
    place: Place
    radius_km: float
    weekday: int
    digits: str
    opens: time
    closes: time
    valid_from: date | None = None
    valid_until: date | None = None

    def concerns(self, plate: str, standing: Place) -> bool:
        """Whether it is about a vehicle that stands there."""
        return last_digit(plate) in self.digits and distance_m(self.place, standing) <= self.radius_km * 1000

    def holds(self, day: date) -> bool:
        if self.valid_from is not None and day < self.valid_from:
            return False
        return day.isoweekday() == self.weekday and (self.valid_until is None or day <= self.valid_until)


def last_digit(plate: str) -> str:
    """What the plate ends in; a letter counts as 0, as cities commonly rule."""
    return plate[-1] if plate[-1:].isdecimal() and plate[-1:].isascii() else "0"


def kept_in(limits: Iterable[PlateLimit], *, plate: str, standing: Place, zone: str, within: Span) -> list[Span]:
    """The times that touch `within` in which the vehicle may not set out, in order."""
    mine = [limit for limit in limits if limit.concerns(plate, standing)]
    if not mine:
        return []
    clock = ZoneInfo(zone)
    first, last = (at.astimezone(clock).date() for at in (within.start, within.end))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    spans = (
        Span(datetime.combine(day, limit.opens, clock), datetime.combine(day, limit.closes, clock))
        for limit in mine
        for day in days
        if limit.holds(day)
    )
    return sorted(span for span in spans if span.overlaps(within))


def days_begun(span: Span) -> int:
    """How many times 24 hours have begun in `span`."""
    return max(1, -(-(span.end - span.start) // timedelta(days=1)))


def cost_fen(*, base_fen: int, fen_per_km: int, kilometres: int | None) -> int:
    """What a partner gets for a delivered cargo: base price and kilometres."""
    return base_fen + fen_per_km * (kilometres or 0)


def authorised(engineer: Sequence[str], station: Sequence[str]) -> list[str]:
    """The brands that an engineer may work on: the station's authorisation counts too, unless it names no brand."""
    return [brand for brand in engineer if not station or brand in station]


def permitted(capabilities: Sequence[str], standard: Sequence[str] | None) -> list[str] | None:
    """The kinds of work that a station may be given: those that it is able to do (none named: all) and that the
    standard of its level and grade permits (None: all). None when it may be given every kind."""
    if not capabilities:
        return None if standard is None else sorted(standard)
    return sorted(kind for kind in capabilities if standard is None or kind in standard)
