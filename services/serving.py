"""A process of ours: the web server of some services, or a worker of the queue."""

import asyncio
import gc
import signal
import socket
from collections.abc import Sequence
from functools import partial
from types import FrameType

from kit import logs
from kit.loops import end, running
from kit.settings import Settings
from services.assembly import CONSOLE, SERVICES, WITH_JOBS, Assembly

PARTS = (*SERVICES, CONSOLE)


def serve(names: Sequence[str]) -> None:
    """Serve the named services and the console (all when none is named) until SIGTERM; requests in flight end."""
    import uvicorn

    chosen = [name for name in PARTS if name in names] if names else list(PARTS)
    if unknown := set(names) - set(PARTS):
        raise SystemExit(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}, worker, migrate")
    logs.configure()
    settings = Settings.told()
    assembly = Assembly(settings=settings, names=chosen)
    config = uvicorn.Config(
        assembly.app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,
        server_header=False,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            _collect_only_what_comes()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            asyncio.get_running_loop().call_soon_threadsafe(assembly.leaving.set)
            super().handle_exit(sig, frame)

    server = Server(config)
    server.run()
    if not server.started:
        raise SystemExit("the server did not start, the reason stands above")


def work() -> None:
    """Work on long jobs until SIGTERM or SIGINT."""
    logs.configure()
    asyncio.run(_work())


async def _work() -> None:
    settings = Settings.told()
    settings.worker_ready.unlink(missing_ok=True)
    assembly = Assembly(settings=settings, names=[])
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with assembly.working(), running([partial(_warm, assembly)]):
        _collect_only_what_comes()
        # It ends by itself only through a fault of ours: that one must be seen, and the process started anew.
        working = asyncio.create_task(assembly.jobs.run_worker(queues=list(WITH_JOBS)))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        await end([working])


async def _warm(assembly: Assembly) -> None:
    """Load what the first job would wait for, then say so where the supervisor and Kubernetes look."""
    await assembly.jobs.warm()
    assembly.settings.worker_ready.touch()


def _collect_only_what_comes() -> None:
    """What the start made stays as long as the process: the collector need never look at it."""
    gc.freeze()
    gc.enable()


def bring_up_to_date() -> None:
    """Bring every schema to its newest version."""
    from sqlalchemy.exc import OperationalError

    from kit.migrations import NotAllowed, migrate

    try:
        migrate(Settings.told().database_url, list(SERVICES))
    except OperationalError as error:
        raise SystemExit(f"the database does not take us: {error.orig}") from None
    except NotAllowed as error:
        raise SystemExit(str(error)) from None
