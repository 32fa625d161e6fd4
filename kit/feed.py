"""Reading another service's journal: each event takes effect exactly once.

The cursor lies in the consumer's own database and moves in the transaction of the effect. Replicas take turns on the
cursor's row. An event that fails five times is parked with its error, and with it the later ones of its subject;
other subjects go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, delete, func, select, text, update
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.client import NeighbourDown, NeighbourProblem
from kit.db import Database, is_outage
from kit.events import Event, Message, event_from_wire, event_to_wire
from kit.journal_reader import JournalReader
from kit.loops import pace
from kit.wake import Wakeups, feed_channel

log = structlog.get_logger()
GROUP = 100
"""Events that share a transaction: enough to spare commits, few enough to hold no lock for long."""
RETRY_S = 1.0
"""The pause after an outage of the publisher or of the database, and before an event is tried again."""
PACE_S = 0.1
RUSH_PACE_S = 0.4
"""Pauses after events were taken: an event in quiet times is taken at once, those of a rush come together."""
TRIES = 5

Handler = Callable[[AsyncConnection, Event], Awaitable[None]]
GroupHandler = Callable[[AsyncConnection, Sequence[Event]], Awaitable[None]]


def feed_tables(metadata: MetaData) -> tuple[Table, Table]:
    """The consumer's cursors and its parked events."""
    cursor = Table(
        "feed_cursor",
        metadata,
        Column("publisher", SqlText, primary_key=True),
        Column("after", BigInteger, nullable=False, server_default="0"),
        Column("failures", Integer, nullable=False, server_default="0"),
    )
    parked = Table(
        "feed_parked",
        metadata,
        Column("publisher", SqlText, primary_key=True),
        Column("seq", BigInteger, primary_key=True),
        Column("subject", SqlText, nullable=False),
        Column("event", JSONB, nullable=False),
        Column("error", SqlText, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
    return cursor, parked


_CURSOR, _PARKED = feed_tables(MetaData())
_TURN = text(
    "WITH mine AS MATERIALIZED (SELECT publisher, after AS before FROM feed_cursor "
    "WHERE publisher = :publisher FOR UPDATE SKIP LOCKED) "
    "UPDATE feed_cursor SET after = greatest(after, :reached), failures = 0 "
    "FROM mine WHERE feed_cursor.publisher = mine.publisher AND mine.before >= :least "
    "RETURNING mine.before, feed_cursor.after, "
    "ARRAY(SELECT DISTINCT subject FROM feed_parked WHERE publisher = :publisher) AS parked"
)
"""Take the turn at the cursor and move it, with the effects that follow in the transaction or not at all."""


@dataclass(frozen=True)
class Subscription:
    """What a consumer does with one publisher's events.

    `handlers` take them one by one. `together` takes those of a transaction at once, in order, after their own
    handlers: all, or the messages of `of`.
    """

    publisher: str
    handlers: Mapping[type[Message], Handler] = field(default_factory=dict)
    together: GroupHandler | None = None
    of: Sequence[type[Message]] = ()

    def handlers_of(self, event: Event) -> list[Handler]:
        return [handler for message, handler in self.handlers.items() if message.kind == event.kind]

    def takes(self, event: Event) -> bool:
        """Whether the event means anything here."""
        return bool(self.handlers_of(event)) or self._with_others(event)

    async def apply(self, tx: AsyncConnection, events: Sequence[Event]) -> None:
        """The effects of these events."""
        for event in events:
            for handler in self.handlers_of(event):
                await handler(tx, event)
        if self.together is not None and (group := [event for event in events if self._with_others(event)]):
            await self.together(tx, group)

    def _with_others(self, event: Event) -> bool:
        if self.together is None:
            return False
        return not self.of or any(message.kind == event.kind for message in self.of)


class Consumer:
    """Follows one publisher for one service."""

    def __init__(
        self,
        *,
        db: Database,
        journal: JournalReader,
        wakeups: Wakeups,
        subscription: Subscription,
        retry_pause_s: float = 0.2,
    ):
        self._db = db
        self._retry_pause_s = retry_pause_s
        self._journal = journal
        self._subscription = subscription
        self._wakeups = wakeups
        self._new = wakeups.listen(feed_channel(subscription.publisher))
        self._after: int | None = None
        """The cursor as this replica knows it; None: as the database says."""
        self._left_some = False
        """Whether an event was read and not taken: it failed, or another replica is at it."""
        self._read_to_end = True

    async def run(self) -> None:
        """Follow until cancelled, surviving every outage of the publisher and of the database."""
        while True:
            self._new.clear()
            try:
                if taken := await self.take_batch():
                    await asyncio.sleep(
                        pace(taken, least_s=PACE_S, most_s=RUSH_PACE_S if self._read_to_end else PACE_S)
                    )
            except (NeighbourDown, NeighbourProblem, DBAPIError, PoolTimeout, OSError) as error:
                log.warning("feed_waits", **self._names, error=f"{type(error).__name__}: {error}"[:200])
                self._after = None
                await asyncio.sleep(RETRY_S)
            if self._left_some:
                await asyncio.sleep(RETRY_S)
            elif self._read_to_end and not await self._wakeups.wait(self._new):
                self._after = None

    async def take_batch(self) -> int:
        """Read and apply the next events; how many were taken (applied or parked)."""
        if self._after is None:
            self._after = await self._position()
        page = await self._journal.after(self._after)
        stops = self._stops(page.events)
        taken = 0
        while taken < len(stops):
            group = stops[taken : taken + GROUP]
            if not await self._take(group):
                break
            taken += len(group)
        self._left_some = taken < len(stops)
        self._read_to_end = page.is_last
        return taken

    def _stops(self, events: Sequence[Event]) -> list[Event]:
        """Those that are handled here, and the last one of every run of others: a run needs one transaction only."""
        ours = [self._subscription.takes(event) for event in events]
        last = len(events) - 1
        return [event for at, event in enumerate(events) if ours[at] or at == last or ours[at + 1]]

    async def _position(self) -> int:
        mine = select(_CURSOR.c.after).where(self._mine)
        async with self._db.read() as tx:
            if (after := (await tx.execute(mine)).scalar_one_or_none()) is not None:
                return int(after)
        async with self._db.transaction() as tx:
            first = upsert(_CURSOR).values(publisher=self._subscription.publisher).on_conflict_do_nothing()
            await tx.execute(first)
            return int((await tx.execute(mine)).scalar_one())

    async def _take(self, events: list[Event]) -> bool:
        """Apply events and move the cursor; False when another replica is at it or one must be tried again.

        They share a transaction; when one fails they are taken one by one, so that it alone has to answer for it.
        """
        try:
            return await self._apply(events)
        except Exception as error:  # whatever a handler raises must not stop the feed
            if is_outage(error):
                raise
            if len(events) == 1:
                await self._failed(events[0], error)
                return False
        for event in events:
            if not await self._take([event]):
                return False
        return True

    async def _apply(self, events: list[Event]) -> bool:
        least, self._after = self._after or 0, None
        place = {"publisher": self._subscription.publisher, "least": least, "reached": events[-1].seq}
        async with self._db.transaction() as tx:
            turn = (await tx.execute(_TURN, place)).first()
            if turn is None:
                return False  # another replica is at it, or somebody put the cursor back
            new = [event for event in events if event.seq > turn.before and self._subscription.takes(event)]
            for event in new:
                if event.subject in turn.parked:
                    await self._park(tx, event, "waits for an earlier event of its subject")
            await self._subscription.apply(tx, [event for event in new if event.subject not in turn.parked])
        self._after = turn.after
        return True

    async def _failed(self, event: Event, error: Exception) -> None:
        async with self._db.transaction() as tx:
            # Another replica may have applied it meanwhile: the cursor must never go back.
            still_open = self._mine & (_CURSOR.c.after < event.seq)
            counted = update(_CURSOR).where(still_open).values(failures=_CURSOR.c.failures + 1)
            failures = (await tx.execute(counted.returning(_CURSOR.c.failures))).scalar_one_or_none()
            if failures is None:
                return
            if failures >= TRIES:
                await self._park(tx, event, f"{type(error).__name__}: {error}"[:2000])
                await tx.execute(update(_CURSOR).where(self._mine).values(after=event.seq, failures=0))
        log.error("event_failed", **self._names, seq=event.seq, kind=event.kind, failures=failures, exc_info=error)
        await asyncio.sleep(self._retry_pause_s * failures)

    async def _park(self, tx: AsyncConnection, event: Event, error: str) -> None:
        row: dict[str, Any] = {"publisher": event.publisher, "seq": event.seq, "subject": event.subject}
        row |= {"event": event_to_wire(event), "error": error}
        await tx.execute(upsert(_PARKED).values(row).on_conflict_do_nothing())

    @property
    def _mine(self) -> Any:
        return _CURSOR.c.publisher == self._subscription.publisher

    @property
    def _names(self) -> dict[str, str]:
        return {"service": self._db.service, "publisher": self._subscription.publisher}


async def parked_events(tx: AsyncConnection) -> list[dict[str, Any]]:
    """What waits for a person: parked events with their errors, oldest first."""
    rows = await tx.execute(select(_PARKED).order_by(_PARKED.c.publisher, _PARKED.c.seq))
    return [
        {
            "publisher": row.publisher,
            "seq": row.seq,
            "subject": row.subject,
            "error": row.error,
            "event": row.event,
        }
        for row in rows
    ]


async def retry_parked(tx: AsyncConnection, subscription: Subscription) -> int:
    """Apply a publisher's parked events again, in order, in this transaction; how many it were.

    The consumers of this feed wait until the transaction ends, so that no event slips in between.
    """
    cursor = select(_CURSOR).where(_CURSOR.c.publisher == subscription.publisher).with_for_update()
    await tx.execute(cursor)
    mine = _PARKED.c.publisher == subscription.publisher
    rows = (await tx.execute(select(_PARKED).where(mine).order_by(_PARKED.c.seq))).all()
    await subscription.apply(tx, [event_from_wire(subscription.publisher, row.event) for row in rows])
    await tx.execute(delete(_PARKED).where(mine))
    return len(rows)
