"""The jobs of parts: plans of stock, and the forecast of each month when it begins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from procrastinate import JobContext

from kit.client import NeighbourDown
from kit.context import Context
from services.parts.use_cases import stock_plans
from services.parts.use_cases.kpis import ZONE

ATTEMPTS = 5
FORECAST = "parts.forecast"
MONTHLY = "20 17 1 * *"
"""At twenty past one at night of the first, in Asia/Shanghai nearly the second: what phones send late is in."""


@asynccontextmanager
async def register(context: Context) -> AsyncIterator[None]:
    """Make the jobs known to this process's worker; what computes is loaded with the first one."""

    async def plan_stock(job: JobContext, plan_id: str) -> None:
        from services.parts.use_cases import stock_planning

        try:
            await stock_planning.work_out(context, plan_id)
        except NeighbourDown as error:
            if job.job.attempts + 1 < ATTEMPTS:
                raise
            await stock_plans.give_up(context, plan_id, error)

    async def forecast(timestamp: int) -> None:
        from services.parts.use_cases import forecasting

        month = context.clock.now().astimezone(ZONE).date().replace(day=1)
        await forecasting.refresh(context, month)

    context.jobs.add(stock_plans.JOB, plan_stock, retry=ATTEMPTS, pass_context=True)
    context.jobs.add_periodic(FORECAST, forecast, cron=MONTHLY)
    yield
