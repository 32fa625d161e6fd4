"""A process of ours: the web server of some services, or a worker of the queue."""

import asyncio
import signal
from collections.abc import Sequence

from kit import logs
from kit.settings import Settings
from services.assembly import CONSOLE, SERVICES, WITH_JOBS, Assembly

PARTS = (*SERVICES, CONSOLE)


def serve(names: Sequence[str]) -> None:
    """Serve the named services and the console (all when none is named) until SIGTERM; what is in flight is finished."""
    import uvicorn

    chosen = [name for name in PARTS if name in names] if names else list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise SystemExit(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}, worker, migrate")
    logs.configure()
    settings = Settings()
    assembly = Assembly(settings=settings, names=chosen)
    uvicorn.run(
        assembly.app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=30,
        server_header=False,
    )


def work() -> None:
    """Work on long jobs until SIGTERM or SIGINT."""
    logs.configure()
    asyncio.run(_work())


async def _work() -> None:
    assembly = Assembly(settings=Settings(), names=[])
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with assembly.working():
        working = asyncio.create_task(assembly.jobs.run_worker(queues=list(WITH_JOBS)))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def bring_up_to_date() -> None:
    """Bring every schema to its newest version."""
    from kit.migrations import migrate

    migrate(Settings().database_url, list(SERVICES))
