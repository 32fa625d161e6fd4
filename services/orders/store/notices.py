"""Notices, who confirmed them, and suggestions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.tables import notice_confirmations, notices, suggestions

OVERSEERS = ("admin", "auditor", "dispatcher", "service")


def _addressed(principal: Principal) -> ColumnElement[bool]:
    """Notices to one's station, one's branch, or everybody."""
    branch = notices.c.branch_id == principal.branch_id if principal.branch_id else true()
    station = notices.c.station_id == principal.station_id if principal.station_id else true()
    return or_(notices.c.branch_id.is_(None), branch) & or_(notices.c.station_id.is_(None), station)


async def add_notice(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(notices).values(values))


async def notice_page(
    tx: AsyncConnection, principal: Principal, *, unconfirmed: bool, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Notices to the caller, newest first before `after`, each with when the caller confirmed it and how many did."""
    mine = (notice_confirmations.c.notice_id == notices.c.notice_id) & (notice_confirmations.c.actor == principal.actor)
    counted = (
        select(func.count())
        .select_from(notice_confirmations)
        .where(notice_confirmations.c.notice_id == notices.c.notice_id)
        .correlate(notices)
        .scalar_subquery()
    )
    query = (
        select(notices, notice_confirmations.c.confirmed_at, counted.label("confirmations"))
        .outerjoin_from(notices, notice_confirmations, mine)
        .where(_addressed(principal))
    )
    if unconfirmed:
        query = query.where(notice_confirmations.c.confirmed_at.is_(None))
    if after:
        query = query.where(notices.c.notice_id < after)
    return (await tx.execute(query.order_by(notices.c.notice_id.desc()).limit(limit))).all()


async def notice(tx: AsyncConnection, notice_id: str, principal: Principal) -> Row[Any] | None:
    return (await tx.execute(select(notices).where(notices.c.notice_id == notice_id, _addressed(principal)))).first()


async def confirm_notice(tx: AsyncConnection, **values: Any) -> None:
    """The first confirmation counts."""
    await tx.execute(upsert(notice_confirmations).values(values).on_conflict_do_nothing())


async def confirmations(tx: AsyncConnection, notice_id: str) -> Sequence[Row[Any]]:
    query = select(notice_confirmations).where(notice_confirmations.c.notice_id == notice_id)
    return (await tx.execute(query.order_by(notice_confirmations.c.confirmed_at))).all()


async def add_suggestion(tx: AsyncConnection, **values: Any) -> None:
    await tx.execute(insert(suggestions).values(values))


def _visible(principal: Principal) -> ColumnElement[bool]:
    """One's own; for those who answer, all of their branch."""
    own = suggestions.c.made_by == principal.actor
    if principal.role not in OVERSEERS:
        return own
    return or_(own, suggestions.c.branch_id == principal.branch_id) if principal.branch_id else true()


async def suggestion_page(
    tx: AsyncConnection, principal: Principal, *, open_only: bool, after: str, limit: int
) -> Sequence[Row[Any]]:
    query = select(suggestions).where(_visible(principal))
    if open_only:
        query = query.where(suggestions.c.confirmed_at.is_(None))
    if after:
        query = query.where(suggestions.c.suggestion_id < after)
    return (await tx.execute(query.order_by(suggestions.c.suggestion_id.desc()).limit(limit))).all()


async def suggestion(tx: AsyncConnection, suggestion_id: str, principal: Principal) -> Row[Any] | None:
    """Held: nobody else answers it until the transaction ends."""
    mine = select(suggestions).where(suggestions.c.suggestion_id == suggestion_id, _visible(principal))
    return (await tx.execute(mine.with_for_update())).first()


async def change_suggestion(tx: AsyncConnection, suggestion_id: str, **values: Any) -> None:
    await tx.execute(update(suggestions).where(suggestions.c.suggestion_id == suggestion_id).values(values))
