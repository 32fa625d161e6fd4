"""Catalogue, places, lanes and counted stock come in row by row."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.context import Context
from kit.ids import new_id
from kit.imports import Batch, ClockTime, ImportReport, PlacedRow
from kit.problems import Forbidden, Invalid
from kit.values import Code, Fen, Seconds, Text, Wire
from services.parts.domain import Claim, ShelfKey
from services.parts.store import catalogue, shelves
from services.parts.tables import courier_lane, part, place, substitute
from services.parts.use_cases import telling

Pieces = Annotated[int, Field(strict=True, ge=0, le=10**6)]
Kind = Literal["parts", "substitutes", "places", "stock", "courier_lanes"]


class PartRow(Wire):
    part: Code
    name_zh: Text
    name_en: Text
    unit_cost_fen: Fen
    weight_g: Annotated[int, Field(strict=True, ge=0, le=10**8)]
    vmrs_system: Text | None = None


class SubstituteRow(Wire):
    """`substitute` may be fitted instead of `part`, not the other way round."""

    part: Code
    substitute: Code
    approved: StrictBool

    @model_validator(mode="after")
    def _another(self) -> "SubstituteRow":
        if self.part == self.substitute:
            raise ValueError("a part is no substitute of itself")
        return self


class PlaceRow(PlacedRow):
    """A stock place; without `territory_id` it is a central depot, open to every territory."""

    place_id: Code
    kind: Literal["depot", "station", "van"]
    territory_id: Code | None = None
    station_id: Code | None = None
    engineer_id: Code | None = None
    name: Text
    opens: ClockTime | None = None
    closes: ClockTime | None = None

    @model_validator(mode="after")
    def _somebodys_van(self) -> "PlaceRow":
        if self.kind == "van" and (self.engineer_id is None or self.territory_id is None):
            raise ValueError("a van needs its engineer_id and territory_id")
        return self


class StockRow(Wire):
    """So many pieces were counted at the place; the difference is booked."""

    place_id: Code
    part: Code
    quantity: Pieces


class LaneRow(Wire):
    """A courier that calls at the place; `ready_s` is the time until a parcel is ready."""

    place_id: Code
    fee_fen: Fen
    fen_per_km: Fen
    km_per_hour: Annotated[int, Field(strict=True, ge=1, le=1000)]
    cutoff: ClockTime | None = None
    ready_s: Seconds


async def import_rows(
    context: Context, caller: Principal, kind: Kind, rows: Sequence[Mapping[str, Any]]
) -> ImportReport:
    """Take the good rows of one kind in one transaction; what became of each.

    Raises Forbidden when the caller's scope is too small for this kind.
    """
    if kind in ("parts", "substitutes") and caller.branch_id is not None:
        raise Forbidden("the catalogue belongs to the whole network: a key of one branch may not change it")
    if kind != "stock" and caller.role in ("dispatcher", "station"):
        raise Forbidden(f"{kind} are imported by admins and systems")
    return await _IMPORTS[kind](context, caller, rows)


async def _parts(context: Context, _: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(PartRow, rows)
    batch.refuse_repeated("part")
    async with context.db.transaction() as tx:
        await batch.merge_into(tx, part, PartRow.model_dump)
    return batch.report()


async def _substitutes(context: Context, _: Principal, rows: Sequence[Mapping[str, Any]]) -> ImportReport:
    batch = Batch(SubstituteRow, rows)
    batch.refuse_repeated("part", "substitute")
    async with context.db.transaction() as tx:
        known = set(await catalogue.known_parts(tx, batch.values("part") | batch.values("substitute")))
        batch.refuse_unknown("part", known, "part")
        batch.refuse_unknown("substitute", known, "part")
        await batch.merge_into(tx, substitute, SubstituteRow.model_dump)
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
                row = {"id": new_id(), "kind": "count", "place_id": key[0], "part": key[1], "quantity": difference}
                movements.append(row | {"unit_cost_fen": costs[key[1]], "actor": caller.actor, "effective_at": now})
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
    "places": _places,
    "stock": _stock,
    "courier_lanes": _lanes,
}
