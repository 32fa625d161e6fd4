"""The four stock KPIs of a month, and the shelves behind each missed promise."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from services.parts.domain.stock_value import average_value, months_back
from services.parts.store import catalogue, kpis

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = 12


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole`; none when there is nothing to measure."""

    part: float
    whole: float

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass
class PlaceFigures:
    """Of one place: turnover per year, share of dead stock, share of counted lines and of value that were right."""

    turnover: Ratio = field(default=Ratio(0, 0))
    dead_stock: Ratio = field(default=Ratio(0, 0))
    accuracy: Ratio = field(default=Ratio(0, 0))
    accuracy_by_value: Ratio = field(default=Ratio(0, 0))


@dataclass(frozen=True)
class StockKpis:
    """`fill_rate`: lines that orders asked for and got complete and at once; the others by place."""

    fill_rate: Ratio
    total: PlaceFigures
    places: dict[str, PlaceFigures]


@dataclass(frozen=True, slots=True)
class Month:
    """[begin, until) in Asia/Shanghai."""

    begin: datetime
    until: datetime

    @classmethod
    def of(cls, first: date) -> "Month":
        following = months_back(first, -1)
        return cls(datetime.combine(first, time(), ZONE), datetime.combine(following, time(), ZONE))


async def stock_kpis(context: Context, caller: Principal, first: date) -> StockKpis:
    """The figures of the month that begins on `first`, over what the caller may see."""
    month = Month.of(first)
    idle_since = datetime.combine(months_back(first, YEAR - 1), time(), ZONE)
    async with context.db.read() as tx:
        places = await kpis.places_within(tx, catalogue.visible(caller))
        span: dict[str, Any] = {"places": places, "until": month.until}
        [fill] = await kpis.rows(tx, kpis.FILL, begin=month.begin, until=month.until, **await _orders(tx, caller))
        value = await kpis.rows(tx, kpis.VALUE, **span)
        dead = await kpis.rows(tx, kpis.DEAD, idle_since=idle_since, **span)
        counted = await kpis.rows(tx, kpis.ACCURACY, begin=month.begin, **span)
    figures: defaultdict[str, PlaceFigures] = defaultdict(PlaceFigures)
    for place_id, turnover in _turnover(value, first).items():
        figures[place_id].turnover = turnover
    for row in dead:
        figures[row.place_id].dead_stock = Ratio(float(row.dead), float(row.value))
    for row in counted:
        figures[row.place_id].accuracy = Ratio(row.equal, row.counted)
        right = float(row.value) - float(row.off)
        figures[row.place_id].accuracy_by_value = Ratio(max(0.0, right), float(row.value))
    return StockKpis(Ratio(fill.filled, fill.asked), _summed(figures), dict(sorted(figures.items())))


def _turnover(rows: list[Row[Any]] | Any, first: date) -> dict[str, Ratio]:
    """Cost of what was issued in the twelve months to the end of this one, by the average value of their month ends."""
    added: defaultdict[str, Counter[date]] = defaultdict(Counter)
    issued: Counter[str] = Counter()
    begin = months_back(first, YEAR - 1)
    for row in rows:
        month = row.month.astimezone(ZONE).date()
        added[row.place_id][month] += int(row.added)
        if month >= begin:
            issued[row.place_id] += int(row.issued or 0)
    return {place: Ratio(issued[place], average_value(months, first, YEAR)) for place, months in added.items()}


def _summed(figures: dict[str, PlaceFigures]) -> PlaceFigures:
    def over(name: str) -> Ratio:
        ratios = [getattr(one, name) for one in figures.values()]
        return Ratio(sum(one.part for one in ratios), sum(one.whole for one in ratios))

    return PlaceFigures(*(over(name) for name in PlaceFigures.__dataclass_fields__))


async def _orders(tx: AsyncConnection, caller: Principal) -> dict[str, Any]:
    if catalogue.unlimited(caller):
        return {"orders": [], "everything": True}
    return {"orders": await kpis.orders_within(tx, catalogue.visible_orders(caller)), "everything": False}


async def lanes(context: Context, caller: Principal, first: date, *, branch_id: str | None) -> list[Row[Any]]:
    """From order to door (配件物流时间): parcels received in the month, for a branch or all, by the place they left."""
    month = Month.of(first)
    async with context.db.read() as tx:
        places = await kpis.places_within(tx, catalogue.visible(caller))
        span = {"begin": month.begin, "until": month.until}
        return list(await kpis.rows(tx, kpis.LANES, places=places, branch_id=branch_id, **span))


async def missed_promises(context: Context, caller: Principal, first: date) -> list[Row[Any]]:
    """Broken clocks due in the month with the parts that were not there at once and the shelves that lacked them."""
    month = Month.of(first)
    async with context.db.read() as tx:
        scope = await _orders(tx, caller)
        return list(await kpis.rows(tx, kpis.MISSED, begin=month.begin, until=month.until, **scope))
