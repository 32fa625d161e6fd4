"""The last answers of other services, kept for when they are out of reach."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import copies


async def of(tx: AsyncConnection, paths: Sequence[str]) -> dict[str, Row[Any]]:
    rows = await tx.execute(select(copies).where(copies.c.path.in_(paths)))
    return {row.path: row for row in rows}


async def keep(tx: AsyncConnection, bodies: dict[str, Any], *, as_of: datetime) -> None:
    """Keeps answers by path, in one order for everybody, so that two of us never wait for each other."""
    if not bodies:
        return
    rows = [{"path": path, "body": bodies[path], "as_of": as_of} for path in sorted(bodies)]
    kept = insert(copies)
    fresh = {"body": kept.excluded.body, "as_of": kept.excluded.as_of}
    await tx.execute(kept.on_conflict_do_update(index_elements=["path"], set_=fresh), rows)


async def forget(tx: AsyncConnection, paths: Sequence[str]) -> None:
    if paths:
        await tx.execute(delete(copies).where(copies.c.path.in_(paths)))
