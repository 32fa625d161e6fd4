"""Operations and their receipts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.store.visits import theirs
from mobile_api.tables import operations, visits

Record = dict[str, Any]


async def by_ids(tx: AsyncConnection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Operations of whatever engineer, by id."""
    rows = await tx.execute(select(operations).where(operations.c.id.in_(ids)))
    return {row.id: row for row in rows}


async def known(
    tx: AsyncConnection, *, engineer_id: str, device_id: str, ids: Sequence[str], sequences: Sequence[int]
) -> Sequence[Row[Any]]:
    """What identifies operations with one of these ids, or numbers of this device, and their time on the phone."""
    columns = (
        operations.c[name] for name in ("id", "engineer_id", "device_id", "seq", "digest", "device_at", "skew_ms")
    )
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.device_id == device_id)
    query = select(*columns).where(operations.c.id.in_(ids) | (mine & operations.c.seq.in_(sequences)))
    return (await tx.execute(query)).all()


async def add(tx: AsyncConnection, rows: Sequence[Record]) -> set[str]:
    """Ids of those that were added; the others' ids were taken by another engineer in the same moment."""
    if not rows:
        return set()
    added = insert(operations).on_conflict_do_nothing().returning(operations.c.id)
    return set((await tx.scalars(added, list(rows))).all())


async def waiting(tx: AsyncConnection, engineer_id: str, *, after: tuple[str, int], limit: int) -> Sequence[Row[Any]]:
    """Operations without a final answer, in the order of each device's sequence; `after` is (device, seq).

    `own` says that the appointment and the order that they name are known here to be the engineer's.
    """
    device_id, seq = after
    later = (operations.c.device_id > device_id) | ((operations.c.device_id == device_id) & (operations.c.seq > seq))
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.status == "received") & later
    named = and_(*(visits.c[name] == operations.c[name] for name in ("engineer_id", "appointment_id", "order_id")))
    own = visits.c.appointment_id.is_not(None).label("own")
    query = select(operations, own).join(visits, named & theirs, isouter=True).where(mine)
    return (await tx.execute(query.order_by(operations.c.device_id, operations.c.seq).limit(limit))).all()


async def last_check_in(tx: AsyncConnection, engineer_id: str) -> Row[Any] | None:
    """The engineer's newest check-in that was not refused."""
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.kind == "check_in")
    counted = mine & operations.c.status.in_(("applied", "received"))
    newest = select(operations).where(counted).order_by(operations.c.effective_at.desc()).limit(1)
    return (await tx.execute(newest)).first()


async def finish(tx: AsyncConnection, operation_id: str, values: Record) -> Row[Any] | None:
    """Gives an operation its final answer; the row as it is then, None when it had one already."""
    still = (operations.c.id == operation_id) & (operations.c.status == "received")
    finished = update(operations).where(still).values(values).returning(operations)
    row: Row[Any] | None = (await tx.execute(finished)).first()
    return row


async def change(tx: AsyncConnection, operation_id: str, values: Record) -> None:
    await tx.execute(update(operations).where(operations.c.id == operation_id).values(values))


async def put_off(tx: AsyncConnection, operation_id: str, *, reason: str, next_at: datetime) -> None:
    """Its owner is out of reach, or it waits for a photo: ask again at `next_at`."""
    again = {"attempts": operations.c.attempts + 1, "reason": reason, "next_at": next_at}
    waiting_ = (operations.c.id == operation_id) & (operations.c.status == "received")
    await tx.execute(update(operations).where(waiting_).values(again))


async def hurry(tx: AsyncConnection, engineer_id: str, now: datetime) -> None:
    """What waited for a photo may go on at once."""
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.reason == "waits-for-photo")
    await tx.execute(update(operations).where(mine, operations.c.status == "received").values(next_at=now))


async def told_after(tx: AsyncConnection, engineer_id: str, change: int, *, limit: int) -> Sequence[Row[Any]]:
    """Final answers with a change number above `change`, in order."""
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.change > change)
    return (await tx.execute(select(operations).where(mine).order_by(operations.c.change).limit(limit))).all()


async def count_waiting(tx: AsyncConnection, engineer_id: str) -> int:
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.status == "received")
    return int((await tx.execute(select(func.count()).where(mine))).scalar_one())
