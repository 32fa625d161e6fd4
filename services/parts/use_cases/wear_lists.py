"""Wear that a guarantee plan (区域化服务保障方案) expects: pieces a month by shelf and part, while the plan holds."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import Conflict, Invalid, NotFound
from services.parts.store import catalogue
from services.parts.store import demand_months as store
from services.parts.use_cases import transfers

Line = dict[str, Any]
"""`place_id`, `part`, `pieces_per_month`."""


async def put(
    tx: AsyncConnection,
    caller: Principal,
    list_id: str,
    *,
    title: str,
    valid_from: date,
    valid_until: date,
    lines: Sequence[Line],
    now: datetime,
) -> None:
    """Set the whole list. Raises Invalid (not one's shelf, unknown part), Conflict (another's list)."""
    mine = await catalogue.station_shelves(tx, {line["place_id"] for line in lines}, catalogue.writable(caller))
    seen: set[tuple[str, str]] = set()
    for index, line in enumerate(lines):
        key = (line["place_id"], line["part"])
        if line["place_id"] not in mine:
            raise Invalid(f"{line['place_id']} is no station shelf of yours", pointer=f"/lines/{index}/place_id")
        if key in seen:
            raise Invalid(f"{key[1]} stands twice for {key[0]}", pointer=f"/lines/{index}/part")
        seen.add(key)
    await transfers.refuse_unknown_parts(tx, {line["part"]: None for line in lines})
    await _refuse_others(tx, caller, list_id)
    values = {"list_id": list_id, "title": title, "valid_from": valid_from, "valid_until": valid_until}
    await store.put_wear_list(tx, values | {"actor": caller.actor, "changed_at": now}, lines)


async def remove(tx: AsyncConnection, caller: Principal, list_id: str) -> None:
    """The list expects nothing any more. Raises NotFound, Conflict (it has shelves of others)."""
    if not await store.wear_lists(tx, catalogue.visible(caller), list_id=list_id):
        raise NotFound(f"there is no wear list {list_id}")
    await _refuse_others(tx, caller, list_id)
    await store.remove_wear_list(tx, list_id)


async def _refuse_others(tx: AsyncConnection, caller: Principal, list_id: str) -> None:
    """Who changes a list keeps every shelf that it names."""
    named = {line.place_id for line in await store.wear_lines(tx, [list_id])}
    if named - set(await catalogue.known_places(tx, named, catalogue.writable(caller))):
        raise Conflict(f"the wear list {list_id} names shelves that are not yours: take another id", list_id=list_id)
