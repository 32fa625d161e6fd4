"""What left the shelves for orders, what is free on them, and what is on its way to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.parts.tables import movement, stock, transfer, transfer_line


async def in_transit(tx: AsyncConnection, *, places: Collection[str], parts: Collection[str]) -> Sequence[Row[Any]]:
    """Pieces of these parts on their way to these places, with the moment at which they are expected."""
    columns: tuple[Any, ...] = (
        transfer.c.to_place_id,
        transfer.c.expected_at,
        transfer_line.c.part,
        transfer_line.c.quantity,
    )
    query = select(*columns).join(transfer_line, transfer_line.c.transfer_id == transfer.c.id)
    mine = (transfer.c.state == "shipped") & transfer.c.to_place_id.in_(places) & transfer_line.c.part.in_(parts)
    return (await tx.execute(query.where(mine).order_by(transfer.c.expected_at, transfer.c.id))).all()


async def left_for_orders(
    tx: AsyncConnection, *, places: Collection[str], since: datetime
) -> dict[tuple[str, str], int]:
    """Pieces by place and part that were used, picked up or sent for an order since then, less what came back."""
    mine = movement.c.place_id.in_(places) & (movement.c.effective_at >= since) & movement.c.order_id.is_not(None)
    out = mine & movement.c.kind.in_(("issue", "return", "transfer_out"))
    columns = (movement.c.place_id, movement.c.part, -func.sum(movement.c.quantity))
    rows = await tx.execute(select(*columns).where(out).group_by(movement.c.place_id, movement.c.part))
    return {(place_id, part): int(pieces) for place_id, part, pieces in rows if pieces > 0}


async def unclaimed(tx: AsyncConnection, *, places: Collection[str]) -> dict[str, dict[str, int]]:
    """Pieces that nobody has claimed, by place and part."""
    columns = (stock.c.place_id, stock.c.part, stock.c.on_hand - stock.c.claimed)
    free: dict[str, dict[str, int]] = {}
    for place_id, part, pieces in await tx.execute(select(*columns).where(stock.c.place_id.in_(places))):
        free.setdefault(place_id, {})[part] = pieces
    return free
