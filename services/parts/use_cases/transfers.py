"""Stock moves between places in two steps: shipped, received. What is on its way lies on no shelf."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound, Problem
from services.messages import TransferLate
from services.parts.domain.shelf import ShelfKey
from services.parts.store import catalogue, handling, shelves
from services.parts.use_cases import ledger, telling

LATE_BATCH = 200


class NotEnoughFree(Problem):
    """The shelf has fewer free pieces than this transfer takes"""

    status = 409


async def order(
    tx: AsyncConnection,
    caller: Principal,
    *,
    from_place_id: str,
    to_place_id: str,
    lines: Mapping[str, int],
    reason: str,
    expected_at: datetime | None,
    now: datetime,
) -> str:
    """Order pieces (`lines`: by part) from a place within the caller's reach to one that the caller keeps; the id.

    Nothing is taken from the shelf yet. Raises Invalid for unknown parts or places.
    """
    if from_place_id == to_place_id:
        raise Invalid("a transfer goes to another place", pointer="/to_place_id")
    if from_place_id not in await catalogue.known_places(tx, {from_place_id}, catalogue.orderable(caller)):
        raise Invalid(f"there is no stock place {from_place_id}", pointer="/from_place_id")
    if to_place_id not in await catalogue.known_places(tx, {to_place_id}, catalogue.writable(caller)):
        raise Invalid(f"{to_place_id} is no stock place of yours", pointer="/to_place_id")
    await refuse_unknown_parts(tx, lines)
    values: dict[str, Any] = {"id": new_id(), "from_place_id": from_place_id, "to_place_id": to_place_id}
    values |= {"state": "ordered", "reason": reason, "actor": caller.actor}
    values |= {"created_at": now, "expected_at": expected_at}
    wanted = [{"part": part, "quantity": quantity} for part, quantity in sorted(lines.items())]
    await handling.add_transfer(tx, values, wanted)
    return str(values["id"])


async def refuse_unknown_parts(tx: AsyncConnection, lines: Mapping[str, Any]) -> dict[str, int]:
    """Unit cost by part. Raises Invalid for a part that is not in the catalogue; `lines` are in the order sent."""
    costs = await catalogue.known_parts(tx, lines.keys())
    for index, part in enumerate(lines):
        if part not in costs:
            raise Invalid(f"there is no part {part}", pointer=f"/lines/{index}/part")
    return costs


async def ship(
    tx: AsyncConnection, caller: Principal, transfer_id: str, *, expected_at: datetime, now: datetime
) -> None:
    """The pieces leave the shelf. Raises NotFound, Conflict (not `ordered` any more), NotEnoughFree."""
    row = await _locked(tx, caller, transfer_id, at="from_place_id", state="ordered")
    lines = await handling.lines_of_transfers(tx, [transfer_id])
    keys: dict[ShelfKey, int] = {(row.from_place_id, line.part): line.quantity for line in lines}
    await shelves.open_shelves(tx, keys.keys())
    locked = await shelves.lock(tx, keys.keys(), now=now)
    free = {key: shelf.on_hand - shelf.claimed() for key, shelf in locked.by_key.items()}
    short = [
        {"part": part, "quantity": wanted, "free": free[place, part]}
        for (place, part), wanted in keys.items()
        if free[place, part] < wanted
    ]
    if short:
        told = ", ".join(f"{line['part']} has {line['free']} of {line['quantity']}" for line in short[:5])
        raise NotEnoughFree(f"free at {row.from_place_id}: {told}; order less, or wait for the shelf", short=short)
    for key, quantity in keys.items():
        locked.by_key[key].send(quantity)
    await _book(tx, locked, {key: -quantity for key, quantity in keys.items()}, row, caller, now)
    await handling.change_transfer(
        tx, transfer_id, {"state": "shipped", "shipped_at": now, "expected_at": expected_at, "told_late_at": None}
    )


async def receive(
    tx: AsyncConnection, caller: Principal, transfer_id: str, *, received: Mapping[str, int] | None, now: datetime
) -> None:
    """The pieces arrive: all of them, or as many by part as `received` says; the rest is lost on the way.

    Raises NotFound, Conflict (not in transit: received twice, not shipped yet), Invalid (more than was shipped).
    """
    row = await _locked(tx, caller, transfer_id, at="to_place_id", state="shipped")
    shipped = {line.part: line.quantity for line in await handling.lines_of_transfers(tx, [transfer_id])}
    arrived = shipped if received is None else dict.fromkeys(shipped, 0) | dict(received)
    for index, (part, pieces) in enumerate(received.items() if received else ()):
        if pieces > shipped.get(part, 0):
            told = f"{shipped.get(part, 0)} pieces of {part} were shipped: count what is more on a count sheet"
            raise Invalid(told, pointer=f"/lines/{index}/quantity")
    keys = {(row.to_place_id, part): pieces for part, pieces in arrived.items() if pieces}
    await shelves.open_shelves(tx, keys.keys())
    locked = await shelves.lock(tx, keys.keys(), now=now)
    for key, pieces in keys.items():
        locked.by_key[key].put(pieces)
    await _book(tx, locked, keys, row, caller, now)
    await handling.set_received(tx, transfer_id, arrived)
    await handling.change_transfer(tx, transfer_id, {"state": "received", "closed_at": now})


async def cancel(tx: AsyncConnection, caller: Principal, transfer_id: str, *, now: datetime) -> None:
    """Nothing has left yet, and nothing will. Raises NotFound, Conflict."""
    await _locked(tx, caller, transfer_id, at=None, state="ordered")
    await handling.change_transfer(tx, transfer_id, {"state": "cancelled", "closed_at": now})


async def tell_late(context: Context) -> int:
    """Tell once of every transfer that has been on its way longer than expected; how many it were."""
    async with context.db.transaction() as tx:
        late = await handling.newly_late(tx, context.clock.now(), limit=LATE_BATCH)
        for row in late:
            message = TransferLate(
                transfer_id=row.id,
                from_place_id=row.from_place_id,
                to_place_id=row.to_place_id,
                shipped_at=row.shipped_at,
                expected_at=row.expected_at,
            )
            await journal.append(tx, message, subject=row.id, actor="service:parts")
    return len(late)


async def _locked(tx: AsyncConnection, caller: Principal, transfer_id: str, *, at: str | None, state: str) -> Row[Any]:
    """The transfer, locked; `at` is the end whose place the caller must keep."""
    row = await handling.transfer_by_id(tx, transfer_id, catalogue.visible(caller), lock=True)
    if row is None:
        raise NotFound(f"there is no transfer {transfer_id}")
    ends = {row.from_place_id, row.to_place_id} if at is None else {getattr(row, at)}
    if not await catalogue.known_places(tx, ends, catalogue.writable(caller)):
        raise NotFound(f"transfer {transfer_id} is for the keeper of {' or '.join(sorted(ends))} to move")
    if row.state != state:
        raise Conflict(f"the transfer is {row.state}, not {state}", state=row.state)
    return row


async def _book(
    tx: AsyncConnection,
    locked: shelves.Shelves,
    moved: Mapping[ShelfKey, int],
    row: Row[Any],
    caller: Principal,
    now: datetime,
) -> None:
    costs = await catalogue.known_parts(tx, {part for _, part in moved})
    await shelves.save(tx, locked)
    await shelves.append_movements(
        tx,
        [
            ledger.entry(
                "transfer_in" if pieces > 0 else "transfer_out",
                key,
                pieces,
                unit_cost_fen=costs[key[1]],
                actor=caller.actor,
                at=now,
                transfer_id=row.id,
            )
            for key, pieces in sorted(moved.items())
        ],
    )
    territories = await catalogue.known_places(tx, {place for place, _ in moved})
    await telling.stock_changed(tx, moved, territories, actor=caller.actor)
