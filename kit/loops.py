"""The loops that a service runs beside its requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kit.client import NeighbourDown

log = structlog.get_logger()
Loop = Callable[[], Awaitable[None]]
RUSH_PER_S = 50
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
CANCEL_AGAIN_S = 2.0
OUTAGES = (NeighbourDown, DBAPIError, PoolTimeout, OSError)
"""Failures that tell where they come from; a traceback every few seconds would only fill the disk."""


@asynccontextmanager
async def running(loops: Sequence[Loop]) -> AsyncIterator[None]:
    """Run the loops until the block ends; one that fails is logged and started again after 1 to 10 s."""
    tasks = {asyncio.create_task(_forever(loop), name=str(loop)[:200]) for loop in loops}
    try:
        yield
    finally:
        await end(tasks)


def pace(done: int, *, least_s: float, most_s: float) -> float:
    """How long to let the next ones gather after `done` were taken together. With more than `RUSH_PER_S` a second it
    grows with every round to `most_s`: what each of them costs falls with the size of the group."""
    return min(max(least_s, done / RUSH_PER_S), most_s)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel the tasks until all have ended.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which libraries use, forgets a cancellation that comes in
    the moment of success, and an error in a clean-up hides one.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
        if left:
            log.warning("cancelled_again", tasks=[task.get_name() for task in left])


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Call `work` again and again with a pause between."""
    while True:
        await work()
        await asyncio.sleep(seconds)


async def _forever(loop: Loop) -> None:
    clock = asyncio.get_running_loop().time
    pause = FIRST_PAUSE_S
    while True:
        began = clock()
        try:
            await loop()
        except Exception as error:  # a loop must outlive every failure of its work
            known = isinstance(error, OUTAGES)
            log.error("loop_failed", error=f"{type(error).__name__}: {error}"[:300], exc_info=None if known else error)
            pause = FIRST_PAUSE_S if clock() - began > LONGEST_PAUSE_S else min(2 * pause, LONGEST_PAUSE_S)
            await asyncio.sleep(pause)
        else:
            return
