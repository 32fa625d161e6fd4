"""Writes that come together are done together, each for itself."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from kit.db import HeldUp
from kit.problems import Invalid
from kit.together import MOST, Together, each

pytestmark = pytest.mark.anyio
UNLUCKY, FAILING, HELD, LEFT_OUT = 13, 99, 77, 55


class Work:
    """Doubles numbers. One is refused, one fails its group, one is held by somebody else, one goes only alone."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.let_go = asyncio.Event()

    async def __call__(self, items: Sequence[int], patient: bool) -> list[int | Exception | None]:
        self.groups.append(list(items))
        await asyncio.sleep(0)
        if HELD in items:
            if not patient:
                raise HeldUp
            await self.let_go.wait()
        if FAILING in items:
            raise ZeroDivisionError
        return [self._one(item, patient) for item in items]

    def _one(self, item: int, patient: bool) -> int | Exception | None:
        if item == LEFT_OUT and not patient:
            return None
        return Invalid("unlucky") if item == UNLUCKY else 2 * item


async def test_what_comes_during_a_group_is_the_next_group() -> None:
    together, work = Together[int, int](), Work()
    items = range(100, 100 + MOST + 10)
    assert await asyncio.gather(*(together.do(item, work) for item in items)) == [2 * item for item in items]
    assert [len(group) for group in work.groups] == [MOST, 10], "in the order in which they came"
    assert await together.do(1, work) == 2
    assert work.groups[-1] == [1], "alone, at once"


async def test_only_who_is_at_fault_is_told_so() -> None:
    together, work = Together[int, int](), Work()
    answers = [together.do(item, work) for item in (1, UNLUCKY, FAILING, 2)]
    one, unlucky, failing, two = await asyncio.gather(*answers, return_exceptions=True)
    assert (one, two) == (2, 4)
    assert isinstance(unlucky, Invalid)
    assert isinstance(failing, ZeroDivisionError)


async def test_one_that_hangs_keeps_nobody_else() -> None:
    together, work = Together[int, int](), Work()
    held = asyncio.create_task(together.do(HELD, work))
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(together.do(item, work) for item in (1, 2))) == [2, 4]
        assert await together.do(3, work) == 6, "those who come later neither"
    assert not held.done()
    work.let_go.set()
    assert await held == 2 * HELD


async def test_a_caller_that_gives_up_spoils_nothing() -> None:
    together, work = Together[int, int](), Work()
    first, second = (asyncio.create_task(together.do(item, work)) for item in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 4
    assert work.groups == [[1, 2]]


async def test_one_that_is_left_out_is_done_alone() -> None:
    work = Work()
    assert await each([1, LEFT_OUT, 2], work) == [2, 2 * LEFT_OUT, 4]
    assert work.groups == [[1, LEFT_OUT, 2], [LEFT_OUT]]
    assert await each([LEFT_OUT], work) == [2 * LEFT_OUT]


async def test_an_outage_is_everybodys_answer() -> None:
    """Trying each alone would only wait for the same database as often as there are items."""
    tries = 0

    async def work(items: Sequence[int], patient: bool) -> list[int]:
        nonlocal tries
        tries += 1
        raise OperationalError("", {}, Exception(), connection_invalidated=True)

    answers = await each([1, 2, 3], work)
    assert [type(answer) for answer in answers] == [OperationalError] * 3
    assert tries == 1
