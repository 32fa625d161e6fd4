"""Coverage of the machine population, and where new stations would be."""

from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import Field

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Id, Instant
from kit.web import allow
from services.stations.api.wire import Running
from services.stations.api.wire_studies import CoverageOut, SitingIn, StudyList, StudyOut
from services.stations.store import studies as store
from services.stations.use_cases import coverage, studies

router = service_router("stations", tag="coverage and siting")
SHOWN = 20


@router.get("/coverage")
async def read_coverage(
    running: Running,
    minutes: Annotated[list[Annotated[int, Field(ge=1, le=720)]], Query(min_length=1, max_length=6)],
    branch_id: Code | None = None,
    at: Instant | None = None,
    caller: Principal = allow("auditor", "dispatcher", "system"),
) -> CoverageOut:
    """The share of machines that stations reach within so many minutes by road, by level, and the gaps between."""
    found = await coverage.coverage(
        running, caller, branch_id=branch_id, minutes=sorted(set(minutes)), at=at or running.clock.now()
    )
    return CoverageOut.of(found)


@router.post("/siting", response_model=StudyOut, status_code=202)
async def ask_siting(
    body: SitingIn,
    running: Running,
    first: Annotated[Once, Depends(once)],
    caller: Principal = allow("dispatcher", "system"),
) -> Response:
    """Queues a study; read it until its state is `done` or `failed`."""
    places = body.candidates
    asked = studies.Asked(
        objective=body.objective,
        minutes=body.minutes,
        preparation_minutes=body.preparation_minutes,
        sites=body.sites,
        keep_existing=body.keep_existing,
        candidates=None if places is None else [feature.geometry.coordinates for feature in places.features],
        at=body.at or running.clock.now(),
    )
    async with running.db.transaction() as tx:
        if (reply := await first.replay(tx)) is not None:
            return reply
        study_id = await studies.ask(running, tx, caller, branch_id=body.branch_id, asked=asked)
        row = await store.by_id(tx, study_id)
        assert row is not None  # noqa: S101 - it was added above
        return await first.keep(tx, 202, StudyOut.of(row))


@router.get("/siting")
async def list_siting(running: Running, caller: Principal = allow("auditor", "dispatcher", "system")) -> StudyList:
    """The newest studies within one's scope."""
    async with running.db.read() as tx:
        rows = await store.newest(tx, store.visible_studies(caller), limit=SHOWN)
    return StudyList(items=[StudyOut.of(row) for row in rows])


@router.get("/siting/{study_id}")
async def read_siting(
    study_id: Id, running: Running, caller: Principal = allow("auditor", "dispatcher", "system")
) -> StudyOut:
    """One study."""
    async with running.db.read() as tx:
        row = await store.by_id(tx, study_id, store.visible_studies(caller))
    if row is None:
        raise NotFound(f"there is no siting study {study_id}")
    return StudyOut.of(row)
