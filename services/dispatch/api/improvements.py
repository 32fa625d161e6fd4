"""Improvements of published plans that run at the moment: how far they are, and how to end them."""

from datetime import datetime

from pydantic import BaseModel

from kit.auth import Principal
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code
from kit.web import allow

from ..store import improvements
from ..store.improvements import Improvement
from ..use_cases.scoping import territory_for
from .wire import Running

router = service_router("dispatch", tag="plans")


class ImprovementOut(BaseModel):
    """The optimiser looks for a better plan until its time is over: `percent` of it has passed, and the best plan so
    far is `gain_fen` cheaper than the published one."""

    territory_id: str
    started_at: datetime
    percent: int
    iterations: int
    gain_fen: int
    cancelled: bool

    @classmethod
    def of(cls, one: Improvement, now: datetime) -> "ImprovementOut":
        passed = (now - one.started_at) / max(one.ends_at - one.started_at, one.ends_at.resolution)
        return cls(
            territory_id=one.territory_id,
            started_at=one.started_at,
            percent=round(100 * min(max(passed, 0.0), 1.0)),
            iterations=one.iterations,
            gain_fen=one.base_fen - one.best_fen,
            cancelled=one.cancel,
        )


class ImprovementsOut(BaseModel):
    items: list[ImprovementOut]


@router.get("/improvements")
async def list_improvements(
    running: Running, caller: Principal = allow("dispatcher", "auditor", "system")
) -> ImprovementsOut:
    """Improvements that run now in your territories; a board asks every second or two."""
    now = running.clock.now()
    async with running.db.read() as tx:
        found = await improvements.running(tx, branch_id=caller.branch_id, now=now)
    return ImprovementsOut(items=[ImprovementOut.of(one, now) for one in found])


@router.delete("/territories/{territory_id}/improvement", status_code=204)
async def cancel_improvement(territory_id: Code, running: Running, caller: Principal = allow("dispatcher")) -> None:
    """Ends the improvement of a territory's plan at once; the best plan so far is published if it is worth it."""
    await territory_for(running, caller, territory_id)
    async with running.db.transaction() as tx:
        if not await improvements.cancel(tx, territory_id):
            raise NotFound(f"no plan of {territory_id} is being improved: there is nothing to cancel")
