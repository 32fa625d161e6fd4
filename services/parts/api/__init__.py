"""The routes of parts."""

from services.parts.api import availability, catalogue, facts, handling, kpis, orders, planning

routers = [
    catalogue.router,
    availability.router,
    planning.router,
    facts.router,
    handling.router,
    kpis.router,
    orders.router,
]
