"""Composition of mobile_api."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.web import service_app
from mobile_api.api import routers
from mobile_api.context import mobile
from mobile_api.subscriptions import SUBSCRIPTIONS
from mobile_api.use_cases.draining import drain_due_lanes


def build(context: Context) -> FastAPI:
    """The application of mobile_api; while it runs it brings waiting operations to their owners."""
    service = mobile(context)
    loops = [partial(drain_due_lanes, service)]
    return service_app(routers=routers, context=service, subscriptions=SUBSCRIPTIONS, loops=loops)
