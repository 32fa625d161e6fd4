"""Operations and their receipts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Row, Select, and_, case, func, null, select, true, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from mobile_api.store.visits import theirs
from mobile_api.tables import operations, visits

Record = dict[str, Any]


async def by_ids(tx: AsyncConnection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Operations of whatever engineer, by id."""
    rows = await tx.execute(select(operations).where(operations.c.id.in_(ids)))
    return {row.id: row for row in rows}


_IDENTIFIES = ("id", "engineer_id", "device_id", "seq", "digest", "device_at", "skew_ms")
_named = given_rows(types_of(operations, ("id", "engineer_id", "device_id", "seq")))
_numbered = (operations.c[name] == _named.c[name] for name in ("engineer_id", "device_id", "seq"))
_KNOWN = union(
    select(*(operations.c[name] for name in _IDENTIFIES)).join(_named, operations.c.id == _named.c.id),
    select(*(operations.c[name] for name in _IDENTIFIES)).join(_named, and_(*_numbered)),
)


async def known(tx: AsyncConnection, named: Sequence[Record]) -> Sequence[Row[Any]]:
    """What identifies operations, and their time on the phone; named by {id} or by {engineer_id, device_id, seq}."""
    return (await tx.execute(_KNOWN, as_rows(named))).all()


_ADDED = [column.name for column in operations.c if column.name != "attempts"]
_adding = given_rows(types_of(operations, _ADDED))
_ADD = insert(operations).from_select(_ADDED, select(_adding)).on_conflict_do_nothing().returning(operations)


async def add(tx: AsyncConnection, rows: Sequence[Record]) -> Sequence[Row[Any]]:
    """Those that were added; the others' ids or numbers were taken in the same moment."""
    return (await tx.execute(_ADD, as_rows(rows))).all() if rows else []


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operation without a final answer. `own`: the appointment and the order that it names are known here to be
    the engineer's."""

    row: Row[Any]
    own: bool


async def waiting(tx: AsyncConnection, engineer_id: str, *, after: tuple[str, int], limit: int) -> list[Waiting]:
    """What waits, in the order of each device's sequence; `after` is (device, seq)."""
    device_id, seq = after
    later = (operations.c.device_id > device_id) | ((operations.c.device_id == device_id) & (operations.c.seq > seq))
    mine = (operations.c.engineer_id == engineer_id) & (operations.c.status == "received") & later
    named = and_(*(visits.c[name] == operations.c[name] for name in ("engineer_id", "appointment_id", "order_id")))
    own = visits.c.appointment_id.is_not(None).label("own")
    query = select(operations, own).join(visits, named & theirs, isouter=True).where(mine)
    rows = await tx.execute(query.order_by(operations.c.device_id, operations.c.seq).limit(limit))
    return [Waiting(row, row.own) for row in rows]


_engineers = given_rows(types_of(operations, ("engineer_id",)))
_newest = (
    select(operations)
    .where(operations.c.engineer_id == _engineers.c.engineer_id, operations.c.kind == "check_in")
    .where(operations.c.status.in_(("applied", "received")))
    .order_by(operations.c.effective_at.desc())
    .limit(1)
    .lateral()
)
_LAST_CHECK_INS: Select[Any] = select(_newest.c.engineer_id, _newest.c.payload, _newest.c.effective_at).select_from(
    _engineers.join(_newest, true())
)


async def last_check_ins(tx: AsyncConnection, engineers: Collection[str]) -> dict[str, Row[Any]]:
    """The newest check-in that was not refused, of each engineer who has one."""
    rows = await tx.execute(_LAST_CHECK_INS, as_rows({"engineer_id": name} for name in engineers))
    return {row.engineer_id: row for row in rows}


_FINAL = ("status", "reason", "problem", "answer", "answered_at", "change")
_finishing = given_rows(types_of(operations, ("id", *_FINAL)) | {"forgets_payload": Boolean()})
_FINISH = (
    update(operations)
    .where(operations.c.id == _finishing.c.id, operations.c.status == "received")
    .values({name: _finishing.c[name] for name in _FINAL})
    .values(payload=case((_finishing.c.forgets_payload, null()), else_=operations.c.payload))
    .returning(operations)
)


async def finish(tx: AsyncConnection, answers: Sequence[Record]) -> dict[str, Row[Any]]:
    """Gives operations their final answers; the rows as they are then, without those that had one already."""
    if not answers:
        return {}
    return {row.id: row for row in await tx.execute(_FINISH, as_rows(answers))}


async def change(tx: AsyncConnection, operation_id: str, values: Record) -> None:
    await tx.execute(update(operations).where(operations.c.id == operation_id).values(values))


async def put_off(tx: AsyncConnection, row: Row[Any], *, reason: str, next_at: datetime) -> None:
    """Its owner is out of reach, or it waits for a photo: ask again at `next_at`, unless it was hurried since `row` was
    read."""
    again = {"attempts": operations.c.attempts + 1, "reason": reason, "next_at": next_at}
    same = (operations.c.id == row.id) & (operations.c.status == "received") & (operations.c.next_at == row.next_at)
    await tx.execute(update(operations).where(same).values(again))


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
