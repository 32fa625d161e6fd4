"""Seats of experts as plans hold and book them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stations.domain import Span
from services.stations.tables import resource, resource_booking

_TABLE = resource_booking.c


def _live(now: datetime) -> ColumnElement[bool]:
    return _TABLE.released_at.is_(None) & (_TABLE.expires_at.is_(None) | (_TABLE.expires_at > now))


async def experts_of(tx: AsyncConnection, branch_id: str) -> Sequence[Row[Any]]:
    """Head office's experts, and those of a branch with its stations, by id."""
    mine = resource.c.branch_id.is_(None) | (resource.c.branch_id == branch_id)
    query = select(resource).where((resource.c.kind == "expert") & mine)
    return (await tx.execute(query.order_by(resource.c.resource_id))).all()


async def lock_experts(tx: AsyncConnection, experts: Collection[str]) -> dict[str, Row[Any]]:
    """Those of `experts` that exist; nobody else claims their seats until we are done."""
    mine = select(resource).where(resource.c.resource_id.in_(experts) & (resource.c.kind == "expert"))
    rows = await tx.execute(mine.order_by(resource.c.resource_id).with_for_update())
    return {row.resource_id: row for row in rows}


async def others_claims(
    tx: AsyncConnection, experts: Collection[str], *, territory_id: str, within: Span, now: datetime
) -> Sequence[Row[Any]]:
    """What people and other territories have of these experts that touches `within`."""
    others = _TABLE.territory_id.is_distinct_from(territory_id)
    touching = _TABLE.window.overlaps(Range(within.start, within.end))
    query = select(resource_booking).where(_TABLE.resource_id.in_(experts) & others & touching & _live(now))
    return (await tx.execute(query.order_by(_TABLE.window))).all()


async def free_seat(
    tx: AsyncConnection, expert: Row[Any], *, territory_id: str, epoch: int, span: Span, now: datetime
) -> int | None:
    """The first seat that neither others have in `span`, nor this plan for another line."""
    in_the_way = or_(_TABLE.territory_id.is_distinct_from(territory_id), _TABLE.epoch == epoch)
    touching = _TABLE.window.overlaps(Range(span.start, span.end))
    mine = (_TABLE.resource_id == expert.resource_id) & in_the_way & touching & _live(now)
    taken = set((await tx.scalars(select(_TABLE.seat).where(mine))).all())
    return next((seat for seat in range(expert.seats) if seat not in taken), None)


async def claims_of_territory(tx: AsyncConnection, territory_id: str, *, up_to_epoch: int) -> Sequence[Row[Any]]:
    """Holds and bookings of its plans that were not released."""
    mine = (_TABLE.territory_id == territory_id) & (_TABLE.epoch <= up_to_epoch) & _TABLE.released_at.is_(None)
    return (await tx.execute(select(resource_booking).where(mine).order_by(_TABLE.epoch, _TABLE.line))).all()


async def add(tx: AsyncConnection, values: dict[str, Any], span: Span) -> None:
    """Raises IntegrityError when somebody has the seat then."""
    await tx.execute(insert(resource_booking).values(values | {"window": Range(span.start, span.end)}))


async def confirm(tx: AsyncConnection, claim_id: str) -> None:
    """The hold becomes a booking."""
    await tx.execute(update(resource_booking).where(_TABLE.id == claim_id).values(expires_at=None))


async def drop_holds(tx: AsyncConnection, keys: Collection[tuple[str, int, str]]) -> None:
    """Forget the holds of these (territory, epoch, line)."""
    named = tuple_(_TABLE.territory_id, _TABLE.epoch, _TABLE.line).in_(list(keys))
    await tx.execute(delete(resource_booking).where(named & _TABLE.expires_at.is_not(None)))


async def free(tx: AsyncConnection, claims: Collection[str], *, now: datetime) -> None:
    """Forget holds, and keep bookings as history."""
    mine = _TABLE.id.in_(claims)
    await tx.execute(delete(resource_booking).where(mine & _TABLE.expires_at.is_not(None)))
    await tx.execute(update(resource_booking).where(mine).values(released_at=now))


async def drop_expired(tx: AsyncConnection, now: datetime, *, experts: Collection[str] | None = None) -> int:
    """Forget holds whose time is over, of all experts or of these; how many it were."""
    expired = _TABLE.expires_at <= now
    if experts is not None:
        expired &= _TABLE.resource_id.in_(experts)
    return (await tx.execute(delete(resource_booking).where(expired))).rowcount
