"""The routes of orders."""

from services.orders.api import (
    assets,
    calendars,
    imports,
    kpis,
    orders,
    plannable,
    programmes,
    promise_templates,
    replacement,
    work,
    work_types,
)

routers = [
    orders.router,
    work.router,
    assets.router,
    plannable.router,
    promise_templates.router,
    calendars.router,
    work_types.router,
    kpis.router,
    programmes.router,
    imports.router,
    replacement.router,
]
