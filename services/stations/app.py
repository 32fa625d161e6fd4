"""Composition of stations."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.loops import every
from kit.web import service_app
from services.stations.api import routers
from services.stations.subscriptions import subscriptions
from services.stations.use_cases.positions import forget_old
from services.stations.use_cases.published import sweep

SWEEP_EVERY_S = 5.0
FORGET_EVERY_S = 3600.0


def build(context: Context) -> FastAPI:
    """The application of stations; while it runs, it frees orphaned holds and forgets old tracks."""
    return service_app(
        routers=routers,
        context=context,
        subscriptions=subscriptions(context),
        loops=[
            partial(every, SWEEP_EVERY_S, partial(sweep, context)),
            partial(every, FORGET_EVERY_S, partial(forget_old, context)),
        ],
    )
