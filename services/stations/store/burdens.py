"""Visits as they go on, and what they asked of each engineer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stations.tables import branch, engineer, station, territory, visit


async def note(tx: AsyncConnection, appointment_id: str, engineer_id: str, values: dict[str, Any]) -> Row[Any]:
    """Write down what is known of a visit now; the visit with everything known."""
    new = values | {"engineer_id": engineer_id}
    row = insert(visit).values(new | {"appointment_id": appointment_id})
    kept = row.on_conflict_do_update(index_elements=["appointment_id"], set_=new)
    found: Row[Any] = (await tx.execute(kept.returning(visit))).one()
    return found


async def zone_of(tx: AsyncConnection, engineer_id: str) -> str | None:
    query = select(branch.c.zone).select_from(engineer.join(station).join(territory).join(branch))
    zone: str | None = (await tx.execute(query.where(engineer.c.engineer_id == engineer_id))).scalar_one_or_none()
    return zone


async def burdens(
    tx: AsyncConnection, which: ColumnElement[bool], *, territory_id: str | None, since: datetime
) -> Sequence[Row[Any]]:
    """Sums of the visits done since then, of each engineer within `which`, also of those without any."""
    done = (visit.c.engineer_id == engineer.c.engineer_id) & (visit.c.done_at >= since)
    sums = [
        func.coalesce(func.sum(visit.c[name]), 0).label(name) for name in ("work_s", "night_s", "overtime_s", "metres")
    ]
    columns: tuple[Any, ...] = (
        engineer.c.engineer_id,
        engineer.c.name,
        func.count(visit.c.appointment_id).label("visits"),
        func.count(visit.c.metres).label("tracked"),
        *sums,
    )
    query = select(*columns).select_from(engineer.join(station).join(territory).outerjoin(visit, done))
    wanted = which if territory_id is None else which & (station.c.territory_id == territory_id)
    grouped = query.where(wanted).group_by(engineer.c.engineer_id).order_by(engineer.c.engineer_id)
    return (await tx.execute(grouped)).all()
