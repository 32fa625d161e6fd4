"""How strong stations are against their standard, and who is lent where."""

from typing import Annotated

from fastapi import Depends, Path, Response

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow
from services.stations.api.wire import Limit, Running
from services.stations.api.wire_strength import (
    GapReport,
    Grade,
    LackOut,
    Made,
    ReinforcementIn,
    ReinforcementList,
    ReinforcementOut,
    SecondmentIn,
    SecondmentOut,
    SecondmentPage,
    StandardIn,
    StandardList,
    StandardOut,
    StationGaps,
)
from services.stations.domain import Span
from services.stations.store import network
from services.stations.store import strength as store
from services.stations.use_cases import strength

router = service_router("stations", tag="strength of stations")
Reader = Annotated[Principal, allow("auditor", "dispatcher", "system")]
Keeper = Annotated[Principal, allow("dispatcher", "system")]
First = Annotated[Once, Depends(once)]
Level = Annotated[int, Path(ge=1, le=3)]


@router.get("/standards")
async def list_standards(
    running: Running, _: Principal = allow("auditor", "dispatcher", "station", "system")
) -> StandardList:
    """What stations of each level and grade should have."""
    async with running.db.read() as tx:
        rows, permits = await store.standards(tx), await store.permits(tx)
    least: dict[tuple[int, str], dict[str, int]] = {key: {} for key in permits}
    for row in rows:
        least.setdefault((row.level, row.grade), {})[row.resource] = row.least
    return StandardList(
        items=[
            StandardOut.model_validate({"level": key[0], "grade": key[1], "least": asked, "permits": permits.get(key)})
            for key, asked in sorted(least.items())
        ]
    )


@router.put("/standards/{level}/{grade}", status_code=204)
async def put_standard(
    level: Level, grade: Grade, body: StandardIn, running: Running, caller: Principal = allow()
) -> None:
    """Sets the whole standard of a level and grade; head office does."""
    standard = strength.Standard(level, grade, least=body.least, permits=body.permits)
    async with running.db.transaction() as tx:
        await strength.set_standard(tx, caller, standard)


@router.get("/standards/gaps")
async def read_gaps(
    running: Running,
    branch_id: Code | None = None,
    caller: Principal = allow("auditor", "dispatcher", "station", "system"),
) -> GapReport:
    """Every station within one's scope against the standard of its level and grade."""
    names = ("station_id", "name_zh", "name_en", "level", "grade")
    return GapReport(
        items=[
            StationGaps(
                **{name: getattr(one.station, name) for name in names},
                standard=one.standard,
                lacks=[LackOut.model_validate(lack, from_attributes=True) for lack in one.lacks],
                vacant=one.vacant,
            )
            for one in await strength.gaps(running, caller, branch_id=branch_id)
        ]
    )


@router.post("/secondments", response_model=Made, status_code=201)
async def second(body: SecondmentIn, running: Running, caller: Keeper, first: First) -> Response:
    """Lends an engineer to another territory for a time; both are planned anew."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        made = await strength.second(
            tx,
            caller,
            engineer_id=body.engineer_id,
            territory_id=body.territory_id,
            span=Span(body.start, body.end),
            reason=body.reason,
            reinforcement_id=body.reinforcement_id,
        )
        return await first.keep(tx, 201, Made(id=made))


@router.get("/secondments")
async def list_secondments(
    running: Running, caller: Reader, ended: bool = False, cursor: Id | None = None, limit: Limit = 50
) -> SecondmentPage:
    """Who is lent from or to territories within one's scope; `ended` shows those that are over as well."""
    running_at = None if ended else running.clock.now()
    async with running.db.read() as tx:
        which = network.visible_territories(caller)
        rows = await store.list_secondments(tx, which, after=cursor or "", limit=limit, running_at=running_at)
    next_page = rows[-1].id if len(rows) == limit else None
    return SecondmentPage(items=[SecondmentOut.of(row) for row in rows], next=next_page)


@router.post("/secondments/{secondment_id}/ended", status_code=204)
async def end_secondment(secondment_id: Id, running: Running, caller: Keeper) -> None:
    """The engineer goes home now."""
    await strength.end_secondment(running, caller, secondment_id)


@router.post("/reinforcements", response_model=Made, status_code=201)
async def reinforce(body: ReinforcementIn, running: Running, caller: Keeper, first: First) -> Response:
    """Says that a territory needs more engineers for some days; secondments name it."""
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        made = await strength.reinforce(
            tx,
            caller,
            territory_id=body.territory_id,
            title=body.title,
            days=(body.first_day, body.last_day),
            engineers=body.engineers,
        )
        return await first.keep(tx, 201, Made(id=made))


@router.get("/reinforcements")
async def list_reinforcements(running: Running, caller: Reader) -> ReinforcementList:
    """Priority regions that have not ended, with how many of the engineers wanted are lent to them."""
    now = running.clock.now()
    async with running.db.read() as tx:
        which = network.visible_territories(caller)
        today = now.astimezone(strength.ZONE).date()
        rows = await store.list_reinforcements(tx, which, now=now, today=today)
    return ReinforcementList(items=[ReinforcementOut.of(row) for row in rows])
