"""A phone that brings days at once leaves the others pauses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MANY = 20
"""Operations in one batch: somebody was offline."""
LONGEST_S = 1.0


@asynccontextmanager
async def unhurried(*, much: bool = True) -> AsyncIterator[None]:
    """Where the work inside was `much`, its answer waits as long again, at most a second: the phone sends the next part
    only then."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    yield
    if much:
        await asyncio.sleep(min(LONGEST_S, loop.time() - began))
