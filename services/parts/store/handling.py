"""Transfers, count sheets and cores as they are stored."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.parts.tables import core, core_return, count_line, count_sheet, place, transfer, transfer_line

# --- transfers ------------------------------------------------------------------------------------------------------


def _at_either_end(which: ColumnElement[bool]) -> ColumnElement[bool]:
    inside = select(place.c.place_id).where(which)
    return or_(transfer.c.from_place_id.in_(inside), transfer.c.to_place_id.in_(inside))


async def add_transfer(tx: AsyncConnection, values: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    await tx.execute(insert(transfer).values(values))
    await tx.execute(insert(transfer_line), [{"transfer_id": values["id"], **line} for line in lines])


async def transfer_by_id(
    tx: AsyncConnection, transfer_id: str, which: ColumnElement[bool], *, lock: bool = False
) -> Row[Any] | None:
    """A transfer with one end within `which`."""
    query = select(transfer).where((transfer.c.id == transfer_id) & _at_either_end(which))
    return (await tx.execute(query.with_for_update() if lock else query)).first()


async def list_transfers(
    tx: AsyncConnection,
    which: ColumnElement[bool],
    *,
    state: str | None,
    late_at: datetime | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Transfers by id; `late_at` keeps those in transit that were expected before it."""
    wanted = _at_either_end(which) & (transfer.c.id > after)
    if state is not None:
        wanted &= transfer.c.state == state
    if late_at is not None:
        wanted &= and_(transfer.c.state == "shipped", transfer.c.expected_at < late_at)
    return (await tx.execute(select(transfer).where(wanted).order_by(transfer.c.id).limit(limit))).all()


async def lines_of_transfers(tx: AsyncConnection, transfers: Collection[str]) -> Sequence[Row[Any]]:
    mine = select(transfer_line).where(transfer_line.c.transfer_id.in_(transfers))
    return (await tx.execute(mine.order_by(transfer_line.c.transfer_id, transfer_line.c.part))).all()


async def change_transfer(tx: AsyncConnection, transfer_id: str, values: dict[str, Any]) -> None:
    await tx.execute(update(transfer).where(transfer.c.id == transfer_id).values(values))


async def set_received(tx: AsyncConnection, transfer_id: str, received: dict[str, int]) -> None:
    for part, pieces in sorted(received.items()):
        mine = (transfer_line.c.transfer_id == transfer_id) & (transfer_line.c.part == part)
        await tx.execute(update(transfer_line).where(mine).values(received=pieces))


async def newly_late(tx: AsyncConnection, now: datetime, *, limit: int) -> Sequence[Row[Any]]:
    """Transfers in transit past their time of which nobody was told yet; they count as told from now on."""
    late = (transfer.c.state == "shipped") & (transfer.c.expected_at < now) & transfer.c.told_late_at.is_(None)
    chosen = select(transfer.c.id).where(late).order_by(transfer.c.expected_at).limit(limit)
    told = update(transfer).where(transfer.c.id.in_(chosen.with_for_update(skip_locked=True)))
    return list((await tx.execute(told.values(told_late_at=now).returning(transfer))).all())


# --- count sheets ---------------------------------------------------------------------------------------------------


async def add_sheet(tx: AsyncConnection, values: dict[str, Any], parts: Collection[str]) -> bool:
    """False when the place has an open sheet already."""
    opened = upsert(count_sheet).values(values).on_conflict_do_nothing().returning(count_sheet.c.id)
    if (await tx.execute(opened)).first() is None:
        return False
    if parts:
        await tx.execute(insert(count_line), [{"sheet_id": values["id"], "part": part} for part in sorted(parts)])
    return True


async def sheet_by_id(
    tx: AsyncConnection, sheet_id: str, which: ColumnElement[bool], *, lock: bool = False
) -> Row[Any] | None:
    """A sheet whose place lies within `which`."""
    query = select(count_sheet).join(place).where((count_sheet.c.id == sheet_id) & which)
    return (await tx.execute(query.with_for_update(of=count_sheet) if lock else query)).first()


async def list_sheets(
    tx: AsyncConnection, which: ColumnElement[bool], *, state: str | None, after: str, limit: int
) -> Sequence[Row[Any]]:
    wanted = which & (count_sheet.c.id > after)
    if state is not None:
        wanted &= count_sheet.c.state == state
    query = select(count_sheet).join(place).where(wanted)
    return (await tx.execute(query.order_by(count_sheet.c.id).limit(limit))).all()


async def lines_of_sheet(tx: AsyncConnection, sheet_id: str) -> Sequence[Row[Any]]:
    mine = select(count_line).where(count_line.c.sheet_id == sheet_id)
    return (await tx.execute(mine.order_by(count_line.c.part))).all()


async def set_counted(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write down counts; a part counted again replaces the earlier count."""
    statement = upsert(count_line)
    fresh = {name: statement.excluded[name] for name in ("counted", "recorded", "counted_at", "unit_cost_fen")}
    await tx.execute(statement.on_conflict_do_update(constraint=count_line.primary_key, set_=fresh), list(rows))


async def change_sheet(tx: AsyncConnection, sheet_id: str, values: dict[str, Any]) -> None:
    await tx.execute(update(count_sheet).where(count_sheet.c.id == sheet_id).values(values))


# --- cores ----------------------------------------------------------------------------------------------------------


async def add_cores(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await tx.execute(insert(core), list(rows))


async def open_cores_of(tx: AsyncConnection, order_id: str, parts: Collection[str]) -> Sequence[Row[Any]]:
    """Cores still owed for an order, newest first, locked."""
    mine = (core.c.order_id == order_id) & core.c.part.in_(parts) & (core.c.returned < core.c.owed)
    return (await tx.execute(select(core).where(mine).order_by(core.c.id.desc()).with_for_update())).all()


async def core_by_id(
    tx: AsyncConnection, core_id: str, which: ColumnElement[bool], *, lock: bool = False
) -> Row[Any] | None:
    """A core that lies in a van within `which`."""
    query = select(core).join(place, place.c.place_id == core.c.van_place_id).where((core.c.id == core_id) & which)
    return (await tx.execute(query.with_for_update(of=core) if lock else query)).first()


async def list_cores(
    tx: AsyncConnection, which: ColumnElement[bool], *, owed: bool | None, after: str, limit: int
) -> Sequence[Row[Any]]:
    wanted = which & (core.c.id > after)
    if owed is not None:
        wanted &= (core.c.returned < core.c.owed) == owed
    query = select(core).join(place, place.c.place_id == core.c.van_place_id).where(wanted)
    return (await tx.execute(query.order_by(core.c.id).limit(limit))).all()


async def change_core(tx: AsyncConnection, core_id: str, values: dict[str, Any]) -> None:
    await tx.execute(update(core).where(core.c.id == core_id).values(values))


async def add_core_return(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(core_return).values(values))
