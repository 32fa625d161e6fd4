"""The ledger as it is read, shipments with their carrier events, and discrepancies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.parts.tables import (
    discrepancy,
    movement,
    part,
    place,
    shipment,
    shipment_event,
    stock,
    territory,
    work_order,
)

OPEN = ("ordered", "picked", "shipped")
_NEVER: ColumnElement[datetime] = literal_column("'infinity'::timestamptz")

# --- stock and ledger -----------------------------------------------------------------------------------------------


async def list_stock(
    tx: AsyncConnection, place_id: str, *, number: str | None, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Balances of a place by part, with names and unit cost."""
    wanted = (stock.c.place_id == place_id) & (stock.c.part > after)
    if number is not None:
        wanted &= stock.c.part == number
    columns = (stock, part.c.name_zh, part.c.name_en, part.c.unit_cost_fen)
    query = select(*columns).join(part, part.c.part == stock.c.part).where(wanted)
    return (await tx.execute(query.order_by(stock.c.part).limit(limit))).all()


async def shelves_of(
    tx: AsyncConnection, number: str, which: ColumnElement[bool], *, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Where pieces of a part lie, by place within `which`."""
    there = (stock.c.part == number) & (stock.c.on_hand > 0) & (stock.c.place_id > after)
    query = select(place, stock.c.on_hand, stock.c.claimed).join(stock, stock.c.place_id == place.c.place_id)
    return (await tx.execute(query.where(there & which).order_by(stock.c.place_id).limit(limit))).all()


async def parts_on_hand(tx: AsyncConnection, place_id: str) -> set[str]:
    """The parts of which the place has at least one piece on record."""
    there = select(stock.c.part).where((stock.c.place_id == place_id) & (stock.c.on_hand > 0))
    return set((await tx.scalars(there)).all())


async def list_movements(
    tx: AsyncConnection, place_id: str, *, number: str | None, before: str | None, limit: int
) -> Sequence[Row[Any]]:
    """The ledger of a place, newest first."""
    wanted = movement.c.place_id == place_id
    if number is not None:
        wanted &= movement.c.part == number
    if before is not None:
        wanted &= movement.c.id < before
    return (await tx.execute(select(movement).where(wanted).order_by(movement.c.id.desc()).limit(limit))).all()


async def movements_of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    return (await tx.execute(select(movement).where(movement.c.order_id == order_id).order_by(movement.c.id))).all()


async def issued(tx: AsyncConnection, order_id: str) -> dict[str, int]:
    """Pieces by part that were used for the order and not returned."""
    used = movement.c.kind.in_(("issue", "return")) & (movement.c.order_id == order_id)
    query = select(movement.c.part, -func.sum(movement.c.quantity)).where(used).group_by(movement.c.part)
    return {number: int(pieces) for number, pieces in await tx.execute(query)}


# --- shipments ------------------------------------------------------------------------------------------------------


async def open_shipments(tx: AsyncConnection, *, territory_id: str) -> Sequence[Row[Any]]:
    """Shipments of the territory that have not arrived, locked."""
    mine = (shipment.c.territory_id == territory_id) & shipment.c.state.in_(OPEN)
    return (await tx.execute(select(shipment).where(mine).order_by(shipment.c.id).with_for_update())).all()


async def shipments_of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    return (await tx.execute(select(shipment).where(shipment.c.order_id == order_id).order_by(shipment.c.id))).all()


async def shipment_by_id(
    tx: AsyncConnection, shipment_id: str, which: ColumnElement[bool], *, lock: bool = False
) -> Row[Any] | None:
    """A shipment whose place of origin lies within `which`."""
    query = select(shipment).join(place, place.c.place_id == shipment.c.from_place_id)
    query = query.where((shipment.c.id == shipment_id) & which)
    return (await tx.execute(query.with_for_update(of=shipment) if lock else query)).first()


async def list_shipments(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    state: str | None,
    under_way: bool,
    late_at: datetime | None,
    branch_id: str | None,
    after: tuple[datetime | None, str] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Shipments from places within `which`, what is expected first at the head and what has no time at the end.

    `late_at` keeps those under way that were expected before it, `branch_id` those for its territories; `after` is
    time and id of the last of the page before.
    """
    query = select(shipment).join(place, place.c.place_id == shipment.c.from_place_id)
    expected = func.coalesce(shipment.c.eta, _NEVER)
    wanted = which
    if after is not None:
        wanted &= tuple_(expected, shipment.c.id) > tuple_(func.coalesce(after[0], _NEVER), after[1])
    if branch_id is not None:
        own = select(territory.c.territory_id).where(territory.c.branch_id == branch_id)
        wanted &= shipment.c.territory_id.in_(own)
    if under_way:
        wanted &= shipment.c.state.in_(OPEN)
    if late_at is not None:
        wanted &= shipment.c.state.in_(OPEN) & (shipment.c.eta < late_at)
    if state is not None:
        wanted &= shipment.c.state == state
    return (await tx.execute(query.where(wanted).order_by(expected, shipment.c.id).limit(limit))).all()


async def add_shipments(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(insert(shipment), rows)


async def change_shipments(tx: AsyncConnection, changes: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Each change is a shipment's id and its new values; all changes have the same columns."""
    if not changes:
        return
    names = changes[0][1].keys()
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    rows = [{"of_id": one, **{f"new_{name}": new[name] for name in names}} for one, new in changes]
    await tx.execute(update(shipment).where(shipment.c.id == bindparam("of_id")).values(values), rows)


async def cancel_shipments(tx: AsyncConnection, *, order_id: str) -> Sequence[Row[Any]]:
    """Cancels what has not left the shelf yet."""
    mine = (shipment.c.order_id == order_id) & (shipment.c.state == "ordered")
    cancelled = await tx.execute(update(shipment).where(mine).values(state="cancelled").returning(shipment))
    return list(cancelled.all())


async def add_shipment_event(tx: AsyncConnection, values: dict[str, Any]) -> str | None:
    """None when it is new, otherwise the kind under which this event id was told before."""
    added = insert(shipment_event).values(values).on_conflict_do_nothing().returning(shipment_event.c.event_id)
    if (await tx.execute(added)).first() is not None:
        return None
    mine = shipment_event.c.shipment_id == values["shipment_id"]
    mine &= shipment_event.c.event_id == values["event_id"]
    return str((await tx.execute(select(shipment_event.c.kind).where(mine))).scalar_one())


async def events_of_shipments(tx: AsyncConnection, shipments: Sequence[str]) -> Sequence[Row[Any]]:
    mine = select(shipment_event).where(shipment_event.c.shipment_id.in_(shipments))
    return (await tx.execute(mine.order_by(shipment_event.c.at, shipment_event.c.recorded_at))).all()


# --- discrepancies --------------------------------------------------------------------------------------------------


async def add_discrepancies(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(insert(discrepancy), rows)


async def list_discrepancies(
    tx: AsyncConnection, which: ColumnElement[bool], *, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Discrepancies of orders within `which`; those of unknown orders only where `which` is everything."""
    query = select(discrepancy).outerjoin(work_order, work_order.c.order_id == discrepancy.c.order_id)
    wanted = which & (discrepancy.c.id > after)
    return (await tx.execute(query.where(wanted).order_by(discrepancy.c.id).limit(limit))).all()


async def discrepancies_of_order(tx: AsyncConnection, order_id: str) -> Sequence[Row[Any]]:
    return (
        await tx.execute(select(discrepancy).where(discrepancy.c.order_id == order_id).order_by(discrepancy.c.id))
    ).all()
