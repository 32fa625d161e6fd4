"""How stock is made up at the end of a quarter: by class of value and by age; and what moves fastest."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Row

from kit.auth import Principal
from kit.context import Context
from services.parts.domain.stock_value import months_back
from services.parts.forecast.classes import Class, abc
from services.parts.store import catalogue, demand_months, kpis
from services.parts.store import stock_plans as store
from services.parts.use_cases.kpis import ZONE

YEAR = 12
AGE_MONTHS = (3, 6, 12, 24)
"""Upper ends (not included) of the classes of age; the last class has none."""


@dataclass
class ClassFigures:
    """Of one class: parts in it, value used in twelve months, value on the shelves by class of age."""

    parts: int = 0
    used_fen: int = 0
    by_age_fen: list[int] = field(default_factory=lambda: [0] * (len(AGE_MONTHS) + 1))


async def quarter(
    context: Context, caller: Principal, first: date, *, branch_id: str | None
) -> dict[Class, ClassFigures]:
    """The places within the caller's scope (of a branch, or all) at the end of the quarter that begins on `first`, as
    booked by now.

    A part's class is by the value used in the twelve months to that end; parts with stock or use are counted.
    """
    end = months_back(first, -3)
    until = min(datetime.combine(end, time(), ZONE), context.clock.now())
    which = catalogue.within(caller, branch_id)
    async with context.db.read() as tx:
        places = await kpis.places_within(tx, which)
        used = await store.used(tx, which, since=months_back(end, YEAR), until=end)
        pieces = await store.ages(tx, places, until=until, uppers=AGE_MONTHS)
    values = {row.part: int(row.value_fen) for row in used}
    classes = abc(values | {row.part: 0 for row in pieces if row.part not in values})
    found: dict[Class, ClassFigures] = {"A": ClassFigures(), "B": ClassFigures(), "C": ClassFigures()}
    for part, name in classes.items():
        found[name].parts += 1
        found[name].used_fen += values.get(part, 0)
    for row in pieces:
        found[classes[row.part]].by_age_fen[row.age] += row.pieces * row.unit_cost_fen
    return found


async def fast_movers(
    context: Context, caller: Principal, *, branch_id: str | None, months: int, limit: int
) -> Sequence[Row[Any]]:
    """The parts of which most pieces were used in so many full months, by pieces."""
    month = context.clock.now().astimezone(ZONE).date().replace(day=1)
    async with context.db.read() as tx:
        which = catalogue.within(caller, branch_id)
        return await store.used(tx, which, since=months_back(month, months), until=month, limit=limit)


@dataclass(frozen=True, slots=True)
class MonthError:
    """Of one month: pieces expected when it began, pieces asked for, WAPE and bias (none without demand)."""

    month: date
    expected: float
    asked: int
    wape: float | None
    bias: float | None


async def forecast_errors(
    context: Context, caller: Principal, *, branch_id: str | None
) -> tuple[list[Row[Any]], list[MonthError]]:
    """The newest runs with their errors on the past (of the whole network), and what became of the last twelve months'
    forecasts for the places within the caller's scope, of a branch or all."""
    month = context.clock.now().astimezone(ZONE).date().replace(day=1)
    scope = catalogue.within(caller, branch_id)
    async with context.db.read() as tx:
        runs = await demand_months.newest_runs(tx, limit=YEAR)
        rows = await demand_months.realised(tx, scope, since=months_back(month, YEAR), until=month)
    return list(runs), [_month_error(row) for row in rows]


def _month_error(row: Row[Any]) -> MonthError:
    asked, expected, off = int(row.asked), float(row.expected), float(row.off)
    wape, bias = (off / asked, (expected - asked) / asked) if asked else (None, None)
    return MonthError(row.month, expected, asked, wape, bias)
