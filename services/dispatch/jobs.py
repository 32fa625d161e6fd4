"""Long work of dispatch, done by the workers of the queue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from procrastinate.jobs import Status

from kit.context import Context
from kit.jobs import Jobs
from kit.loops import Loop, every, running
from kit.values import Place

from .context import DispatchContext, dispatch_context
from .use_cases import improving, planning
from .use_cases import running as solving

log = structlog.get_logger()
RESCUE_EVERY_S = 10.0
QUEUES = ("dispatch", "dispatch-improve", "dispatch-runs")
SOMEWHERE = Place(117.12, 36.65)


@asynccontextmanager
async def register(context: Context) -> AsyncIterator[None]:
    """The tasks can be worked on inside this block; the solver's process is started when it is needed."""
    here = dispatch_context(context)
    _add_tasks(here)
    context.jobs.add_warmup(partial(_warm_roads, here))
    context.jobs.add_warmup(here.improver.warm)
    loops: list[Loop] = [
        here.travel.run,
        partial(_background, context.jobs, "dispatch-improve"),
        partial(_background, context.jobs, "dispatch-runs"),
        partial(every, RESCUE_EVERY_S, partial(rescue, here)),
    ]
    try:
        async with running(loops):
            yield
    finally:
        here.improver.kill()
        here.runner.kill()


def _add_tasks(here: DispatchContext) -> None:
    # Nothing here is retried by the queue: a retry would collide with the next job for the same territory, which
    # is asked for anyway. What failed is asked for again by whoever failed, or by the clock.
    async def plan_territory(territory_id: str) -> None:
        await planning.plan_territory(here, territory_id)

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
    await jobs.run_worker(queues=[queue], concurrency=1)


async def rescue(here: DispatchContext) -> None:
    """Jobs whose worker died would lock their territory for ever: end them and ask for the plan again."""
    manager = here.jobs.app.job_manager
    for queue in QUEUES:
        for job in await manager.get_stalled_jobs(queue=queue):
            log.warning("job_rescued", job=job.id, task=job.task_name)
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
            if job.task_name == planning.PLAN:
                async with here.db.transaction() as tx:
                    await planning.ask_for_plan(here, tx, str(job.task_kwargs["territory_id"]))
