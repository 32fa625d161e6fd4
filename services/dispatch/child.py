"""What runs inside the solver's own process: nothing but the solver, told over a pipe what to do.

Importing this module must stay light: no web framework, no database.
"""

import contextlib
import gc
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from .cores import cores
from .solver import Plan, Problem, Result, Stop, solve
from .solver.advice import Analysis, Move, Recommendation, Repairs

POLL_S = 0.1
"""How often at most the pipe is asked for a cancel while an engine runs."""
TELL_S = 0.2
"""How often at most progress is told."""
THREADS = 2 if cores() > 2 else 1
"""A large problem is searched on two cores where a third one is left for everybody else."""


@dataclass(frozen=True, slots=True)
class Commission:
    """Solve this. `seconds` of the process's own clock at most."""

    problem: Problem
    start: Plan | None
    engine: str
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True)
class WhoElse:
    """Who could take the order, and at what price? `top` candidates at most."""

    problem: Problem
    plan: Plan
    order: int
    top: int


@dataclass(frozen=True, slots=True)
class HowElse:
    """How could the order that the plan leaves out be served?"""

    problem: Problem
    plan: Plan
    order: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would the plan be with these moves?"""

    problem: Problem
    plan: Plan
    moves: tuple[Move, ...]


Question = Commission | WhoElse | HowElse | WhatIf


@dataclass(frozen=True, slots=True)
class Progress:
    """`iterations` so far, `fen` of the best plan."""

    iterations: int
    fen: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The engine failed: a bug of ours."""

    error: str


Answer = Result | Recommendation | Repairs | Analysis
"""Of the questions, in their order."""


class Ready:
    """Everything is imported."""


class Cancel:
    """Stop and answer with the best plan so far."""


def main() -> None:
    """The process's own: the pipe is the file descriptor that the first argument names, the second its niceness."""
    os.nice(int(sys.argv[2]))
    work(Connection(int(sys.argv[1])))


def work(pipe: Connection) -> None:
    """Take orders until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        from .solver.kernel.engine import warm

        warm()  # compiled or loaded before anybody waits for it
        gc.freeze()  # what is loaded stays: the collector need not look through it while somebody waits
        pipe.send(Ready())
        while True:
            asked = pipe.recv()
            gc.freeze()  # nor through what it was asked: with 2 000 orders that takes a tenth of a second and more
            if not isinstance(asked, Cancel):  # one that came too late is nothing
                pipe.send(_answer(pipe, asked))
                gc.collect()  # while nobody waits: what is frozen with the next question is never looked through again


def _answer(pipe: Connection, asked: Question) -> Answer | Failure:
    from .solver.kernel.advising import analyse, edited, recommend
    from .solver.kernel.repairing import repairs

    try:
        match asked:
            case Commission():
                return _solve(pipe, asked)
            case WhoElse():
                return recommend(asked.problem, asked.plan, asked.order, top=asked.top)
            case HowElse():
                return Repairs(repairs(asked.problem, asked.plan, asked.order))
            case WhatIf():
                return analyse(asked.problem, edited(asked.problem, asked.plan, asked.moves))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # the parent decides what a failure means
        return Failure(f"{type(error).__name__}: {error}"[:500])


def _solve(pipe: Connection, asked: Commission) -> Result:
    told, polled, stopping = 0.0, 0.0, False

    def progress(iterations: int, fen: int) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_S:
            told = time.monotonic()
            pipe.send(Progress(iterations, fen))

    def cancelled() -> bool:
        nonlocal polled, stopping
        if not stopping and time.monotonic() - polled >= POLL_S:
            polled = time.monotonic()
            stopping = pipe.poll() and isinstance(pipe.recv(), Cancel)
        return stopping

    stop = Stop.seconds(asked.seconds, clock=time.monotonic, cancelled=cancelled)
    return solve(
        asked.problem,
        stop=stop,
        seed=asked.seed,
        engine=asked.engine,
        start=asked.start,
        progress=progress,
        threads=THREADS,
    )
