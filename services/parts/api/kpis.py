"""Stock KPIs and the shelves behind missed promises."""

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Literal, Self

from fastapi import Query
from pydantic import BaseModel

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.parts.api.wire import FromRow, Running
from services.parts.forecast.classes import Class
from services.parts.store import kpis as store
from services.parts.use_cases import kpis

router = service_router("parts", tag="KPIs")
MonthName = Annotated[str, Query(pattern=r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])$")]
Reader = Annotated[Principal, allow("auditor", "dispatcher", "station", "system")]


class RatioOut(BaseModel):
    """`value` = part / whole; none when there is nothing to measure."""

    value: float | None
    part: float
    whole: float

    @classmethod
    def of(cls, ratio: kpis.Ratio) -> Self:
        return cls(value=ratio.value, part=ratio.part, whole=ratio.whole)


class PlaceKpis(BaseModel):
    """Money in fen. The definitions stand in the reference."""

    turnover: RatioOut
    dead_stock: RatioOut
    accuracy: RatioOut
    accuracy_by_value: RatioOut

    @classmethod
    def of(cls, figures: kpis.PlaceFigures) -> Self:
        return cls(**{name: RatioOut.of(getattr(figures, name)) for name in cls.model_fields})


class StockKpisOut(BaseModel):
    """`classes`: turnover by class of the parts' use in the twelve months (A, B, C as in the structure of stock)."""

    month: str
    fill_rate: RatioOut
    stock_out: RatioOut
    total: PlaceKpis
    classes: dict[Class, RatioOut]
    places: dict[str, PlaceKpis]


class LackingLine(BaseModel):
    """`short`: a published line could not be kept; `sent_for`: it came by courier because the van had none;
    `nowhere`: no place had it, least of all the shelf of the order's station."""

    part: str
    shelf: str
    why: Literal["short", "sent_for", "nowhere"]


class MissedPromise(BaseModel):
    order_id: str
    clock: str
    due: datetime
    lines: list[LackingLine]


class LaneOut(FromRow):
    """Seconds from order to door, median and nine of ten; `on_time`: share not later than the carrier first said."""

    from_place_id: str
    parcels: int
    p50_s: float
    p90_s: float
    on_time: float


class Lanes(BaseModel):
    month: str
    items: list[LaneOut]


class MissedPromises(BaseModel):
    """`shelves`: in how many missed promises each shelf had a part in, the worst first."""

    month: str
    items: list[MissedPromise]
    shelves: dict[str, int]


@router.get("/kpis")
async def read_kpis(month: MonthName, running: Running, caller: Reader, branch_id: Code | None = None) -> StockKpisOut:
    """Fill and stock-out rate, turnover, dead stock and record accuracy of a month, over what one may see or a branch's
    territories and orders, as known now."""
    found = await kpis.stock_kpis(running, caller, _first(month), branch_id=branch_id)
    return StockKpisOut(
        month=month,
        fill_rate=RatioOut.of(found.fill_rate),
        stock_out=RatioOut.of(found.stock_out),
        total=PlaceKpis.of(found.total),
        classes={name: RatioOut.of(ratio) for name, ratio in found.classes.items()},
        places={place: PlaceKpis.of(figures) for place, figures in found.places.items()},
    )


@router.get("/kpis/lanes")
async def read_lanes(month: MonthName, running: Running, caller: Reader, branch_id: Code | None = None) -> Lanes:
    """How long parcels that were received in a month had taken from their order, by the place that they left; of all
    or of those for a branch's territories."""
    rows = await kpis.lanes(running, caller, _first(month), branch_id=branch_id)
    return Lanes(month=month, items=[LaneOut.of(row) for row in rows])


@router.get("/kpis/missed-promises")
async def read_missed(
    month: MonthName, running: Running, caller: Reader, branch_id: Code | None = None
) -> MissedPromises:
    """Promises broken in a month, of all orders or a branch's, for which a part was not there at once, with the shelf
    that lacked it."""
    items: dict[tuple[str, str], MissedPromise] = {}
    for row in await kpis.missed_promises(running, caller, _first(month), branch_id=branch_id):
        new = MissedPromise(order_id=row.order_id, clock=row.clock, due=row.due, lines=[])
        missed = items.setdefault((row.order_id, row.clock), new)
        missed.lines.append(LackingLine(part=row.part, shelf=row.shelf, why=row.why))
    shelves = Counter(shelf for one in items.values() for shelf in {line.shelf for line in one.lines})
    return MissedPromises(month=month, items=list(items.values()), shelves=dict(shelves.most_common()))


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


class StockValues(BaseModel):
    """What lies on the shelves of each station, in fen, at the catalogue's prices."""

    stations: dict[str, int]


@router.get("/stock-values")
async def read_stock_values(running: Running, _: Principal = allow()) -> StockValues:
    """For services: the value of each station's stock."""
    async with running.db.read() as tx:
        rows = await store.rows(tx, store.STATION_VALUES)
    return StockValues(stations={row.station_id: int(row.value) for row in rows})
