"""One lane per engineer: their operations are applied by one process at a time, their changes are numbered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from mobile_api.tables import lanes, operations

LEASE = timedelta(seconds=12)
"""Who holds a lease and lives renews it with every operation. Longer than a call to an owner, and short, as an engineer
waits for it whose operations a killed process had at hand. Who is slower still writes nothing, and asking twice is
harmless."""


async def enter(tx: AsyncConnection, engineer_id: str) -> None:
    """Locks the engineer's lane for this transaction; makes it first."""
    await tx.execute(insert(lanes).values(engineer_id=engineer_id).on_conflict_do_nothing())
    await tx.execute(select(lanes.c.engineer_id).where(_of(engineer_id)).with_for_update())


async def make(tx: AsyncConnection, engineers: Collection[str]) -> None:
    """Lanes for engineers who have none."""
    await tx.execute(insert(lanes).on_conflict_do_nothing(), [{"engineer_id": name} for name in engineers])


@dataclass(frozen=True, slots=True)
class Entered:
    """A lane that this transaction has locked. `idle`: no operation waits in it so far."""

    mine: bool
    idle: bool


async def enter_and_take(
    tx: AsyncConnection, locked: Mapping[str, Row[Any]], holders: Mapping[str, str], *, now: datetime, life: timedelta
) -> dict[str, Entered]:
    """Makes lanes due that this transaction has locked, and takes each for its holder unless somebody else has it."""
    mine = {name for name, row in locked.items() if row.lease is None or row.lease_until < now}
    entering = [
        {"engineer_id": name, "due_at": now}
        | ({"lease": holders[name], "lease_until": now + life} if name in mine else {})
        for name in locked
    ]
    if not entering:
        return {}
    return {
        row.engineer_id: Entered(row.engineer_id in mine, row.idle)
        for row in await tx.execute(_ENTER, as_rows(entering))
    }


async def next_changes(tx: AsyncConnection, engineer_id: str, count: int) -> int:
    """Takes numbers of changes that the engineer's phone must be told; gives the first. They appear in the order of
    commit."""
    taken = insert(lanes).values(engineer_id=engineer_id, changes=count)
    more = {"changes": lanes.c.changes + taken.excluded.changes}
    counted = taken.on_conflict_do_update(index_elements=["engineer_id"], set_=more)
    return int((await tx.execute(counted.returning(lanes.c.changes))).scalar_one()) - count + 1


async def next_changes_of(tx: AsyncConnection, counts: Mapping[str, int]) -> dict[str, int]:
    """Takes numbers for several engineers, in one order for everybody; gives the last of each."""
    rows = [{"engineer_id": name, "changes": counts[name]} for name in sorted(counts)]
    if not rows:
        return {}
    return {row.engineer_id: row.changes for row in await tx.execute(_COUNT, as_rows(rows))}


async def last_change(tx: AsyncConnection, engineer_id: str) -> int:
    return (await tx.scalars(select(lanes.c.changes).where(_of(engineer_id)))).first() or 0


async def wake(tx: AsyncConnection, engineer_id: str, now: datetime) -> None:
    """Somebody should apply this engineer's operations now."""
    await tx.execute(update(lanes).where(_of(engineer_id)).values(due_at=now))


async def lease(
    tx: AsyncConnection, engineer_id: str, holder: str, *, now: datetime, life: timedelta
) -> Row[Any] | None:
    """Takes the lane for `holder`: the lane then, None while somebody else has it."""
    free = _of(engineer_id) & or_(lanes.c.lease.is_(None), lanes.c.lease_until < now)
    taken = update(lanes).where(free).values(lease=holder, lease_until=now + life).returning(lanes)
    row: Row[Any] | None = (await tx.execute(taken)).first()
    return row


async def lock(tx: AsyncConnection, engineers: Collection[str], *, wait: bool) -> dict[str, Row[Any]]:
    """Locks lanes for this transaction; without `wait` those that somebody has locked are left out."""
    return {row.engineer_id: row for row in await tx.execute(_locked(engineers, wait=wait))}


@dataclass(frozen=True, slots=True)
class Kept:
    """A lane after its holder's answers; without a lease it is given back."""

    engineer_id: str
    changes: int
    lease: str | None
    lease_until: datetime | None
    due_at: datetime | None


async def keep(tx: AsyncConnection, kept: Sequence[Kept]) -> None:
    """Numbers the changes of lanes that this transaction has locked (only then what a batch adds meanwhile is counted),
    and renews their leases or gives them back."""
    await tx.execute(_KEEP, as_rows(asdict(lane) for lane in kept))


async def due(tx: AsyncConnection, now: datetime, *, limit: int) -> Sequence[str]:
    """Engineers whose operations somebody should apply now and nobody is at, longest due first."""
    free = or_(lanes.c.lease.is_(None), lanes.c.lease_until < now)
    query = select(lanes.c.engineer_id).where(lanes.c.due_at <= now, free).order_by(lanes.c.due_at).limit(limit)
    return (await tx.scalars(query)).all()


def _of(engineer_id: str) -> ColumnElement[bool]:
    return lanes.c.engineer_id == engineer_id


def _locked(engineers: Collection[str], *, wait: bool) -> Select[Any]:
    mine = select(lanes).where(lanes.c.engineer_id.in_(engineers))
    return mine.with_for_update(skip_locked=not wait)


_waits = exists().where(operations.c.engineer_id == lanes.c.engineer_id, operations.c.status == "received")
_entering = given_rows(types_of(lanes, ("engineer_id", "lease", "lease_until", "due_at")))
_ENTER = (
    update(lanes)
    .where(lanes.c.engineer_id == _entering.c.engineer_id)
    .values(due_at=_entering.c.due_at)
    .values({name: func.coalesce(_entering.c[name], lanes.c[name]) for name in ("lease", "lease_until")})
    .returning(lanes.c.engineer_id, (~_waits).label("idle"))
)
_KEPT = ("changes", "lease", "lease_until", "due_at")
_kept = given_rows(types_of(lanes, ("engineer_id", *_KEPT)))
_KEEP = update(lanes).where(lanes.c.engineer_id == _kept.c.engineer_id).values({name: _kept.c[name] for name in _KEPT})
_counting = given_rows(types_of(lanes, ("engineer_id", "changes")))
_counted = insert(lanes).from_select(["engineer_id", "changes"], select(_counting).order_by(_counting.c.engineer_id))
_COUNT = _counted.on_conflict_do_update(
    index_elements=["engineer_id"], set_={"changes": lanes.c.changes + _counted.excluded.changes}
).returning(lanes.c.engineer_id, lanes.c.changes)
