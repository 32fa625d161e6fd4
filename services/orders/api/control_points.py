"""The control-point report: who skipped what."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from kit.auth import Principal
from kit.routes import service_router
from kit.web import allow
from services.orders.api.kpi_wire import Period
from services.orders.api.wire import Running
from services.orders.domain.kpis import period_span
from services.orders.store import control_points as store

router = service_router("orders", tag="KPIs")


class Walked(BaseModel):
    """Of `orders` completed: in how many something was not in order (`flawed`), in how many tasks were reported out of
    their order (`disordered`), and how often each was not reported (`skipped`). `engineer_id` is empty when nobody was
    sent."""

    station_id: str
    engineer_id: str
    work_type: str
    orders: int
    flawed: int
    disordered: int
    skipped: dict[str, int]


class ControlPointReport(BaseModel):
    month: str
    items: list[Walked]


@router.get("/control-points")
async def control_point_report(
    month: Period,
    running: Running,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    caller: Principal = allow("auditor", "dispatcher", "station"),
) -> ControlPointReport:
    """Skipped control points of a month or quarter by station, engineer and kind of work, in the caller's scope; where
    most is wrong first."""
    begin, until = period_span(month)
    scope = {"branch_id": caller.branch_id or "", "station_id": ""}
    if caller.role == "station":
        scope = {"branch_id": "", "station_id": caller.station_id or "nobody's"}
    async with running.db.read() as tx:
        rows = await store.report(tx, begin=begin, until=until, limit=limit, **scope)
    items = [Walked(**{name: getattr(row, name) for name in Walked.model_fields}) for row in rows]
    return ControlPointReport(month=month, items=items)
