"""Small writes that come at the same time are done in one transaction.

A write that comes alone is done alone, at once. While a group is being done the next ones gather, and are done together
after it: the busier it is, the less each of them costs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from kit.db import HeldUp, is_outage

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Work = Callable[[Sequence[Item], bool], Awaitable[Sequence[Answer | Exception | None]]]
"""Does the items together and answers each of them, in order, by an answer, by why it was refused, or by None when it
was left out. What it raises undoes all of them. The second argument says whether it may wait for what others hold: if
not it raises HeldUp, or leaves that item out."""
_Waiting = tuple[Item, asyncio.Future[Answer]]
MOST = 50


class Together(Generic[Item, Answer]):
    """Gathers the items of one kind of work, `MOST` at once."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting[Item, Answer]] = []
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, item: Item, work: Work[Item, Answer]) -> Answer:
        """The answer for this item; raises why it was refused. `work` is the same for all items.

        A caller that gives up waiting does not undo the item.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if not self._busy:
            self._busy = True
            self._start(self._do_all(work))
        return await answer

    async def _do_all(self, work: Work[Item, Answer]) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._do(group, work, patient=False)
        finally:
            self._busy = False

    async def _do(self, group: Sequence[_Waiting[Item, Answer]], work: Work[Item, Answer], *, patient: bool) -> None:
        results: Sequence[Answer | Exception | None]
        try:
            results = await work([item for item, _ in group], patient)
        except Exception as error:  # whoever waits for the answer gets it
            # Each alone: only the one at fault has to answer for it, and nobody waits for one that takes long.
            apart = len(group) > 1 or (isinstance(error, HeldUp) and not patient)
            results = [None if apart and not is_outage(error) else error] * len(group)
        for one, result in zip(group, results, strict=True):
            answer = one[1]
            if result is None:
                self._start(self._do([one], work, patient=True))
            elif answer.done():
                continue  # nobody waits any more
            elif isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def each(items: Sequence[Item], work: Work[Item, Answer]) -> list[Answer | Exception]:
    """What items that came in one request are answered."""
    together = Together[Item, Answer]()

    async def answer(item: Item) -> Answer | Exception:
        try:
            return await together.do(item, work)
        except Exception as error:  # it is the answer
            return error

    return await asyncio.gather(*(answer(item) for item in items))
