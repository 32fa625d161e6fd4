"""One lane per engineer: their operations are applied by one process at a time, their changes are numbered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from mobile_api.tables import lanes, operations

LEASE = timedelta(seconds=12)
"""Who holds a lease and lives renews it with every operation. Longer than a call to an owner, and short, as an engineer
waits for it whose operations a killed process had at hand. Who is slower still writes nothing, and asking twice is
harmless."""


async def enter(tx: AsyncConnection, engineer_id: str) -> None:
    """Locks the engineer's lane for this transaction; makes it first."""
    await tx.execute(insert(lanes).values(engineer_id=engineer_id).on_conflict_do_nothing())
    await tx.execute(select(lanes.c.engineer_id).where(_of(engineer_id)).with_for_update())


async def enter_and_take(tx: AsyncConnection, engineer_id: str, holder: str, *, now: datetime, life: timedelta) -> bool:
    """Locks the lane for this transaction, makes it due, and takes it for `holder`; False when somebody else has it."""
    free = or_(lanes.c.lease.is_(None), lanes.c.lease_until < now)
    entered = insert(lanes).values(engineer_id=engineer_id, lease=holder, lease_until=now + life, due_at=now)
    taken = {
        "lease": case((free, entered.excluded.lease), else_=lanes.c.lease),
        "lease_until": case((free, entered.excluded.lease_until), else_=lanes.c.lease_until),
        "due_at": entered.excluded.due_at,
    }
    known = entered.on_conflict_do_update(index_elements=["engineer_id"], set_=taken)
    return bool((await tx.execute(known.returning(lanes.c.lease))).scalar_one() == holder)


async def next_change(tx: AsyncConnection, engineer_id: str) -> int:
    """The number of a change that the engineer's phone must be told. Numbers appear in the order of commit."""
    return await next_changes(tx, engineer_id, 1)


async def next_changes(tx: AsyncConnection, engineer_id: str, count: int) -> int:
    """Takes `count` numbers at once; gives the first."""
    taken = insert(lanes).values(engineer_id=engineer_id, changes=count)
    more = {"changes": lanes.c.changes + taken.excluded.changes}
    counted = taken.on_conflict_do_update(index_elements=["engineer_id"], set_=more)
    return int((await tx.execute(counted.returning(lanes.c.changes))).scalar_one()) - count + 1


async def last_change(tx: AsyncConnection, engineer_id: str) -> int:
    return (await tx.scalars(select(lanes.c.changes).where(_of(engineer_id)))).first() or 0


async def wake(tx: AsyncConnection, engineer_id: str, now: datetime) -> None:
    """Somebody should apply this engineer's operations now."""
    await tx.execute(update(lanes).where(_of(engineer_id)).values(due_at=now))


async def lease(tx: AsyncConnection, engineer_id: str, holder: str, *, now: datetime, life: timedelta) -> bool:
    """Takes the lane for `holder`; False while somebody else has it."""
    free = _of(engineer_id) & or_(lanes.c.lease.is_(None), lanes.c.lease_until < now)
    taken = update(lanes).where(free).values(lease=holder, lease_until=now + life)
    return (await tx.execute(taken)).rowcount == 1


async def next_change_of_holder(
    tx: AsyncConnection, engineer_id: str, holder: str, *, now: datetime, life: timedelta
) -> int | None:
    """Renews the lease and gives the next change number.

    None when the lease was lost: whoever has it now goes on, the caller must write nothing.
    """
    mine = _of(engineer_id) & (lanes.c.lease == holder)
    kept = update(lanes).where(mine).values(lease_until=now + life, changes=lanes.c.changes + 1)
    return (await tx.scalars(kept.returning(lanes.c.changes))).first()


async def lock(tx: AsyncConnection, engineer_id: str, holder: str) -> int | None:
    """Locks the lane for this transaction; the number of its last change, None when `holder` has lost it."""
    mine = _of(engineer_id) & (lanes.c.lease == holder)
    return (await tx.scalars(select(lanes.c.changes).where(mine).with_for_update())).first()


async def release(tx: AsyncConnection, engineer_id: str, *, changes: int, seen_from: datetime) -> None:
    """Gives the lane back that this transaction has locked (only then what a batch adds meanwhile is counted).

    It is due again with the first operation that may be asked from `seen_from` on: what was due before that was looked
    at since, and waits behind one of those.
    """
    waiting = (operations.c.engineer_id == engineer_id) & (operations.c.status == "received")
    first = select(func.min(operations.c.next_at)).where(waiting, operations.c.next_at >= seen_from)
    freed = {"changes": changes, "lease": None, "lease_until": None, "due_at": first.scalar_subquery()}
    await tx.execute(update(lanes).where(_of(engineer_id)).values(freed))


async def due(tx: AsyncConnection, now: datetime, *, limit: int) -> Sequence[str]:
    """Engineers whose operations somebody should apply now and nobody is at, longest due first."""
    free = or_(lanes.c.lease.is_(None), lanes.c.lease_until < now)
    query = select(lanes.c.engineer_id).where(lanes.c.due_at <= now, free).order_by(lanes.c.due_at).limit(limit)
    return (await tx.scalars(query)).all()


def _of(engineer_id: str) -> ColumnElement[bool]:
    return lanes.c.engineer_id == engineer_id
