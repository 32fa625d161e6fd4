"""Facts from phones (append-only) and flagged ones that wait for a person."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import flagged_facts, order_facts


async def kept(tx: AsyncConnection, operation_id: str) -> Row[Any] | None:
    return (await tx.execute(select(order_facts).where(order_facts.c.operation_id == operation_id))).first()


async def keep(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(order_facts).values(values))


async def flag(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(flagged_facts).values(values))


async def flagged(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    query = select(flagged_facts).where(flagged_facts.c.order_id == order_id).order_by(flagged_facts.c.fact_id)
    return (await tx.execute(query)).all()


async def undecided(tx: AsyncConnection, order_id: str) -> list[str]:
    waiting = (flagged_facts.c.order_id == order_id) & flagged_facts.c.accepted.is_(None)
    return list((await tx.execute(select(flagged_facts.c.fact_id).where(waiting))).scalars())


async def decide_flag(tx: AsyncConnection, fact_id: str, **values: Any) -> None:
    await tx.execute(update(flagged_facts).where(flagged_facts.c.fact_id == fact_id).values(values))
