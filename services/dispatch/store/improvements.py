"""Improvements of published plans while they run: what the board shows of them, and the wish to end them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from ..tables import improvements, territories

LOST_AFTER = timedelta(seconds=30)
"""An improvement that is still there so long after its end has lost its worker."""


@dataclass(frozen=True, slots=True)
class Improvement:
    """One that runs from `started_at` to `ends_at` at the latest; fen of the plan it began with and of its best."""

    territory_id: str
    started_at: datetime
    ends_at: datetime
    iterations: int
    base_fen: int
    best_fen: int
    cancel: bool


async def begin(tx: AsyncConnection, improvement: Improvement) -> None:
    """Show it; what an earlier worker left of one in this territory goes."""
    row = {name: getattr(improvement, name) for name in improvements.c.keys()}  # noqa: SIM118 - columns, not a dict
    await tx.execute(insert(improvements).values(row).on_conflict_do_update(index_elements=["territory_id"], set_=row))


async def tell(tx: AsyncConnection, *, territory_id: str, iterations: int, best_fen: int) -> None:
    here = improvements.c.territory_id == territory_id
    await tx.execute(update(improvements).where(here).values(iterations=iterations, best_fen=best_fen))


async def end(tx: AsyncConnection, territory_id: str) -> None:
    await tx.execute(delete(improvements).where(improvements.c.territory_id == territory_id))


async def cancelled(tx: AsyncConnection, territory_id: str) -> bool:
    """Whether somebody asked it to end."""
    query = select(improvements.c.cancel).where(improvements.c.territory_id == territory_id)
    return bool((await tx.execute(query)).scalar_one_or_none())


async def cancel(tx: AsyncConnection, territory_id: str) -> bool:
    """Ask it to end with its best plan so far; False when none runs."""
    here = improvements.c.territory_id == territory_id
    return (await tx.execute(update(improvements).where(here).values(cancel=True))).rowcount > 0


async def running(tx: AsyncConnection, *, branch_id: str | None, now: datetime) -> list[Improvement]:
    """Those of a branch, or of the whole network."""
    query = select(improvements).join(territories).where(improvements.c.ends_at > now - LOST_AFTER)
    if branch_id is not None:
        query = query.where(territories.c.branch_id == branch_id)
    return [Improvement(**row._mapping) for row in await tx.execute(query.order_by(improvements.c.territory_id))]
