"""Reading the neighbours' journals: once in a process, for everybody in it who follows the same one."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from kit.client import ServiceClient
from kit.events import Event, event_from_wire
from kit.wake import Wakeups, feed_channel

BATCH = 200
KEPT_S = 2.0
"""So long is what was read handed on. Not for longer: a publisher that was restored from a backup goes on from an
older row, and what it told before is then no longer so."""


@dataclass(frozen=True, slots=True)
class Page:
    """Sealed rows in order, `BATCH` at most; `is_last` when there were no more of them."""

    events: Sequence[Event]
    is_last: bool


@dataclass(frozen=True, slots=True)
class _Read:
    at: float
    events: Sequence[Event]


class JournalReader:
    """One publisher's journal. What it read last it keeps for a moment: the others are about to ask for the same."""

    def __init__(self, publisher: str, *, client: ServiceClient, wakeups: Wakeups):
        self._publisher = publisher
        self._client = client
        self._news = wakeups.listen(feed_channel(publisher))
        self._turn = asyncio.Lock()
        self._kept: deque[_Read] = deque()
        self._is_whole = False
        """Whether the journal ended where what is kept ends, but for news."""

    async def after(self, seq: int) -> Page:
        """The rows after this one. Raises NeighbourProblem or NeighbourDown."""
        async with self._turn:
            self._forget_old()
            newest = self._newest
            if newest is None or seq == newest:
                return await self._read_on(seq)
            return self._known_after(seq, newest) or await self._read(seq)

    @property
    def _newest(self) -> int | None:
        return self._kept[-1].events[-1].seq if self._kept else None

    def _forget_old(self) -> None:
        oldest = asyncio.get_running_loop().time() - KEPT_S
        while self._kept and self._kept[0].at < oldest:
            self._kept.popleft()

    def _known_after(self, seq: int, newest: int) -> Page | None:
        """None when some of them are not kept."""
        if not self._kept[0].events[0].seq - 1 <= seq < newest:
            return None
        events = [event for event in chain.from_iterable(read.events for read in self._kept) if event.seq > seq]
        # Rows that were sealed since the last look woke its asker before, perhaps, and will not do so again.
        ends = self._is_whole and len(events) <= BATCH and not self._news.is_set()
        return Page(events[:BATCH], is_last=ends)

    async def _read_on(self, seq: int) -> Page:
        """Read where the kept ones end, and keep what comes."""
        self._is_whole = False
        self._news.clear()
        page = await self._read(seq)
        if page.events:
            self._kept.append(_Read(asyncio.get_running_loop().time(), page.events))
        self._is_whole = page.is_last
        return page

    async def _read(self, seq: int) -> Page:
        path = f"/{self._publisher}/v1/journal"
        answer = await self._client.get(path, params={"after": seq, "limit": BATCH})
        events = [event_from_wire(self._publisher, row) for row in answer["items"]]
        return Page(events, is_last=len(events) < BATCH)


class Journals:
    """The readers of this process, one for each publisher that somebody follows."""

    def __init__(self) -> None:
        self._readers: dict[str, JournalReader] = {}

    def of(self, publisher: str, *, client: ServiceClient, wakeups: Wakeups) -> JournalReader:
        """The publisher's reader; the first who asks for it lends it the client."""
        if publisher not in self._readers:
            self._readers[publisher] = JournalReader(publisher, client=client, wakeups=wakeups)
        return self._readers[publisher]
