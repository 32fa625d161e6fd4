"""The first half of publishing: claim what a plan takes from others, and find another way for what is refused."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kit.client import NeighbourProblem

from .. import gateways
from ..context import DispatchContext
from ..domain.plan_diff import PlanIsStale
from ..domain.published import Proposal, SourcedLine
from ..domain.scene import Scene
from ..domain.sourcing import Lacked, firm_lines, lacked, leave_out, less_experts, less_stock, less_vehicles
from ..solver import Result
from ..store import territories
from .preparing import Prepared


@dataclass(frozen=True)
class Held:
    """A proposal whose lines the neighbours keep for us until it is published, or until the holds expire."""

    prepared: Prepared
    proposal: Proposal
    lines: list[SourcedLine]
    lacked: list[Lacked]

    @property
    def epoch(self) -> int:
        """The epoch that the proposal would publish."""
        return self.prepared.scene.standing.epoch + 1


NOTHING_LACKS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class _Refused:
    lines: frozenset[str]
    """Names of kit lines, without those of work under way, whose parts have left the shelf already."""
    vehicles: frozenset[str]
    """Replacement vehicles, without those that are on their way."""
    experts: frozenset[str]
    """Experts, without those who have joined work under way."""
    bound: frozenset[str]
    """Refused lines of work under way: nothing can be done about them, and nothing need be."""


async def hold(context: DispatchContext, prepared: Prepared, result: Result) -> Held:
    """Claim stock and vehicles; lines that somebody else was faster to take are sourced anew, a few times at most.

    What still has no source then is left out with the reason `part_missing`. Raises PlanIsStale when a newer plan
    is published already.
    """
    for _ in range(context.policy.sourcing_rounds):
        proposal = prepared.proposal(result)
        refused = await _claim(context, prepared.scene, proposal)
        if not (refused.lines or refused.vehicles or refused.experts):
            return _held(prepared, proposal, refused)
        start = prepared.work.write(result)
        prepared = await prepared.changed(_without(prepared.scene, proposal, refused), start=start)
        result = await prepared.greedy()
    proposal = prepared.proposal(result)
    refused = await _claim(context, prepared.scene, proposal)
    gone = {one.order_id for one in proposal.experts if one.expert_id in refused.experts}
    proposal = proposal.model_copy(update={"experts": [one for one in proposal.experts if one.order_id not in gone]})
    reasons = dict.fromkeys(gone - _under_way(prepared.scene), "expert")
    reasons |= {line.order_id: "part_missing" for line in proposal.parts if line.name in refused.lines}
    reasons |= {case.order_id: "part_missing" for case in proposal.cases if case.vehicle_id in refused.vehicles}
    return _held(prepared, proposal, refused, reasons)


def _held(
    prepared: Prepared, proposal: Proposal, refused: _Refused, reasons: Mapping[str, str] = NOTHING_LACKS
) -> Held:
    """The proposal without the orders of `reasons`, for which no place has the parts, or nobody an expert."""
    bound = _under_way(prepared.scene)
    facts = less_stock(prepared.scene.facts, proposal, refused.lines)
    left = leave_out(proposal, reasons, prepared.scene.followers(frozenset(reasons)))
    return Held(prepared, left, firm_lines(left, bound, refused.bound), lacked(facts, left, bound))


def _under_way(scene: Scene) -> frozenset[str]:
    return frozenset(appointment.order_id for appointment in scene.settled())


async def _claim(context: DispatchContext, scene: Scene, proposal: Proposal) -> _Refused:
    key = gateways.HoldKey(scene.standing.territory_id, scene.standing.epoch + 1, context.policy.hold_life_s)
    try:
        parts, vehicles, experts = await asyncio.gather(
            gateways.hold_parts(context.clients, key, proposal.parts),
            gateways.hold_vehicles(context.clients, key, proposal.cases),
            gateways.hold_experts(context.clients, key, proposal.experts),
        )
    except NeighbourProblem as problem:
        if not str(problem.problem.get("type", "")).endswith("stale-epoch"):
            raise
        async with context.db.transaction() as tx:
            seen = int(problem.problem.get("published_epoch", 0))
            await territories.catch_up(tx, territory_id=key.territory_id, epoch=seen)
        raise PlanIsStale(f"{problem.service} knows a newer plan of this territory") from problem
    bound = _under_way(scene)
    joined = {(one.order_id, one.expert_id) for one in scene.settled()}
    stuck = frozenset(line.name for line in proposal.parts if line.name in parts and line.order_id in bound)
    return _Refused(
        lines=frozenset(parts) - stuck,
        vehicles=frozenset(case.vehicle_id for case in proposal.cases if case.order_id in vehicles and not case.sent),
        experts=frozenset(
            one.expert_id
            for one in proposal.experts
            if one.order_id in experts and (one.order_id, one.expert_id) not in joined
        ),
        bound=stuck,
    )


def _without(scene: Scene, proposal: Proposal, refused: _Refused) -> Scene:
    """The scene as it looks after the refusals."""
    facts = less_vehicles(less_stock(scene.facts, proposal, refused.lines), refused.vehicles)
    facts = less_experts(facts, refused.experts)
    return replace(scene, facts=facts, lost=scene.lost | refused.lines)
