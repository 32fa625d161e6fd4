"""The routes of orders."""

from services.orders.api import assets, imports, orders, plannable, programmes, promise_templates, replacement, work

routers = [
    orders.router,
    work.router,
    assets.router,
    plannable.router,
    promise_templates.router,
    programmes.router,
    imports.router,
    replacement.router,
]
