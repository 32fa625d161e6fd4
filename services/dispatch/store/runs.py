"""Runs of the optimiser for other systems: a queue that is fair between principals."""

import json
import zlib
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ..tables import runs

_shown = [column for column in runs.c if column.name != "request"]


async def add(tx: AsyncConnection, *, run_id: str, owner: str, request: dict[str, Any], at: datetime) -> None:
    packed = zlib.compress(json.dumps(request, separators=(",", ":")).encode(), 1)
    await tx.execute(insert(runs).values(id=run_id, owner=owner, state="queued", asked_at=at, request=packed))


async def find(tx: AsyncConnection, *, run_id: str, owner: str | None) -> Row[Any] | None:
    """A run without its request; `owner` None sees everybody's."""
    query = select(*_shown).where(runs.c.id == run_id)
    return (await tx.execute(query if owner is None else query.where(runs.c.owner == owner))).first()


async def page(tx: AsyncConnection, *, owner: str | None, before: str | None, limit: int) -> list[Row[Any]]:
    """Newest first; ids sort by time."""
    query = select(*_shown).order_by(runs.c.id.desc()).limit(limit)
    if owner is not None:
        query = query.where(runs.c.owner == owner)
    if before is not None:
        query = query.where(runs.c.id < before)
    return list(await tx.execute(query))


async def waiting_of(tx: AsyncConnection, owner: str) -> int:
    query = select(func.count()).where(runs.c.owner == owner, runs.c.state == "queued")
    return int((await tx.execute(query)).scalar_one())


async def take_next(tx: AsyncConnection, at: datetime) -> tuple[str, dict[str, Any]] | None:
    """The next run and its request: whose owner was served longest ago goes first, then who asked first."""
    last = runs.alias()
    served = select(func.max(last.c.started_at)).where(last.c.owner == runs.c.owner).correlate(runs).scalar_subquery()
    query = (
        select(runs.c.id, runs.c.request)
        .where(runs.c.state == "queued")
        .order_by(served.asc().nulls_first(), runs.c.asked_at, runs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await tx.execute(query)).first()
    if row is None:
        return None
    await tx.execute(update(runs).where(runs.c.id == row.id).values(state="running", started_at=at))
    return row.id, json.loads(zlib.decompress(row.request))


async def progress(tx: AsyncConnection, run_id: str, progress: dict[str, Any] | None) -> bool:
    """Write down how far a run is, if there is news; True when it was asked to stop."""
    here = runs.c.id == run_id
    if progress is None:
        return bool((await tx.execute(select(runs.c.cancel).where(here))).scalar_one())
    written = update(runs).where(here).values(progress=progress).returning(runs.c.cancel)
    return bool((await tx.execute(written)).scalar_one())


async def end(
    tx: AsyncConnection,
    *,
    run_id: str,
    state: str,
    at: datetime,
    answer: dict[str, Any] | None = None,
    problem: dict[str, Any] | None = None,
) -> None:
    here = (runs.c.id == run_id) & (runs.c.state == "running")
    await tx.execute(update(runs).where(here).values(state=state, ended_at=at, answer=answer, problem=problem))


async def cancel(tx: AsyncConnection, *, run_id: str, at: datetime) -> None:
    """A waiting run is cancelled at once; a running one is asked to stop with the best plan so far."""
    here = runs.c.id == run_id
    await tx.execute(
        update(runs).where(here, runs.c.state == "queued").values(state="cancelled", ended_at=at, cancel=True)
    )
    await tx.execute(update(runs).where(here, runs.c.state == "running").values(cancel=True))


async def forget(tx: AsyncConnection, *, before: datetime) -> None:
    """Drop runs that ended long ago."""
    await tx.execute(delete(runs).where(runs.c.ended_at < before))


async def requeue_lost(tx: AsyncConnection, *, before: datetime) -> int:
    """Runs whose worker died come to their turn again; how many there were."""
    lost = (runs.c.state == "running") & (runs.c.started_at < before)
    return (await tx.execute(update(runs).where(lost).values(state="queued", started_at=None))).rowcount
