"""Small writes that come at the same time are done in one transaction.

A write that comes alone is done alone, at once. While a group is being done the next ones gather, and are done together
after it: the busier it is, the less each of them costs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from kit.db import HeldUp, is_outage
from kit.problems import Unavailable

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Work = Callable[[Sequence[Item], bool], Awaitable[Sequence[Answer | Exception | None]]]
"""Does the items together and answers each of them, in order, by an answer, by why it was refused, or by None when it
was left out. What it raises undoes all of them. The second argument says whether it may wait for what others hold: if
not it raises HeldUp, or leaves that item out; with patience it leaves none out."""
_Waiting = tuple[Item, asyncio.Future[Answer]]
MOST = 50
MOST_WAITING = 2_000
"""Who comes then is told at once to come again: nobody would wait so long."""


class Together(Generic[Item, Answer]):
    """Gathers the items of one kind of work, `MOST` at once."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting[Item, Answer]] = []
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def do(self, item: Item, work: Work[Item, Answer]) -> Answer:
        """The answer for this item; raises why it was refused. `work` is the same for all items.

        A caller that gives up waiting does not undo the item; it is left out if it has not begun. Raises Unavailable
        while `MOST_WAITING` others wait.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("more comes in at the moment than can be written: try again", retry_after=2)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._go_on(work)
        return await answer

    def _go_on(self, work: Work[Item, Answer]) -> None:
        if not self._busy and any(not answer.done() for _, answer in self._waiting):
            self._busy = True
            self._start(self._do_all(work))

    async def _do_all(self, work: Work[Item, Answer]) -> None:
        try:
            while group := self._next_group():
                await self._do(group, work, patient=False)
        finally:
            self._busy = False
            self._go_on(work)  # a group that was cancelled takes nobody along who came after it

    def _next_group(self) -> Sequence[_Waiting[Item, Answer]]:
        open_ones = [one for one in self._waiting if not one[1].done()]
        group, self._waiting = open_ones[:MOST], open_ones[MOST:]
        return group

    async def _do(self, group: Sequence[_Waiting[Item, Answer]], work: Work[Item, Answer], *, patient: bool) -> None:
        results: Sequence[Answer | Exception | None]
        try:
            results = _checked(await work([item for item, _ in group], patient), len(group), patient=patient)
        except Exception as error:  # whoever waits for the answer gets it
            # Each alone: only the one at fault has to answer for it, and nobody waits for one that takes long.
            apart = len(group) > 1 or (isinstance(error, HeldUp) and not patient)
            results = [None if apart and not is_outage(error) else error] * len(group)
        except BaseException:  # cancelled: nobody waits for ever
            for _, answer in group:
                _give(answer, Unavailable("this was interrupted: try again", retry_after=2))
            raise
        for one, result in zip(group, results, strict=True):
            if result is not None:
                _give(one[1], result)
            elif not one[1].done():
                self._start(self._do([one], work, patient=True))

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _checked(
    results: Sequence[Answer | Exception | None], count: int, *, patient: bool
) -> Sequence[Answer | Exception | None]:
    """Raises RuntimeError for work that does not keep to its contract: each item has to be answered in the end."""
    if len(results) != count:
        raise RuntimeError(f"{count} items were answered by {len(results)} answers")
    if patient and any(result is None for result in results):
        raise RuntimeError("an item was left out although its work may wait")
    return results


def _give(answer: asyncio.Future[Answer], result: Answer | Exception) -> None:
    if answer.done():
        return  # nobody waits any more
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)


async def each(items: Sequence[Item], work: Work[Item, Answer]) -> list[Answer | Exception]:
    """What items that came in one request are answered."""
    together = Together[Item, Answer]()

    async def answer(item: Item) -> Answer | Exception:
        try:
            return await together.do(item, work)
        except Exception as error:  # it is the answer
            return error

    return await asyncio.gather(*(answer(item) for item in items))
