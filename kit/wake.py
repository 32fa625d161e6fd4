"""Wake-ups over Redis: "look again", nothing more.

Redis carries no fact that is not in PostgreSQL: while it is away or silent, everybody looks once a second. While it is
heard they rely on it and look by themselves only now and then, for the wake-up of a process that died after its commit.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from kit.loops import end

log = structlog.get_logger()
RETRY_S = 1.0
PATIENCE_S = 0.5
"""Nobody waits longer for Redis before going on."""
PING_S = 2.0
"""A connection that was silent for so long is asked for a sign of life, and given up after as long again."""
LOOK_ALONE_S = 1.0
"""How long an event may wait while nothing wakes us."""
LOOK_ANYWAY_S = 5.0
"""How long an event may wait when its wake-up got lost."""


def feed_channel(service: str) -> str:
    """Where a publisher tells that its journal has new sealed rows."""
    return f"feed:{service}"


class Wakeups:
    """Publishes and listens on channels; without Redis (`url` empty) it works inside this process only."""

    def __init__(self, url: str = ""):
        # A pooled connection may have died with an earlier Redis: one more try at once, no waiting for a dead one.
        self.redis = _client(url, socket_timeout=2, tries=1) if url else None
        self._listening = _client(url, socket_timeout=None, tries=0) if url else None
        self._events: dict[str, list[asyncio.Event]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard = False

    def listen(self, channel: str) -> asyncio.Event:
        """An event that is set whenever the channel is woken; the listener clears it."""
        event = asyncio.Event()
        self._events[channel].append(event)
        return event

    def forget(self, channel: str, event: asyncio.Event) -> None:
        """Stop listening."""
        self._events[channel].remove(event)

    async def wait(self, event: asyncio.Event) -> bool:
        """Until a listener's event is set, or until it is time to look all the same; whether it was set."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_ANYWAY_S if self._heard else LOOK_ALONE_S):
                await event.wait()
        return event.is_set()

    def wake_here(self, channel: str) -> None:
        """Wake the listeners in this process."""
        for event in self._events.get(channel, ()):
            event.set()

    async def publish(self, channel: str, message: str) -> None:
        """Wake the listeners everywhere. Never fails: they look by themselves soon enough."""
        self.wake_here(channel)
        if self.redis is not None:
            # In a task of its own: redis-py on Python 3.11 may swallow the cancellation of whoever waits for it.
            await asyncio.wait({self._soon(self._tell(self.redis, channel, message))}, timeout=PATIENCE_S)

    def publish_soon(self, channel: str) -> None:
        """Like `publish`, for callers that cannot wait."""
        self.wake_here(channel)
        if self.redis is not None:
            self._soon(self._tell(self.redis, channel, ""))

    async def _tell(self, redis: Redis, channel: str, message: str) -> None:
        with contextlib.suppress(RedisError, OSError):
            await redis.publish(channel, message)

    def _soon(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def run(self) -> None:
        """Pass what Redis says to the listeners here, until cancelled."""
        while self._listening is not None:
            try:
                async for channel in self._channels(self._listening):
                    self.wake_here(channel)
            except (RedisError, OSError) as error:
                log.warning("redis_away", error=type(error).__name__)
            if self._heard:
                self._heard = False
                self._wake_all_here()  # who waits as long as one may who is woken shall do so no longer
            await asyncio.sleep(RETRY_S)

    def _wake_all_here(self) -> None:
        for channel in list(self._events):
            self.wake_here(channel)

    async def _channels(self, redis: Redis) -> AsyncIterator[str]:
        async with redis.pubsub() as subscription:
            await subscription.psubscribe("feed:*", "written:*", "live:*")
            self._heard = True
            self._wake_all_here()  # what was said while nobody listened is lost: everybody looks once
            asked = False
            while True:
                message = await subscription.get_message(timeout=PING_S)
                if message is None and asked:
                    raise TimeoutError("Redis is silent")
                if message is None:
                    await subscription.ping()
                elif message["type"] == "pmessage":
                    yield message["channel"].decode()
                asked = message is None

    async def close(self) -> None:
        await end(self._tasks)
        for client in (self.redis, self._listening):
            if client is not None:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()


def _client(url: str, *, socket_timeout: float | None, tries: int) -> Redis:
    client: Redis = Redis.from_url(
        url, socket_timeout=socket_timeout, socket_connect_timeout=2, retry=Retry(NoBackoff(), tries)
    )
    return client
