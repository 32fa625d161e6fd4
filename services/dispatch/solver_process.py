"""A solver in a process of its own: it can hang, crash or be killed, and the caller only gets no plan.

The engines hold the interpreter while they work; beside a web server or a worker's heartbeat they need their own. They
also need much memory, so a process that has nothing to do ends after a while.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import TypeVar

import structlog

from kit.problems import Problem as HttpProblem

from .child import Answer, Cancel, Commission, Failure, HowElse, Progress, Question, Ready, WhatIf, WhoElse
from .solver import Plan, Problem, Result
from .solver.advice import Analysis, Move, Recommendation, Repair, Repairs

log = structlog.get_logger()
START_S = 300.0
"""A process that has not imported everything by then is given up. The first one of a machine may have to compile."""
GRACE_S = 5.0
"""How much longer than its budget, or than a cancel, an engine may take before it is killed."""
ADVICE_S = 30.0
"""The time for a dispatcher's question; it is answered within a second where the machine is not overloaded."""
LISTEN_S = 0.1
IDLE_S = 60.0
"""A process that was asked nothing for so long ends; the next question starts it again, in a second or two."""
_CHILD = "from services.dispatch.child import main; main()"
"""Not `-m`: what travels through the pipe must be of the module's own classes, not of `__main__`."""


class SolverFailed(HttpProblem):
    """The solver gave no plan, nothing was changed"""

    status = 503

    def __init__(self, why: str):
        """The process crashed, hung or failed; the next call starts a new one."""
        super().__init__(f"{why}; try again", retry_after=2)


A = TypeVar("A")
Watch = Callable[[Progress | None], Awaitable[bool]]
"""Called about every 100 ms with news, if any; True cancels."""


async def _never(_: Progress | None) -> bool:
    return False


class SolverProcess:
    """One solver, one problem at a time; callers queue. It runs from the first question until `idle_s` after the
    last one, and gives way to everybody else by `niceness` (0 to 19, as the operating system counts)."""

    def __init__(self, *, idle_s: float = IDLE_S, niceness: int = 0):
        self._idle_s = idle_s
        self._niceness = niceness
        self._turn = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._ending: asyncio.TimerHandle | None = None

    async def warm(self) -> None:
        """Start the process and wait until it has imported and compiled everything. Raises SolverFailed."""
        async with self._turn:
            await self._ready()
            self._end_later()

    async def solve(
        self,
        problem: Problem,
        *,
        start: Plan | None,
        seconds: float,
        seed: int,
        engine: str = "roadcall",
        watch: Watch = _never,
    ) -> Result:
        """The engine's best plan within `seconds`, or earlier when `watch` cancels. Raises SolverFailed."""
        return await self._ask(Commission(problem, start, engine, seconds, seed), Result, seconds, watch)

    async def who_else(self, problem: Problem, plan: Plan, order: int, *, top: int) -> Recommendation:
        """Up to `top` engineers who could take the order, cheapest first. Raises SolverFailed."""
        return await self._ask(WhoElse(problem, plan, order, top), Recommendation, ADVICE_S)

    async def how_else(self, problem: Problem, plan: Plan, order: int) -> tuple[Repair, ...]:
        """The cheapest ways to serve an order that the plan leaves out. Raises SolverFailed."""
        return (await self._ask(HowElse(problem, plan, order), Repairs, ADVICE_S)).found

    async def what_if(self, problem: Problem, plan: Plan, moves: Sequence[Move]) -> Analysis:
        """The plan with some orders moved, and the judge on it. Raises SolverFailed."""
        return await self._ask(WhatIf(problem, plan, tuple(moves)), Analysis, ADVICE_S)

    async def _ask(self, question: Question, kind: type[A], seconds: float, watch: Watch = _never) -> A:
        async with self._turn:
            pipe = await self._ready()
            try:
                await asyncio.to_thread(pipe.send, question)
                answer = await self._listen(pipe, seconds, watch)
                if not isinstance(answer, kind):
                    raise SolverFailed(f"{type(answer).__name__} answers another question")
                return answer
            except (EOFError, OSError, SolverFailed) as error:
                self.kill()
                raise SolverFailed(str(error) or type(error).__name__) from error
            except BaseException:
                self.kill()  # whoever asked is gone, nobody will read the answer
                raise
            finally:
                self._end_later()

    async def _listen(self, pipe: Connection, seconds: float, watch: Watch) -> Answer:
        clock = asyncio.get_running_loop().time
        deadline, cancelled = clock() + seconds + GRACE_S, False
        while clock() < deadline:
            news = await asyncio.to_thread(_next, pipe)
            if isinstance(news, Failure):
                raise SolverFailed(news.error)
            if news is not None and not isinstance(news, Progress):
                return news
            if not cancelled and await watch(news):
                cancelled, deadline = True, min(deadline, clock() + GRACE_S)
                await asyncio.to_thread(pipe.send, Cancel())
        raise SolverFailed(f"no answer {GRACE_S:.0f} s after its time was over")

    async def _ready(self) -> Connection:
        if self._ending is not None:
            self._ending.cancel()
        if self._pipe is not None and self._process is not None and self._process.poll() is None:
            return self._pipe
        self.kill()
        self._pipe, theirs = Pipe()
        self._process = await asyncio.to_thread(_start, theirs, self._niceness)
        theirs.close()
        try:
            if not await asyncio.to_thread(self._pipe.poll, START_S) or not isinstance(self._pipe.recv(), Ready):
                raise SolverFailed("it did not start")
        except (EOFError, OSError, SolverFailed) as error:
            self.kill()
            raise SolverFailed(str(error) or "it died while starting") from error
        except BaseException:
            self.kill()  # else its first word would be taken for the answer to the next question
            raise
        return self._pipe

    def _end_later(self) -> None:
        if self._process is not None:
            self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if not self._turn.locked():
            self.kill()

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if self._ending is not None:
            self._ending.cancel()
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
        if process is not None:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._process.pid if self._process is not None else None


def _start(pipe: Connection, niceness: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _CHILD, str(pipe.fileno()), str(niceness)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[pipe.fileno()])  # noqa: S603 - our own code


def _next(pipe: Connection) -> Answer | Progress | Failure | None:
    """The newest message; older progress is skipped. None when nothing came for a moment."""
    news: Answer | Progress | Failure | None = None
    wait = LISTEN_S
    while pipe.poll(wait):
        news = pipe.recv()
        if not isinstance(news, Progress):
            return news
        wait = 0.0
    return news
