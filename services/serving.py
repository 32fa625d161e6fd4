"""A process of ours: the web server of some services, or a worker of the queue."""

import asyncio
import signal
from collections.abc import Sequence

from kit.settings import Settings
from services.assembly import SERVICES, WITH_JOBS, Assembly


def serve(names: Sequence[str]) -> None:
    """Serve the named services (all when none is named) until SIGTERM; requests in flight are finished."""
    import uvicorn

    chosen = [name for name in SERVICES if name in names] if names else list(SERVICES)
    if unknown := set(names) - set(SERVICES):
        raise SystemExit(f"there is no service {', '.join(sorted(unknown))}: choose from {', '.join(SERVICES)}, worker")
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
