"""Long work inside one service: Procrastinate, a queue in the same PostgreSQL (schema `jobs`).

A job is enqueued in the transaction that makes it necessary, so neither can be without the other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import procrastinate
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import IDLE_CONNECTION_S, raw, role_of
from kit.loops import every, running

log = structlog.get_logger()
HEARTBEAT_S = 3.0
STALLED_S = 15.0
"""A worker that gave no sign of life for so long is dead; what it was doing is given to others."""
MOST_RESCUES = 10
"""A job that took so many workers with it is not given to another one."""

Task = Callable[..., Awaitable[Any]]


def conninfo(url: str, role: str) -> str:
    """A libpq connection string that takes `role` and looks into the schema of jobs."""
    import psycopg.conninfo

    parsed = make_url(url)
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.conninfo.make_conninfo(
        plain,
        options=f"-c role={role} -c search_path=jobs -c timezone=UTC",
        connect_timeout=5,
        application_name="roadcall-jobs",
    )


class Jobs:
    """The tasks that this process knows; services register theirs under `service.name`."""

    def __init__(self, url: str):
        connector = procrastinate.PsycopgConnector(
            conninfo=conninfo(url, role_of("jobs")), min_size=1, max_size=4, max_idle=float(IDLE_CONNECTION_S)
        )
        self.app = procrastinate.App(connector=connector)
        self.app.job_manager = _Manager(connector)
        self._warmups: list[Callable[[], Awaitable[object]]] = []

    def add(self, name: str, task: Task, *, retry: int = 3, pass_context: bool = False) -> None:
        """Make `task` callable by `defer`; it is retried `retry` times with growing pauses."""
        strategy = procrastinate.RetryStrategy(max_attempts=retry, exponential_wait=2)
        register: Any = self.app.task  # its overloads want pass_context as a literal
        register(name=name, retry=strategy, queue=name.partition(".")[0], pass_context=pass_context)(task)

    def add_periodic(self, name: str, task: Task, *, cron: str) -> None:
        """Run `task` by the clock; it is called with `timestamp`, the due second."""
        registered = self.app.task(name=name, queue=name.partition(".")[0], queueing_lock=name)(task)
        self.app.periodic(cron=cron)(registered)

    def add_warmup(self, load: Callable[[], Awaitable[object]]) -> None:
        """Have `load` called before a worker says that it is ready: what the first job would else wait for."""
        self._warmups.append(load)

    async def warm(self) -> None:
        """Call what `add_warmup` was given, in order. Raises what it raises."""
        for load in self._warmups:
            await load()

    async def defer(
        self,
        tx: AsyncConnection,
        name: str,
        *,
        lock: str | None = None,
        queueing_lock: str | None = None,
        schedule_in: timedelta | None = None,
        priority: int = 0,
        **arguments: Any,
    ) -> None:
        """Enqueue in this transaction.

        Jobs with the same `lock` never run at once; while one with the same `queueing_lock` waits, another is not
        added.
        """
        options: dict[str, Any] = {"lock": lock, "queueing_lock": queueing_lock, "priority": priority}
        options |= {"queue": name.partition(".")[0]}
        if schedule_in is not None:
            options["schedule_in"] = {"seconds": schedule_in.total_seconds()}
        job = self.app.configure_task(name, connection=await raw(tx), **options)
        try:
            async with tx.begin_nested():
                await job.defer_async(**arguments)
        except AlreadyEnqueued:
            return

    async def run_worker(self, *, queues: list[str], concurrency: int = 4, look_every_s: float = 0.5) -> None:
        """Work until cancelled, surviving every outage of the database; a running job gets 10 s to end.

        A job for now is begun at once, one for later at the next look.

        What a dead worker left half-done is begun again, here or elsewhere.
        """
        async with running([partial(every, STALLED_S / 3, self.rescue)]):
            while True:
                try:
                    await self.app.run_worker_async(
                        queues=queues,
                        concurrency=concurrency,
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=10,
                        fetch_job_polling_interval=look_every_s,
                        update_heartbeat_interval=HEARTBEAT_S,
                        stalled_worker_timeout=STALLED_S,
                        delete_jobs="successful",
                    )
                except (ConnectorException, OSError) as error:
                    log.warning("worker_waits", error=f"{type(error).__name__}: {error}"[:200])
                await asyncio.sleep(1.0)

    async def rescue(self) -> None:
        """Give the jobs of dead workers back to the queue."""
        manager = self.app.job_manager
        try:
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                log.warning("job_rescued", task=job.task_name, job=job.id, attempts=job.attempts)
                await (_give_up(manager, job) if job.attempts >= MOST_RESCUES else manager.retry_job(job))
        except ConnectorException as error:  # the database is away, or another worker was faster
            log.info("rescue_waits", error=f"{type(error).__name__}: {error}"[:200])


async def _give_up(manager: JobManager, job: Job) -> None:
    await manager.finish_job(job, status=Status.FAILED, delete_job=False)


class _Manager(JobManager):
    """A job that is to be tried again, while another one with its queueing lock waits, is replaced by that one.

    Without this it would stay "doing" for ever and keep its lock: a territory that is never planned again.
    """

    async def retry_job_by_id_async(
        self,
        job_id: int,
        retry_at: datetime,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        try:
            await super().retry_job_by_id_async(job_id, retry_at, priority, queue, lock)
        except UniqueViolation:
            await self.finish_job_by_id_async(job_id, Status.FAILED, delete_job=True)
