"""Demand by shelf, part and month: what our ledger and the system before us know, and what was forecast."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.parts.tables import forecast, forecast_run, part, past_demand, place, wear_line, wear_list

BOOKED = text(
    """INSERT INTO past_demand (place_id, part, month, booked)
    SELECT shelf.place_id, m.part, date_trunc('month', m.at, 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai',
        sum(m.pieces)
    FROM (
        SELECT order_id, part, effective_at AS at, -quantity AS pieces FROM movement WHERE kind IN ('issue', 'return')
        UNION ALL
        SELECT l.order_id, l.part, l.since, l.quantity FROM lacked l JOIN part USING (part) WHERE NOT EXISTS (
            SELECT FROM movement i WHERE i.order_id = l.order_id AND i.kind = 'issue' AND (i.part = l.part OR EXISTS (
                SELECT FROM substitute s WHERE s.part = l.part AND s.substitute = i.part)))
    ) AS m JOIN work_order o USING (order_id)
    JOIN (SELECT station_id, min(place_id) AS place_id FROM place WHERE kind = 'station' GROUP BY station_id) AS shelf
        ON shelf.station_id = o.station_id
    WHERE m.at >= :since AND m.at < :until
    GROUP BY 1, 2, 3
    ON CONFLICT (place_id, part, month) DO UPDATE SET booked = excluded.booked"""
)
NOT_BOOKED = text("UPDATE past_demand SET booked = 0 WHERE month >= :since AND month < :until AND booked <> 0")
STORE_FORECASTS = text(
    """INSERT INTO forecast (month, place_id, part, method, rate, expected, dispersion)
    SELECT :month, * FROM unnest(CAST(:places AS text[]), CAST(:parts AS text[]), CAST(:methods AS text[]),
        CAST(:rates AS float8[]), CAST(:expected AS float8[]), CAST(:dispersions AS float8[]))"""
)
PIECES = past_demand.c.booked + past_demand.c.imported


async def book(tx: AsyncConnection, *, since: datetime, until: datetime) -> None:
    """Sum the months of [since, until) anew, from the ledger and from what was nowhere: late facts change them."""
    days = {"since": since.date(), "until": until.date()}
    await tx.execute(NOT_BOOKED, days)
    await tx.execute(BOOKED, {"since": since, "until": until})


async def any_booked(tx: AsyncConnection) -> bool:
    return (await tx.execute(select(past_demand.c.part).where(past_demand.c.booked != 0).limit(1))).first() is not None


async def history(tx: AsyncConnection, *, since: date, until: date) -> Sequence[Row[Any]]:
    """(place_id, part, month, pieces) for the months of [since, until) with any demand, by shelf and part."""
    known = (past_demand.c.month >= since) & (past_demand.c.month < until) & (PIECES > 0)
    columns: tuple[Any, ...] = (past_demand.c.place_id, past_demand.c.part, past_demand.c.month, PIECES.label("pieces"))
    query = select(*columns).where(known).order_by(past_demand.c.place_id, past_demand.c.part)
    return (await tx.execute(query)).all()


async def series(tx: AsyncConnection, *, place_id: str, number: str, since: date) -> dict[date, int]:
    """Pieces by month of one part on one shelf."""
    mine = (past_demand.c.place_id == place_id) & (past_demand.c.part == number) & (past_demand.c.month >= since)
    return {month: int(pieces) for month, pieces in await tx.execute(select(past_demand.c.month, PIECES).where(mine))}


async def systems(tx: AsyncConnection) -> dict[str, str]:
    """The VMRS system of every part that has one."""
    rows = await tx.execute(select(part.c.part, part.c.vmrs_system).where(part.c.vmrs_system.is_not(None)))
    return {row.part: row.vmrs_system for row in rows}


async def shelves(tx: AsyncConnection) -> dict[str, str]:
    """The station of every station shelf."""
    mine = (place.c.kind == "station") & place.c.station_id.is_not(None)
    return {row.place_id: row.station_id for row in await tx.execute(select(place).where(mine))}


# --- forecasts ------------------------------------------------------------------------------------------------------


async def replace_forecasts(tx: AsyncConnection, month: date, chunks: Sequence[dict[str, list[Any]]]) -> None:
    """Write the forecasts of a month; each chunk has lists `places`, `parts`, `methods`, `rates`, …"""
    await tx.execute(delete(forecast).where(forecast.c.month == month))
    for chunk in chunks:
        await tx.execute(STORE_FORECASTS, {"month": month, **chunk})


async def store_run(tx: AsyncConnection, month: date, made_at: datetime, result: dict[str, Any]) -> None:
    row = insert(forecast_run).values(month=month, made_at=made_at, result=result)
    new = {"made_at": made_at, "result": result}
    await tx.execute(row.on_conflict_do_update(index_elements=["month"], set_=new))


async def newest_runs(tx: AsyncConnection, *, limit: int) -> Sequence[Row[Any]]:
    return (await tx.execute(select(forecast_run).order_by(forecast_run.c.month.desc()).limit(limit))).all()


async def forecasts(
    tx: AsyncConnection,
    month: date,
    which: ColumnElement[bool],
    *,
    place_id: str | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """Forecasts for shelves within `which`, by shelf and part."""
    inside = select(place.c.place_id).where(which)
    query = select(forecast).where((forecast.c.month == month) & forecast.c.place_id.in_(inside))
    if place_id is not None:
        query = query.where(forecast.c.place_id == place_id)
    if after != ("", ""):
        query = query.where(tuple_(forecast.c.place_id, forecast.c.part) > tuple_(*after))
    query = query.order_by(forecast.c.place_id, forecast.c.part)
    return (await tx.execute(query.limit(limit))).all()


async def realised(tx: AsyncConnection, which: ColumnElement[bool], *, since: date, until: date) -> Sequence[Row[Any]]:
    """By month of [since, until) that was forecast: pieces expected when it began, pieces asked for, and the sum of
    both's distances, over shelves of which anything was expected or asked for."""
    pieces, expected = func.coalesce(PIECES, 0), func.coalesce(forecast.c.expected, 0)
    month = func.coalesce(forecast.c.month, past_demand.c.month)
    joined = forecast.join(
        past_demand,
        (past_demand.c.place_id == forecast.c.place_id)
        & (past_demand.c.part == forecast.c.part)
        & (past_demand.c.month == forecast.c.month),
        full=True,
    )
    columns: tuple[Any, ...] = (
        month.label("month"),
        func.sum(expected).label("expected"),
        func.sum(pieces).label("asked"),
        func.sum(func.abs(expected - pieces)).label("off"),
    )
    inside = select(place.c.place_id).where(which)
    mine = func.coalesce(forecast.c.place_id, past_demand.c.place_id).in_(inside)
    forecast_months = select(forecast.c.month).where(forecast.c.month >= since, forecast.c.month < until)
    query = select(*columns).select_from(joined).where(mine & month.in_(forecast_months))
    query = query.group_by(month).order_by(month)
    return (await tx.execute(query)).all()


# --- expected wear --------------------------------------------------------------------------------------------------


async def put_wear_list(tx: AsyncConnection, values: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    """The list with these lines, whatever it was before."""
    await tx.execute(delete(wear_list).where(wear_list.c.list_id == values["list_id"]))
    await tx.execute(insert(wear_list).values(values))
    await tx.execute(insert(wear_line), [{"list_id": values["list_id"], **line} for line in lines])


async def remove_wear_list(tx: AsyncConnection, list_id: str) -> None:
    await tx.execute(delete(wear_list).where(wear_list.c.list_id == list_id))


async def wear_lists(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    list_id: str | None = None,
    after: str = "",
    limit: int | None = None,
) -> Sequence[Row[Any]]:
    """Lists with a line on a shelf within `which`, by id."""
    query = select(wear_list).where(wear_list.c.list_id.in_(select(wear_line.c.list_id).join(place).where(which)))
    if list_id is not None:
        query = query.where(wear_list.c.list_id == list_id)
    query = query.where(wear_list.c.list_id > after).order_by(wear_list.c.list_id).limit(limit)
    return (await tx.execute(query)).all()


async def wear_lines(tx: AsyncConnection, list_ids: Sequence[str]) -> Sequence[Row[Any]]:
    query = select(wear_line).where(wear_line.c.list_id.in_(list_ids))
    return (await tx.execute(query.order_by(wear_line.c.list_id, wear_line.c.place_id, wear_line.c.part))).all()


async def wear_between(tx: AsyncConnection, since: date, until: date) -> Sequence[Row[Any]]:
    """Lines with the first day of their list, of the lists that hold on some day of [since, until)."""
    query = select(wear_line, wear_list.c.valid_from).join(wear_list)
    return (await tx.execute(query.where((wear_list.c.valid_from < until) & (wear_list.c.valid_until >= since)))).all()
