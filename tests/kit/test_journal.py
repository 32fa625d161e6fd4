"""Facts are sealed gaplessly in order, and tampering is found."""

import asyncio

import pytest
from sqlalchemy import text

from kit import journal
from kit.db import Database
from kit.journal import Sealer
from kit.wake import Wakeups
from services.messages import OrderCancelled


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
