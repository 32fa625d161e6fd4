"""The jobs of orders: programmes are looked through every hour, the books of KPIs are kept every night."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from kit.auth import Principal
from kit.context import Context
from services.orders.context import orders
from services.orders.domain.told import ZONE
from services.orders.use_cases.callbacks import draw
from services.orders.use_cases.kpis import keep_books
from services.orders.use_cases.programmes import AHEAD, run_programmes

log = structlog.get_logger()
ITSELF = Principal(subject="orders", role="service")


@asynccontextmanager
async def register(context: Context) -> AsyncIterator[None]:
    """Make the jobs known to this process's worker."""
    service = orders(context)

    async def run_due_programmes(timestamp: int) -> None:
        """Every due point of the coming two weeks gets its order; a second run finds nothing to do."""
        until = (context.clock.now() + AHEAD).astimezone(ZONE).date()
        run = await run_programmes(service, ITSELF, until=until)
        log.info("programmes_run", due=timestamp, created=len(run.created), refused=len(run.refused))

    async def keep_kpi_books(timestamp: int) -> None:
        """Months that are over are frozen, frozen ones get lines for what was told since."""
        await keep_books(service, by=ITSELF.actor)
        log.info("kpi_books_kept", due=timestamp)

    context.jobs.add_periodic("orders.run_programmes", run_due_programmes, cron="17 * * * *")

    async def draw_callbacks(timestamp: int) -> None:
        """Orders completed in the last week are drawn for call-backs; a second run draws the same ones."""
        log.info("callbacks_drawn", due=timestamp, new=await draw(service))

    context.jobs.add_periodic("orders.draw_callbacks", draw_callbacks, cron="27 * * * *")
    context.jobs.add_periodic("orders.keep_kpi_books", keep_kpi_books, cron="40 18 * * *")
    yield
