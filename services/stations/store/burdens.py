"""Visits as they go on, and what they asked of each engineer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, case, cast, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.rows import as_rows, given_rows, types_of
from services.stations.tables import branch, engineer, station, territory, visit

_WAY_S = cast(extract("epoch", visit.c.arrived_at - visit.c.departed_at), Integer)
_DRIVE_S = case((_WAY_S > 0, func.least(_WAY_S, 86_400)), else_=0)
"""The way to a visit; more than a day was never ended by its engineer."""
_FIGURES = {"drive_s": _DRIVE_S} | {name: visit.c[name] for name in ("work_s", "night_s", "overtime_s", "metres")}


_STEPS = ("departed_at", "arrived_at", "done_at")
_noted = given_rows(types_of(visit, ("appointment_id", "engineer_id", *_STEPS)))
_note = insert(visit).from_select(_noted.c.keys(), select(_noted))
_NOTE_ALL = _note.on_conflict_do_update(
    index_elements=["appointment_id"],
    set_={"engineer_id": _note.excluded.engineer_id}
    | {name: func.coalesce(_note.excluded[name], visit.c[name]) for name in _STEPS},
).returning(visit)


async def note_all(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> Sequence[Row[Any]]:
    """Write down steps of visits, {appointment_id, engineer_id} with moments; the visits with all steps known now."""
    return (await tx.execute(_NOTE_ALL, as_rows(rows))).all() if rows else []


async def sum_up(tx: AsyncConnection, appointment_id: str, figures: dict[str, Any]) -> None:
    """Write down what a visit asked of its engineer."""
    await tx.execute(update(visit).where(visit.c.appointment_id == appointment_id).values(figures))


async def zone_of(tx: AsyncConnection, engineer_id: str) -> str | None:
    query = select(branch.c.zone).select_from(engineer.join(station).join(territory).join(branch))
    zone: str | None = (await tx.execute(query.where(engineer.c.engineer_id == engineer_id))).scalar_one_or_none()
    return zone


async def burdens(
    tx: AsyncConnection, which: ColumnElement[bool], *, branch_id: str | None, territory_id: str | None, since: datetime
) -> Sequence[Row[Any]]:
    """Sums of the visits done since then, of each engineer within `which` who has any."""
    done = (visit.c.engineer_id == engineer.c.engineer_id) & (visit.c.done_at >= since)
    sums = [func.coalesce(func.sum(figure), 0).label(name) for name, figure in _FIGURES.items()]
    columns: tuple[Any, ...] = (
        engineer.c.engineer_id,
        engineer.c.name,
        func.count(visit.c.appointment_id).label("visits"),
        func.count(visit.c.metres).label("tracked"),
        *sums,
    )
    query = select(*columns).select_from(engineer.join(station).join(territory).join(visit, done))
    if branch_id is not None:
        which &= territory.c.branch_id == branch_id
    if territory_id is not None:
        which &= station.c.territory_id == territory_id
    grouped = query.where(which).group_by(engineer.c.engineer_id).order_by(engineer.c.engineer_id)
    return (await tx.execute(grouped)).all()


async def borne(tx: AsyncConnection, engineers: Sequence[str], *, since: datetime) -> dict[str, int]:
    """Seconds of ways, overtime and night work since then, by engineer; nobody who has none."""
    whole = func.sum(_DRIVE_S + func.coalesce(visit.c.overtime_s, 0) + func.coalesce(visit.c.night_s, 0))
    mine = visit.c.engineer_id.in_(engineers) & (visit.c.done_at >= since)
    query = select(visit.c.engineer_id, whole.label("seconds")).where(mine).group_by(visit.c.engineer_id)
    return {row.engineer_id: int(row.seconds) for row in await tx.execute(query)}
