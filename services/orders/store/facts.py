"""Facts from phones (append-only) and flagged ones that wait for a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
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


async def received_at(tx: AsyncConnection, flag: Row[Any], *, kinds: Sequence[str]) -> datetime | None:
    """When the operation of one of these kinds came in that told a flagged fact; None for an arrival, which dispatch
    tells."""
    told = order_facts.c
    query = select(func.min(told.received_at)).where(
        told.order_id == flag.order_id,
        told.appointment_id == flag.appointment_id,
        told.effective_at == flag.effective_at,
        told.kind.in_(kinds),
    )
    received: datetime | None = (await tx.execute(query)).scalar_one()
    return received


async def undecided(tx: AsyncConnection, order_id: str) -> list[str]:
    waiting = (flagged_facts.c.order_id == order_id) & flagged_facts.c.accepted.is_(None)
    return list((await tx.execute(select(flagged_facts.c.fact_id).where(waiting))).scalars())


async def decide_flag(tx: AsyncConnection, fact_id: str, **values: Any) -> None:
    await tx.execute(update(flagged_facts).where(flagged_facts.c.fact_id == fact_id).values(values))
