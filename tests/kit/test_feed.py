"""Each event takes effect exactly once; one that cannot is parked and blocks only its own subject."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, insert, select, text
from sqlalchemy import Text as SqlText
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import feed, wake
from kit.db import Database
from kit.events import Event, event_from_wire
from kit.feed import Consumer, Subscription, parked_events, retry_parked
from kit.journal_reader import JournalReader
from kit.loops import running
from kit.wake import Wakeups
from services.messages import OrderCancelled
from tests.running import eventually

EFFECTS = Table("effects", MetaData(), Column("what", SqlText))


class Publisher:
    """A journal in a list, read as a service's client would read it."""

    def __init__(self, subjects: list[str]):
        self.rows = [
            {
                "seq": number,
                "id": str(number),
                "kind": OrderCancelled.kind,
                "subject": subject,
                "order_id": subject,
                "actor": "test",
                "effective_at": "2026-11-21T00:00:00+00:00",
                "recorded_at": "2026-11-21T00:00:00+00:00",
                "payload": {"order_id": subject, "territory_id": "T", "reason": "r", "of_a_newer_version": 1},
            }
            for number, subject in enumerate(subjects, start=1)
        ]

    async def get(self, _: str, *, params: dict[str, Any]) -> dict[str, Any]:
        return {"items": [row for row in self.rows if row["seq"] > params["after"]][: params["limit"]]}


@pytest.fixture
async def effects(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.execute(text("CREATE TABLE effects (what text)"))


async def note(tx: AsyncConnection, event: Event) -> None:
    assert isinstance(event.message, OrderCancelled)
    await tx.execute(insert(EFFECTS).values(what=event.subject))
    if event.subject == "poison":
        raise ValueError("cannot be applied")


def consumer(db: Database, subjects: list[str], handler: feed.Handler = note) -> Consumer:
    subscription = Subscription("orders", {OrderCancelled: handler})
    client: Any = Publisher(subjects)
    wakeups = Wakeups()
    journal = JournalReader("orders", client=client, wakeups=wakeups)
    return Consumer(db=db, journal=journal, wakeups=wakeups, subscription=subscription, retry_pause_s=0)


async def seen(db: Database) -> list[str]:
    async with db.read() as tx:
        return list((await tx.execute(select(EFFECTS.c.what))).scalars())


@pytest.mark.usefixtures("effects")
async def test_replicas_apply_each_event_once(db: Database) -> None:
    subjects = [f"order {number}" for number in range(30)]
    replicas = [consumer(db, subjects) for _ in range(3)]
    for _ in range(30):
        for replica in replicas:
            await replica.take_batch()
    assert sorted(await seen(db)) == sorted(subjects)


@pytest.mark.usefixtures("effects")
async def test_a_poisoned_event_is_parked_with_its_subject_alone(db: Database) -> None:
    subjects = ["good", "poison", "other", "poison", "last"]
    reader = consumer(db, subjects)
    for _ in range(feed.TRIES + 2):
        await reader.take_batch()
    assert await seen(db) == ["good", "other", "last"]
    async with db.read() as tx:
        parked = await parked_events(tx)
    assert [(row["seq"], row["error"][:10]) for row in parked] == [(2, "ValueError"), (4, "waits for ")]

    async def mended(tx: AsyncConnection, event: Event) -> None:
        await tx.execute(insert(EFFECTS).values(what=f"mended {event.seq}"))

    async with db.transaction() as tx:
        assert await retry_parked(tx, Subscription("orders", {OrderCancelled: mended})) == 2
    assert (await seen(db))[-2:] == ["mended 2", "mended 4"]


@pytest.mark.usefixtures("effects")
async def test_of_what_is_taken_together_one_that_fails_parks_its_subject_alone(db: Database) -> None:
    groups: list[list[str]] = []

    async def note_all(tx: AsyncConnection, events: Sequence[Event]) -> None:
        groups.append([event.subject for event in events])
        for event in events:
            await note(tx, event)

    reader = consumer(db, ["good", "foreign", "poison", "other", "poison", "last"])
    reader._journal._client.rows[1]["kind"] = "order.closed"  # type: ignore[attr-defined]
    reader._subscription = Subscription("orders", together=note_all, of=(OrderCancelled,))
    for _ in range(feed.TRIES + 2):
        await reader.take_batch()
    assert await seen(db) == ["good", "other", "last"]
    assert groups[0] == ["good", "poison", "other", "poison", "last"], "all that is of this kind"
    assert groups[-1] == ["other", "last"], "what waits for its subject is left out of its group"
    async with db.read() as tx:
        assert [row["seq"] for row in await parked_events(tx)] == [3, 5]


async def position(db: Database) -> int:
    async with db.read() as tx:
        return int((await tx.execute(text("SELECT after FROM feed_cursor"))).scalar_one())


@pytest.mark.usefixtures("effects")
async def test_a_late_failure_of_one_replica_never_takes_the_cursor_back(db: Database) -> None:
    slow = consumer(db, ["a", "b"])
    await slow.take_batch()
    async with db.transaction() as tx:
        await tx.execute(text("UPDATE feed_cursor SET failures = :tries"), {"tries": feed.TRIES - 1})
    late = event_from_wire("orders", Publisher(["a", "b"]).rows[0])
    await slow._failed(late, ValueError("of the first event, when the second is applied already"))
    assert await position(db) == 2
    await slow.take_batch()
    assert await seen(db) == ["a", "b"]


@pytest.mark.usefixtures("effects")
async def test_events_that_nobody_handles_cost_one_step_and_are_never_parked(db: Database) -> None:
    class Unhandled(Publisher):
        def __init__(self) -> None:
            super().__init__(["x", "x", "good", "x", "x", "x"])
            for row in self.rows:
                row["kind"] = OrderCancelled.kind if row["subject"] == "good" else "order.of_no_interest"

    reader = consumer(db, [])
    reader._journal._client = Unhandled()  # type: ignore[assignment]
    assert await reader.take_batch() == 3
    assert await seen(db) == ["good"]
    assert await position(db) == 6


@pytest.mark.usefixtures("effects")
async def test_trouble_of_the_server_parks_nothing(db: Database) -> None:
    async def meets_a_full_disk(tx: AsyncConnection, _: Event) -> None:
        await tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$"))

    reader = consumer(db, ["a"], meets_a_full_disk)
    for _ in range(feed.TRIES + 2):
        with pytest.raises(DBAPIError):
            await reader.take_batch()
    async with db.read() as tx:
        assert await parked_events(tx) == []
    await consumer(db, ["a"]).take_batch()
    assert await seen(db) == ["a"]


@pytest.mark.usefixtures("effects")
async def test_nothing_slips_in_while_parked_events_are_tried_again(db: Database) -> None:
    subjects = ["poison", "poison"]
    reader = consumer(db, subjects[:1])
    for _ in range(feed.TRIES):
        await reader.take_batch()

    async def mended(tx: AsyncConnection, event: Event) -> None:
        await tx.execute(insert(EFFECTS).values(what=f"mended {event.seq}"))

    async with db.transaction() as tx:
        await retry_parked(tx, Subscription("orders", {OrderCancelled: mended}))
        assert await consumer(db, subjects, mended).take_batch() == 0, "the second event overtook the retry"
    await consumer(db, subjects, mended).take_batch()
    assert await seen(db) == ["mended 1", "mended 2"]
    async with db.read() as tx:
        assert await parked_events(tx) == []


@pytest.mark.usefixtures("effects")
async def test_an_event_that_failed_is_tried_again_unasked(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """No wake-up comes for it: a feed that only waited for the next one would hold up its subject."""
    monkeypatch.setattr(feed, "RETRY_S", 0.01)
    monkeypatch.setattr(wake, "LOOK_ALONE_S", 3600)
    async with running([consumer(db, ["poison", "good"]).run]):
        await eventually(partial(seen, db), lambda done: done == ["good"])


@pytest.mark.usefixtures("effects")
async def test_a_cursor_that_was_put_back_is_followed(db: Database) -> None:
    """As after a restored backup: a feed remembers where it is, and must not skip what the database says is open."""
    reader = consumer(db, ["a", "b"])
    await reader.take_batch()
    async with db.transaction() as tx:
        await tx.execute(text("UPDATE feed_cursor SET after = 0"))
    reader._journal._client = Publisher(["a", "b", "c"])  # type: ignore[assignment]
    for _ in range(3):
        await reader.take_batch()
    assert await seen(db) == ["a", "b", "a", "b", "c"]
