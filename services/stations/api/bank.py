"""The bank of replacement vehicles and what they have cost."""

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code, Id
from kit.web import allow
from services.stations.api.wire import Limit, Running
from services.stations.api.wire_planning import CostOut, CostPage, VehicleOut, VehiclePage
from services.stations.store import bank

router = service_router("stations", tag="replacement vehicles")


@router.get("/vehicles")
async def list_vehicles(
    running: Running,
    branch_id: Code | None = None,
    cursor: Code | None = None,
    limit: Limit = 50,
    caller: Principal = allow("auditor", "dispatcher", "system"),
) -> VehiclePage:
    """The replacement vehicles of the branches within one's scope."""
    async with running.db.read() as tx:
        rows = await bank.list_vehicles(
            tx, bank.visible_vehicles(caller), branch_id=branch_id, after=cursor or "", limit=limit
        )
    following = rows[-1].vehicle_id if len(rows) == limit else None
    return VehiclePage(items=[VehicleOut.of(row) for row in rows], next=following)


@router.get("/replacement-costs")
async def list_costs(
    running: Running,
    cursor: Id | None = None,
    limit: Limit = 50,
    caller: Principal = allow("auditor", "dispatcher", "system"),
) -> CostPage:
    """What the maker bears for delivered cargo, by case, oldest first."""
    async with running.db.read() as tx:
        rows = await bank.list_costs(tx, bank.visible_vehicles(caller), after=cursor or "", limit=limit)
    return CostPage(items=[CostOut.of(row) for row in rows], next=rows[-1].case_id if len(rows) == limit else None)
