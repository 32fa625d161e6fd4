"""Business calendars ready to count by: the rules with public holidays and the operator's days."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.catalogue import calendar_from_document, shipped
from services.orders.domain.calendars import Calendar, CalendarRule
from services.orders.domain.promise import ClockRule
from services.orders.store import promises as store


async def calendar_rules(tx: AsyncConnection) -> dict[str, CalendarRule]:
    """Every calendar by its name."""
    own = [calendar_from_document(row.document) for row in await store.own_calendars(tx)]
    return {rule.calendar: rule for rule in (*shipped().calendars, *own)}


async def calendars_of(tx: AsyncConnection, rules: Iterable[ClockRule]) -> dict[str, Calendar]:
    """The calendars that these clocks count by; asks the database only when there are any."""
    names = {rule.calendar for rule in rules if rule.calendar}
    if not names:
        return {}
    known = await calendar_rules(tx)
    days = await store.days(tx, names)
    own = {name: {row.day: row.workday for row in days if row.calendar == name} for name in names}
    return {name: ready(known[name], own[name]) for name in names}


def ready(rule: CalendarRule, own_days: Mapping[date, bool]) -> Calendar:
    """A calendar to count by; `own_days` beat weekdays and public holidays."""
    holidays = _holidays(rule.country) if rule.country else {}
    made_up: Collection[date] = getattr(holidays, "weekend_workdays", ())

    def workday(day: date) -> bool:
        if (own := own_days.get(day)) is not None:
            return own
        if day in holidays:  # first: asking for a day is what makes the library know its year
            return False
        return day.weekday() not in rule.days_off or day in made_up

    return Calendar(ZoneInfo(rule.zone), rule.hours, workday)


@cache
def _holidays(country: str) -> Any:
    from holidays import country_holidays

    return country_holidays(country)
