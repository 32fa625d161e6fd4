"""Composition of dispatch."""

from fastapi import FastAPI

from kit.context import Context
from kit.web import service_app

from .api import routers
from .context import dispatch_context
from .subscriptions import subscriptions

MAX_BODY_BYTES = 100_000_000
"""A problem of a few hundred places with its travel matrix."""


def build(context: Context) -> FastAPI:
    """The application of dispatch: the queue's workers make the plans, dispatchers' questions are answered here."""
    here = dispatch_context(context)
    return service_app(
        routers=routers,
        context=here,
        subscriptions=subscriptions(here),
        loops=[here.travel.run, here.run_solvers],
        max_body_bytes=MAX_BODY_BYTES,
    )
