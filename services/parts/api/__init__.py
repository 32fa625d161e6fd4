"""The routes of parts."""

from services.parts.api import availability, catalogue, facts, handling, kpis, orders, planning, stock_plans

routers = [
    catalogue.router,
    availability.router,
    planning.router,
    facts.router,
    handling.router,
    kpis.router,
    stock_plans.router,
    orders.router,
]
