"""Facts are sealed gaplessly in order, and tampering is found."""

import asyncio
import contextlib

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit import journal
from kit.db import Database
from kit.journal import Sealer, written_channel
from kit.loops import running
from kit.wake import Wakeups
from services.messages import OrderCancelled
from tests.running import eventually


async def tell(db: Database, number: int) -> None:
    async with db.transaction() as tx:
        message = OrderCancelled(order_id=str(number), territory_id="T", reason="of the test")
        await journal.append(tx, message, subject=f"order:{number}", actor="test")


async def test_concurrent_facts_get_a_gapless_chain(db: Database) -> None:
    await asyncio.gather(*(tell(db, number) for number in range(40)))
    sealer = Sealer(db, Wakeups())
    while await sealer.seal_batch():
        pass
    async with db.read() as tx:
        events = await journal.read(tx, publisher="orders", after=0, limit=100)
        assert [event.seq for event in events] == list(range(1, 41))
        assert await journal.verify(tx) is None


async def test_a_transaction_tells_all_in_order_with_its_commit_or_nothing(db: Database) -> None:
    async with db.transaction() as tx:
        for number in range(30):
            message = OrderCancelled(order_id=str(number), territory_id="T", reason="of the test")
            await journal.append(tx, message, subject=f"order:{number % 3}", actor="test")
    with contextlib.suppress(RuntimeError):
        async with db.transaction() as tx:
            await journal.append(tx, message, subject="order:lost", actor="test")
            raise RuntimeError("of the test")
    await tell(db, 30)  # on the same connection: nothing of the failed one is left on it
    await Sealer(db, Wakeups()).seal_batch()
    async with db.read() as tx:
        told = await journal.read(tx, publisher="orders", after=0, limit=100)
    assert [event.order_id for event in told] == [str(number) for number in range(31)]


async def test_a_savepoint_tells_nothing(db: Database) -> None:
    """Its facts would be told even when it is rolled back."""
    async with db.transaction() as tx, tx.begin_nested():
        message = OrderCancelled(order_id="1", territory_id="T", reason="of the test")
        with pytest.raises(AssertionError):
            await journal.append(tx, message, subject="order:1", actor="test")


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE journal SET payload = jsonb_set(payload, '{reason}', '\"another\"') WHERE seq = 3",
        "DELETE FROM journal WHERE seq = 3",
        "UPDATE journal SET actor = 'somebody' WHERE seq = 3",
    ],
)
async def test_tampering_is_found_at_its_row(db: Database, tampering: str) -> None:
    for number in range(5):
        await tell(db, number)
    await Sealer(db, Wakeups()).seal_batch()
    async with db.transaction() as tx:
        await tx.execute(text(tampering))
    async with db.read() as tx:
        assert await journal.verify(tx) == 3


async def sealed(db: Database) -> list[int]:
    async with db.read() as tx:
        return [event.seq for event in await journal.read(tx, publisher="orders", after=0, limit=1000)]


async def test_sealers_of_several_replicas_take_turns_while_facts_are_told(db: Database) -> None:
    async def seal_for_a_while() -> None:
        sealer = Sealer(db, Wakeups())
        for _ in range(25):
            await sealer.seal_batch()

    telling = [tell(db, number) for number in range(60)]
    await asyncio.gather(*(seal_for_a_while() for _ in range(3)), *telling)
    await Sealer(db, Wakeups()).seal_batch()
    assert await sealed(db) == list(range(1, 61))
    async with db.read() as tx:
        assert await journal.verify(tx) is None


async def test_sealing_goes_on_after_the_database_dropped_every_connection(db: Database, database_url: str) -> None:
    wakeups = Wakeups()
    async with running([Sealer(db, wakeups).run]):
        await tell(db, 1)
        wakeups.wake_here(written_channel(db.service))
        await eventually(lambda: sealed(db), lambda seqs: seqs == [1])
        async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            await other.execute(query + " AND datname = current_database()")
        await eventually(lambda: told_again(db), bool)
        await eventually(lambda: sealed(db), lambda seqs: seqs == [1, 2], within_s=5)


async def told_again(db: Database) -> bool:
    try:
        await tell(db, 2)
    except DBAPIError:
        return False
    return True
