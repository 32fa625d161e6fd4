"""Composition of parts."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.loops import every
from kit.web import service_app
from services.parts.api import routers
from services.parts.subscriptions import subscriptions
from services.parts.use_cases.plans import sweep

SWEEP_EVERY_S = 5.0


def build(context: Context) -> FastAPI:
    """The application of parts; while it runs, it frees holds whose plan was never published."""
    return service_app(
        routers=routers,
        context=context,
        subscriptions=subscriptions(context),
        loops=[partial(every, SWEEP_EVERY_S, partial(sweep, context))],
    )
