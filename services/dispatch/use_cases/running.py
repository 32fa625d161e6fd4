"""Solving whole problems for other systems: queued fairly, followed, cancelled, answered once."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.ids import new_id
from kit.problems import NotFound, Problem, TooManyRequests
from kit.values import Place

from ..child import Progress
from ..context import DispatchContext
from ..documents.problem import ProblemDocument
from ..documents.travel import MATRIX_PLACES, Travel
from ..solver import ProblemError
from ..solver_process import SolverFailed
from ..solving import workpiece
from ..store import runs

SOLVE_NEXT = "dispatch-runs.solve_next"
"""The job, in a queue of its own."""
MOST_WAITING = 100
"""Runs of one principal that may wait at once."""
LOST_AFTER = timedelta(minutes=30)
"""A run that is still running after this has lost its worker: the longest one takes a third of it."""


KEPT = timedelta(days=30)
"""How long an ended run can be read."""


class ProblemContradictsItself(Problem):
    """The problem document contradicts itself"""

    status = 422


async def check(document: ProblemDocument) -> None:
    """Raises ProblemContradictsItself, with the pointer and the cure, before anything is queued.

    One matrix has at most MATRIX_PLACES, ours as well as the caller's; blocks together may have more: what they may
    weigh is limited by the size of a request.
    """
    if document.travel is None and len(document.places) > MATRIX_PLACES:
        raise ProblemContradictsItself(
            f"{len(document.places)} places are more than the {MATRIX_PLACES} between which ways are measured: "
            "give /travel/blocks, one per territory, or send one territory at a time",
            pointer="/places",
        )
    probe = document if document.travel is not None else document.model_copy(update={"travel": _no_travel(document)})
    try:
        await workpiece(probe)
    except ProblemError as error:
        raise ProblemContradictsItself(str(error), pointer=error.pointer) from error


def _no_travel(document: ProblemDocument) -> Travel:
    """Stands in for the matrix that the road network will give, while the rest is checked."""
    zeros = np.zeros((len(document.places),) * 2, np.int32)
    return Travel(seconds=zeros, metres=zeros)


async def enqueue(context: DispatchContext, tx: AsyncConnection, request: dict[str, Any], *, owner: str) -> str:
    """Queue a checked request {problem, seconds, seed}; its run id. Raises TooManyRequests."""
    if await runs.waiting_of(tx, owner) >= MOST_WAITING:
        raise TooManyRequests(f"{MOST_WAITING} of your runs are waiting already", retry_after=30)
    run_id = new_id()
    await runs.add(tx, run_id=run_id, owner=owner, request=request, at=context.clock.now())
    # The job takes whoever's turn it is, not this run: see runs.take_next.
    await context.jobs.defer(tx, SOLVE_NEXT)
    return run_id


async def wait_for(context: DispatchContext, run_id: str, *, owner: str, seconds: float) -> Any:
    """The run once it has ended, or as it is after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        async with context.db.read() as tx:
            run = await runs.find(tx, run_id=run_id, owner=owner)
        if run is None or run.ended_at is not None or time.monotonic() >= deadline:
            return run
        await asyncio.sleep(0.1)


async def cancel(context: DispatchContext, run_id: str, *, owner: str | None) -> None:
    """Stop a run; one that is running answers with its best plan so far. Raises NotFound."""
    async with context.db.transaction() as tx:
        if await runs.find(tx, run_id=run_id, owner=owner) is None:
            raise NotFound(f"there is no run {run_id}")
        await runs.cancel(tx, run_id=run_id, at=context.clock.now())


async def solve_next(context: DispatchContext) -> str | None:
    """Solve the run whose turn it is; its id, None when none waits."""
    async with context.db.transaction() as tx:
        taken = await runs.take_next(tx, context.clock.now())
    if taken is None:
        return None
    run_id, request = taken
    try:
        state, answer, problem = await _solved(context, run_id, request)
    except (SolverFailed, ProblemError) as failure:
        state, answer, problem = "failed", None, {"title": "The solver failed", "detail": str(failure)}
    async with context.db.transaction() as tx:
        await runs.end(tx, run_id=run_id, state=state, at=context.clock.now(), answer=answer, problem=problem)
    return run_id


async def _solved(
    context: DispatchContext, run_id: str, request: dict[str, Any]
) -> tuple[str, dict[str, Any] | None, None]:
    document = await _with_travel(context, ProblemDocument.model_validate_json(request["problem"]))
    work = await workpiece(document)
    cancelled = False

    async def watch(news: Progress | None) -> bool:
        nonlocal cancelled
        told = {"iterations": news.iterations, "best_fen": news.fen} if news else None
        async with context.db.transaction() as tx:
            cancelled = await runs.progress(tx, run_id, told)
        return cancelled

    result = await context.runner.solve(
        work.problem,
        start=None,
        seconds=request["seconds"],
        seed=request["seed"],
        watch=watch,
    )
    answer = work.write(result).model_dump(mode="json", exclude_none=True)
    return ("cancelled" if cancelled else "finished"), answer, None


async def _with_travel(context: DispatchContext, document: ProblemDocument) -> ProblemDocument:
    """The document with a travel matrix from our own roads, when it has none."""
    if document.travel is not None:
        return document
    places = [Place(place.lon, place.lat) for place in document.places]
    matrix = await context.travel.matrix(origins=places, destinations=places, at=document.origin)
    travel = Travel(seconds=matrix.seconds, metres=matrix.metres)
    return document.model_copy(update={"travel": travel})


async def tidy(context: DispatchContext) -> None:
    """Give runs whose worker died back to the queue, and forget what ended long ago."""
    async with context.db.transaction() as tx:
        await runs.forget(tx, before=context.clock.now() - KEPT)
        lost = await runs.requeue_lost(tx, before=context.clock.now() - LOST_AFTER)
        for _ in range(lost):
            await context.jobs.defer(tx, SOLVE_NEXT)
