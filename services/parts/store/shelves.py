"""Shelves: locked in one order, changed in memory by the domain, written back as the difference."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Table, cast, delete, func, select, update
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import TableValuedAlias

from kit.rows import as_rows, given_rows, types_of
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


_balance = given_rows(types_of(stock, ("place_id", "part", "on_hand", "claimed")))
_SAVE_BALANCES = (
    update(stock)
    .where(stock.c.place_id == _balance.c.place_id, stock.c.part == _balance.c.part)
    .values(on_hand=_balance.c.on_hand, claimed=_balance.c.claimed)
)


async def save(tx: AsyncConnection, shelves: Shelves) -> None:
    """Write what has changed since `lock`."""
    await _save_claims(tx, shelves)
    await _save_picked(tx, shelves)
    balances = {key: (shelf.on_hand, shelf.claimed()) for key, shelf in shelves.by_key.items()}
    changed = [
        {"place_id": place, "part": part, "on_hand": on_hand, "claimed": claimed}
        for (place, part), (on_hand, claimed) in balances.items()
        if shelves.balances[place, part] != (on_hand, claimed)
    ]
    if changed:
        await tx.execute(_SAVE_BALANCES, as_rows(changed))


async def _save_claims(tx: AsyncConnection, shelves: Shelves) -> None:
    after = {held.key: _record(key, held) for key, shelf in shelves.by_key.items() for held in shelf.claims}
    gone = [
        {"territory_id": territory_id, "epoch": epoch, "line": line}
        for territory_id, epoch, line in shelves.claims.keys() - after.keys()
    ]
    if gone:
        await tx.execute(_DROP_CLAIMS, as_rows(gone))
    changed = [record for key, record in after.items() if shelves.claims.get(key) != record]
    if changed:
        await tx.execute(_KEEP_CLAIMS, as_rows(changed))


async def _save_picked(tx: AsyncConnection, shelves: Shelves) -> None:
    after = {
        (place, part, order): pieces
        for (place, part), shelf in shelves.by_key.items()
        for order, pieces in shelf.picked.items()
        if pieces
    }
    gone = [
        {"place_id": place, "part": part, "order_id": order}
        for place, part, order in shelves.picked.keys() - after.keys()
    ]
    if gone:
        await tx.execute(_DROP_PICKED, as_rows(gone))
    changed = [
        {"place_id": place, "part": part, "order_id": order, "quantity": pieces}
        for (place, part, order), pieces in after.items()
        if shelves.picked.get((place, part, order)) != pieces
    ]
    if changed:
        await tx.execute(_KEEP_PICKED, as_rows(changed))


def _dropping(table: Table) -> Delete:
    """Delete the rows of a table whose keys are given."""
    key = [column.name for column in table.primary_key]
    given = given_rows(types_of(table, key))
    return delete(table).where(*(table.c[name] == given.c[name] for name in key))


def _keeping(table: Table) -> Insert:
    """Write whole rows of a table: new ones, and those that are there already."""
    names = [column.name for column in table.c]
    row = insert(table).from_select(names, select(given_rows(types_of(table, names))))
    rest = {column.name: row.excluded[column.name] for column in table.c if not column.primary_key}
    return row.on_conflict_do_update(constraint=table.primary_key, set_=rest)


_DROP_CLAIMS, _KEEP_CLAIMS = _dropping(claim), _keeping(claim)
_DROP_PICKED, _KEEP_PICKED = _dropping(picked), _keeping(picked)


async def append_movements(tx: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Add lines to the ledger; nothing ever changes or removes one."""
    if rows:
        await tx.execute(insert(movement), rows)
