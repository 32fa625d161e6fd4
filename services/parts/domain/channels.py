"""The ways out of a stock place: its hours, its courier, and when what lies ready leaves. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Way = Literal["van", "pickup", "courier", "transfer"]
Risk = Literal["last_piece", "closing_soon", "cutoff_soon", "late_transfer", "unapproved"]
ZONE = ZoneInfo("Asia/Shanghai")
SOON = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `opens` to just before `closes`, every day; closing at or before opening means over midnight."""

    opens: time
    closes: time

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when it is open then, otherwise the next opening."""
        local = at.astimezone(ZONE)
        now = local.time()
        over_midnight = self.closes <= self.opens
        inside = (now >= self.opens or now < self.closes) if over_midnight else self.opens <= now < self.closes
        return at if inside else _next(local, self.opens)

    def closes_soon(self, at: datetime) -> bool:
        return _next(at.astimezone(ZONE), self.closes) - at <= SOON


@dataclass(frozen=True, slots=True)
class Lane:
    """A courier: price, speed, time until a parcel is ready, time of day of the last parcel."""

    fee_fen: int
    fen_per_km: int
    km_per_hour: int
    ready: timedelta
    cutoff: time | None


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out of one place."""

    place_id: str
    way: Way
    lon: float
    lat: float
    hours: Hours | None = None
    lane: Lane | None = None

    @property
    def times(self) -> tuple[Hours | None, timedelta | None, time | None]:
        """What decides when anything leaves: many channels share it."""
        ready, cutoff = (None, None) if self.lane is None else (self.lane.ready, self.lane.cutoff)
        return self.hours, ready, cutoff

    def departure(self, ready: datetime) -> tuple[datetime, list[Risk]]:
        """When pieces that lie ready from `ready` on leave, and what that hangs on."""
        start = self.hours.next_open(ready) if self.hours is not None else ready
        if self.lane is None:
            soon = self.hours is not None and self.hours.closes_soon(start)
            return start, ["closing_soon"] if soon else []
        parcel = start + self.lane.ready
        if self.lane.cutoff is None:
            return parcel, []
        last = _next(start.astimezone(ZONE), self.lane.cutoff)
        if parcel <= last:
            return parcel, ["cutoff_soon"] if last - parcel <= SOON else []
        opens = self.hours.opens if self.hours is not None else time(8)
        return _next(last.astimezone(ZONE), opens) + self.lane.ready, []


def _next(local: datetime, at: time) -> datetime:
    """The first moment after `local` at which the clock there shows `at`."""
    today = datetime.combine(local.date(), at, local.tzinfo)
    return today if today > local else today + timedelta(days=1)
