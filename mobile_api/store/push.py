"""Installations that want to be woken, and who of them has something to see."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import lanes, push_targets, visits

Record = dict[str, Any]

MOST = 10
"""Installations of one engineer; a phone that is set up anew leaves an old one behind."""
# Only what was sent to the phone or taken from it is news, and no longer once the engineer has done something with it.
_still_so = or_(visits.c.state == "dispatched", visits.c.removed & (visits.c.state != "declined"))
_unheard = (visits.c.change > push_targets.c.told) & (visits.c.news > push_targets.c.told)  # the former has an index
_newest = (
    select(func.max(visits.c.news))
    .where(visits.c.engineer_id == push_targets.c.engineer_id, _unheard, _still_so)
    .correlate(push_targets)
    .scalar_subquery()
)


async def put(tx: AsyncConnection, values: Record) -> None:
    """Adds an installation, or says anew whose it is; it is told what changes from now on. Of more than `MOST` of the
    engineer's, the one whose app was not heard of for longest goes."""
    engineer_id = values["engineer_id"]
    now = select(lanes.c.changes).where(lanes.c.engineer_id == engineer_id).scalar_subquery()
    mine = {**values, "told": func.coalesce(now, 0), "failures": 0}
    added = insert(push_targets).values(mine)
    fresh = {name: added.excluded[name] for name in mine if name not in ("kind", "address")}
    await tx.execute(added.on_conflict_do_update(index_elements=["kind", "address"], set_=fresh))
    key = (push_targets.c.kind, push_targets.c.address)
    theirs = select(*key).where(push_targets.c.engineer_id == engineer_id)
    too_many = theirs.order_by(push_targets.c.said_at.desc()).offset(MOST)
    await tx.execute(delete(push_targets).where(tuple_(*key).in_(too_many)))


async def remove(tx: AsyncConnection, *, kind: str, address: str, engineer_id: str) -> None:
    """Removes an installation of the engineer's."""
    mine = (push_targets.c.kind == kind) & (push_targets.c.address == address)
    await tx.execute(delete(push_targets).where(mine, push_targets.c.engineer_id == engineer_id))


async def remove_sessions(tx: AsyncConnection, sessions: Collection[str]) -> None:
    """Removes the installations on phones that were withdrawn, by the ids of their sessions or tokens."""
    await tx.execute(delete(push_targets).where(push_targets.c.session_id.in_(sessions)))


async def claim(tx: AsyncConnection, kind: str, now: datetime, *, pause: timedelta, limit: int) -> Sequence[Row[Any]]:
    """Installations of a kind with something to see (`newest` is the number of that change), for this replica alone:
    nobody else gets them before `pause` is over."""
    due = (push_targets.c.kind == kind) & (push_targets.c.next_at <= now) & _newest.is_not(None)
    query = select(push_targets, _newest.label("newest")).where(due).order_by(push_targets.c.next_at).limit(limit)
    rows = (await tx.execute(query.with_for_update(of=push_targets, skip_locked=True))).all()
    for row in rows:
        await tx.execute(update(push_targets).where(_still(row)).values(next_at=now + pause))
    return rows


async def note(tx: AsyncConnection, row: Row[Any], *, told: int | None, next_at: datetime) -> None:
    """After an attempt: `told` is what the installation now knows of, None after a failure."""
    values: Record = {"next_at": next_at}
    values |= {"failures": push_targets.c.failures + 1} if told is None else {"failures": 0, "told": told}
    await tx.execute(update(push_targets).where(_still(row)).values(values))


async def forget(tx: AsyncConnection, row: Row[Any]) -> None:
    """After a last attempt."""
    await tx.execute(delete(push_targets).where(_still(row)))


def _still(row: Row[Any]) -> ColumnElement[bool]:
    """The installation, as long as it has not changed hands: another engineer may have signed in on that phone."""
    return and_(
        *(push_targets.c[name] == getattr(row, name) for name in ("kind", "address", "engineer_id", "session_id"))
    )
