"""Engineers, their shifts and absences, and their consent to be located."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, false, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.stations.domain import Span, WorkingTime
from services.stations.store.network import WITH_STANDARD, everywhere
from services.stations.tables import absence, consent, engineer, shift, standard_work, station, territory

_WITH_STATION = select(
    engineer,
    station.c.brands.label("station_brands"),
    station.c.capabilities,
    standard_work.c.permits,
    station.c.territory_id,
    territory.c.branch_id,
).select_from(WITH_STANDARD.join(engineer))


def visible_engineers(caller: Principal) -> ColumnElement[bool]:
    """The engineers that the caller may see (joined with their station and territory)."""
    if everywhere(caller):
        return true()
    if caller.role == "station" and caller.station_id is not None:
        return engineer.c.station_id == caller.station_id
    if caller.role == "engineer" and caller.engineer_id is not None:
        return engineer.c.engineer_id == caller.engineer_id
    if caller.role in ("dispatcher", "system") and caller.branch_id is not None:
        return territory.c.branch_id == caller.branch_id
    return false()


async def engineer_by_id(tx: AsyncConnection, engineer_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    return (await tx.execute(_WITH_STATION.where((engineer.c.engineer_id == engineer_id) & which))).first()


async def territories_of_engineers(
    tx: AsyncConnection, engineers: Collection[str], which: ColumnElement[bool]
) -> dict[str, str]:
    """Territory by engineer, of those that exist within `which`."""
    rows = await tx.execute(_WITH_STATION.where(engineer.c.engineer_id.in_(engineers) & which))
    return {row.engineer_id: row.territory_id for row in rows}


async def engineers_of_territory(tx: AsyncConnection, territory_id: str) -> Sequence[Row[Any]]:
    mine = station.c.territory_id == territory_id
    return (await tx.execute(_WITH_STATION.where(mine).order_by(engineer.c.engineer_id))).all()


async def engineers(
    tx: AsyncConnection, names: Collection[str], which: ColumnElement[bool] | None = None
) -> Sequence[Row[Any]]:
    """Those of `names` that exist, within `which`."""
    mine = engineer.c.engineer_id.in_(names) & (true() if which is None else which)
    return (await tx.execute(_WITH_STATION.where(mine).order_by(engineer.c.engineer_id))).all()


async def list_engineers(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    branch_id: str | None,
    territory_id: str | None,
    station_id: str | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    wanted = which & (engineer.c.engineer_id > after)
    if branch_id is not None:
        wanted &= territory.c.branch_id == branch_id
    if territory_id is not None:
        wanted &= station.c.territory_id == territory_id
    if station_id is not None:
        wanted &= engineer.c.station_id == station_id
    return (await tx.execute(_WITH_STATION.where(wanted).order_by(engineer.c.engineer_id).limit(limit))).all()


# --- calendars ------------------------------------------------------------------------------------------------------


async def shifts(tx: AsyncConnection, engineers: Collection[str], within: Span) -> dict[str, list[WorkingTime]]:
    """Shifts with their overtime that touch `within`, by engineer, in order."""
    touching = shift.c.engineer_id.in_(engineers) & (shift.c.start < within.end)
    touching &= shift.c.overtime_until > within.start
    found: defaultdict[str, list[WorkingTime]] = defaultdict(list)
    for row in await tx.execute(select(shift).where(touching).order_by(shift.c.engineer_id, shift.c.start)):
        found[row.engineer_id].append(WorkingTime(row.start, row.end, row.overtime_until))
    return found


async def list_absences(tx: AsyncConnection, engineer_id: str, within: Span) -> Sequence[Row[Any]]:
    touching = (absence.c.engineer_id == engineer_id) & (absence.c.start < within.end) & (absence.c.end > within.start)
    return (await tx.execute(select(absence).where(touching).order_by(absence.c.start))).all()


async def absences(tx: AsyncConnection, engineers: Collection[str], within: Span) -> dict[str, list[Span]]:
    """Absences that touch `within`, by engineer."""
    touching = absence.c.engineer_id.in_(engineers) & (absence.c.start < within.end) & (absence.c.end > within.start)
    found: defaultdict[str, list[Span]] = defaultdict(list)
    for row in await tx.execute(select(absence).where(touching).order_by(absence.c.start)):
        found[row.engineer_id].append(Span(row.start, row.end))
    return found


async def delete_calendar_entry(tx: AsyncConnection, kind: str, engineer_id: str, start: datetime) -> bool:
    """Removes a shift or an absence; False when there is none."""
    table = {"shifts": shift, "absences": absence}[kind]
    mine = (table.c.engineer_id == engineer_id) & (table.c.start == start)
    return (await tx.execute(delete(table).where(mine))).rowcount == 1


# --- consent --------------------------------------------------------------------------------------------------------


async def set_consent(tx: AsyncConnection, engineer_id: str, values: dict[str, Any]) -> None:
    await tx.execute(insert(consent).values(values | {"engineer_id": engineer_id}))
    mine = update(engineer).where(engineer.c.engineer_id == engineer_id)
    await tx.execute(mine.values(tracking_consent=values["given"]))
