"""Finished orders as files: work sheets, cost and margin, warranty claims; and the money of one order."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Self

from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import Row

from kit.auth import Principal
from kit.exports import MEDIA, Cell, Format, table
from kit.months import month_span
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.web import allow
from services.orders.api.kpi_wire import MonthName
from services.orders.api.wire import Running
from services.orders.domain.order_money import Money, PriceList, Spent, money
from services.orders.domain.told import ZONE
from services.orders.store import finance as store

router = service_router("orders", tag="exports")
MOST_ORDERS = 50_000
Export = Literal["work-sheets", "costs", "warranty-claims"]
ORDER = ("number", "station_id", "engineer_id", "completed_at", "asset_id", "plate", "model", "customer_name")
SHEET = ("duty", "hours_per_day", "km_per_month", "usage_note")
INTENT = ("purchase_intent", "intended_product", "intended_quantity", "intent_note")
MONEY = ("payer", "labour_cost_fen", "cost_fen", "revenue_fen", "margin_fen")
SPENT = ("parts_fen", "late_fen", "goodwill_fen", "replacement_fen")


class MoneyOut(BaseModel):
    """What the order cost and brings so far; `work_s` are seconds at the machine without waits."""

    payer: str
    work_s: int
    labour_cost_fen: int
    parts_fen: int
    late_fen: int
    goodwill_fen: int
    replacement_fen: int
    cost_fen: int
    revenue_fen: int
    margin_fen: int

    @classmethod
    def of(cls, row: Row[Any], prices: PriceList) -> Self:
        spent, found = _spent(row), _money(row, prices)
        facts = {name: getattr(spent, name) for name in ("work_s", *SPENT)}
        return cls(**facts, **{name: getattr(found, name) for name in MONEY})


@router.get("/orders/{order_id}/money")
async def read_money(
    order_id: str, running: Running, caller: Principal = allow("dispatcher", "station", "auditor")
) -> MoneyOut:
    """Cost, revenue and margin of one order."""
    async with running.db.read() as tx:
        row = await store.of_order(tx, caller, order_id)
    if row is None:
        raise NotFound("there is no such order, or it is not yours")
    return MoneyOut.of(row, running.catalogue.prices)


@router.get("/exports/{what}/{month}.{form}", response_class=Response)
async def export_orders(
    what: Export,
    month: MonthName,
    form: Format,
    running: Running,
    caller: Principal = allow("dispatcher", "station", "auditor"),
) -> Response:
    """The caller's orders completed in a month, as CSV or Excel."""
    begin, until = month_span(month)
    async with running.db.read() as tx:
        rows = await store.finished(tx, caller, begin=begin, until=until, limit=MOST_ORDERS + 1)
    if len(rows) > MOST_ORDERS:
        raise Invalid(f"{month} has more than {MOST_ORDERS} orders: export it branch by branch")
    columns, lines = _TABLES[what](rows, running.catalogue.prices)
    headers = {"Content-Disposition": f'attachment; filename="{what}-{month}.{form}"'}
    return Response(table(form, columns, lines, zone=ZONE), media_type=MEDIA[form], headers=headers)


Made = tuple[list[str], list[list[Cell]]]


def _work_sheets(rows: Sequence[Row[Any]], _: PriceList) -> Made:
    """What engineers noted of use and intent; orders without a sheet are left out."""
    columns = [*ORDER, *SHEET, *INTENT]
    noted = [row for row in rows if row.usage_note is not None]
    return columns, [[getattr(row, name) for name in columns] for row in noted]


def _costs(rows: Sequence[Row[Any]], prices: PriceList) -> Made:
    lines: list[list[Cell]] = []
    for row in rows:
        found = _money(row, prices)
        facts = [getattr(row, name) for name in (*ORDER, *SPENT)]
        lines.append([*facts, int(row.work_s), *(getattr(found, name) for name in MONEY)])
    return [*ORDER, *SPENT, "work_s", *MONEY], lines


def _claims(rows: Sequence[Row[Any]], prices: PriceList) -> Made:
    """One line for the labour and one for each part of every order under warranty."""
    columns = [*ORDER, "vin", "in_service_on", "meter_km", "meter_h", "vmrs_system", "fault_codes", "causes"]
    lines: list[list[Cell]] = []
    for row in rows:
        if row.warranty == "covered":
            lines += [[*_claim_head(row), *line] for line in _claim_lines(row, prices)]
    return [*columns, "line", "part", "quantity", "hours", "claim_fen"], lines


def _claim_head(row: Row[Any]) -> list[Cell]:
    meters = row.completion or {}
    codes = "; ".join(f"{code['spn']}/{code['fmi']}" for code in row.fault_codes)
    in_service = row.in_service_on.isoformat() if row.in_service_on else None
    told: list[Cell] = [row.vin, in_service, meters.get("meter_km"), meters.get("meter_h")]
    return [*(getattr(row, name) for name in ORDER), *told, row.vmrs_system, codes, row.causes]


def _claim_lines(row: Row[Any], prices: PriceList) -> Iterator[list[Cell]]:
    found = _money(row, prices)
    yield ["labour", None, None, round(row.work_s / 3600, 2), found.labour_revenue_fen]
    for part, quantity, cost_fen in row.parts or ():
        yield ["part", part, quantity, None, round(cost_fen * (1 + prices.warranty_handling_share))]


_TABLES = {"work-sheets": _work_sheets, "costs": _costs, "warranty-claims": _claims}


def _spent(row: Row[Any]) -> Spent:
    return Spent(work_s=int(row.work_s or 0), **{name: int(getattr(row, name)) for name in SPENT})


def _money(row: Row[Any], prices: PriceList) -> Money:
    return money(_spent(row), row.warranty, prices)
