"""Long work inside one service: Procrastinate, a queue in the same PostgreSQL (schema `jobs`).

A job is enqueued in the transaction that makes it necessary, so neither can be without the other.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import raw, role_of

Task = Callable[..., Awaitable[Any]]


def conninfo(url: str, role: str) -> str:
    """A libpq connection string that takes `role` and looks into the schema of jobs."""
    import psycopg.conninfo

    parsed = make_url(url)
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.conninfo.make_conninfo(plain, options=f"-c role={role} -c search_path=jobs -c timezone=UTC")


class Jobs:
    """The tasks that this process knows; services register theirs under `service.name`."""

    def __init__(self, url: str):
        connector = procrastinate.PsycopgConnector(conninfo=conninfo(url, role_of("jobs")), min_size=1, max_size=4)
        self.app = procrastinate.App(connector=connector)

    def add(self, name: str, task: Task, *, retry: int = 3, pass_context: bool = False) -> None:
        """Make `task` callable by `defer`; it is retried `retry` times with growing pauses."""
        strategy = procrastinate.RetryStrategy(max_attempts=retry, exponential_wait=2)
        register: Any = self.app.task  # its overloads want pass_context as a literal
        register(name=name, retry=strategy, queue=name.partition(".")[0], pass_context=pass_context)(task)

    def add_periodic(self, name: str, task: Task, *, cron: str) -> None:
        """Run `task` by the clock; it is called with `timestamp`, the due second."""
        registered = self.app.task(name=name, queue=name.partition(".")[0], queueing_lock=name)(task)
        self.app.periodic(cron=cron)(registered)

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

    async def run_worker(self, *, queues: list[str], concurrency: int = 2) -> None:
        """Work until cancelled; a running job gets 10 s to end."""
        await self.app.run_worker_async(
            queues=queues,
            concurrency=concurrency,
            install_signal_handlers=False,
            shutdown_graceful_timeout=10,
            fetch_job_polling_interval=1.0,
            delete_jobs="successful",
        )
