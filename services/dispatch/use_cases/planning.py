"""Planning a territory: a plan at once when something happened; a better one is asked for (see `improving`)."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.client import NeighbourDown, NeighbourProblem
from kit.context import Context

from ..context import DispatchContext
from ..domain.crews import half_crews
from ..domain.plan_diff import PlanIsStale
from ..solver import Result
from ..solver_process import SolverFailed
from ..store import territories
from .appointing import dispatch_due
from .holding import hold
from .preparing import Prepared, prepare
from .publishing import is_news, publish

log = structlog.get_logger()
TRIES = 5
"""How often a plan that was overtaken is made anew before the job gives up; whoever overtook it planned as well."""
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout, OSError)
ASKED_AGAIN_S = 1.0
TRY_AGAIN = timedelta(seconds=5)
"""How long a neighbour that was out of reach is left alone."""
FLOOD, PAUSE, LONGEST = 5, timedelta(seconds=0.7), timedelta(seconds=15)
"""So much unplanned news is an import or the like: it is planned once it has paused, or after so long at the latest."""

PLAN, IMPROVE = "dispatch.plan_territory", "dispatch-improve.improve_territory"
"""Jobs by queue and name. Improvements have a queue of their own: what has just happened never waits behind them."""
Outcome = Literal["published", "unchanged", "stale", "failed", "postponed"]


async def plan_news(context: DispatchContext, territory_id: str) -> Outcome:
    """Plan a territory that has news; not one whose plan knows it all by now, nor amid a flood: a plan would be
    overtaken at once, and what it makes everybody do would slow the flood. Then it is asked for again after a pause,
    and no worker waits meanwhile."""
    try:
        async with context.db.transaction() as tx:
            territory = await territories.lock(tx, territory_id)  # news that is being counted is waited for
            if territory is None or territory.is_covered:
                return "unchanged"
            rest = await territories.flood_pauses_in(tx, territory_id, pieces=FLOOD, pause=PAUSE, longest=LONGEST)
            if rest is not None:
                await _defer_plan(context, tx, territory_id, schedule_in=rest)
                return "postponed"
    except DATABASE_AWAY as outage:
        await _failed_once_it_can_be_told(context, territory_id, type(outage).__name__)
        return "failed"
    return await plan_territory(context, territory_id)


async def plan_territory(context: DispatchContext, territory_id: str) -> Outcome:
    """Plan what has happened, publish it, and ask for an improvement.

    Whatever goes wrong, the last good plan stays, with the failure beside it; it is tried again, soon when only a
    neighbour or the database was out of reach or the solver's process died, else with the next event. Raises what is
    a fault of ours.
    """
    try:
        for _ in range(TRIES):
            try:
                return await _plan_once(context, territory_id)
            except PlanIsStale as stale:
                log.info("plan_overtaken", territory=territory_id, why=str(stale))
        await _failed(context, territory_id, f"overtaken {TRIES} times while it was made", again=True)
        return "stale"
    except (NeighbourDown, NeighbourProblem, SolverFailed) as failure:
        await _failed_once_it_can_be_told(context, territory_id, str(failure))
        return "failed"
    except DATABASE_AWAY as outage:
        await _failed_once_it_can_be_told(context, territory_id, type(outage).__name__)
        return "failed"
    except Exception as fault:
        await _failed(context, territory_id, f"{type(fault).__name__}: {fault}", again=False)
        raise


async def _plan_once(context: DispatchContext, territory_id: str) -> Outcome:
    gathered, _ = await asyncio.gather(prepare(context, territory_id), context.planner.warm())
    prepared, result = await first_plan(gathered)
    held = await hold(context, prepared, result)
    news = is_news(held)
    if news:
        await publish(context, held)
    basis = territories.Basis(prepared.scene.standing.requested, prepared.scene.facts.known_seq)
    async with context.db.transaction() as tx:
        await territories.cover(tx, territory_id=territory_id, basis=basis)
        await dispatch_due(context, tx, territory_id, now=context.clock.now())
        await ask_to_improve(context, tx, territory_id)
    return "published" if news else "unchanged"


async def first_plan(prepared: Prepared) -> tuple[Prepared, Result]:
    """The plan at once. A fixed time that cannot be kept any more yields; the engineer that a person chose does not."""
    prepared = await _with_whole_crews(prepared)
    result = await prepared.with_news()
    orders, locks = prepared.work.document.orders, prepared.scene.standing.locks
    pinned = [orders[order].id for order, reason in result.plan.unassigned.items() if reason == "pin"]
    late = [order for order in pinned if order in locks and locks[order].pin != "resource"]
    if not late:
        return prepared, result
    scene = replace(prepared.scene, standing=prepared.scene.standing.relaxed(late))
    prepared = await prepared.changed(scene)
    return prepared, await prepared.with_news()


async def _with_whole_crews(prepared: Prepared) -> Prepared:
    """Whose mate does not come gets another one, if there is one; else the work under way stays as it is."""
    half = half_crews(prepared.scene)
    while half:
        whole = await prepared.changed(replace(prepared.scene, recrewed=half))
        left_out = {whole.work.document.orders[order].id for order in (await whole.with_news()).plan.unassigned}
        if not half & left_out:
            return whole
        half -= left_out
    return prepared


async def ask_to_improve(
    context: DispatchContext, tx: AsyncConnection, territory_id: str, *, schedule_in: timedelta | None = None
) -> None:
    """A territory's published plan will be improved, now or after a while."""
    name = f"improve:{territory_id}"
    await context.jobs.defer(
        tx, IMPROVE, lock=name, queueing_lock=name, schedule_in=schedule_in, territory_id=territory_id
    )


async def _failed(context: DispatchContext, territory_id: str, why: str, *, again: bool) -> None:
    async with context.db.transaction() as tx:
        await territories.fail(tx, territory_id=territory_id, failure=why[:500], at=context.clock.now())
        if again:
            await _defer_plan(context, tx, territory_id, schedule_in=TRY_AGAIN)


async def _failed_once_it_can_be_told(context: DispatchContext, territory_id: str, why: str) -> None:
    """A job that simply ended would leave the territory unplanned until the next event: it waits for the database."""
    while True:
        try:
            return await _failed(context, territory_id, why, again=True)
        except DATABASE_AWAY:
            await asyncio.sleep(ASKED_AGAIN_S)


async def ask_for_plan(context: Context, tx: AsyncConnection, territory_id: str) -> None:
    """Something happened in a territory: it will be planned, once for all that has happened until then."""
    asked = _asked_in(tx)
    if territory_id not in asked and await territories.request(tx, territory_id):
        await _defer_plan(context, tx, territory_id)
    asked.add(territory_id)


async def ask_for_plans_of_orders(context: Context, tx: AsyncConnection, newest: Mapping[str, int]) -> None:
    """Orders told something of these territories, last by these events. What their plans have read already asks for
    no second one."""
    for territory_id, seq in sorted(newest.items()):
        if await territories.request_of_orders(tx, territory_id, seq=seq):
            await _defer_plan(context, tx, territory_id)


def _asked_in(tx: AsyncConnection) -> set[str]:
    """The territories for which this very transaction has asked already: the events of a feed come in groups."""
    transaction = tx.sync_connection.get_transaction() if tx.sync_connection else None
    of, asked = tx.info.get("asked_for_plans", (None, set()))
    if of is not transaction:
        asked = set()
        tx.info["asked_for_plans"] = (transaction, asked)
    known: set[str] = asked
    return known


async def _defer_plan(
    context: Context, tx: AsyncConnection, territory_id: str, *, schedule_in: timedelta | None = None
) -> None:
    name = f"plan:{territory_id}"
    await context.jobs.defer(
        tx, PLAN, lock=name, queueing_lock=name, schedule_in=schedule_in, territory_id=territory_id
    )


async def dispatch_soon(context: DispatchContext) -> None:
    """Send what has come near enough to the phones, in every territory."""
    async with context.db.read() as tx:
        everywhere = await territories.all_ids(tx)
    for territory_id in everywhere:
        async with context.db.transaction() as tx:
            await territories.lock(tx, territory_id)
            await dispatch_due(context, tx, territory_id, now=context.clock.now())


async def replan_all(context: DispatchContext) -> None:
    """Ask for a new plan of every territory, but not for a second one where the first is still to come."""
    async with context.db.read() as tx:
        at_rest = await territories.at_rest_ids(tx)
    for territory_id in at_rest:
        async with context.db.transaction() as tx:
            await ask_for_plan(context, tx, territory_id)
