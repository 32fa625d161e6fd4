"""Buyers at the same shelf at the same moment, on real connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.context import Context
from kit.db import Database
from kit.ids import new_id
from services.parts.store import shelves
from services.parts.use_cases import plans
from tests.parts.conftest import Parts, line


class Crowd(Database):
    """Each of so many buyers has a connection of its own, and nobody begins before all are there."""

    def __init__(self, url: str, buyers: int):
        super().__init__(url, "parts", pool_size=buyers)
        self.backends: set[int] = set()
        self._buyers = buyers
        self._there = asyncio.Barrier(buyers)

    async def open(self) -> None:
        """One after the other: the race is not for connections."""
        async with AsyncExitStack() as opened:
            for _ in range(self._buyers):
                await opened.enter_async_context(self.look())

    @asynccontextmanager
    async def transaction(self, *, patient: bool = True) -> AsyncIterator[AsyncConnection]:
        async with super().transaction(patient=patient) as tx:
            self.backends.add((await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one())
            async with asyncio.timeout(60):  # should one of them have failed before
                await self._there.wait()
            yield tx


async def at_once(parts: Parts, buyers: int, buy: Callable[[Context], Awaitable[bool]]) -> int:
    """How many of `buyers`, each on a connection of its own, were told that they bought."""
    crowd = Crowd(parts.context.settings.database_url or "", buyers)
    try:
        await crowd.open()
        context = replace(parts.context, db=crowd)
        bought = await asyncio.gather(*(buy(context) for _ in range(buyers)), return_exceptions=True)
    finally:
        await crowd.close()
    assert len(crowd.backends) == buyers
    return bought.count(True)


async def hold(context: Context) -> bool:
    """A territory of its own holds one piece."""
    wanted = plans.HoldLine(**line("a", new_id()), source="pickup")
    lifetime = timedelta(minutes=10)
    [answer] = await plans.hold(context, territory_id=new_id(), epoch=1, lines=[wanted], lifetime=lifetime)
    return answer.reason is None


async def race(parts: Parts, buyers: int) -> int:
    """Territories hold one piece each at once; how many have one afterwards."""
    told = await at_once(parts, buyers, hold)
    async with parts.context.db.read() as tx:
        held = int((await tx.execute(text("SELECT count(*) FROM claim"))).scalar_one())
    assert told == held
    return held


async def test_fifty_buyers_race_for_ten_pieces_and_ten_get_one(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 10)
    assert await race(parts, 50) == 10
    assert await parts.shelf("CENTRAL", "PUMP") == (10, 10)


async def test_without_the_lock_too_many_buyers_get_one(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: the race test sees it when shelves are read without being locked."""

    async def unlocked(tx: Any, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, int]]:
        rows = await tx.execute(text("SELECT place_id, part, on_hand, claimed FROM stock"))
        found = {(row.place_id, row.part): (row.on_hand, row.claimed) for row in rows}
        await asyncio.sleep(0.05)  # long enough for the others to look as well
        return {key: found[key] for key in keys if key in found}

    await parts.stock("CENTRAL", "PUMP", 3)
    with monkeypatch.context() as broken:
        broken.setattr(shelves, "_lock_balances", unlocked)
        assert await race(parts, 30) > 3
    async with parts.context.db.transaction() as tx:  # so that the check after every test finds an honest shelf
        await tx.execute(text("DELETE FROM claim"))
        await tx.execute(text("UPDATE stock SET claimed = 0"))


async def test_two_territories_publish_at_once_and_want_the_last_piece(parts: Parts) -> None:
    """One gets it, the other is refused that line only and keeps the rest."""
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.stock("CENTRAL", "SENSOR", 2)
    asked = {name: (line("p", new_id()), line("s", new_id(), part="SENSOR")) for name in ("T1", "T2")}
    answers = await asyncio.gather(*(parts.hold(name, 1, *lines) for name, lines in asked.items()))
    held = {
        name: [one for one in lines if answer[one["line"]] is None]
        for (name, lines), answer in zip(asked.items(), answers, strict=True)
    }
    await asyncio.gather(*(parts.publish(name, 1, *lines) for name, lines in held.items()))
    assert sorted(len(lines) for lines in held.values()) == [1, 2]
    assert await parts.shelf("CENTRAL", "PUMP") == (1, 1)
    assert await parts.shelf("CENTRAL", "SENSOR") == (2, 2)
    assert await parts.told("parts.short") == []


async def test_crossing_orders_of_shelves_do_not_deadlock(parts: Parts) -> None:
    """Everybody locks in the order of the key, whatever the order of the lines."""
    for part in ("PUMP", "SENSOR", "FILTER", "VALVE"):
        await parts.stock("CENTRAL", part, 5)
    numbers = ("PUMP", "SENSOR", "FILTER", "VALVE")

    def lines(turn: int) -> list[dict[str, Any]]:
        turned = numbers[turn % 4 :] + numbers[: turn % 4]
        return [line(part, new_id(), part=part) for part in (turned if turn % 2 else turned[::-1])]

    answers = await asyncio.gather(*(parts.hold(f"R{turn}", 1, *lines(turn)) for turn in range(20)))
    for part in numbers:
        assert sum(answer[part] is None for answer in answers) == 5


FORBIDDEN = (
    ("UPDATE stock SET on_hand = -1, claimed = -1", "stock_"),
    ("UPDATE stock SET claimed = on_hand + 1", "stock_claimed"),
    ("UPDATE movement SET quantity = 7", "ledger only grows"),
    ("DELETE FROM movement", "ledger only grows"),
    ("TRUNCATE movement", "ledger only grows"),
)


async def test_the_database_itself_refuses_what_must_never_be(parts: Parts) -> None:
    """Whatever the code above decides wrongly."""
    await parts.stock("CENTRAL", "PUMP", 1)
    for statement, told in FORBIDDEN:
        async with parts.context.db.transaction() as tx:
            with pytest.raises(IntegrityError, match=told):
                await tx.execute(text(statement))
            await tx.rollback()


async def buy(context: Context) -> bool:
    """Take a piece without asking anybody: whether the database let it happen."""
    try:
        async with context.db.transaction() as tx:
            await tx.execute(text("UPDATE stock SET on_hand = on_hand - 1 WHERE part = 'PUMP'"))
    except IntegrityError:
        return False
    return True


@pytest.mark.parametrize(("constrained", "sold"), [(True, 10), (False, 50)])
async def test_ten_pieces_are_sold_ten_times_because_of_the_constraint(
    parts: Parts, constrained: bool, sold: int
) -> None:
    """Fifty buyers that decide nothing at all; without the constraints, the negative control, all of them buy."""
    await parts.stock("CENTRAL", "PUMP", 10)
    if not constrained:
        async with parts.context.db.transaction() as tx:
            await tx.execute(text("ALTER TABLE stock DROP CONSTRAINT stock_on_hand, DROP CONSTRAINT stock_claimed"))
    assert await at_once(parts, 50, buy) == sold
    assert (await parts.shelf("CENTRAL", "PUMP"))[0] == 10 - sold
    await parts.stock("CENTRAL", "PUMP", 0)
    async with parts.context.db.transaction() as tx:  # the ledger knows nothing of these sales
        await tx.execute(text("UPDATE stock SET on_hand = (SELECT sum(quantity) FROM movement)"))
