"""The control-point report: who skipped what."""

from pydantic import BaseModel

from kit.auth import Principal
from kit.months import month_span
from kit.routes import service_router
from kit.web import allow
from services.orders.api.kpi_wire import MonthName
from services.orders.api.wire import Running
from services.orders.store import control_points as store

router = service_router("orders", tag="KPIs")


class Walked(BaseModel):
    """Of `orders` completed: how often each task was not reported (`skipped`), and how often out of order."""

    station_id: str
    engineer_id: str
    work_type: str
    orders: int
    disordered: int
    skipped: dict[str, int]


class ControlPointReport(BaseModel):
    month: str
    items: list[Walked]


@router.get("/control-points")
async def control_point_report(
    month: MonthName, running: Running, caller: Principal = allow("auditor", "dispatcher", "station")
) -> ControlPointReport:
    """Skipped control points by station, engineer and kind of work, in the caller's scope."""
    begin, until = month_span(month)
    scope = {"branch_id": caller.branch_id or "", "station_id": ""}
    if caller.role == "station":
        scope = {"branch_id": "", "station_id": caller.station_id or "nobody's"}
    async with running.db.read() as tx:
        rows = await store.report(tx, begin=begin, until=until, **scope)
    items = [Walked(**{name: getattr(row, name) for name in Walked.model_fields}) for row in rows]
    return ControlPointReport(month=month, items=items)
