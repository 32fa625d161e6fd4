"""The published plan of a territory, its routes on the map, and the wish for a new one."""

from typing import Any

from fastapi import Request, Response

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow

from ..store import decisions, plans
from ..store.plans import PublishedPlan
from ..store.territories import Territory
from ..use_cases.planning import ask_for_plan
from ..use_cases.scoping import territory_for
from .wire import PlanOut, Running

router = service_router("dispatch", tag="plans")


@router.get("/territories/{territory_id}/plan")
async def read_plan(
    territory_id: Code,
    running: Running,
    response: Response,
    caller: Principal = allow("dispatcher", "auditor", "system"),
) -> PlanOut:
    """The newest plan with its price by rule; the ETag is its epoch. A territory not planned yet has epoch 0."""
    territory = await territory_for(running, caller, territory_id)
    async with running.db.read() as tx:
        plan = await plans.newest(tx, territory_id)
        decided = await decisions.cases(tx, territory_id)
    shown = _shown(territory, plan)
    shown.cases = [case.model_copy(update={"sent": case.order_id in decided}) for case in shown.cases]
    response.headers["ETag"] = f'"{shown.epoch}"'
    return shown


def _shown(territory: Territory, plan: PublishedPlan | None) -> PlanOut:
    empty: dict[str, Any] = {
        "by_rule": {},
        "engine": None,
        "travel_source": None,
        "degraded": False,
        **dict.fromkeys(("cost_fen", "orders", "served", "clocks", "clocks_kept"), 0),
        **{name: [] for name in ("routes", "parts", "cases", "experts", "unassigned", "predictions")},
    }
    content = {name: getattr(plan.proposal, name) for name in empty} if plan else empty
    return PlanOut(
        territory_id=territory.territory_id,
        epoch=plan.epoch if plan else territory.epoch,
        published_at=plan.published_at if plan else None,
        covers_everything=territory.is_covered,
        failure=territory.failure,
        failed_at=territory.failed_at,
        **content,
    )


@router.get("/territories/{territory_id}/routes")
async def read_routes(
    territory_id: Code,
    running: Running,
    request: Request,
    caller: Principal = allow("dispatcher", "auditor", "system"),
) -> dict[str, Any]:
    """The newest plan's routes as GeoJSON LineStrings along the roads, WGS-84."""
    await territory_for(running, caller, territory_id)
    async with running.db.read() as tx:
        plan = await plans.newest(tx, territory_id)
    if plan is None:
        return {"type": "FeatureCollection", "epoch": 0, "features": []}
    return await running.lines.of(plan)


@router.post("/territories/{territory_id}/replan", status_code=202)
async def replan(territory_id: Code, running: Running, caller: Principal = allow("dispatcher")) -> dict[str, str]:
    """Asks for a new plan, as every event does by itself."""
    await territory_for(running, caller, territory_id)
    async with running.db.transaction() as tx:
        await ask_for_plan(running, tx, territory_id)
    return {"status": "asked"}
