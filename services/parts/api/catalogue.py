"""Imports, catalogue, stock places and their ledger."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Query
from sqlalchemy import Row, true
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.imports import ImportBody, ImportReport
from kit.problems import Invalid, NotFound
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import Caller, allow
from services.parts.api.wire import (
    ApprovalIn,
    FitAnswer,
    FitIn,
    FitOut,
    FitRuleOut,
    FittingPage,
    FittingPart,
    Limit,
    MachineSearchIn,
    MovementOut,
    MovementPage,
    PartDetail,
    PartOut,
    PartPage,
    PlaceOut,
    PlacePage,
    Running,
    ShelfOut,
    ShelfPage,
    StockOut,
    StockPage,
    SubstituteOut,
)
from services.parts.domain.fitting import fit
from services.parts.store import catalogue, records
from services.parts.use_cases import answers, approvals, imports, machine_search

router = service_router("parts", tag="catalogue and stock")


@router.post("/import/{kind}")
async def import_rows(
    kind: imports.Kind,
    body: ImportBody,
    running: Running,
    caller: Principal = allow("system", "dispatcher", "station"),
) -> ImportReport:
    """Takes every good row and names what is wrong with the others; sending the same rows again changes nothing."""
    return await imports.import_rows(running, caller, kind, body.rows)


@router.get("/parts")
async def list_parts(
    running: Running,
    _: Caller,
    q: Annotated[str, Query(max_length=100)] = "",
    model: Code | None = None,
    part: Annotated[list[Code] | None, Query(max_length=200)] = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> PartPage:
    """Parts by number whose number or a name contains `q`; with `model`, those that have a rule of fit for it; with
    `part`, given up to 200 times, of these only."""
    words = q.replace("\0", "").strip()
    async with running.db.read() as tx:
        rows = await catalogue.list_parts(
            tx, words=words, model=model, numbers=part or (), after=cursor or "", limit=limit
        )
    return PartPage(items=[PartOut.of(row) for row in rows], next=_next(rows, limit, "part"))


@router.post("/parts/search")
async def search_for_machine(body: MachineSearchIn, running: Running, _: Caller) -> FittingPage:
    """Parts by number that fit a machine as it was built, or may, and then what is not known; with `q` of those whose
    number or a name contains it, otherwise of those that have a rule of fit for its model."""
    found, following = await machine_search.parts_for(
        running, body.machine.built(), words=body.q, after=body.cursor or "", limit=body.limit
    )
    items = [
        FittingPart(**PartOut.of(row).model_dump(), verdict=one.verdict, because=one.because) for row, one in found
    ]
    return FittingPage(items=items, next=following)


@router.get("/parts/{part}")
async def read_part(part: Code, running: Running, _: Caller) -> PartDetail:
    """One part with everything that can stand in for it, nearest first, and the machines that it fits."""
    async with running.db.read() as tx:
        row = await catalogue.part_by_number(tx, part)
        options = (await answers.standing_in(tx, [part])).get(part, [])
        rules = (await catalogue.rules_of(tx, [part])).get(part, [])
    if row is None:
        raise NotFound(f"there is no part {part}")
    others = [SubstituteOut(substitute=one.part, via=list(one.via), approved=one.approved) for one in options]
    return PartDetail(
        **PartOut.of(row).model_dump(),
        substitutes=others,
        fit=[FitRuleOut.model_validate(asdict(rule)) for rule in rules],
    )


@router.get("/parts/{part}/stock")
async def read_shelves(
    part: Code,
    running: Running,
    caller: Caller,
    branch_id: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> ShelfPage:
    """Where pieces of a part lie within one's scope; with `branch_id` at its places and in central depots."""
    which = catalogue.visible(caller)
    if branch_id is not None:
        which &= catalogue.of_branch_or_central(branch_id)
    async with running.db.read() as tx:
        if await catalogue.part_by_number(tx, part) is None:
            raise NotFound(f"there is no part {part}")
        rows = await records.shelves_of(tx, part, which, after=cursor or "", limit=limit)
    return ShelfPage(items=[ShelfOut.of(row) for row in rows], next=_next(rows, limit, "place_id"))


@router.put("/parts/{part}/substitutes/{substitute}/approval", status_code=204)
async def approve_substitute(
    part: Code, substitute: Code, body: ApprovalIn, running: Running, caller: Principal = allow()
) -> None:
    """The owner of the catalogue lets plans use a substitute, or no longer; the reason is kept."""
    await approvals.approve(running, caller, part, substitute, approved=body.approved, reason=body.reason)


@router.post("/fit")
async def judge_fit(body: FitIn, running: Running, _: Caller) -> FitAnswer:
    """Whether parts fit a machine as it was built: `fits`, `does_not_fit`, or `unknown` with what is missing."""
    machine = body.built()
    async with running.db.read() as tx:
        known = await catalogue.known_parts(tx, body.parts)
        rules = await catalogue.rules_of(tx, body.parts)
    for index, part in enumerate(body.parts):
        if part not in known:
            raise Invalid(f"there is no part {part}", pointer=f"/parts/{index}")
    judged = {part: fit(rules.get(part, []), machine) for part in body.parts}
    return FitAnswer(
        items=[FitOut(part=part, verdict=one.verdict, because=one.because) for part, one in judged.items()]
    )


@router.get("/places")
async def list_places(
    running: Running,
    caller: Caller,
    branch_id: Code | None = None,
    territory_id: Code | None = None,
    kind: Literal["depot", "station", "van"] | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> PlacePage:
    """The stock places within one's scope; of a branch without the central depots."""
    async with running.db.read() as tx:
        rows = await catalogue.list_places(
            tx,
            catalogue.visible(caller) & (true() if branch_id is None else catalogue.of_branch(branch_id)),
            territory_id=territory_id,
            kind=kind,
            after=cursor or "",
            limit=limit,
        )
    return PlacePage(items=[PlaceOut.of(row) for row in rows], next=_next(rows, limit, "place_id"))


@router.get("/places/{place_id}")
async def read_place(place_id: Code, running: Running, caller: Caller) -> PlaceOut:
    """One stock place."""
    async with running.db.read() as tx:
        return PlaceOut.of(await _visible_place(tx, caller, place_id))


@router.get("/places/{place_id}/stock")
async def read_stock(
    place_id: Code,
    running: Running,
    caller: Caller,
    part: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> StockPage:
    """What lies at a place."""
    async with running.db.read() as tx:
        await _visible_place(tx, caller, place_id)
        rows = await records.list_stock(tx, place_id, number=part, after=cursor or "", limit=limit)
    return StockPage(items=[StockOut.of(row) for row in rows], next=_next(rows, limit, "part"))


@router.get("/places/{place_id}/movements")
async def read_movements(
    place_id: Code,
    running: Running,
    caller: Caller,
    part: Code | None = None,
    cursor: Id | None = None,
    limit: Limit = 50,
) -> MovementPage:
    """The ledger of a place, newest first; each figure of its stock is the sum of its lines."""
    async with running.db.read() as tx:
        await _visible_place(tx, caller, place_id)
        rows = await records.list_movements(tx, place_id, number=part, before=cursor, limit=limit)
    return MovementPage(items=[MovementOut.of(row) for row in rows], next=_next(rows, limit, "id"))


async def _visible_place(tx: AsyncConnection, caller: Principal, place_id: str) -> Row[Any]:
    row = await catalogue.place_by_id(tx, place_id, catalogue.visible(caller))
    if row is None:
        raise NotFound(f"there is no stock place {place_id}")
    return row


def _next(rows: Sequence[Row[Any]], limit: int, column: str) -> str | None:
    return getattr(rows[-1], column) if len(rows) == limit else None
