"""Imports, branches, territories and stations."""

from kit.auth import Principal
from kit.imports import ImportBody, ImportReport
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code
from kit.web import Caller, allow
from services.stations.api.wire import (
    BranchOut,
    BranchPage,
    Limit,
    Running,
    StationOut,
    StationPage,
    TerritoryOut,
    TerritoryPage,
)
from services.stations.store import network
from services.stations.use_cases import imports

router = service_router("stations", tag="network")


@router.post("/import/{kind}")
async def import_rows(
    kind: imports.Kind,
    body: ImportBody,
    running: Running,
    caller: Principal = allow("system", "dispatcher", "station"),
) -> ImportReport:
    """Takes every good row and names what is wrong with the others; sending the same rows again changes nothing.

    Branches, stations and people of the whole network come from admins and systems; dispatchers and stations enter
    shifts and absences of their own engineers.
    """
    return await imports.import_rows(running, caller, kind, body.rows)


@router.get("/branches")
async def list_branches(running: Running, caller: Caller, cursor: Code | None = None, limit: Limit = 50) -> BranchPage:
    """The branches within one's scope."""
    async with running.db.read() as tx:
        rows = await network.list_branches(tx, network.visible_branches(caller), after=cursor or "", limit=limit)
    following = rows[-1].branch_id if len(rows) == limit else None
    return BranchPage(items=[BranchOut.of(row) for row in rows], next=following)


@router.get("/territories")
async def list_territories(
    running: Running,
    caller: Caller,
    branch_id: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> TerritoryPage:
    """The territories within one's scope."""
    which = network.visible_territories(caller)
    async with running.db.read() as tx:
        rows = await network.list_territories(tx, which, branch_id=branch_id, after=cursor or "", limit=limit)
    following = rows[-1].territory_id if len(rows) == limit else None
    return TerritoryPage(items=[TerritoryOut.of(row) for row in rows], next=following)


@router.get("/stations")
async def list_stations(
    running: Running,
    caller: Caller,
    branch_id: Code | None = None,
    territory_id: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
) -> StationPage:
    """The stations within one's scope."""
    async with running.db.read() as tx:
        rows = await network.list_stations(
            tx,
            network.visible_stations(caller),
            branch_id=branch_id,
            territory_id=territory_id,
            after=cursor or "",
            limit=limit,
        )
    following = rows[-1].station_id if len(rows) == limit else None
    return StationPage(items=[StationOut.of(row) for row in rows], next=following)


@router.get("/stations/{station_id}")
async def read_station(station_id: Code, running: Running, caller: Caller) -> StationOut:
    """One station."""
    async with running.db.read() as tx:
        row = await network.station_by_id(tx, station_id, network.visible_stations(caller))
    if row is None:
        raise NotFound(f"there is no station {station_id}")
    return StationOut.of(row)
