"""Wake-ups arrive through Redis, survive its death, and work inside one process without it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kit import wake
from kit.embedded import EmbeddedValkey
from kit.ids import new_id
from kit.loops import running
from kit.wake import Wakeups

CHANNEL = "feed:nobody"


@pytest.fixture
def mortal(scratch: Path) -> Iterator[EmbeddedValkey]:
    """A Valkey that a test may kill."""
    server = EmbeddedValkey(scratch / new_id())
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def process(url: str) -> AsyncIterator[Wakeups]:
    """What one process has: wake-ups and the loop that passes on what Redis says."""
    wakeups = Wakeups(url)
    async with running([wakeups.run]):
        yield wakeups
    await wakeups.close()


async def until_it_arrives(sender: Wakeups, event: asyncio.Event, *, within_s: float = 5.0) -> float:
    """Publish again and again until the other process hears; how long one wake-up then takes."""
    event.clear()
    async with asyncio.timeout(within_s):
        while not event.is_set():
            await sender.publish(CHANNEL, "")
            await asyncio.sleep(0.02)
    event.clear()
    began = time.monotonic()
    await sender.publish(CHANNEL, "")
    async with asyncio.timeout(2):
        await event.wait()
    return time.monotonic() - began


async def test_listeners_hear_again_after_redis_was_killed(
    mortal: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "RETRY_S", 0.1)
    async with process(mortal.url) as here, process(mortal.url) as there:
        heard = there.listen(CHANNEL)
        assert await until_it_arrives(here, heard) < 0.5
        mortal.kill()
        began = time.monotonic()
        await here.publish(CHANNEL, "")
        assert time.monotonic() - began < 1, "a writer must not wait for a dead Redis"
        heard.clear()
        mortal.start()
        async with asyncio.timeout(5):
            await heard.wait()  # what was said meanwhile is lost, so everybody looks once, unasked
        assert await until_it_arrives(here, heard) < 0.5


async def test_a_redis_that_hangs_is_noticed_and_keeps_nobody(
    mortal: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "RETRY_S", 0.1)
    monkeypatch.setattr(wake, "PING_S", 0.2)
    async with process(mortal.url) as here, process(mortal.url) as there:
        heard = there.listen(CHANNEL)
        await until_it_arrives(here, heard)
        os.kill(mortal.pid, signal.SIGSTOP)
        began = time.monotonic()
        await here.publish("feed:other", "")
        assert time.monotonic() - began < 1
        await asyncio.sleep(1)
        heard.clear()
        os.kill(mortal.pid, signal.SIGCONT)
        async with asyncio.timeout(5):
            await heard.wait()  # the silent connection was given up: whoever listens anew looks once, unasked
        assert await until_it_arrives(here, heard) < 0.5


async def test_a_silent_redis_is_not_taken_for_a_dead_one(
    mortal: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "PING_S", 0.1)
    monkeypatch.setattr(wake, "RETRY_S", 0.1)
    async with process(mortal.url) as here, process(mortal.url) as there:
        heard = there.listen(CHANNEL)
        await until_it_arrives(here, heard)
        heard.clear()
        await asyncio.sleep(0.6)
        assert not heard.is_set(), "it subscribed again, which wakes everybody"


async def test_listeners_look_by_themselves_rarely_while_redis_is_heard_and_often_when_it_is_not(
    mortal: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "LOOK_ALONE_S", 0.05)
    monkeypatch.setattr(wake, "LOOK_ANYWAY_S", 3600)
    async with process(mortal.url) as here, process(mortal.url) as there:
        heard = there.listen(CHANNEL)
        await until_it_arrives(here, heard)
        heard.clear()
        waiting = asyncio.create_task(there.wait(heard))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        mortal.kill()
        async with asyncio.timeout(5):
            assert await waiting, "who waits for Redis must not wait for a dead one"
            heard.clear()
            assert not await there.wait(heard)


async def test_without_redis_it_works_inside_the_process() -> None:
    async with process("") as here:
        heard, other = here.listen(CHANNEL), here.listen("feed:other")
        here.publish_soon(CHANNEL)
        async with asyncio.timeout(1):
            await heard.wait()
        assert not other.is_set()
        here.forget(CHANNEL, heard)
        heard.clear()
        await here.publish(CHANNEL, "")
        assert not heard.is_set()
