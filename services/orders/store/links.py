"""Which order's work begins after which other's."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, case, delete, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.domain.life import OPEN
from services.orders.domain.links import Link
from services.orders.store.scope import visible_orders
from services.orders.tables import appointments, order_links, orders

_OVER = ("declined", "cancelled")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('order links'))")


async def add(tx: AsyncConnection, links: dict[str, Sequence[Link]]) -> None:
    """Links by the order that waits."""
    rows = [
        {"order_id": order_id, "after_order_id": link.after_order_id, "relation": link.relation, "gap_s": link.gap_s}
        for order_id, own in links.items()
        for link in own
    ]
    if rows:
        await tx.execute(insert(order_links), rows)


async def replace(tx: AsyncConnection, order_id: str, links: Sequence[Link]) -> None:
    await tx.execute(delete(order_links).where(order_links.c.order_id == order_id))
    await add(tx, {order_id: links})


async def one_at_a_time(tx: AsyncConnection) -> None:
    """Nobody else changes links until the transaction ends: two changes could close a circle that neither sees."""
    await tx.execute(_ONE_AT_A_TIME)


async def named(tx: AsyncConnection, principal: Principal, names: Collection[str]) -> dict[str, Row[Any]]:
    """Visible orders by each of these ids, numbers and external ids."""
    columns: list[Any] = [orders.c.order_id, orders.c.number, orders.c.external_id]
    said = or_(*(column.in_(names) for column in columns))
    query: Select[Any] = select(*columns, orders.c.state).where(said, visible_orders(principal))
    rows = await tx.execute(query)
    return {name: row for row in rows for name in (row.external_id, row.number, row.order_id) if name is not None}


async def waits(tx: AsyncConnection, order_ids: Collection[str]) -> dict[str, list[str]]:
    """What these orders wait for, and what that waits for, and so on."""
    found: dict[str, list[str]] = {}
    rest = {*order_ids}
    while rest:
        query = select(order_links.c.order_id, order_links.c.after_order_id).where(order_links.c.order_id.in_(rest))
        found |= {order_id: [] for order_id in rest}
        for row in await tx.execute(query.order_by(order_links.c.after_order_id)):
            found[row.order_id].append(row.after_order_id)
        rest = {other for order_id in rest for other in found[order_id]} - found.keys()
    return found


_came = appointments.c.appointment_id == orders.c.appointment_id
_planned = _came & appointments.c.state.not_in(_OVER)
_AT = case(
    (
        order_links.c.relation == "start_start",
        func.coalesce(orders.c.work_started_at, orders.c.arrived_at, appointments.c.scheduled_start),
    ),
    else_=func.coalesce(orders.c.completed_at, appointments.c.scheduled_end),
)
_SHOWN: tuple[Any, ...] = (order_links.c.relation, order_links.c.gap_s, orders.c.number, orders.c.state)


async def of_orders(tx: AsyncConnection, order_ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """What each order waits for; `at`: when that has begun or ended, or is planned to, None when nobody knows."""
    query = (
        select(order_links.c.order_id.label("of_order"), orders.c.order_id, *_SHOWN, _AT.label("at"))
        .join(orders, orders.c.order_id == order_links.c.after_order_id)
        .outerjoin(appointments, _planned)
        .where(order_links.c.order_id.in_(order_ids))
    )
    return _by_order(await tx.execute(query.order_by(orders.c.number)))


async def followers(tx: AsyncConnection, order_ids: Collection[str]) -> dict[str, list[Row[Any]]]:
    """What waits for each order."""
    query = (
        select(order_links.c.after_order_id.label("of_order"), orders.c.order_id, orders.c.territory_id, *_SHOWN)
        .join(orders, orders.c.order_id == order_links.c.order_id)
        .where(order_links.c.after_order_id.in_(order_ids))
    )
    return _by_order(await tx.execute(query.order_by(orders.c.number)))


def _by_order(rows: Any) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.of_order, []).append(row)
    return found


async def waiting_elsewhere(tx: AsyncConnection, order: Row[Any]) -> Sequence[Row[Any]]:
    """Open orders of other territories that wait for this one."""
    here = (order_links.c.after_order_id == order.order_id) & (orders.c.territory_id != order.territory_id)
    query = select(orders).join(order_links, orders.c.order_id == order_links.c.order_id).where(here)
    return (await tx.execute(query.where(orders.c.state.in_(OPEN)))).all()
