"""Composition of mobile_api."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.loops import Loop
from kit.web import service_app
from mobile_api.api import routers
from mobile_api.context import mobile
from mobile_api.subscriptions import SUBSCRIPTIONS
from mobile_api.use_cases.draining import drain_due_lanes
from mobile_api.use_cases.waking import wake_phones


def build(context: Context) -> FastAPI:
    """The application of mobile_api; while it runs it brings waiting operations to their owners and wakes
    phones."""
    service = mobile(context)
    loops: list[Loop] = [partial(drain_due_lanes, service), service.reach_outside]
    loops += [partial(wake_phones, service, kind) for kind in service.push]
    return service_app(routers=routers, context=service, subscriptions=SUBSCRIPTIONS, loops=loops)
