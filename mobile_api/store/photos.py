"""Photos and what they show: one picture may show several steps, and is kept once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import photo_ties, photos

Record = dict[str, Any]


async def photo(tx: AsyncConnection, sha256: str) -> Row[Any] | None:
    return (await tx.execute(select(photos).where(photos.c.sha256 == sha256))).first()


async def add(tx: AsyncConnection, values: Record) -> None:
    """Adds a picture; the same one again changes nothing."""
    await tx.execute(insert(photos).values(values).on_conflict_do_nothing())


async def tie(tx: AsyncConnection, values: Record) -> bool:
    """Ties a picture to a step of an order; False when this operation has tied one before."""
    added = insert(photo_ties).values(values).on_conflict_do_nothing().returning(photo_ties.c.operation_id)
    return (await tx.execute(added)).first() is not None


async def tie_of(tx: AsyncConnection, operation_id: str) -> Row[Any] | None:
    return (await tx.execute(select(photo_ties).where(photo_ties.c.operation_id == operation_id))).first()


async def ties(tx: AsyncConnection, sha256: str) -> Sequence[Row[Any]]:
    """What a picture shows."""
    query = select(photo_ties).where(photo_ties.c.sha256 == sha256).order_by(photo_ties.c.operation_id)
    return (await tx.execute(query)).all()


async def of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    """The pictures of an order with their steps, oldest first."""
    joined = select(photos, photo_ties.c.step, photo_ties.c.engineer_id, photo_ties.c.tied_at).join(photo_ties)
    return (await tx.execute(joined.where(photo_ties.c.order_id == order_id).order_by(photo_ties.c.tied_at))).all()
