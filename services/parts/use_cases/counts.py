"""Count sheets: what lies on the shelves of a place on one day, compared with the record and posted as a difference."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound, Problem
from services.parts.domain.shelf import Claim, ShelfKey
from services.parts.store import catalogue, handling, records, shelves
from services.parts.use_cases import ledger, telling
from services.parts.use_cases.transfers import refuse_unknown_parts

ZONE = ZoneInfo("Asia/Shanghai")
"""The day of a sheet is a day here."""


class SheetOfAnotherDay(Problem):
    """The sheet belongs to another day"""

    status = 409


class NotAllCounted(Problem):
    """Some parts of the sheet have not been counted"""

    status = 409


class CountAgain(Problem):
    """More has left the shelf since than was counted there"""

    status = 409


async def open_sheet(
    tx: AsyncConnection, caller: Principal, *, place_id: str, day: date, parts: Collection[str] | None, now: datetime
) -> str:
    """A sheet for `parts`, or for everything that the place has on record; its id.

    Raises Invalid (not the caller's place, unknown part, a past day), Conflict (the place has an open sheet).
    """
    if not await catalogue.known_places(tx, {place_id}, catalogue.writable(caller)):
        raise Invalid(f"{place_id} is no stock place of yours", pointer="/place_id")
    if day < now.astimezone(ZONE).date():
        raise Invalid("the day is over: count what lies there today", pointer="/day")
    known = await catalogue.known_parts(tx, parts or ())
    for index, part in enumerate(parts or ()):
        if part not in known:
            raise Invalid(f"there is no part {part}", pointer=f"/parts/{index}")
    listed = set(parts) if parts is not None else await records.parts_on_hand(tx, place_id)
    values = {"id": new_id(), "place_id": place_id, "day": day, "state": "open"}
    values |= {"actor": caller.actor, "created_at": now}
    if not await handling.add_sheet(tx, values, listed):
        raise Conflict(f"{place_id} has an open count sheet: post or cancel that one first")
    return str(values["id"])


async def count(
    tx: AsyncConnection, caller: Principal, sheet_id: str, *, counted: Mapping[str, int], now: datetime
) -> None:
    """Write down what was counted just now, by part; a part that the sheet does not list is added to it.

    Raises NotFound, Conflict (not open), SheetOfAnotherDay, Invalid (unknown part).
    """
    sheet = await _open_today(tx, caller, sheet_id, now)
    costs = await refuse_unknown_parts(tx, counted)
    keys: list[ShelfKey] = [(sheet.place_id, part) for part in counted]
    await shelves.open_shelves(tx, keys)
    locked = await shelves.lock(tx, keys, now=now)
    await handling.set_counted(
        tx,
        [
            {
                "sheet_id": sheet_id,
                "part": part,
                "counted": pieces,
                "recorded": locked.by_key[sheet.place_id, part].on_hand,
                "counted_at": now,
                "unit_cost_fen": costs[part],
            }
            for part, pieces in counted.items()
        ],
    )


async def post(tx: AsyncConnection, caller: Principal, sheet_id: str, *, now: datetime) -> None:
    """Book every difference between what was counted and what was on record in that moment, all or none.

    Raises NotFound, Conflict (posted already), SheetOfAnotherDay, NotAllCounted, CountAgain.
    """
    sheet = await _open_today(tx, caller, sheet_id, now)
    lines = await handling.lines_of_sheet(tx, sheet_id)
    if missing := [line.part for line in lines if line.counted is None]:
        raise NotAllCounted(f"{len(missing)} parts are not counted: count them, or 0 if none is there", parts=missing)
    differences = {(sheet.place_id, line.part): line.counted - line.recorded for line in lines}
    locked = await shelves.lock(tx, differences.keys(), now=now)
    below = [key[1] for key, more in differences.items() if locked.by_key[key].on_hand + more < 0]
    if below:
        raise CountAgain("pieces that were counted as missing have left since: count these again", parts=below)
    short: list[tuple[ShelfKey, Claim]] = []
    for key, more in differences.items():
        shelf = locked.by_key[key]
        short += [(key, claim) for claim in shelf.count(shelf.on_hand + more)]
    costs = {line.part: line.unit_cost_fen for line in lines}
    booked = [
        ledger.entry("count", key, more, unit_cost_fen=costs[key[1]], actor=caller.actor, at=now, sheet_id=sheet_id)
        for key, more in differences.items()
        if more
    ]
    await shelves.save(tx, locked)
    await shelves.append_movements(tx, booked)
    await handling.change_sheet(tx, sheet_id, {"state": "posted", "posted_at": now, "posted_by": caller.actor})
    await telling.short(tx, short, actor=caller.actor)
    territories = await catalogue.known_places(tx, {sheet.place_id})
    changed = [key for key, more in differences.items() if more]
    await telling.stock_changed(tx, changed, territories, actor=caller.actor)


async def cancel(tx: AsyncConnection, caller: Principal, sheet_id: str) -> None:
    """Nothing of the sheet is booked. Raises NotFound, Conflict."""
    await _open(tx, caller, sheet_id)
    await handling.change_sheet(tx, sheet_id, {"state": "cancelled"})


async def _open(tx: AsyncConnection, caller: Principal, sheet_id: str) -> Row[Any]:
    sheet = await handling.sheet_by_id(tx, sheet_id, catalogue.writable(caller), lock=True)
    if sheet is None:
        raise NotFound(f"there is no count sheet {sheet_id}")
    if sheet.state != "open":
        raise Conflict(f"the sheet is {sheet.state}: open a new one", state=sheet.state)
    return sheet


async def _open_today(tx: AsyncConnection, caller: Principal, sheet_id: str, now: datetime) -> Row[Any]:
    sheet = await _open(tx, caller, sheet_id)
    today = now.astimezone(ZONE).date()
    if sheet.day != today:
        raise SheetOfAnotherDay(f"the sheet is for {sheet.day}, today is {today}: open one for today")
    return sheet
