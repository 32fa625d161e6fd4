"""Installations that want to be woken, and who of them has something to see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import lanes, push_targets, visits

Record = dict[str, Any]

# What an engineer did is no news to them: only what was sent to the phone, and what was taken from it.
_news = or_(visits.c.state == "dispatched", visits.c.removed & (visits.c.state != "declined"))
_newest = (
    select(func.max(visits.c.change))
    .where(visits.c.engineer_id == push_targets.c.engineer_id, visits.c.change > push_targets.c.told, _news)
    .correlate(push_targets)
    .scalar_subquery()
)


async def put(tx: AsyncConnection, values: Record) -> None:
    """Adds an installation, or says anew whose it is; it is told what changes from now on."""
    engineer_id = values["engineer_id"]
    now = select(lanes.c.changes).where(lanes.c.engineer_id == engineer_id).scalar_subquery()
    mine = {**values, "told": func.coalesce(now, 0), "failures": 0}
    added = insert(push_targets).values(mine)
    fresh = {name: added.excluded[name] for name in mine if name not in ("kind", "address")}
    await tx.execute(added.on_conflict_do_update(index_elements=["kind", "address"], set_=fresh))


async def remove(tx: AsyncConnection, *, kind: str, address: str, engineer_id: str | None = None) -> None:
    """Removes an installation; with `engineer_id` only when it is that engineer's."""
    gone = delete(push_targets).where(push_targets.c.kind == kind, push_targets.c.address == address)
    await tx.execute(gone if engineer_id is None else gone.where(push_targets.c.engineer_id == engineer_id))


async def claim(tx: AsyncConnection, now: datetime, *, pause: timedelta, limit: int) -> Sequence[Row[Any]]:
    """Installations with something to see (`newest` is the number of that change), for this replica alone: nobody else
    gets them before `pause` is over."""
    due = (push_targets.c.next_at <= now) & _newest.is_not(None)
    key = (push_targets.c.kind, push_targets.c.address)
    query = select(push_targets, _newest.label("newest")).where(due).order_by(push_targets.c.next_at).limit(limit)
    rows = (await tx.execute(query.with_for_update(of=push_targets, skip_locked=True))).all()
    for row in rows:
        mine = (key[0] == row.kind) & (key[1] == row.address)
        await tx.execute(update(push_targets).where(mine).values(next_at=now + pause))
    return rows


async def note(tx: AsyncConnection, row: Row[Any], *, told: int | None, next_at: datetime) -> None:
    """After an attempt: `told` is what the installation now knows of, None after a failure."""
    mine = (push_targets.c.kind == row.kind) & (push_targets.c.address == row.address)
    values: Record = {"next_at": next_at}
    values |= {"failures": push_targets.c.failures + 1} if told is None else {"failures": 0, "told": told}
    await tx.execute(update(push_targets).where(mine).values(values))
