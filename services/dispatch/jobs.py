"""Long work of dispatch, done by the workers of the queue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.context import Context
from kit.loops import running

from .surroundings import surroundings
from .use_cases import planning
from .use_cases import running as solving


@asynccontextmanager
async def register(context: Context) -> AsyncIterator[None]:
    """The tasks can be worked on inside this block; the solver's process is started at its beginning."""
    here = surroundings(context)

    async def plan_territory(territory_id: str) -> None:
        await planning.plan_territory(here, territory_id)

    async def improve_territory(territory_id: str) -> None:
        await planning.improve_territory(here, territory_id)

    async def solve_next() -> None:
        await solving.solve_next(here)

    async def dispatch_soon(timestamp: int) -> None:
        """Time alone brings appointments near enough to be sent to the phones."""
        await planning.dispatch_soon(here)

    async def replan_all(timestamp: int) -> None:
        """Time alone makes a plan worse: somebody has not left yet, something takes longer."""
        await planning.replan_all(here)

    async def requeue_lost(timestamp: int) -> None:
        await solving.requeue_lost(here)

    jobs = context.jobs
    jobs.add("dispatch.plan_territory", plan_territory, retry=5)
    jobs.add("dispatch.improve_territory", improve_territory, retry=1)
    jobs.add("dispatch.solve_next", solve_next, retry=1)
    jobs.add_periodic("dispatch.dispatch_soon", dispatch_soon, cron="*/5 * * * *")
    jobs.add_periodic("dispatch.replan_all", replan_all, cron="*/15 * * * *")
    jobs.add_periodic("dispatch.requeue_lost", requeue_lost, cron="*/10 * * * *")
    try:
        async with running([here.travel.run, here.improver.warm]):
            yield
    finally:
        here.improver.kill()
        here.runner.kill()
