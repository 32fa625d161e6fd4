"""A journal is read once for everybody in a process, and nobody is told that it has ended when it has not."""

from typing import Any

import pytest

from kit import journal_reader
from kit.journal_reader import BATCH, JournalReader, Journals, Page
from kit.wake import Wakeups, feed_channel


class Publisher:
    """A journal of so many rows that counts how often it is read."""

    def __init__(self, rows: int):
        self.rows = rows
        self.reads: list[int] = []
        self.fails = False

    async def get(self, _: str, *, params: dict[str, int]) -> dict[str, Any]:
        self.reads.append(params["after"])
        if self.fails:
            raise OSError("away")
        first, last = params["after"] + 1, min(self.rows, params["after"] + params["limit"])
        names: dict[str, Any] = {"kind": "order.closed", "subject": "s", "order_id": None, "actor": "test"}
        times = dict.fromkeys(("effective_at", "recorded_at"), "2026-11-21T00:00:00+00:00")
        rows = ({"seq": seq, "id": str(seq), "payload": {}} for seq in range(first, last + 1))
        return {"items": [row | names | times for row in rows]}


def reader_of(publisher: Any, wakeups: Wakeups | None = None) -> JournalReader:
    return JournalReader("orders", client=publisher, wakeups=wakeups or Wakeups())


def seqs(page: Page) -> list[int]:
    return [event.seq for event in page.events]


async def test_what_one_has_read_the_others_need_not_read() -> None:
    publisher = Publisher(5)
    reader = reader_of(publisher)
    first = await reader.after(0)
    assert first.is_last
    assert await reader.after(0) == first
    assert seqs(await reader.after(3)) == [4, 5]
    assert publisher.reads == [0]
    assert (await reader.after(3)).events[0] is first.events[3], "what an event says is read once for all as well"


async def test_new_rows_are_read_where_the_known_ones_end() -> None:
    publisher = Publisher(5)
    reader = reader_of(publisher)
    await reader.after(0)
    publisher.rows = 7
    assert seqs(await reader.after(5)) == [6, 7]
    assert seqs(await reader.after(2)) == [3, 4, 5, 6, 7]
    assert publisher.reads == [0, 5]


async def test_a_wake_up_that_another_took_does_not_hide_rows() -> None:
    """A reads rows 1 and 2; row 3 wakes both; B, who slept, forgets its wake-up and asks only now."""
    wakeups, publisher = Wakeups(), Publisher(2)
    reader = reader_of(publisher, wakeups)
    await reader.after(0)
    publisher.rows = 3
    wakeups.wake_here(feed_channel("orders"))
    told = await reader.after(0)
    assert (seqs(told), told.is_last) == ([1, 2], False), "B would sleep over row 3"
    assert seqs(await reader.after(2)) == [3]
    assert (await reader.after(0)).is_last


async def test_a_read_that_failed_leaves_open_whether_there_is_more() -> None:
    wakeups, publisher = Wakeups(), Publisher(2)
    reader = reader_of(publisher, wakeups)
    await reader.after(0)
    publisher.rows, publisher.fails = 3, True
    wakeups.wake_here(feed_channel("orders"))
    with pytest.raises(OSError, match="away"):
        await reader.after(2)
    assert not (await reader.after(0)).is_last


async def test_one_who_is_far_behind_reads_alone() -> None:
    publisher = Publisher(3 * BATCH)
    reader = reader_of(publisher)
    await reader.after(2 * BATCH)
    behind = await reader.after(0)
    assert (seqs(behind)[0], len(behind.events), behind.is_last) == (1, BATCH, False)
    assert len((await reader.after(2 * BATCH)).events) == BATCH
    assert publisher.reads == [2 * BATCH, 0]


async def test_a_full_page_is_never_the_last_one() -> None:
    publisher = Publisher(BATCH)
    reader = reader_of(publisher)
    assert not (await reader.after(0)).is_last
    assert not (await reader.after(1)).is_last, "nobody has looked behind it yet"
    assert (await reader.after(BATCH)) == Page([], is_last=True)
    assert (await reader.after(1)).is_last


async def test_a_journal_that_was_put_back_is_soon_read_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(5)
    reader = reader_of(publisher)
    await reader.after(0)
    publisher.rows = 3
    monkeypatch.setattr(journal_reader, "KEPT_S", 0.0)
    assert seqs(await reader.after(0)) == [1, 2, 3]


def test_there_is_one_reader_of_a_journal() -> None:
    journals, wakeups, client = Journals(), Wakeups(), Publisher(0)
    mine: Any = client
    of_orders = journals.of("orders", client=mine, wakeups=wakeups)
    assert journals.of("orders", client=mine, wakeups=wakeups) is of_orders
    assert journals.of("parts", client=mine, wakeups=wakeups) is not of_orders
