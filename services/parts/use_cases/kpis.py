"""The four stock KPIs of a month, and the shelves behind each missed promise."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Self, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from services.parts.domain.stock_value import average_value, months_back
from services.parts.forecast.classes import Class, abc
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
    """Of one place: turnover per year, share of dead stock, share of counted lines and of value that were right.

    What turns over at a place is what left it: for machines, vans and other places.
    """

    turnover: Ratio = field(default=Ratio(0, 0))
    dead_stock: Ratio = field(default=Ratio(0, 0))
    accuracy: Ratio = field(default=Ratio(0, 0))
    accuracy_by_value: Ratio = field(default=Ratio(0, 0))


@dataclass(frozen=True)
class StockKpis:
    """`fill_rate`: lines that orders asked for and got complete and at once; `stock_out`: those that met an empty
    shelf where the part is stocked; the others by place. What turns over in total, and by class of the parts' use in
    the twelve months, is what was used."""

    fill_rate: Ratio
    stock_out: Ratio
    total: PlaceFigures
    classes: dict[Class, Ratio]
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


async def stock_kpis(context: Context, caller: Principal, first: date, *, branch_id: str | None) -> StockKpis:
    """The figures of the month that begins on `first`, over what the caller may see, of a branch or all."""
    month = Month.of(first)
    year_ago = datetime.combine(months_back(first, YEAR - 1), time(), ZONE)
    async with context.db.read() as tx:
        places = await kpis.places_within(tx, catalogue.within(caller, branch_id))
        span: dict[str, Any] = {"places": places, "until": month.until}
        asked = {"begin": month.begin, "until": month.until, **await _orders(tx, caller, branch_id)}
        [fill] = await kpis.rows(tx, kpis.FILL, **asked)
        [stock_out] = await kpis.rows(tx, kpis.STOCK_OUT, **asked)
        classes = abc({row.part: int(row.value) for row in await kpis.rows(tx, kpis.USED, since=year_ago, **span)})
        named = {"parts": list(classes), "classes": list(classes.values())}
        turnover = _Turnover.of(await kpis.rows(tx, kpis.VALUE, **named, **span), first)
        dead = await kpis.rows(tx, kpis.DEAD, idle_since=year_ago, **span)
        counted = await kpis.rows(tx, kpis.ACCURACY, begin=month.begin, **span)
    figures = _by_place(turnover, dead, counted)
    total = replace(_summed(figures), turnover=turnover.total)
    ratios = Ratio(fill.filled, fill.asked), Ratio(int(stock_out.empty), stock_out.asked)
    return StockKpis(*ratios, total, turnover.classes, dict(sorted(figures.items())))


def _by_place(
    turnover: "_Turnover", dead: Sequence[Row[Any]], counted: Sequence[Row[Any]]
) -> defaultdict[str, PlaceFigures]:
    figures: defaultdict[str, PlaceFigures] = defaultdict(PlaceFigures)
    for place_id, ratio in turnover.places.items():
        figures[place_id].turnover = ratio
    for row in dead:
        figures[row.place_id].dead_stock = Ratio(float(row.dead), float(row.value))
    for row in counted:
        figures[row.place_id].accuracy = Ratio(row.equal, row.counted)
        right = float(row.value) - float(row.off)
        figures[row.place_id].accuracy_by_value = Ratio(max(0.0, right), float(row.value))
    return figures


@dataclass(frozen=True)
class _Turnover:
    """Cost of what left in the twelve months to the end of this one, by the average value of their month ends."""

    places: dict[str, Ratio]
    classes: dict[Class, Ratio]
    total: Ratio

    @classmethod
    def of(cls, rows: Sequence[Row[Any]], first: date) -> Self:
        added: defaultdict[str, Counter[date]] = defaultdict(Counter)
        cost: Counter[str] = Counter()
        begin = months_back(first, YEAR - 1)
        for row in rows:
            month = row.month.astimezone(ZONE).date()
            for name, left in ((f"place {row.place_id}", row.given), (row.of_class, row.used), ("", row.used)):
                added[name][month] += int(row.added)
                cost[name] += int(left) if month >= begin else 0
        ratios = {name: Ratio(cost[name], average_value(months, first, YEAR)) for name, months in added.items()}
        none = Ratio(0, 0)
        places = {name.removeprefix("place "): ratio for name, ratio in ratios.items() if name.startswith("place ")}
        return cls(places, {name: ratios.get(name, none) for name in get_args(Class)}, ratios.get("", none))


def _summed(figures: dict[str, PlaceFigures]) -> PlaceFigures:
    def over(name: str) -> Ratio:
        ratios = [getattr(one, name) for one in figures.values()]
        return Ratio(sum(one.part for one in ratios), sum(one.whole for one in ratios))

    return PlaceFigures(*(over(name) for name in PlaceFigures.__dataclass_fields__))


async def _orders(tx: AsyncConnection, caller: Principal, branch_id: str | None) -> dict[str, Any]:
    if branch_id is None and catalogue.unlimited(caller):
        return {"orders": [], "everything": True}
    return {"orders": await kpis.orders_within(tx, catalogue.orders_within(caller, branch_id)), "everything": False}


async def lanes(context: Context, caller: Principal, first: date, *, branch_id: str | None) -> list[Row[Any]]:
    """From order to door (配件物流时间): parcels received in the month, for a branch or all, by the place they left."""
    month = Month.of(first)
    async with context.db.read() as tx:
        places = await kpis.places_within(tx, catalogue.visible(caller))
        span = {"begin": month.begin, "until": month.until}
        return list(await kpis.rows(tx, kpis.LANES, places=places, branch_id=branch_id, **span))


async def missed_promises(context: Context, caller: Principal, first: date, *, branch_id: str | None) -> list[Row[Any]]:
    """Broken clocks due in the month, of a branch or all, with the parts that were not there at once and the shelves
    that lacked them."""
    month = Month.of(first)
    async with context.db.read() as tx:
        scope = await _orders(tx, caller, branch_id)
        return list(await kpis.rows(tx, kpis.MISSED, begin=month.begin, until=month.until, **scope))
