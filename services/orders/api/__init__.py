"""The routes of orders."""

from services.orders.api import (
    assets,
    calendars,
    callbacks,
    complaints,
    imports,
    kpis,
    orders,
    plannable,
    population,
    programmes,
    promise_templates,
    remedies,
    replacement,
    tracking,
    work,
    work_types,
)

routers = [
    orders.router,
    work.router,
    assets.router,
    plannable.router,
    population.router,
    promise_templates.router,
    calendars.router,
    work_types.router,
    kpis.router,
    tracking.router,
    complaints.router,
    callbacks.router,
    remedies.router,
    programmes.router,
    imports.router,
    replacement.router,
]
