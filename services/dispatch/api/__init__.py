"""The routes of dispatch."""

from kit.kpis import kpi_router

from ..store.kpis import KPIS
from . import appointments, decisions, improvements, plans, runs, travel

routers = [
    plans.router,
    improvements.router,
    decisions.router,
    appointments.router,
    runs.router,
    travel.router,
    kpi_router("dispatch", KPIS),
]
