"""Loops outlive every failure of their work, and end when they are asked to."""

import asyncio
import random

import pytest

from kit import loops
from kit.embedded import EmbeddedValkey
from kit.loops import RUSH_PER_S, end, pace, running
from kit.wake import Wakeups


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(loops, "CANCEL_AGAIN_S", 0.05)


@pytest.mark.usefixtures("quick")
async def test_a_loop_that_fails_is_started_again() -> None:
    tries = 0
    done = asyncio.Event()

    async def fails_twice() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise RuntimeError("of the test")
        done.set()
        await asyncio.Event().wait()

    async with running([fails_twice]), asyncio.timeout(2):
        await done.wait()
    assert tries == 3


@pytest.mark.usefixtures("quick")
async def test_a_loop_that_loses_a_cancellation_still_ends() -> None:
    cancelled = 0

    async def forgets_once() -> None:
        nonlocal cancelled
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled += 1
                if cancelled > 1:
                    raise

    async with asyncio.timeout(2), running([forgets_once]):
        await asyncio.sleep(0.01)
    assert cancelled == 2


async def test_a_cancelled_publish_is_cancelled(valkey: EmbeddedValkey) -> None:
    """In Python 3.11 redis-py itself forgets about one cancellation in ten."""
    wakeups = Wakeups(valkey.url)
    lost = 0
    for _ in range(200):
        task = asyncio.create_task(wakeups.publish("feed:nobody", ""))
        await asyncio.sleep(random.random() * 0.002)
        if task.cancel():
            await asyncio.wait({task})
            lost += not task.cancelled()
    await wakeups.close()
    assert lost == 0


async def test_ending_waits_for_the_clean_up() -> None:
    cleaned = asyncio.Event()

    async def works() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            cleaned.set()

    task = asyncio.create_task(works())
    await asyncio.sleep(0)
    await end([task])
    assert cleaned.is_set()


@pytest.mark.parametrize(("per_s", "settles_at"), [(1, 0.1), (RUSH_PER_S - 10, 0.1), (RUSH_PER_S + 10, 0.4)])
def test_only_in_a_rush_more_of_them_gather(per_s: int, settles_at: float) -> None:
    pause = 0.1
    for _ in range(20):
        pause = pace(round(per_s * pause), least_s=0.1, most_s=0.4)
    assert pause == settles_at
