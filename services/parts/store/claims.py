"""Which shelves a territory, an order or an expiry touches, and what the other services told us."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from services.parts.domain.shelf import ShelfKey
from services.parts.tables import claim, lacked, picked, shipment, station_hours, territory, work_order

ON_ITS_WAY = ("picked", "shipped")


async def lock_territory(tx: AsyncConnection, territory_id: str) -> int:
    """The territory's newest published epoch, 0 before the first; its plans queue here until we are done."""
    await tx.execute(insert(territory).values(territory_id=territory_id).on_conflict_do_nothing())
    mine = select(territory.c.published_epoch).where(territory.c.territory_id == territory_id)
    return int((await tx.execute(mine.with_for_update())).scalar_one())


async def set_published_epoch(tx: AsyncConnection, territory_id: str, epoch: int) -> None:
    mine = update(territory).where(territory.c.territory_id == territory_id)
    await tx.execute(mine.values(published_epoch=epoch))


async def set_branch(tx: AsyncConnection, territory_id: str, branch_id: str) -> None:
    row = insert(territory).values(territory_id=territory_id, branch_id=branch_id)
    await tx.execute(row.on_conflict_do_update(index_elements=["territory_id"], set_={"branch_id": branch_id}))


async def set_hours(tx: AsyncConnection, station_id: str, *, opens: str | None, closes: str | None) -> None:
    hours = {"opens": opens, "closes": closes}
    row = insert(station_hours).values(station_id=station_id, **hours)
    await tx.execute(row.on_conflict_do_update(index_elements=["station_id"], set_=hours))


ORDER = {"order_id", "territory_id", "branch_id", "station_id"}
"""What we know of an order."""
_told = given_rows(types_of(work_order, sorted(ORDER)))
_order = insert(work_order).from_select(sorted(ORDER), select(_told))
_ADD_ORDERS = _order.on_conflict_do_update(
    index_elements=["order_id"], set_={name: _order.excluded[name] for name in ORDER - {"order_id"}}
)


async def add_orders(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """`rows`: what `ORDER` names, each order once."""
    if rows:
        await tx.execute(_ADD_ORDERS, as_rows(rows))


async def add_lacked(tx: AsyncConnection, lines: Sequence[dict[str, Any]]) -> None:
    """`lines`: rows of `lacked`; what was known to be lacking stays as it was."""
    if lines:
        await tx.execute(insert(lacked).on_conflict_do_nothing(), lines)


async def end_order(tx: AsyncConnection, order_id: str) -> None:
    await tx.execute(update(work_order).where(work_order.c.order_id == order_id).values(ended=True))


async def order_is_within(tx: AsyncConnection, order_id: str, which: ColumnElement[bool]) -> bool:
    query = select(work_order.c.order_id).where((work_order.c.order_id == order_id) & which)
    return (await tx.execute(query)).first() is not None


async def has_ended(tx: AsyncConnection, order_id: str) -> bool:
    return await order_is_within(tx, order_id, work_order.c.ended)


async def shelves_of_lines(
    tx: AsyncConnection, territory_id: str, epoch: int, lines: Collection[str]
) -> dict[str, ShelfKey]:
    """Where the lines of this epoch have a claim now."""
    mine = (claim.c.territory_id == territory_id) & (claim.c.epoch == epoch) & claim.c.line.in_(lines)
    return {row.line: (row.place_id, row.part) for row in await tx.execute(select(claim).where(mine))}


async def shelves_of_territory(tx: AsyncConnection, territory_id: str, *, up_to_epoch: int) -> set[ShelfKey]:
    mine = (claim.c.territory_id == territory_id) & (claim.c.epoch <= up_to_epoch)
    query = select(claim.c.place_id, claim.c.part).where(mine).distinct()
    return {(row.place_id, row.part) for row in await tx.execute(query)}


async def shelves_of_order(tx: AsyncConnection, order_id: str) -> set[ShelfKey]:
    claimed = select(claim.c.place_id, claim.c.part).where(claim.c.order_id == order_id)
    in_vans = select(picked.c.place_id, picked.c.part).where(picked.c.order_id == order_id)
    return {(row.place_id, row.part) for row in await tx.execute(union(claimed, in_vans))}


async def shelves_with_expired_holds(tx: AsyncConnection, now: datetime, *, limit: int) -> set[ShelfKey]:
    expired = select(claim.c.place_id, claim.c.part).where(claim.c.expires_at <= now).limit(limit)
    return {(row.place_id, row.part) for row in await tx.execute(expired)}


async def moved_pieces(tx: AsyncConnection, orders: Collection[str]) -> list[Row[Any]]:
    """Pieces that lie in a van for one of these orders (`place_id`) or travel to it by courier (`shipment_id`)."""
    in_vans = select(picked).where(picked.c.order_id.in_(orders))
    found = list((await tx.execute(in_vans)).all())
    travelling = shipment.c.order_id.in_(orders) & shipment.c.state.in_(ON_ITS_WAY)
    columns = (
        shipment.c.order_id,
        shipment.c.part,
        shipment.c.quantity,
        shipment.c.id.label("shipment_id"),
        shipment.c.to_place_id,
        shipment.c.eta,
        shipment.c.engineer_id,
    )
    found += (await tx.execute(select(*columns).where(travelling).order_by(shipment.c.id))).all()
    return found


async def moved_by_order(tx: AsyncConnection, orders: Collection[str]) -> Counter[tuple[str, str]]:
    """The same, counted by order and part."""
    counted: Counter[tuple[str, str]] = Counter()
    for row in await moved_pieces(tx, orders):
        counted[row.order_id, row.part] += row.quantity
    return counted


async def claims_of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    """Reservations of the order; holds are nobody's business but dispatch's."""
    mine = (claim.c.order_id == order_id) & claim.c.expires_at.is_(None)
    return (await tx.execute(select(claim).where(mine).order_by(claim.c.line))).all()


async def picked_of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    mine = select(picked).where(picked.c.order_id == order_id)
    return (await tx.execute(mine.order_by(picked.c.place_id, picked.c.part))).all()
