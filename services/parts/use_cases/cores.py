"""Cores: the worn piece of a part with a deposit goes back to the maker, piece by piece."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.problems import Invalid, NotFound
from services.parts.store import catalogue, handling

Condition = Literal["rebuildable", "scrap"]


async def owe(tx: AsyncConnection, used: Mapping[str, int], *, about: Mapping[str, Any], at: datetime) -> None:
    """Pieces by part went into a machine: their cores are owed. `about`: order_id, engineer_id, van_place_id."""
    deposits = await catalogue.core_deposits(tx, used.keys())
    rows = [
        {"id": new_id(), "part": part, "owed": used[part], "deposit_fen": deposit, "used_at": at, **about}
        for part, deposit in sorted(deposits.items())
    ]
    await handling.add_cores(tx, rows)


async def owe_less(tx: AsyncConnection, order_id: str, unused: Mapping[str, int]) -> None:
    """Pieces by part came back unused: so many cores less are owed, as far as they are not returned yet."""
    left = dict(unused)
    for row in await handling.open_cores_of(tx, order_id, left.keys()):
        less = min(left[row.part], row.owed - row.returned)
        left[row.part] -= less
        if less:
            await handling.change_core(tx, row.id, {"owed": row.owed - less})


async def give_back(
    tx: AsyncConnection,
    caller: Principal,
    core_id: str,
    *,
    place_id: str,
    quantity: int,
    condition: Condition,
    now: datetime,
) -> Row[Any]:
    """Cores were handed in at a place that the caller keeps; the debt after it.

    Raises NotFound, Invalid (not the caller's place, more than is owed).
    """
    row = await handling.core_by_id(tx, core_id, catalogue.visible(caller), lock=True)
    if row is None:
        raise NotFound(f"there is no core {core_id}")
    if not await catalogue.known_places(tx, {place_id}, catalogue.writable(caller)):
        raise Invalid(f"{place_id} is no stock place of yours", pointer="/place_id")
    owed = row.owed - row.returned
    if quantity > owed:
        raise Invalid(f"{owed} cores of {row.part} are still owed for this order", pointer="/quantity")
    values = {"id": new_id(), "core_id": core_id, "place_id": place_id, "quantity": quantity}
    await handling.add_core_return(tx, values | {"condition": condition, "actor": caller.actor, "at": now})
    await handling.change_core(tx, core_id, {"returned": row.returned + quantity})
    after = await handling.core_by_id(tx, core_id, catalogue.visible(caller))
    assert after is not None  # noqa: S101 - it is locked by us
    return after
