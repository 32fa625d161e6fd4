"""The jobs of stations: siting studies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from procrastinate import JobContext

from kit.client import NeighbourDown
from kit.context import Context
from services.stations.use_cases import studies

ATTEMPTS = 5


@asynccontextmanager
async def register(context: Context) -> AsyncIterator[None]:
    """Make the jobs known to this process's worker."""

    async def site(job: JobContext, study_id: str) -> None:
        try:
            await studies.work_out(context, study_id)
        except NeighbourDown as error:
            if job.job.attempts + 1 < ATTEMPTS:
                raise
            await studies.give_up(context, study_id, error)

    context.jobs.add(studies.JOB, site, retry=ATTEMPTS, pass_context=True)
    yield
