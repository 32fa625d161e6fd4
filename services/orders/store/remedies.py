"""Remedies of broken promises, and budgets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.store.scope import visible_orders
from services.orders.tables import goodwill_budgets, orders, remedies

_WITH_ORDER = select(
    remedies, orders.c.number, orders.c.branch_id, orders.c.station_id, orders.c.territory_id
).join_from(remedies, orders, remedies.c.order_id == orders.c.order_id)


async def propose(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Add what is not proposed yet; what was withdrawn is proposed again."""
    if rows:
        statement = upsert(remedies).values(list(rows))
        again = {"state": "proposed", "proposed_at": statement.excluded.proposed_at}
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["order_id", "clock", "kind"],
                index_where=remedies.c.clock.is_not(None),
                set_=again,
                where=remedies.c.state == "withdrawn",
            )
        )


async def withdraw(tx: AsyncConnection, clocks: Sequence[tuple[str, str]]) -> None:
    """Take back what is only proposed for these (order_id, clock) pairs."""
    if clocks:
        mine = tuple_(remedies.c.order_id, remedies.c.clock).in_(clocks) & (remedies.c.state == "proposed")
        await tx.execute(update(remedies).where(mine).values(state="withdrawn"))


async def add(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(remedies).values(values))


async def find(tx: AsyncConnection, remedy_id: str, principal: Principal, *, hold: bool = False) -> Row[Any] | None:
    query = _WITH_ORDER.where(remedies.c.remedy_id == remedy_id, visible_orders(principal))
    row: Row[Any] | None = (await tx.execute(query.with_for_update(of=remedies) if hold else query)).first()
    return row


async def decide(tx: AsyncConnection, remedy_id: str, **values: Any) -> None:
    await tx.execute(update(remedies).where(remedies.c.remedy_id == remedy_id).values(values))


def fitting(*, state: str | None, order_id: str | None, branch_id: str | None) -> ColumnElement[bool]:
    """The remedies of a state, an order, a branch; each as far as it is named."""
    named = ((remedies.c.state, state), (remedies.c.order_id, order_id), (orders.c.branch_id, branch_id))
    return and_(true(), *(column == value for column, value in named if value is not None))


async def page(
    tx: AsyncConnection, principal: Principal, which: ColumnElement[bool], *, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Visible remedies, oldest first, by id after `after`."""
    query = _WITH_ORDER.where(visible_orders(principal), which, remedies.c.remedy_id > after)
    return (await tx.execute(query.order_by(remedies.c.remedy_id).limit(limit))).all()


def decided_between(begin: datetime, until: datetime) -> ColumnElement[bool]:
    """Decided in [begin, until)."""
    return (remedies.c.decided_at >= begin) & (remedies.c.decided_at < until)


async def decided_page(
    tx: AsyncConnection,
    principal: Principal,
    which: ColumnElement[bool],
    *,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Visible decided remedies, the newest decision first; `before` is the last of the page before."""
    query = _WITH_ORDER.where(visible_orders(principal), which)
    if before is not None:
        query = query.where(tuple_(remedies.c.decided_at, remedies.c.remedy_id) < before)
    newest = query.order_by(remedies.c.decided_at.desc(), remedies.c.remedy_id.desc())
    return (await tx.execute(newest.limit(limit))).all()


async def set_budget(tx: AsyncConnection, **values: Any) -> None:
    statement = upsert(goodwill_budgets).values(values)
    changed = {name: statement.excluded[name] for name in ("amount_fen", "set_by", "set_at")}
    await tx.execute(statement.on_conflict_do_update(index_elements=["branch_id", "month"], set_=changed))


async def budget(tx: AsyncConnection, branch_id: str, month: str, *, hold: bool = False) -> int | None:
    """The money of a branch for a month; held, nobody else decides on it until the transaction ends."""
    mine = (goodwill_budgets.c.branch_id == branch_id) & (goodwill_budgets.c.month == month)
    query = select(goodwill_budgets.c.amount_fen).where(mine)
    amount: int | None = (await tx.execute(query.with_for_update() if hold else query)).scalar_one_or_none()
    return amount


async def spent(tx: AsyncConnection, branch_id: str, month: str) -> int:
    """What has been approved of it."""
    query = (
        select(func.coalesce(func.sum(remedies.c.amount_fen), 0))
        .join_from(remedies, orders, remedies.c.order_id == orders.c.order_id)
        .where(orders.c.branch_id == branch_id, remedies.c.month == month, remedies.c.state == "approved")
    )
    return int((await tx.execute(query)).scalar_one())
