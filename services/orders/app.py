"""Composition of orders."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.web import service_app
from services.orders.api import LINKS, routers
from services.orders.context import orders
from services.orders.subscriptions import subscriptions
from services.orders.use_cases.timers import run_timers


def build(context: Context) -> FastAPI:
    """The application of orders; while it runs it fires the timers of its promises."""
    service = orders(context)
    return service_app(
        routers=routers,
        context=service,
        subscriptions=subscriptions(service),
        loops=[partial(run_timers, service)],
        links=LINKS,
    )
