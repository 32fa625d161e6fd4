"""Improving a published plan for some seconds in the background, followed and ended from the board."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from ..child import Progress
from ..context import DispatchContext
from ..domain.plan_diff import PlanIsStale
from ..solver import Result
from ..solver_process import SolverFailed, Watch
from ..store import improvements, plans, territories
from ..store.improvements import Improvement
from .holding import hold
from .planning import Outcome, ask_to_improve, first_plan
from .preparing import SEED, Prepared, prepare
from .publishing import decide_cases, publish

log = structlog.get_logger()
LEAST_GAIN_FEN = 1_000
AFTER_PLANS = timedelta(seconds=2)
"""When an improvement looks again whether other territories still wait for a plan."""
PLANS_AT_ONCE = 2
"""So many waiting are soon made; what waits beyond them is a queue, as after an import."""
TELL_S = 0.5
"""How often at most progress is written down for the board."""


async def improve_territory(context: DispatchContext, territory_id: str) -> Outcome:
    """Look for a better plan for some seconds; publish it when it is worth the disturbance.

    Ends early when something happens, or when a dispatcher says so. Afterwards the replacement vehicles of the plan are
    decided. While another territory has no plan at all, or plans queue, the processor is left to them: it is put off.
    """
    if await _put_off(context, territory_id):
        return "unchanged"
    prepared, base = await first_plan(await prepare(context, territory_id))
    try:
        async with _shown(context, prepared, base) as watch:
            better = await context.improver.solve(
                prepared.work.problem, start=base.plan, seconds=context.policy.improve_s, seed=SEED, watch=watch
            )
    except SolverFailed as failure:
        log.error("improvement_failed", territory=territory_id, why=str(failure))
        return "unchanged"
    if await _is_overtaken(context, prepared):
        return "stale"
    try:
        return await _publish_if_better(context, prepared, base, better)
    except PlanIsStale as stale:
        log.info("improvement_overtaken", territory=territory_id, why=str(stale))
        return "stale"


async def _put_off(context: DispatchContext, territory_id: str) -> bool:
    async with context.db.transaction() as tx:
        behind = await territories.are_behind(tx, at_once=PLANS_AT_ONCE)
        if behind:
            await ask_to_improve(context, tx, territory_id, schedule_in=AFTER_PLANS)
        return behind


@asynccontextmanager
async def _shown(context: DispatchContext, prepared: Prepared, base: Result) -> AsyncIterator[Watch]:
    """The improvement is on the board inside this block. The watch cancels it once the territory has news, or when a
    dispatcher wishes so."""
    territory_id, told = prepared.scene.standing.territory_id, 0.0
    began = context.clock.now()
    shown = Improvement(
        territory_id=territory_id,
        started_at=began,
        ends_at=began + timedelta(seconds=context.policy.improve_s),
        iterations=0,
        base_fen=base.verdict.total,
        best_fen=base.verdict.total,
        cancel=False,
    )

    async def watch(news: Progress | None) -> bool:
        nonlocal told
        if news is not None and time.monotonic() - told >= TELL_S:
            told = time.monotonic()
            async with context.db.transaction() as tx:
                await improvements.tell(tx, territory_id=territory_id, iterations=news.iterations, best_fen=news.fen)
        async with context.db.read() as tx:
            if await improvements.cancelled(tx, territory_id):
                return True
        return await _is_overtaken(context, prepared)

    async with context.db.transaction() as tx:
        await improvements.begin(tx, shown)
    try:
        yield watch
    finally:
        async with context.db.transaction() as tx:
            await improvements.end(tx, territory_id)


async def _publish_if_better(context: DispatchContext, prepared: Prepared, base: Result, better: Result) -> Outcome:
    gain = base.verdict.total - better.verdict.total
    if gain >= max(LEAST_GAIN_FEN, round(base.verdict.total * context.policy.better_by)):
        await publish(context, await hold(context, prepared, better), settled=True)
        return "published"
    await _settle(context, prepared)
    return "unchanged"


async def _settle(context: DispatchContext, prepared: Prepared) -> None:
    """The published plan will not get better: its replacement vehicles are decided, unless a newer one is there."""
    standing = prepared.scene.standing
    async with context.db.transaction() as tx:
        territory = await territories.lock(tx, standing.territory_id)
        plan = await plans.newest(tx, standing.territory_id)
        if territory is None or plan is None or plan.epoch != territory.epoch or plan.epoch != standing.epoch:
            return
        open_cases = [case for case in plan.proposal.cases if case.order_id not in standing.cases]
        await decide_cases(context, tx, standing.territory_id, open_cases)


async def _is_overtaken(context: DispatchContext, prepared: Prepared) -> bool:
    standing = prepared.scene.standing
    async with context.db.read() as tx:
        now = await territories.find(tx, standing.territory_id)
    return now is None or (now.epoch, now.requested) != (standing.epoch, standing.requested)
