"""Prices with their days, rentals, hand-overs, and what the bank's partners did in a month."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.stations.tables import handover, rental, vehicle, vehicle_price

KPIS = text(
    """SELECT partner_id, count(*) AS cases, count(*) FILTER (WHERE kilometres IS NULL) AS without_kilometres,
    coalesce(sum(kilometres), 0) AS kilometres, sum(cost_fen) AS cost_fen,
    count(*) FILTER (WHERE signed = 2) AS protocols
    FROM (SELECT c.*, (SELECT count(*) FROM handover h WHERE h.order_id = c.order_id AND h.vehicle_id = c.vehicle_id)
        AS signed FROM replacement_cost c JOIN vehicle USING (vehicle_id)
        WHERE (vehicle.branch_id = :branch_id OR CAST(:branch_id AS text) IS NULL)
        AND c.delivered_at >= :begin AND c.delivered_at < :until) AS cases
    GROUP BY partner_id ORDER BY partner_id"""
)


async def kpis(tx: AsyncConnection, *, branch_id: str | None, begin: datetime, until: datetime) -> Sequence[Row[Any]]:
    return (await tx.execute(KPIS, {"branch_id": branch_id, "begin": begin, "until": until})).all()


# --- prices ---------------------------------------------------------------------------------------------------------


async def prices_on(tx: AsyncConnection, vehicles: Collection[str], day: date) -> dict[str, Row[Any]]:
    """The price of each vehicle that holds on `day`; none before its first."""
    query = select(vehicle_price).where(vehicle_price.c.vehicle_id.in_(vehicles) & (vehicle_price.c.valid_from <= day))
    rows = await tx.execute(query.order_by(vehicle_price.c.vehicle_id, vehicle_price.c.valid_from))
    return {row.vehicle_id: row for row in rows}


async def prices_of(tx: AsyncConnection, vehicle_id: str) -> Sequence[Row[Any]]:
    query = select(vehicle_price).where(vehicle_price.c.vehicle_id == vehicle_id)
    return (await tx.execute(query.order_by(vehicle_price.c.valid_from))).all()


async def put_price(tx: AsyncConnection, values: dict[str, Any]) -> None:
    keys = ["vehicle_id", "valid_from"]
    await tx.execute(insert(vehicle_price).values(values).on_conflict_do_update(index_elements=keys, set_=values))


async def remove_price(tx: AsyncConnection, vehicle_id: str, valid_from: date) -> bool:
    """False when there is none of that day."""
    mine = (vehicle_price.c.vehicle_id == vehicle_id) & (vehicle_price.c.valid_from == valid_from)
    return (await tx.execute(delete(vehicle_price).where(mine))).rowcount == 1


# --- rentals --------------------------------------------------------------------------------------------------------


async def add_rental(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(rental).values(values))


async def rental_by_id(tx: AsyncConnection, rental_id: str, which: ColumnElement[bool]) -> Row[Any] | None:
    """A rental of a vehicle within `which`, locked."""
    query = select(rental).join(vehicle).where((rental.c.id == rental_id) & which)
    return (await tx.execute(query.with_for_update(of=rental))).first()


async def list_rentals(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    state: str | None,
    vehicle_id: str | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    wanted = which & (rental.c.id > after)
    if state is not None:
        wanted &= rental.c.state == state
    if vehicle_id is not None:
        wanted &= rental.c.vehicle_id == vehicle_id
    return (await tx.execute(select(rental).join(vehicle).where(wanted).order_by(rental.c.id).limit(limit))).all()


async def change_rental(tx: AsyncConnection, rental_id: str, values: dict[str, Any]) -> None:
    await tx.execute(update(rental).where(rental.c.id == rental_id).values(values))


# --- hand-overs -----------------------------------------------------------------------------------------------------


async def add_handover(tx: AsyncConnection, values: dict[str, Any]) -> bool:
    """False when this vehicle has changed hands in this direction for this order already."""
    added = insert(handover).values(values).on_conflict_do_nothing(constraint="handover_once")
    return (await tx.execute(added.returning(handover.c.id))).first() is not None


async def handovers(
    tx: AsyncConnection, which: ColumnElement[bool], *, order_id: str | None = None, vehicle_id: str | None = None
) -> Sequence[Row[Any]]:
    """Protocols of an order, of a vehicle, or of both, oldest first."""
    wanted = which
    if order_id is not None:
        wanted &= handover.c.order_id == order_id
    if vehicle_id is not None:
        wanted &= handover.c.vehicle_id == vehicle_id
    return (await tx.execute(select(handover).join(vehicle).where(wanted).order_by(handover.c.id))).all()
