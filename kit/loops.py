"""The loops that a service runs beside its requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()
Loop = Callable[[], Awaitable[None]]


@asynccontextmanager
async def running(loops: Sequence[Loop]) -> AsyncIterator[None]:
    """Run the loops until the block ends; one that fails is logged and started again after a second."""
    tasks = [asyncio.create_task(_forever(loop)) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Call `work` again and again with a pause between."""
    while True:
        await work()
        await asyncio.sleep(seconds)


async def _forever(loop: Loop) -> None:
    while True:
        try:
            await loop()
        except Exception as error:  # a loop must outlive every failure of its work
            log.error("loop_failed", error=f"{type(error).__name__}: {error}"[:500], exc_info=error)
            await asyncio.sleep(1.0)
        else:
            return
