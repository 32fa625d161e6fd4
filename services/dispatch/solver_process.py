"""A solver in a process of its own: it can hang, crash or be killed, and the caller only gets no plan.

The engines hold the interpreter while they work; beside a web server or a worker's heartbeat they need their own.
"""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import structlog

from .child import Cancel, Commission, Failure, Progress, Ready, work
from .solver import Plan, Problem, Result

log = structlog.get_logger()
START_S = 30.0
"""A process that has not imported everything by then is given up."""
GRACE_S = 5.0
"""How much longer than its budget, or than a cancel, an engine may take before it is killed."""
LISTEN_S = 0.1


class SolverFailed(Exception):
    """No plan came: the process crashed, hung or failed. The next call starts a new one."""


Watch = Callable[[Progress | None], Awaitable[bool]]
"""Called about every 100 ms with news, if any; True cancels."""


async def _never(_: Progress | None) -> bool:
    return False


class SolverProcess:
    """One solver, one problem at a time; callers queue."""

    def __init__(self, *, name: str = "roadcall-solver"):
        self._name = name
        self._turn = asyncio.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    async def warm(self) -> None:
        """Start the process and wait until it has imported everything."""
        async with self._turn:
            await self._ready()

    async def solve(
        self,
        problem: Problem,
        *,
        start: Plan | None,
        seconds: float,
        seed: int,
        engine: str = "ortools",
        watch: Watch = _never,
    ) -> Result:
        """The engine's best plan within `seconds`, or earlier when `watch` cancels. Raises SolverFailed."""
        async with self._turn:
            pipe = await self._ready()
            try:
                await asyncio.to_thread(pipe.send, Commission(problem, start, engine, seconds, seed))
                return await self._listen(pipe, seconds, watch)
            except (EOFError, OSError, SolverFailed) as error:
                self.kill()
                raise SolverFailed(str(error) or type(error).__name__) from error
            except BaseException:
                self.kill()  # whoever asked is gone, nobody will read the answer
                raise

    async def _listen(self, pipe: Connection, seconds: float, watch: Watch) -> Result:
        clock = asyncio.get_running_loop().time
        deadline, cancelled = clock() + seconds + GRACE_S, False
        while clock() < deadline:
            news = await asyncio.to_thread(_next, pipe)
            if isinstance(news, Result):
                return news
            if isinstance(news, Failure):
                raise SolverFailed(news.error)
            if not cancelled and await watch(news):
                cancelled, deadline = True, min(deadline, clock() + GRACE_S)
                await asyncio.to_thread(pipe.send, Cancel())
        raise SolverFailed(f"no answer {GRACE_S:.0f} s after its time was over")

    async def _ready(self) -> Connection:
        if self._pipe is not None and self._process is not None and self._process.is_alive():
            return self._pipe
        self.kill()
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=work, args=(theirs,), name=self._name, daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        try:
            if not await asyncio.to_thread(self._pipe.poll, START_S) or not isinstance(self._pipe.recv(), Ready):
                raise SolverFailed("it did not start")
        except (EOFError, OSError, SolverFailed) as error:
            self.kill()
            raise SolverFailed(str(error) or "it died while starting") from error
        return self._pipe

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
        if process is not None:
            process.kill()
            process.join(5)

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._process.pid if self._process is not None else None


def _next(pipe: Connection) -> Progress | Result | Failure | None:
    """The newest message; older progress is skipped. None when nothing came for a moment."""
    news: Progress | Result | Failure | None = None
    wait = LISTEN_S
    while pipe.poll(wait):
        news = pipe.recv()
        if not isinstance(news, Progress):
            return news
        wait = 0.0
    return news
