"""Standards with what stations have, secondments, reinforcements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stations.domain import Span
from services.stations.tables import engineer, reinforcement, secondment, standard, standard_work, station, territory

COUNTS = text(
    """SELECT s.station_id, count(e.engineer_id) AS engineers, count(e.van_place_id) AS vans,
    count(e.engineer_id) FILTER (WHERE EXISTS (
        SELECT FROM jsonb_each(e.skills) AS had(skill, reached)
        WHERE CAST(had.reached AS int) >= 4
        AND coalesce(CAST(e.skills_valid_until->>had.skill AS date) >= :today, true))) AS senior_engineers,
    (SELECT count(*) FROM resource r WHERE r.station_id = s.station_id AND r.kind = 'tool'
        AND coalesce(r.calibrated_until >= :today, true)) AS tools,
    (SELECT count(*) FROM resource r WHERE r.station_id = s.station_id AND r.kind = 'expert') AS experts
    FROM station s LEFT JOIN engineer e USING (station_id) WHERE s.station_id = ANY(:stations) GROUP BY s.station_id"""
)

# --- standards ------------------------------------------------------------------------------------------------------


async def replace_standard(tx: AsyncConnection, *, level: int, grade: str, least: Mapping[Any, int]) -> None:
    await tx.execute(delete(standard).where((standard.c.level == level) & (standard.c.grade == grade)))
    rows = [{"level": level, "grade": grade, "resource": name, "least": value} for name, value in least.items()]
    if rows:
        await tx.execute(insert(standard), rows)


async def permit(tx: AsyncConnection, *, level: int, grade: str, permits: Sequence[str] | None) -> Sequence[Row[Any]]:
    """Stations of the level and grade may be given these kinds of work (None: all); they, when that is a change."""
    this = (standard_work.c.level == level) & (standard_work.c.grade == grade)
    before = (await tx.execute(delete(standard_work).where(this).returning(standard_work.c.permits))).scalar()
    if permits is not None:
        await tx.execute(insert(standard_work).values(level=level, grade=grade, permits=sorted(permits)))
    if before == (None if permits is None else sorted(permits)):
        return []
    held_to = (station.c.level == level) & (station.c.grade == grade)
    return (await tx.execute(select(station).where(held_to).order_by(station.c.station_id))).all()


async def permits(tx: AsyncConnection) -> Mapping[tuple[int, str], list[str]]:
    """The kinds of work by level and grade, where they are limited."""
    return {(row.level, row.grade): row.permits for row in await tx.execute(select(standard_work))}


async def standards(tx: AsyncConnection) -> Sequence[Row[Any]]:
    columns = (standard.c.level, standard.c.grade, standard.c.resource)
    return (await tx.execute(select(standard).order_by(*columns))).all()


async def counts(tx: AsyncConnection, stations: Collection[str], today: date) -> dict[str, Row[Any]]:
    """What each station has today; skills and calibrations that have run out do not count."""
    rows = await tx.execute(COUNTS, {"stations": list(stations), "today": today})
    return {row.station_id: row for row in rows}


async def stations_within(tx: AsyncConnection, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    query = select(station, territory.c.branch_id).join(territory).where(which)
    return (await tx.execute(query.order_by(station.c.station_id))).all()


# --- secondments ----------------------------------------------------------------------------------------------------


async def add_secondment(tx: AsyncConnection, values: dict[str, Any]) -> None:
    """Raises IntegrityError when the engineer is lent already in that time."""
    await tx.execute(insert(secondment).values(values))


async def secondments_touching(
    tx: AsyncConnection, *, territory_id: str, engineers: Collection[str], within: Span
) -> Sequence[Row[Any]]:
    """Secondments to the territory, and those of `engineers` to anywhere, that touch `within`."""
    mine = or_(secondment.c.territory_id == territory_id, secondment.c.engineer_id.in_(engineers))
    touching = (secondment.c.start < within.end) & (secondment.c.end > within.start)
    touching &= secondment.c.end > secondment.c.start  # one that never began is kept for the record only
    return (await tx.execute(select(secondment).where(mine & touching).order_by(secondment.c.start))).all()


async def secondment_by_id(tx: AsyncConnection, secondment_id: str) -> Row[Any] | None:
    return (await tx.execute(select(secondment).where(secondment.c.id == secondment_id).with_for_update())).first()


async def end_secondment(tx: AsyncConnection, secondment_id: str, at: datetime) -> None:
    await tx.execute(update(secondment).where(secondment.c.id == secondment_id).values(end=at))


async def list_secondments(
    tx: AsyncConnection, which: ColumnElement[bool], *, after: str, limit: int, running_at: datetime | None
) -> Sequence[Row[Any]]:
    """Secondments of engineers whose station or whose host lies in a territory within `which`, by id."""
    inside = select(territory.c.territory_id).where(which)
    home = station.c.territory_id.label("home_territory_id")
    query = select(secondment, home).join(engineer, engineer.c.engineer_id == secondment.c.engineer_id).join(station)
    wanted = or_(secondment.c.territory_id.in_(inside), station.c.territory_id.in_(inside))
    wanted &= (secondment.c.id > after) & (secondment.c.end > secondment.c.start)
    if running_at is not None:
        wanted &= secondment.c.end > running_at
    return (await tx.execute(query.where(wanted).order_by(secondment.c.id).limit(limit))).all()


# --- reinforcements -------------------------------------------------------------------------------------------------


async def add_reinforcement(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(reinforcement).values(values))


async def reinforcement_by_id(tx: AsyncConnection, reinforcement_id: str) -> Row[Any] | None:
    return (await tx.execute(select(reinforcement).where(reinforcement.c.id == reinforcement_id))).first()


async def list_reinforcements(
    tx: AsyncConnection, which: ColumnElement[bool], *, now: datetime, today: date
) -> Sequence[Row[Any]]:
    """Those of territories within `which` that have not ended, with how many engineers are lent for them by now."""
    there = (
        select(func.count(secondment.c.engineer_id.distinct()))
        .where(secondment.c.reinforcement_id == reinforcement.c.id)
        .where(secondment.c.end > now)
        .scalar_subquery()
    )
    query = select(reinforcement, there.label("seconded")).join(territory)
    mine = which & (reinforcement.c.last_day >= today)
    return (await tx.execute(query.where(mine).order_by(reinforcement.c.first_day, reinforcement.c.id))).all()
