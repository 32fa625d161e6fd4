"""Writes that come together are done together, each for itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from kit.auth import Principal
from kit.batches import BatchIn, answered
from kit.db import HeldUp
from kit.problems import Invalid, Unavailable
from kit.together import MOST, MOST_WAITING, Together, each
from kit.values import Wire

Json = dict[str, Any]
pytestmark = pytest.mark.anyio
UNLUCKY, FAILING, HELD, LEFT_OUT = 13, 99, 77, 55


class Work:
    """Doubles numbers. One is refused, one fails its group, one is held by somebody else, one goes only alone."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, items: Sequence[int], patient: bool) -> list[int | Exception | None]:
        self.groups.append(list(items))
        self.begun.set()
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
    assert work.groups == [[2]], "what has not begun need not be done"
    work.begun.clear()
    third, fourth = (asyncio.create_task(together.do(item, work)) for item in (3, 4))
    await work.begun.wait()
    third.cancel()
    assert await fourth == 8
    assert work.groups[1:] == [[3, 4]]


async def test_who_comes_when_too_many_wait_is_told_to_come_again() -> None:
    together, work = Together[int, int](), Work()
    crowd = [asyncio.create_task(together.do(item, work)) for item in range(100, 100 + MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await together.do(1, work)
    await asyncio.gather(*crowd)
    assert await together.do(1, work) == 2


@pytest.mark.parametrize("answers", [[], [None], [1, 2]])
async def test_work_that_answers_wrongly_is_a_fault_and_nobody_waits_for_ever(answers: list[int | None]) -> None:
    async def work(items: Sequence[int], patient: bool) -> list[int | None]:
        return answers

    async with asyncio.timeout(10):
        assert [type(answer) for answer in await each([7], work)] == [RuntimeError]


async def test_whose_group_is_cancelled_is_told_so_and_who_came_after_it_is_done() -> None:
    begun = asyncio.Event()

    async def work(items: Sequence[int], patient: bool) -> list[int]:
        if 1 in items:
            begun.set()
            await asyncio.sleep(0)
            raise asyncio.CancelledError
        return [2 * item for item in items]

    together = Together[int, int]()
    first = asyncio.create_task(together.do(1, work))
    await begun.wait()
    async with asyncio.timeout(10):
        assert await together.do(2, work) == 4
        with pytest.raises(Unavailable):
            await first


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


class Number(Wire):
    number: int


class Batches(Work):
    """The same work, of requests in a batch; `actors` is for whom it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.actors: set[str] = set()

    async def of(self, items: Sequence[tuple[str, Number]], patient: bool) -> list[Json | Exception | None]:
        self.actors |= {actor for actor, _ in items}
        done = await self([one.number for _, one in items], patient)
        return [{"number": one} if isinstance(one, int) else one for one in done]


def batch(*numbers: object, patient: bool = False) -> BatchIn:
    items = [{"actor": "engineer:E-1", "body": {"number": number}} for number in numbers]
    return BatchIn.model_validate({"items": items, "patient": patient})


MOBILE = Principal(subject="mobile", role="service")


@pytest.mark.parametrize("held", [HELD, LEFT_OUT])
async def test_in_a_batch_one_that_is_held_keeps_nobody_else(held: int) -> None:
    work = Batches()
    async with asyncio.timeout(10):
        said = await answered(batch(1, held, "x", UNLUCKY, 2), Number, work.of, caller=MOBILE)
        assert [one.status for one in said.answers] == [200, 423, 422, 422, 200]
        work.let_go.set()
        said = await answered(batch(held, patient=True), Number, work.of, caller=MOBILE)
    assert [one.body for one in said.answers] == [{"number": 2 * held}]


async def test_only_a_service_names_others_in_a_batch() -> None:
    work = Batches()
    for caller in (MOBILE, Principal(subject="P-1", role="admin")):
        await answered(batch(1), Number, work.of, caller=caller)
    assert work.actors == {"engineer:E-1", "admin:P-1"}
