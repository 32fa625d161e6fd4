"""Long work of dispatch, done by the workers of the queue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from kit.context import Context
from kit.jobs import Jobs
from kit.loops import Loop, running
from kit.values import Place

from .context import DispatchContext, dispatch_context
from .use_cases import improving, planning
from .use_cases import running as solving

SOMEWHERE = Place(117.12, 36.65)


@asynccontextmanager
async def register(context: Context) -> AsyncIterator[None]:
    """The tasks can be worked on inside this block; the solver's process is started when it is needed."""
    here = dispatch_context(context)
    _add_tasks(here)
    context.jobs.add_warmup(partial(_warm_roads, here))
    context.jobs.add_warmup(here.planner.warm)
    loops: list[Loop] = [
        here.travel.run,
        here.run_solvers,
        partial(_background, context.jobs, "dispatch-improve"),
        partial(_background, context.jobs, "dispatch-runs"),
    ]
    async with running(loops):
        yield


def _add_tasks(here: DispatchContext) -> None:
    # Nothing here is retried by the queue: a retry would collide with the next job for the same territory, which
    # is asked for anyway. What failed is asked for again by whoever failed, or by the clock.
    async def plan_territory(territory_id: str) -> None:
        await planning.plan_news(here, territory_id)

    async def improve_territory(territory_id: str) -> None:
        await improving.improve_territory(here, territory_id)

    async def solve_next() -> None:
        await solving.solve_next(here)

    async def dispatch_soon(timestamp: int) -> None:
        """Time alone brings appointments near enough to be sent to the phones."""
        await planning.dispatch_soon(here)

    async def replan_all(timestamp: int) -> None:
        """Time alone makes a plan worse: somebody has not left yet, something takes longer."""
        await planning.replan_all(here)

    async def tidy_runs(timestamp: int) -> None:
        await solving.tidy(here)

    jobs = here.jobs
    jobs.add(planning.PLAN, plan_territory, retry=1)
    jobs.add(planning.IMPROVE, improve_territory, retry=1)
    jobs.add(solving.SOLVE_NEXT, solve_next, retry=1)
    jobs.add_periodic("dispatch.dispatch_soon", dispatch_soon, cron="*/5 * * * *")
    jobs.add_periodic("dispatch.replan_all", replan_all, cron="*/15 * * * *")
    jobs.add_periodic("dispatch.tidy_runs", tidy_runs, cron="*/10 * * * *")


async def _warm_roads(here: DispatchContext) -> None:
    """Load the road network before the first territory needs it."""
    await here.travel.matrix(origins=[SOMEWHERE], destinations=[SOMEWHERE], at=here.clock.now())


async def _background(jobs: Jobs, queue: str) -> None:
    """Work on a queue of long solves, one at a time, beside the worker proper."""
    await jobs.run_worker(queues=[queue], concurrency=1, look_every_s=1.0)
