"""Fault codes that machines told by themselves."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.tables import machine_faults


async def of_assets(tx: AsyncConnection, asset_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """The codes of each machine, the latest first."""
    query = select(machine_faults).where(machine_faults.c.asset_id.in_(asset_ids))
    return (await tx.execute(query.order_by(machine_faults.c.last_at.desc()))).all()


async def tell(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """A code was told once more, or for the first time; `first_at` stays."""
    if not rows:
        return
    statement = upsert(machine_faults)
    changed = {
        "last_at": statement.excluded.last_at,
        "times": machine_faults.c.times + 1,
        "order_id": func.coalesce(statement.excluded.order_id, machine_faults.c.order_id),
    }
    key = ["asset_id", "spn", "fmi"]
    await tx.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), list(rows))
