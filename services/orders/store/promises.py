"""What promises are made of: templates by version, business calendars and the operator's days."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import calendar_days, calendars, promise_templates


async def templates(tx: AsyncConnection) -> Sequence[Row[Any]]:
    query = select(promise_templates).order_by(promise_templates.c.template_id, promise_templates.c.version)
    return (await tx.execute(query)).all()


async def version(tx: AsyncConnection) -> tuple[Any, ...]:
    """Something else whenever a template, a calendar or a day of one has changed: the first two only grow."""
    counts = [select(func.count()).select_from(table).scalar_subquery() for table in (promise_templates, calendars)]
    days = select(func.count()).select_from(calendar_days).scalar_subquery()
    latest = select(func.max(calendar_days.c.made_at)).scalar_subquery()
    return tuple((await tx.execute(select(*counts, days, latest))).one())


async def add_template(tx: AsyncConnection, row: dict[str, Any]) -> bool:
    """Add a version; False when it is there already."""
    statement = upsert(promise_templates).values(row).on_conflict_do_nothing().returning(promise_templates.c.version)
    return (await tx.execute(statement)).first() is not None


async def own_calendars(tx: AsyncConnection) -> Sequence[Row[Any]]:
    return (await tx.execute(select(calendars).order_by(calendars.c.calendar))).all()


async def add_calendar(tx: AsyncConnection, row: dict[str, Any]) -> bool:
    """Add a calendar; False when it is there already."""
    statement = upsert(calendars).values(row).on_conflict_do_nothing().returning(calendars.c.calendar)
    return (await tx.execute(statement)).first() is not None


async def days(tx: AsyncConnection, names: Collection[str]) -> Sequence[Row[Any]]:
    """The operator's days of these calendars, in order."""
    query = select(calendar_days).where(calendar_days.c.calendar.in_(names))
    return (await tx.execute(query.order_by(calendar_days.c.calendar, calendar_days.c.day))).all()


async def set_day(tx: AsyncConnection, row: dict[str, Any]) -> None:
    statement = upsert(calendar_days).values(row)
    changed = {name: statement.excluded[name] for name in ("workday", "note", "made_by", "made_at")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["calendar", "day"], set_=changed))


async def drop_day(tx: AsyncConnection, calendar: str, day: date) -> None:
    await tx.execute(delete(calendar_days).where(calendar_days.c.calendar == calendar, calendar_days.c.day == day))
