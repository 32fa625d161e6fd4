"""Plans of stock as planners ask for them and accept their proposals (推动式配件计划)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, true
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.client import NeighbourDown
from kit.context import Context
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound, Problem
from services.parts.store import catalogue
from services.parts.store import stock_plans as store
from services.parts.tables import place
from services.parts.use_cases import transfers

JOB = "parts.plan_stock"
REASON = "推动式补货 push replenishment"
Key = tuple[str, str]
"""Place and part."""


class Asked(BaseModel):
    """A plan as it is asked for. `lead_days`: depot to shelf, `depot_lead_days`: maker to depot, both with the wait for
    the next order day."""

    target_fill: float
    budget_fen: int | None
    lead_days: int
    depot_lead_days: int


class NothingToPlan(Problem):
    """Nobody is expected to ask for anything"""

    status = 422


def of_branch(branch_id: str | None, *, central: bool) -> ColumnElement[bool]:
    """The places of a branch's territories (all for none); with `central` the central depots too."""
    if branch_id is None:
        return true()
    own = catalogue.of_branch(branch_id)
    return own | place.c.territory_id.is_(None) if central else own


async def ask(context: Context, tx: AsyncConnection, caller: Principal, *, branch_id: str | None, asked: Asked) -> str:
    """Queue a plan; its id. Raises NotFound for a branch outside of the scope."""
    if not catalogue.unlimited(caller):
        if branch_id not in (None, caller.branch_id):
            raise NotFound(f"there is no branch {branch_id}")
        branch_id = caller.branch_id
    plan_id = new_id()
    values = {"id": plan_id, "branch_id": branch_id, "state": "queued", "asked": asked.model_dump(mode="json")}
    await store.add(tx, values | {"actor": caller.actor, "created_at": context.clock.now()})
    await context.jobs.defer(tx, JOB, plan_id=plan_id, lock=JOB)
    return plan_id


async def give_up(context: Context, plan_id: str, error: NeighbourDown) -> None:
    """The last attempt failed: the plan says so."""
    async with context.db.transaction() as tx:
        values = {"state": "failed", "problem": str(error), "finished_at": context.clock.now()}
        await store.finish(tx, plan_id, values)


async def accept(
    tx: AsyncConnection, caller: Principal, plan_id: str, *, lines: Mapping[Key, int | None] | None, now: datetime
) -> list[str]:
    """Order the transfers of the proposals in `lines` (pieces, none: as proposed), or of all; the transfers' ids.

    One transfer for each pair of places. Raises NotFound, Conflict (settled before), Invalid (to be bought, unknown).
    """
    found = await _open(tx, caller, plan_id, None if lines is None else set(lines))
    pairs: defaultdict[Key, dict[str, int]] = defaultdict(dict)
    for (place_id, part), row in found.items():
        if row.from_place_id is not None:
            wanted = None if lines is None else lines[place_id, part]
            pairs[row.from_place_id, place_id][part] = wanted or row.quantity
        elif lines is not None:
            raise Invalid(f"{part} at {place_id} has to be bought: order it from the maker", pointer="/lines")
    made = []
    for (from_place_id, to_place_id), pieces in sorted(pairs.items()):
        transfer_id = await transfers.order(
            tx,
            caller,
            from_place_id=from_place_id,
            to_place_id=to_place_id,
            lines=pieces,
            reason=REASON,
            expected_at=None,
            now=now,
        )
        keys = {(to_place_id, part) for part in pieces}
        await store.settle(tx, plan_id, keys, state="accepted", transfer_id=transfer_id)
        made.append(transfer_id)
    if not made:
        raise Conflict("no proposal to move pieces is open any more", pointer="/lines")
    return made


async def decline(tx: AsyncConnection, caller: Principal, plan_id: str, *, lines: set[Key]) -> None:
    """These proposals will not be followed. Raises NotFound, Conflict, Invalid."""
    await _open(tx, caller, plan_id, lines)
    await store.settle(tx, plan_id, lines, state="declined", transfer_id=None)


async def _open(tx: AsyncConnection, caller: Principal, plan_id: str, keys: set[Key] | None) -> dict[Key, Row[Any]]:
    """The open proposals (of `keys`) for places that the caller keeps, locked."""
    if await store.by_id(tx, plan_id, store.visible_plans(caller)) is None:
        raise NotFound(f"there is no plan of stock {plan_id}")
    rows = await store.proposals(tx, plan_id, catalogue.writable(caller), lock=True)
    found = {(row.place_id, row.part): row for row in rows}
    if keys is None:
        return {key: row for key, row in found.items() if row.state == "open"}
    for place_id, part in sorted(keys):
        row = found.get((place_id, part))
        if row is None:
            raise Invalid(f"the plan has no proposal for {part} at {place_id}", pointer="/lines")
        if row.state != "open":
            raise Conflict(f"{part} at {place_id} was {row.state} before", pointer="/lines")
    return {key: found[key] for key in keys}
