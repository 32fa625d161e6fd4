"""The routes of parts."""

from kit.kpis import kpi_router
from services.parts.api import availability, catalogue, facts, handling, kpis, orders, planning, stock_plans
from services.parts.store.scorecard_kpis import KPIS

routers = [
    catalogue.router,
    availability.router,
    planning.router,
    facts.router,
    handling.router,
    kpis.router,
    stock_plans.router,
    orders.router,
    kpi_router("parts", KPIS),
]
