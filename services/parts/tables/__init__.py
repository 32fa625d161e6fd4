"""The tables of parts. The ledger `movement` is the truth; `stock` is its balance, guarded by constraints."""

from services.parts.tables.catalogue import courier_lane, fit, part, place, substitute
from services.parts.tables.foundation import metadata
from services.parts.tables.handling import core, core_return, count_line, count_sheet, transfer, transfer_line
from services.parts.tables.neighbours import broken_promise, lacked, station_hours, territory, work_order
from services.parts.tables.planning import (
    forecast,
    forecast_run,
    past_demand,
    proposal,
    stock_plan,
    wear_line,
    wear_list,
)
from services.parts.tables.shipments import shipment, shipment_event
from services.parts.tables.stock import claim, discrepancy, movement, picked, stock

__all__ = [
    "broken_promise",
    "claim",
    "core",
    "core_return",
    "count_line",
    "count_sheet",
    "courier_lane",
    "discrepancy",
    "fit",
    "forecast",
    "forecast_run",
    "lacked",
    "metadata",
    "movement",
    "part",
    "past_demand",
    "picked",
    "place",
    "proposal",
    "shipment",
    "shipment_event",
    "station_hours",
    "stock",
    "stock_plan",
    "substitute",
    "territory",
    "transfer",
    "transfer_line",
    "wear_line",
    "wear_list",
    "work_order",
]
