"""Composition of parts."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.loops import every
from kit.web import service_app
from services.parts.api import routers
from services.parts.subscriptions import subscriptions
from services.parts.use_cases.plans import sweep
from services.parts.use_cases.transfers import tell_late

SWEEP_EVERY_S = 5.0
LATE_EVERY_S = 60.0


def build(context: Context) -> FastAPI:
    """The application of parts; while it runs, it frees orphaned holds and tells of transfers that are late."""
    return service_app(
        routers=routers,
        context=context,
        subscriptions=subscriptions(context),
        loops=[
            partial(every, SWEEP_EVERY_S, partial(sweep, context)),
            partial(every, LATE_EVERY_S, partial(tell_late, context)),
        ],
    )
