"""Photos on their way in, piece by piece."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import upload_pieces, uploads

Record = dict[str, Any]


async def begin(tx: AsyncConnection, values: Record) -> Row[Any]:
    """The upload with this id: a new one, or the one that was begun before."""
    await tx.execute(insert(uploads).values(values).on_conflict_do_nothing())
    return (await tx.execute(select(uploads).where(uploads.c.id == values["id"]))).one()


async def find(tx: AsyncConnection, upload_id: str, *, engineer_id: str, lock: bool = False) -> Row[Any] | None:
    """The engineer's own upload."""
    mine = select(uploads).where(uploads.c.id == upload_id, uploads.c.engineer_id == engineer_id)
    return (await tx.execute(mine.with_for_update() if lock else mine)).first()


async def begun(tx: AsyncConnection, engineer_id: str) -> int:
    """How many uploads of the engineer are on their way."""
    mine = select(func.count()).where(uploads.c.engineer_id == engineer_id)
    return int((await tx.execute(mine)).scalar_one())


async def add_piece(tx: AsyncConnection, upload_id: str, *, offset: int, content: bytes, now: datetime) -> None:
    piece = {"upload_id": upload_id, "offset": offset, "content": content}
    await tx.execute(insert(upload_pieces).values(piece))
    longer = {"received": offset + len(content), "touched_at": now}
    await tx.execute(update(uploads).where(uploads.c.id == upload_id).values(longer))


async def content(tx: AsyncConnection, upload_id: str) -> bytes:
    pieces = select(upload_pieces.c.content).where(upload_pieces.c.upload_id == upload_id)
    return b"".join((await tx.scalars(pieces.order_by(upload_pieces.c.offset))).all())


async def end(tx: AsyncConnection, upload_id: str) -> None:
    """The upload is complete, or refused: its pieces go."""
    await tx.execute(delete(uploads).where(uploads.c.id == upload_id))


async def forget(tx: AsyncConnection, *, untouched_since: datetime) -> None:
    await tx.execute(delete(uploads).where(uploads.c.touched_at < untouched_since))
