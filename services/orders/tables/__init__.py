"""The tables of orders. Names and phone numbers live here only; the journal carries ids and facts."""

from services.orders.tables.campaigns import campaign_machines, campaigns, dispatch_gates
from services.orders.tables.feedback import callbacks, complaint_steps, complaints, surveys
from services.orders.tables.finance import outside_scores, work_sheets
from services.orders.tables.foundation import journal, metadata
from services.orders.tables.kpis import kpi_adjustments, kpi_months, kpi_snapshots, scorecard_weights
from services.orders.tables.machines import (
    asset_history,
    assets,
    causes,
    customers,
    found_causes,
    landmarks,
    machine_faults,
    maintenance_plans,
    named_stations,
    operator_certificates,
    plan_dues,
    route_reference,
    service_contracts,
    used_parts,
)
from services.orders.tables.notices import notice_confirmations, notices, suggestions
from services.orders.tables.promises import calendar_days, calendars, clocks, due_at, promise_templates, waits
from services.orders.tables.remedies import goodwill_budgets, remedies
from services.orders.tables.replacement import replacement_cases, replacement_steps
from services.orders.tables.work_orders import (
    TIME_FIELDS,
    appointments,
    cargos,
    flagged_facts,
    order_facts,
    order_links,
    orders,
    timeline,
)

__all__ = [
    "TIME_FIELDS",
    "appointments",
    "asset_history",
    "assets",
    "calendar_days",
    "calendars",
    "callbacks",
    "campaign_machines",
    "campaigns",
    "cargos",
    "causes",
    "clocks",
    "complaint_steps",
    "complaints",
    "customers",
    "dispatch_gates",
    "due_at",
    "flagged_facts",
    "found_causes",
    "goodwill_budgets",
    "journal",
    "kpi_adjustments",
    "kpi_months",
    "kpi_snapshots",
    "landmarks",
    "machine_faults",
    "maintenance_plans",
    "metadata",
    "named_stations",
    "notice_confirmations",
    "notices",
    "operator_certificates",
    "order_facts",
    "order_links",
    "orders",
    "outside_scores",
    "plan_dues",
    "promise_templates",
    "remedies",
    "replacement_cases",
    "replacement_steps",
    "route_reference",
    "scorecard_weights",
    "service_contracts",
    "suggestions",
    "surveys",
    "timeline",
    "used_parts",
    "waits",
    "work_sheets",
]
