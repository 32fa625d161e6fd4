"""Who carries how much."""

from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code
from kit.web import allow
from services.stations.api.wire import Running
from services.stations.use_cases import burdens as use_case

router = service_router("stations", tag="burdens")


class BurdenOut(BaseModel):
    """Seconds of work (ways included), of it on the way, at night and outside of the shift; metres of the `tracked`
    visits.

    `…_share` is the figure by the mean of the engineers shown: 1 is fair, none when nobody has any.
    """

    engineer_id: str
    name: str
    visits: int
    work_s: int
    drive_s: int
    night_s: int
    overtime_s: int
    metres: int
    tracked: int
    drive_share: float | None
    night_share: float | None
    overtime_share: float | None
    metres_share: float | None

    @classmethod
    def of(cls, one: use_case.Burden) -> Self:
        shares = {f"{name.removesuffix('_s')}_share": value for name, value in one.shares.items()}
        return cls.model_validate(dict(one.row._mapping) | shares)


class Burdens(BaseModel):
    days: int
    items: list[BurdenOut]


@router.get("/burdens")
async def read_burdens(
    running: Running,
    branch_id: Code | None = None,
    territory_id: Code | None = None,
    days: Annotated[int, Query(ge=1, le=366)] = 90,
    caller: Principal = allow("auditor", "dispatcher", "station", "engineer"),
) -> Burdens:
    """Nights, overtime and distance of the engineers within one's scope who have visits in this time, the most nights
    first."""
    found = await use_case.burdens(running, caller, branch_id=branch_id, territory_id=territory_id, days=days)
    return Burdens(days=days, items=[BurdenOut.of(one) for one in found])
