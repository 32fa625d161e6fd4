"""Wake-ups over Redis: "look again", nothing more.

Redis carries no fact that is not in PostgreSQL: when it is away, wiped or slow, everybody still looks once a second.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger()
RETRY_S = 1.0


def feed_channel(service: str) -> str:
    """Where a publisher tells that its journal has new sealed rows."""
    return f"feed:{service}"


class Wakeups:
    """Publishes and listens on channels; without Redis (`url` empty) it works inside this process only."""

    def __init__(self, url: str = ""):
        # redis-py 8 breaks blocking reads after 5 s unless the timeout is taken away.
        self.redis: Redis | None = Redis.from_url(url, socket_timeout=None, socket_connect_timeout=2) if url else None
        self._events: dict[str, list[asyncio.Event]] = defaultdict(list)
        self._tasks: set[asyncio.Future[None]] = set()

    def listen(self, channel: str) -> asyncio.Event:
        """An event that is set whenever the channel is woken; the listener clears it."""
        event = asyncio.Event()
        self._events[channel].append(event)
        return event

    def forget(self, channel: str, event: asyncio.Event) -> None:
        """Stop listening."""
        self._events[channel].remove(event)

    def wake_here(self, channel: str) -> None:
        """Wake the listeners in this process."""
        for event in self._events[channel]:
            event.set()

    async def publish(self, channel: str, message: str) -> None:
        """Wake the listeners everywhere. Never fails: they look by themselves soon enough."""
        self.wake_here(channel)
        if self.redis is not None:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(0.5):
                    await self.redis.publish(channel, message)

    def publish_soon(self, channel: str) -> None:
        """Like `publish`, for callers that cannot wait."""
        task = asyncio.ensure_future(self.publish(channel, ""))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Pass what Redis says to the listeners here, until cancelled."""
        while self.redis is not None:
            with contextlib.suppress(RedisError, OSError):
                async for channel in self._channels(self.redis):
                    self.wake_here(channel)
            await asyncio.sleep(RETRY_S)

    async def _channels(self, redis: Redis) -> AsyncIterator[str]:
        async with redis.pubsub() as subscription:
            await subscription.psubscribe("feed:*", "written:*", "live:*")
            # What was said while nobody listened is lost: everybody looks once.
            for channel in list(self._events):
                yield channel
            async for message in subscription.listen():
                if message["type"] == "pmessage":
                    yield message["channel"].decode()

    async def close(self) -> None:
        if self.redis is not None:
            with contextlib.suppress(RedisError, OSError):
                await self.redis.aclose()
