"""Catalogue, places, lanes and counted stock come in row by row."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.imports import Batch, ImportReport
from kit.problems import Forbidden, Invalid, Problem
from services.parts.domain.shelf import Claim, ShelfKey
from services.parts.domain.substitution import supersession_loop
from services.parts.store import catalogue, shelves
from services.parts.tables import courier_lane, fit, part, past_demand, place, substitute
from services.parts.use_cases import approvals, ledger, telling
from services.parts.use_cases.rows import DemandRow, FitRow, LaneRow, PartRow, PlaceRow, StockRow, SubstituteRow

Kind = Literal["parts", "substitutes", "fit", "places", "stock", "courier_lanes", "demand"]
CATALOGUE = ("parts", "substitutes", "fit")


class UnitFixed(Problem):
    """The part is stocked in another unit"""

    status = 422


class SupersessionLoop(Problem):
    """The supersession leads back to where it started"""

    status = 422


class TwoSuccessors(Problem):
    """The part is superseded by another one already"""

    status = 422


async def import_rows(
    context: Context, caller: Principal, kind: Kind, rows: Sequence[Mapping[str, Any]]
) -> ImportReport:
    """Take the good rows of one kind in one transaction; what became of each.

    Raises Forbidden when the caller's scope is too small for this kind.
    """
    if kind in CATALOGUE and caller.branch_id is not None:
        raise Forbidden("the catalogue belongs to the whole network: a key of one branch may not change it")
    if kind != "stock" and caller.role in ("dispatcher", "station"):
        raise Forbidden(f"{kind} are imported by admins and systems")
    return await _IMPORTS[kind](context, caller, rows)


async def _parts(context: Context, _: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(PartRow, rows)
    batch.refuse_repeated("part")
    async with context.db.transaction() as tx:
        units = await catalogue.units_in_use(tx, batch.values("part"))
        for index, row in batch:
            if (unit := units.get(row.part, row.unit)) != row.unit:
                told = f"{row.part} is counted in {unit}: give the other unit a part number of its own"
                batch.refuse(index, UnitFixed(told, pointer="/unit"))
        await batch.merge_into(tx, part, PartRow.model_dump)
    return batch.report()


async def _substitutes(context: Context, caller: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(SubstituteRow, rows)
    batch.refuse_repeated("part", "substitute")
    async with context.db.transaction() as tx:
        known = set(await catalogue.known_parts(tx, batch.values("part") | batch.values("substitute")))
        batch.refuse_unknown("part", known, "part")
        batch.refuse_unknown("substitute", known, "part")
        await catalogue.lock_substitutes(tx)
        judging = await approvals.Judging.of(tx, batch)
        judging.refuse_unjudged(batch)
        _refuse_loops(batch, await catalogue.successors(tx))
        await batch.merge_into(tx, substitute, judging.record)
        await judging.tell(tx, batch, actor=caller.actor)
    return batch.report()


def _refuse_loops(batch: Batch[SubstituteRow], successors: dict[str, str]) -> None:
    """Refuse supersessions that lead back, and second ones; a row may take back what was known of its pair."""
    for _, row in batch:
        if successors.get(row.part) == row.substitute:
            del successors[row.part]
    for index, row in batch:
        if row.kind != "supersession":
            continue
        if (other := successors.get(row.part)) is not None:
            told = f"{row.part} is superseded by {other}: let {other} be superseded by {row.substitute}"
            batch.refuse(index, TwoSuccessors(told, pointer="/substitute"))
            continue
        loop = supersession_loop(successors | {row.part: row.substitute}, row.part)
        if loop is not None:
            batch.refuse(index, SupersessionLoop(" → ".join([*loop, row.part]), pointer="/substitute"))
            continue
        successors[row.part] = row.substitute


async def _fit(context: Context, _: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(FitRow, rows)
    batch.refuse_repeated("part", "model", "rule")
    async with context.db.transaction() as tx:
        batch.refuse_unknown("part", set(await catalogue.known_parts(tx, batch.values("part"))), "part")
        await batch.merge_into(tx, fit, FitRow.model_dump)
    return batch.report()


async def _places(context: Context, caller: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(PlaceRow, rows)
    batch.refuse_repeated("place_id")
    async with context.db.transaction() as tx:
        if caller.branch_id is not None:
            await _only_of_branch(tx, batch, caller.branch_id)
        await batch.merge_into(tx, place, PlaceRow.record)
    return batch.report()


async def _only_of_branch(tx: AsyncConnection, batch: Batch[PlaceRow], branch_id: str) -> None:
    """Refuse rows that touch places, or lie in territories, of another branch."""
    territories = await catalogue.territories_of_branch(tx, branch_id)
    there = await catalogue.known_places(tx, batch.values("place_id"))
    for index, row in batch:
        before = there.get(row.place_id, row.territory_id)
        if row.territory_id not in territories or before not in territories:
            problem = Invalid(f"{row.place_id} does not lie in a territory of {branch_id}", pointer="/territory_id")
            batch.refuse(index, problem)


async def _lanes(context: Context, caller: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(LaneRow, rows)
    batch.refuse_repeated("place_id")
    async with context.db.transaction() as tx:
        places = await catalogue.known_places(tx, batch.values("place_id"), catalogue.writable(caller))
        batch.refuse_unknown("place_id", set(places), "stock place")
        await batch.merge_into(tx, courier_lane, LaneRow.model_dump)
    return batch.report()


async def _demand(context: Context, caller: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(DemandRow, rows)
    batch.refuse_repeated("place_id", "part", "month")
    async with context.db.transaction() as tx:
        mine = await catalogue.station_shelves(tx, batch.values("place_id"), catalogue.writable(caller))
        batch.refuse_unknown("place_id", mine, "station shelf")
        batch.refuse_unknown("part", set(await catalogue.known_parts(tx, batch.values("part"))), "part")
        await batch.merge_into(tx, past_demand, _as_imported)
    return batch.report()


def _as_imported(row: DemandRow) -> dict[str, Any]:
    return row.model_dump(exclude={"pieces"}) | {"imported": row.pieces}


async def _stock(context: Context, caller: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(StockRow, rows)
    batch.refuse_repeated("place_id", "part")
    now = context.clock.now()
    async with context.db.transaction() as tx:
        territories = await catalogue.known_places(tx, batch.values("place_id"), catalogue.writable(caller))
        batch.refuse_unknown("place_id", set(territories), "stock place")
        costs = await catalogue.known_parts(tx, batch.values("part"))
        batch.refuse_unknown("part", set(costs), "part")
        counted = {index: ((row.place_id, row.part), row.quantity) for index, row in batch}
        keys = {key for key, _ in counted.values()}
        opened = await shelves.open_shelves(tx, keys)
        locked = await shelves.lock(tx, keys, now=now)
        movements: list[dict[str, Any]] = []
        short: list[tuple[ShelfKey, Claim]] = []
        for index, (key, quantity) in counted.items():
            difference = quantity - locked.by_key[key].on_hand
            short += [(key, claim) for claim in locked.by_key[key].count(quantity)]
            if difference:
                cost = costs[key[1]]
                line = ledger.entry("count", key, difference, unit_cost_fen=cost, actor=caller.actor, at=now)
                movements.append(line)
            batch.took(
                index, "created" if key in opened else "updated" if difference else "unchanged", f"{key[0]}/{key[1]}"
            )
        await shelves.save(tx, locked)
        await shelves.append_movements(tx, movements)
        await telling.short(tx, short, actor=caller.actor)
        changed = [(row["place_id"], row["part"]) for row in movements]
        await telling.stock_changed(tx, changed, territories, actor=caller.actor)
    return batch.report()


_Import = Callable[[Context, Principal, Sequence[Mapping[str, Any]]], Coroutine[Any, Any, ImportReport]]
_IMPORTS: dict[Kind, _Import] = {
    "parts": _parts,
    "substitutes": _substitutes,
    "fit": _fit,
    "places": _places,
    "stock": _stock,
    "courier_lanes": _lanes,
    "demand": _demand,
}
