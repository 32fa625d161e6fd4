"""Business calendars that clocks count by, and the operator's own days."""

from datetime import date, timedelta
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from kit.auth import Principal
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code, Text, Wire
from kit.web import Caller, allow
from services.orders.api.wire import Running
from services.orders.domain.calendars import MIDNIGHT, CalendarRule, Hours
from services.orders.store import promises as store
from services.orders.use_cases.calendar_changes import publish_calendar
from services.orders.use_cases.calendar_changes import set_day as change_day
from services.orders.use_cases.calendars import calendar_rules, ready

router = service_router("orders", tag="promises")
LONGEST = timedelta(days=400)
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))]
Minute = Annotated[int, Field(strict=True, ge=0, le=MIDNIGHT)]


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("name a zone of the IANA time zone database, such as Asia/Shanghai")
    return zone


class HoursIn(Wire):
    """Open in [opens, closes), minutes after midnight."""

    opens: Minute
    closes: Minute


class CalendarIn(Wire):
    """When clocks that name this calendar count; `days_off` are weekdays, 0 Monday to 6 Sunday."""

    calendar: Code
    name_zh: Annotated[Text, StringConstraints(min_length=1)]
    name_en: Annotated[Text, StringConstraints(min_length=1)]
    zone: Annotated[Text, AfterValidator(_known_zone)]
    hours: Annotated[list[HoursIn], Field(min_length=1, max_length=10)]
    days_off: Annotated[list[Annotated[int, Field(strict=True, ge=0, le=6)]], Field(max_length=7)]
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None

    def rule(self) -> CalendarRule:
        fields = self.model_dump(exclude={"hours", "days_off"})
        hours = tuple(Hours(span.opens, span.closes) for span in self.hours)
        return CalendarRule(**fields, hours=hours, days_off=tuple(self.days_off))


class CalendarList(BaseModel):
    items: list[CalendarIn]
    next: None = None


class DayIn(Wire):
    """Whether the day is a workday; null: what it would be without the operator's word."""

    workday: Annotated[bool, Field(strict=True)] | None
    note: Text = ""


class DayChanged(BaseModel):
    """How many orders had a running clock that was judged anew."""

    orders_judged: int


class CalendarDay(BaseModel):
    """A day as clocks count it; `note` when the operator decided so."""

    day: date
    workday: bool
    note: str | None


class CalendarDays(BaseModel):
    items: list[CalendarDay]


@router.get("/calendars")
async def list_calendars(running: Running, _: Caller) -> CalendarList:
    """Every calendar, shipped and own."""
    async with running.db.read() as tx:
        known = await calendar_rules(tx)
    return CalendarList(items=[_wire(known[name]) for name in sorted(known)])


@router.post("/calendars", status_code=201)
async def add_calendar(body: CalendarIn, running: Running, caller: Principal = allow()) -> CalendarIn:
    """Adds a calendar; its hours never change afterwards, its days may."""
    await publish_calendar(running, caller, body.rule())
    return body


@router.get("/calendars/{calendar}/days")
async def read_days(
    calendar: Code, running: Running, _: Caller, begin: Annotated[Day, Query(alias="from")], until: Day
) -> CalendarDays:
    """Each day from `from` to `until`, both included, at most 400: a workday or not, and who said so."""
    if not timedelta(0) <= until - begin <= LONGEST:
        raise Invalid("until lies before from, or more than 400 days after it", pointer="/until")
    async with running.db.read() as tx:
        rule = (await calendar_rules(tx)).get(calendar)
        if rule is None:
            raise NotFound(f"there is no calendar {calendar!r}")
        own = {row.day: row for row in await store.days(tx, [calendar])}
    counted = ready(rule, {day: row.workday for day, row in own.items()})
    days = [begin + timedelta(days=count) for count in range((until - begin).days + 1)]
    return CalendarDays(
        items=[
            CalendarDay(day=day, workday=counted.workday(day), note=own[day].note if day in own else None)
            for day in days
        ]
    )


@router.put("/calendars/{calendar}/days/{day}")
async def set_day(calendar: Code, day: Day, body: DayIn, running: Running, caller: Principal = allow()) -> DayChanged:
    """The operator's word on a day; clocks that run by this calendar are judged anew at once."""
    concerned = await change_day(running, caller, calendar, day, workday=body.workday, note=body.note)
    return DayChanged(orders_judged=concerned)


def _wire(rule: CalendarRule) -> CalendarIn:
    hours = [HoursIn(opens=span.opens, closes=span.closes) for span in rule.hours]
    same = ("calendar", "name_zh", "name_en", "zone", "country")
    return CalendarIn(**{name: getattr(rule, name) for name in same}, hours=hours, days_off=list(rule.days_off))
