"""Solving for other systems: a whole problem document in, a plan document out."""

from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import JSONResponse, Response

from kit.auth import Principal
from kit.idempotency import Once, once
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Id
from kit.web import allow

from ..documents.problem import ProblemDocument
from ..store import runs
from ..use_cases import running as solving
from .wire import Limit, Running, RunOut, RunPage

router = service_router("dispatch", tag="solve")

AT_ONCE_ORDERS = 60
"""Problems up to this size are answered in the same request when their turn comes in time."""
AT_ONCE_S = 20.0
"""How long a request for a small problem waits for its turn before it is answered with its run instead."""
SHORT_S, LONG_S = 2.0, 30.0
"""How long small and large problems are improved when the caller does not say."""
Seconds = Annotated[float | None, Query(ge=0.1, le=600, allow_inf_nan=False)]
Seed = Annotated[int, Query(ge=0, le=2**31 - 1)]


@router.post("/solve", responses={200: {"description": "The plan"}, 202: {"model": RunOut}})
async def solve(
    document: ProblemDocument,
    running: Running,
    seconds: Seconds = None,
    seed: Seed = 1,
    idempotency: Once = Depends(once),
    caller: Principal = allow("system", "dispatcher"),
) -> Response:
    """Plans a whole problem; without a travel matrix the road network's own is used.

    A small problem is answered with its plan, a large one with 202 and the run to follow. Runs wait in a queue that is
    fair between callers. 422 names the member by which a document contradicts itself.
    """
    await solving.check(document)
    small = len(document.orders) <= AT_ONCE_ORDERS
    budget = seconds if seconds is not None else (SHORT_S if small else LONG_S)
    request = {"problem": document.model_dump_json(), "seconds": budget, "seed": seed}
    async with running.db.transaction() as tx:
        if (reply := await idempotency.replay(tx)) is not None:
            return reply
        run_id = await solving.enqueue(running, tx, request, owner=caller.subject)
        run = await runs.find(tx, run_id=run_id, owner=caller.subject)
        queued = await idempotency.keep(tx, 202, _shown(run))
    if small:
        run = await solving.wait_for(running, run_id, owner=caller.subject, seconds=budget + AT_ONCE_S)
        if run is not None and run.state == "finished":
            return JSONResponse(run.answer, headers={"Content-Location": _address(run_id)})
    queued.headers["Location"] = _address(run_id)
    return queued


def _shown(run: Any) -> dict[str, Any]:
    return RunOut.of(run).model_dump(mode="json")


def _address(run_id: str) -> str:
    return f"/dispatch/v1/runs/{run_id}"


def _owner(caller: Principal) -> str | None:
    """Runs are their caller's business; only admins see everybody's."""
    return None if caller.role == "admin" else caller.subject


@router.get("/runs")
async def list_runs(
    running: Running,
    cursor: Id | None = None,
    limit: Limit = 50,
    caller: Principal = allow("system", "dispatcher"),
) -> RunPage:
    """Your runs, newest first."""
    async with running.db.read() as tx:
        rows = await runs.page(tx, owner=_owner(caller), before=cursor, limit=limit)
    return RunPage(items=[RunOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


@router.get("/runs/{run_id}")
async def read_run(run_id: Id, running: Running, caller: Principal = allow("system", "dispatcher")) -> RunOut:
    """One of your runs: its state, its progress, its plan."""
    async with running.db.read() as tx:
        run = await runs.find(tx, run_id=run_id, owner=_owner(caller))
    if run is None:
        raise NotFound(f"there is no run {run_id}")
    return RunOut.of(run)


@router.delete("/runs/{run_id}", status_code=204)
async def cancel_run(run_id: Id, running: Running, caller: Principal = allow("system", "dispatcher")) -> None:
    """Stops a run. One that has begun ends with the best plan so far; one that has ended stays as it is."""
    await solving.cancel(running, run_id, owner=_owner(caller))
