"""Composition of accounts."""

from functools import partial

from fastapi import FastAPI

from kit.context import Context
from kit.web import service_app
from services.accounts.api import routers
from services.accounts.context import accounts
from services.accounts.use_cases.first_run import offer_first_run


def build(context: Context) -> FastAPI:
    """The application of accounts; once it runs, it offers the first run where there are no people yet."""
    service = accounts(context)
    return service_app(routers=routers, context=service, loops=[partial(offer_first_run, service)])
