"""Shelves: locked in one order, changed in memory by the domain, written back as the difference."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, cast, delete, func, select, update
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import TableValuedAlias

from services.parts.domain.shelf import Claim, Shelf, ShelfKey
from services.parts.tables import claim, movement, picked, stock

ClaimKey = tuple[str, int, str]


@dataclass
class Shelves:
    """Locked shelves by place and part, with what they were when they were read."""

    by_key: dict[ShelfKey, Shelf]
    balances: dict[ShelfKey, tuple[int, int]]
    claims: dict[ClaimKey, dict[str, Any]] = field(default_factory=dict)
    picked: dict[tuple[str, str, str], int] = field(default_factory=dict)


def _wanted(keys: Iterable[ShelfKey]) -> TableValuedAlias:
    pairs = sorted(set(keys))
    places = cast([place for place, _ in pairs], ARRAY(SqlText))
    parts = cast([part for _, part in pairs], ARRAY(SqlText))
    return func.unnest(places, parts).table_valued("place_id", "part", name="wanted").render_derived()


def _on(table: Table, wanted: TableValuedAlias) -> Any:
    return (table.c.place_id == wanted.c.place_id) & (table.c.part == wanted.c.part)


async def open_shelves(tx: AsyncConnection, keys: Collection[ShelfKey]) -> set[ShelfKey]:
    """Make an empty balance where there is none yet (place and part must exist); the new ones."""
    if not keys:
        return set()
    wanted = _wanted(keys)
    # In the order of the key, as in `lock`: two transactions that open the same shelves must not cross.
    rows = select(wanted.c.place_id, wanted.c.part).order_by(wanted.c.place_id, wanted.c.part)
    opened = insert(stock).from_select(["place_id", "part"], rows).on_conflict_do_nothing()
    made = await tx.execute(opened.returning(stock.c.place_id, stock.c.part))
    return {(row.place_id, row.part) for row in made}


async def lock(tx: AsyncConnection, keys: Collection[ShelfKey], *, now: datetime) -> Shelves:
    """The shelves of `keys` that exist, without expired holds; nobody else changes them until we are done."""
    locked = await _lock_balances(tx, keys)
    shelves = await _with_claims(tx, locked)
    for shelf in shelves.by_key.values():
        shelf.expire(now)
    return shelves


async def free(
    tx: AsyncConnection,
    *,
    places: Sequence[str],
    parts: Sequence[str],
    territory_id: str,
    orders: frozenset[str],
    now: datetime,
) -> dict[str, dict[str, int]]:
    """Pieces by place and part that a new plan of the territory may count on for `orders`; only where there are any.

    Shelves on which nobody has a claim, nearly all of them, come as two arrays per part.
    """
    asked = stock.c.place_id.in_(places) & stock.c.part.in_(parts)
    columns = (stock.c.part, func.array_agg(stock.c.place_id), func.array_agg(stock.c.on_hand))
    idle = select(*columns).where(asked & (stock.c.claimed == 0) & (stock.c.on_hand > 0)).group_by(stock.c.part)
    found: dict[str, dict[str, int]] = {}
    for part, at, pieces in await tx.execute(idle):
        for place_id, quantity in zip(at, pieces, strict=True):
            found.setdefault(place_id, {})[part] = quantity
    claimed = select(stock).where(asked & (stock.c.claimed > 0))
    balances = {(row.place_id, row.part): (row.on_hand, row.claimed) for row in await tx.execute(claimed)}
    for (place_id, part), shelf in (await _with_claims(tx, balances)).by_key.items():
        shelf.expire(now)
        if (quantity := shelf.free_for(territory_id, orders)) > 0:
            found.setdefault(place_id, {})[part] = quantity
    return found


async def _lock_balances(tx: AsyncConnection, keys: Collection[ShelfKey]) -> dict[ShelfKey, tuple[int, int]]:
    if not keys:
        return {}
    wanted = _wanted(keys)
    query = select(stock).join(wanted, _on(stock, wanted)).order_by(stock.c.place_id, stock.c.part)
    rows = await tx.execute(query.with_for_update(of=stock))
    return {(row.place_id, row.part): (row.on_hand, row.claimed) for row in rows}


async def _with_claims(tx: AsyncConnection, balances: dict[ShelfKey, tuple[int, int]]) -> Shelves:
    shelves = Shelves({key: Shelf(on_hand) for key, (on_hand, _) in balances.items()}, dict(balances))
    if not balances:
        return shelves
    wanted = _wanted(balances)
    for row in await tx.execute(select(claim).join(wanted, _on(claim, wanted)).order_by(claim.c.epoch, claim.c.line)):
        record = dict(row._mapping)
        key = (record.pop("place_id"), record.pop("part"))
        held = Claim(**record)
        shelves.by_key[key].claims.append(held)
        shelves.claims[held.key] = _record(key, held)
    for row in await tx.execute(select(picked).join(wanted, _on(picked, wanted))):
        shelves.by_key[row.place_id, row.part].picked[row.order_id] = row.quantity
        shelves.picked[row.place_id, row.part, row.order_id] = row.quantity
    return shelves


def _record(key: ShelfKey, held: Claim) -> dict[str, Any]:
    place_id, part = key
    return {
        "territory_id": held.territory_id,
        "epoch": held.epoch,
        "line": held.line,
        "order_id": held.order_id,
        "place_id": place_id,
        "part": part,
        "quantity": held.quantity,
        "taken": held.taken,
        "source": held.source,
        "engineer_id": held.engineer_id,
        "expires_at": held.expires_at,
    }


async def save(tx: AsyncConnection, shelves: Shelves) -> None:
    """Write what has changed since `lock`."""
    await _save_claims(tx, shelves)
    await _save_picked(tx, shelves)
    balances = {key: (shelf.on_hand, shelf.claimed()) for key, shelf in shelves.by_key.items()}
    changed = [
        {"at_place": place, "of_part": part, "now_on_hand": on_hand, "now_claimed": claimed}
        for (place, part), (on_hand, claimed) in balances.items()
        if shelves.balances[place, part] != (on_hand, claimed)
    ]
    if changed:
        mine = (stock.c.place_id == bindparam("at_place")) & (stock.c.part == bindparam("of_part"))
        balance = update(stock).where(mine)
        new = balance.values(on_hand=bindparam("now_on_hand"), claimed=bindparam("now_claimed"))
        await tx.execute(new, changed)


async def _save_claims(tx: AsyncConnection, shelves: Shelves) -> None:
    after = {held.key: _record(key, held) for key, shelf in shelves.by_key.items() for held in shelf.claims}
    gone = [
        {"of_territory": territory_id, "of_epoch": epoch, "of_line": line}
        for territory_id, epoch, line in shelves.claims.keys() - after.keys()
    ]
    if gone:
        mine = claim.c.territory_id == bindparam("of_territory")
        mine &= (claim.c.epoch == bindparam("of_epoch")) & (claim.c.line == bindparam("of_line"))
        await tx.execute(delete(claim).where(mine), gone)
    changed = [record for key, record in after.items() if shelves.claims.get(key) != record]
    if changed:
        statement = insert(claim)
        fresh = {column.name: statement.excluded[column.name] for column in claim.c if not column.primary_key}
        await tx.execute(statement.on_conflict_do_update(constraint=claim.primary_key, set_=fresh), changed)


async def _save_picked(tx: AsyncConnection, shelves: Shelves) -> None:
    after = {
        (place, part, order): pieces
        for (place, part), shelf in shelves.by_key.items()
        for order, pieces in shelf.picked.items()
        if pieces
    }
    gone = [
        {"at_place": place, "of_part": part, "of_order": order}
        for place, part, order in shelves.picked.keys() - after.keys()
    ]
    if gone:
        mine = picked.c.place_id == bindparam("at_place")
        mine &= (picked.c.part == bindparam("of_part")) & (picked.c.order_id == bindparam("of_order"))
        await tx.execute(delete(picked).where(mine), gone)
    changed = [
        {"place_id": place, "part": part, "order_id": order, "quantity": pieces}
        for (place, part, order), pieces in after.items()
        if shelves.picked.get((place, part, order)) != pieces
    ]
    if changed:
        statement = insert(picked)
        fresh = {"quantity": statement.excluded.quantity}
        await tx.execute(statement.on_conflict_do_update(constraint=picked.primary_key, set_=fresh), changed)


async def append_movements(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Add lines to the ledger; nothing ever changes or removes one."""
    if rows:
        await tx.execute(insert(movement), rows)
