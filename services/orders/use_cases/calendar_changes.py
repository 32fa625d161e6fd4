"""Publishing a calendar, and the operator's own days: whoever counts by them is judged anew."""

from datetime import date

from pydantic import TypeAdapter

from kit.auth import Principal
from kit.journal import append
from kit.problems import Conflict, Invalid, NotFound
from services.orders.context import Orders
from services.orders.domain.calendars import CalendarRule
from services.orders.facts import CalendarDayChanged, CalendarPublished
from services.orders.store import clocks as clock_store
from services.orders.store import promises as store
from services.orders.use_cases.calendars import calendar_rules
from services.orders.use_cases.promises import refresh

_DOCUMENT = TypeAdapter(CalendarRule)
ORDERS_AT_ONCE = 200


async def publish_calendar(context: Orders, caller: Principal, rule: CalendarRule) -> None:
    """Add a calendar. Raises Invalid when no clock could count by it, Conflict when its name is taken."""
    if faults := rule.faults():
        raise Invalid("; ".join(faults), faults=faults)
    _require_country(rule.country)
    row = {"calendar": rule.calendar, "document": _DOCUMENT.dump_python(rule, mode="json")}
    row |= {"made_by": caller.actor, "made_at": context.clock.now()}
    async with context.db.transaction() as tx:
        taken = rule.calendar in {known.calendar for known in context.catalogue.calendars}
        if taken or not await store.add_calendar(tx, row):
            raise Conflict("orders may count by this calendar already: publish other hours under another name")
        await append(tx, CalendarPublished(calendar=rule.calendar), subject=rule.calendar, actor=caller.actor)
    context.promises.forget()


def _require_country(country: str | None) -> None:
    from holidays import list_supported_countries

    if country is not None and country not in list_supported_countries():
        raise Invalid("public holidays of this country are not known: leave it out", pointer="/country")


async def set_day(
    context: Orders, caller: Principal, calendar: str, day: date, *, workday: bool | None, note: str
) -> int:
    """Make a day a workday or a day off, or (None) what it would be by itself; how many orders that concerned.

    Running clocks are judged anew at once. Raises NotFound for an unknown calendar.
    """
    async with context.db.transaction() as tx:
        if calendar not in await calendar_rules(tx):
            raise NotFound(f"there is no calendar {calendar!r}")
        if workday is None:
            await store.drop_day(tx, calendar, day)
        else:
            row = {"calendar": calendar, "day": day, "workday": workday, "note": note}
            await store.set_day(tx, row | {"made_by": caller.actor, "made_at": context.clock.now()})
        told = CalendarDayChanged(calendar=calendar, day=day.isoformat(), workday=workday)
        await append(tx, told, subject=calendar, actor=caller.actor)
    context.promises.forget()
    return await _judge_anew(context, calendar, actor=caller.actor)


async def _judge_anew(context: Orders, calendar: str, *, actor: str) -> int:
    """In parts, so that no order is held for long; one that is missed meanwhile is judged by its next timer."""
    concerned, after = 0, ""
    while True:
        async with context.db.transaction() as tx:
            orders = await clock_store.orders_counting_by(tx, calendar, after=after, limit=ORDERS_AT_ONCE)
            await refresh(tx, orders, now=context.clock.now(), actor=actor)
        concerned += len(orders)
        if len(orders) < ORDERS_AT_ONCE:
            return concerned
        after = orders[-1].order_id
