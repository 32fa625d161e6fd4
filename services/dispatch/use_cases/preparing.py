"""Gather: everything that a decision about a territory needs, at one moment."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.problems import NotFound

from .. import gateways
from ..context import DispatchContext
from ..documents.plan import PlanDocument
from ..documents.problem import ProblemDocument
from ..domain.carry_over import carry_over
from ..domain.problem_builder import build
from ..domain.problem_orders import MakesNoSense
from ..domain.proposing import propose
from ..domain.published import Prediction, Proposal
from ..domain.scene import Roads, Scene, matrix_places
from ..domain.standing import Standing
from ..solver import Plan, ProblemError, Result, Verdict
from ..solver_process import SolverProcess
from ..solving import Workpiece
from ..store import appointments, decisions, plans, territories

log = structlog.get_logger()
DECLINES_KEPT = timedelta(days=30)
SEED = 1
"""Every plan of ours is made with this seed: the same facts and iterations give the same plan."""
AT_ONCE_S = 60.0
"""Far more than a first plan takes; a process that is silent for longer hangs."""


@dataclass(frozen=True)
class Prepared:
    """One territory, ready to be planned: the scene, its problem, and the last plan as a place to start from."""

    scene: Scene
    last: Proposal | None
    roads: Roads
    work: Workpiece
    start: PlanDocument
    planner: SolverProcess

    def proposal(self, result: Result) -> Proposal:
        """What the solver answered, in the world's terms."""
        return propose(self.scene, self.work.document, self.work.write(result), self.roads)

    def predictions(self, plan: Plan, verdict: Verdict) -> list[Prediction]:
        """When a plan of this problem stops each promise clock."""
        return propose(self.scene, self.work.document, self.work.priced(plan, verdict), self.roads).predictions

    async def greedy(self) -> Result:
        """A plan at once: what stands stays where it still can, the rest is inserted. Two of them can be compared: no
        chance is in them. Raises SolverFailed."""
        return await self._at_once("greedy")

    async def with_news(self) -> Result:
        """The published plan with what has happened since: each new order at its best place, its neighbourhood
        rearranged as far as that pays. Raises SolverFailed."""
        return await self._at_once("insert" if self.last else "greedy")

    async def _at_once(self, engine: str) -> Result:
        return await self.planner.solve(
            self.work.problem, start=self.work.read(self.start), engine=engine, seconds=AT_ONCE_S, seed=SEED
        )

    async def changed(self, scene: Scene, *, start: PlanDocument | None = None) -> "Prepared":
        """The same moment under another assumption, beginning with `start`; the road does not change."""
        return await _prepared(self.planner, scene, self.last, self.roads, start=start)


def _as_it_is(standing: Standing) -> Standing:
    return standing


async def prepare(
    context: DispatchContext, territory_id: str, *, assume: Callable[[Standing], Standing] = _as_it_is
) -> Prepared:
    """Gather a territory. Dispatch's own state is read first, so that nothing newer than it can be overlooked.

    Raises NotFound for an unknown territory, NeighbourDown when a neighbour does not answer.
    """
    async with context.db.read() as tx:
        standing = await stand(tx, territory_id, context)
        last = await plans.newest(tx, territory_id)
    now = context.clock.now().replace(microsecond=0)
    facts = await gateways.gather(
        context.clients, territory_id=territory_id, start=now, end=now + context.policy.horizon
    )
    scene = Scene(facts, assume(standing), now, context.policy)
    places = matrix_places(scene)
    matrix = await context.travel.matrix(origins=[*places.values()], destinations=[*places.values()], at=now)
    roads = Roads(places, matrix.seconds, matrix.metres, matrix.source, matrix.degraded)
    return await _prepared(context.planner, scene, last.proposal if last else None, roads)


async def _prepared(
    planner: SolverProcess, scene: Scene, last: Proposal | None, roads: Roads, *, start: PlanDocument | None = None
) -> Prepared:
    def compute() -> Prepared:
        plannable, document, work = _compiled(scene, roads)
        begin = start or carry_over(plannable, document, last)
        return Prepared(plannable, last, roads, work, begin, planner)

    return await asyncio.to_thread(compute)


def _compiled(scene: Scene, roads: Roads) -> tuple[Scene, ProblemDocument, Workpiece]:
    """The problem of all orders but those that contradict themselves: one must not keep the others waiting."""
    while True:
        try:
            document = build(scene, roads)
            return scene, document, _workpiece(document)
        except MakesNoSense as error:
            if error.order_id in scene.unplannable:
                raise
            log.error("order_unplannable", order=error.order_id, why=str(error)[:500])
            scene = replace(scene, unplannable=scene.unplannable | {error.order_id})


def _workpiece(document: ProblemDocument) -> Workpiece:
    """Raises MakesNoSense when it is one order by which the document contradicts itself, else ProblemError."""
    try:
        return Workpiece(document)
    except ProblemError as error:
        steps = error.pointer.split("/")
        if len(steps) > 2 and steps[1] == "orders" and steps[2].isdecimal():
            raise MakesNoSense(document.orders[int(steps[2])].id, str(error)) from error
        raise


async def stand(tx: AsyncConnection, territory_id: str, context: DispatchContext) -> Standing:
    """What dispatch itself knows. Raises NotFound for a territory that nobody told of."""
    territory = await territories.find(tx, territory_id)
    if territory is None:
        raise NotFound(f"there is no territory {territory_id}")
    return Standing(
        territory_id=territory_id,
        epoch=territory.epoch,
        requested=territory.requested,
        appointments=await appointments.active(tx, territory_id),
        locks=await decisions.locks(tx, territory_id),
        cases=await decisions.cases(tx, territory_id),
        declines=await appointments.declines(tx, territory_id=territory_id, since=context.clock.now() - DECLINES_KEPT),
    )
