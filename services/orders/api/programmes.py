"""Maintenance plans on demand; a job runs them every hour anyway."""

from datetime import timedelta

from pydantic import BaseModel

from kit.auth import Principal
from kit.problems import Invalid
from kit.routes import service_router
from kit.web import allow
from services.orders.api.calls import ProgrammeIn
from services.orders.api.wire import Json, Running
from services.orders.use_cases.programmes import run_programmes

router = service_router("orders", tag="programmes")
FARTHEST = timedelta(days=366)


class ProgrammeRunOut(BaseModel):
    """Orders made, and due points that could not become one."""

    created: int
    order_ids: list[str]
    refused: list[Json]


@router.post("/programmes/run")
async def run(body: ProgrammeIn, running: Running, caller: Principal = allow("system")) -> ProgrammeRunOut:
    """Makes the orders of all due points up to and including `until`; running it again makes none twice."""
    if body.until > running.clock.now().date() + FARTHEST:
        raise Invalid("until lies more than a year ahead: nobody plans that far", pointer="/until")
    done = await run_programmes(running, caller, until=body.until)
    return ProgrammeRunOut(created=len(done.created), order_ids=done.created, refused=done.refused)
