"""Siting studies as they are stored."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, false, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.stations.store.network import everywhere
from services.stations.tables import siting_study


def visible_studies(caller: Principal) -> ColumnElement[bool]:
    """A branch sees the studies of its own area."""
    if everywhere(caller):
        return true()
    return siting_study.c.branch_id == caller.branch_id if caller.branch_id is not None else false()


async def add(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(siting_study).values(values))


async def by_id(tx: AsyncConnection, study_id: str, which: ColumnElement[bool] | None = None) -> Row[Any] | None:
    query = select(siting_study).where(siting_study.c.id == study_id)
    return (await tx.execute(query if which is None else query.where(which))).first()


async def newest(tx: AsyncConnection, which: ColumnElement[bool], *, limit: int) -> Sequence[Row[Any]]:
    return (await tx.execute(select(siting_study).where(which).order_by(siting_study.c.id.desc()).limit(limit))).all()


async def finish(tx: AsyncConnection, study_id: str, values: dict[str, Any]) -> None:
    """Only a study that is still queued: a job that was given to two workers ends once."""
    mine = (siting_study.c.id == study_id) & (siting_study.c.state == "queued")
    await tx.execute(update(siting_study).where(mine).values(values))
