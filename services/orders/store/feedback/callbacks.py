"""Call-backs: what they are drawn from, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.store.scope import visible_orders
from services.orders.tables import assets, callbacks, customers, orders

_COMPLETED = text(
    "SELECT orders.order_id, orders.completed_at, customers.tier, surveys.rating, "
    "EXISTS (SELECT FROM clocks WHERE clocks.order_id = orders.order_id AND clocks.state = 'breached') AS broken, "
    "(SELECT count(*) FROM appointments visits WHERE visits.order_id = orders.order_id "
    " AND visits.state IN ('on_site', 'done')) AS visits, "
    "orders.cargo_moving_at IS NOT NULL AS replaced "
    "FROM orders JOIN assets USING (asset_id) JOIN customers ON customers.customer_id = assets.customer_id "
    "LEFT JOIN surveys ON surveys.order_id = orders.order_id "
    "WHERE orders.completed_at >= :begin AND orders.completed_at <= :until AND orders.state <> 'cancelled'"
)


async def completed(tx: AsyncConnection, *, begin: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Orders completed in [begin, until] with the facts that their risk follows from."""
    return (await tx.execute(_COMPLETED, {"begin": begin, "until": until})).all()


async def add(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
    """Add what was drawn; how many were not there yet."""
    if not rows:
        return 0
    statement = upsert(callbacks).values(list(rows)).on_conflict_do_nothing().returning(callbacks.c.level)
    return len((await tx.execute(statement)).all())


def _with_order(principal: Principal) -> Any:
    return (
        select(
            callbacks,
            orders.c.number,
            orders.c.branch_id,
            orders.c.station_id,
            orders.c.territory_id,
            orders.c.contact_name,
            orders.c.contact_phone,
            customers.c.name.label("customer_name"),
            customers.c.phone.label("customer_phone"),
        )
        .join_from(callbacks, orders)
        .join(assets, assets.c.asset_id == orders.c.asset_id)
        .join(customers, customers.c.customer_id == assets.c.customer_id)
        .where(visible_orders(principal))
    )


async def lock(tx: AsyncConnection, order_id: str, level: str, principal: Principal) -> Row[Any] | None:
    query = _with_order(principal).where(callbacks.c.order_id == order_id, callbacks.c.level == level)
    row: Row[Any] | None = (await tx.execute(query.with_for_update(of=callbacks))).first()
    return row


async def change(tx: AsyncConnection, order_id: str, level: str, **values: Any) -> None:
    mine = (callbacks.c.order_id == order_id) & (callbacks.c.level == level)
    await tx.execute(update(callbacks).where(mine).values(values))


async def page(
    tx: AsyncConnection,
    principal: Principal,
    *,
    levels: Sequence[str],
    only_open: bool,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Visible call-backs of these levels, those that are due first."""
    query = _with_order(principal).where(callbacks.c.level.in_(levels))
    if only_open:
        query = query.where(callbacks.c.ended_at.is_(None))
    key = (callbacks.c.due, callbacks.c.order_id)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    rows: Sequence[Row[Any]] = (await tx.execute(query.order_by(*key).limit(limit))).all()
    return rows
