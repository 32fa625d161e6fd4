"""A dispatcher decides against the optimiser: the plan obeys from then on, and what it costs is written down."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kit import journal
from kit.ids import new_id
from kit.problems import Conflict, Invalid, NotFound, Stale
from services.messages import OrderReleased

from ..context import DispatchContext
from ..domain.plan_diff import PlanIsStale
from ..domain.published import Proposal
from ..domain.scene import Scene
from ..domain.standing import Lock, PinKind
from ..store import decisions
from .holding import hold
from .planning import ask_for_plan
from .preparing import Prepared, prepare
from .publishing import Decision, publish


class OverrideImpossible(Conflict):
    """The engineer cannot do this order as asked"""


class AlreadyUnderWay(Conflict):
    """The engineer is travelling to this order or works on it"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the dispatcher wants; `pin` says what later plans must keep. `second_id`: who comes as the second of a crew,
    None leaves that to the plan."""

    order_id: str
    engineer_id: str
    pin: PinKind
    start: datetime | None
    reason: str
    second_id: str | None = None

    @property
    def lock(self) -> Lock:
        return Lock(self.order_id, self.engineer_id, self.pin, self.start, self.second_id)


@dataclass(frozen=True, slots=True)
class Overridden:
    """The new epoch, where the order is now, and what the optimiser would have done instead."""

    epoch: int
    placed: dict[str, Any]
    counterfactual: dict[str, Any] | None
    difference_fen: int


async def override(context: DispatchContext, territory_id: str, wish: Wish, *, epoch: int, actor: str) -> Overridden:
    """Lock the order as wished and publish the plan that obeys, if `epoch` is still the newest.

    Raises Stale when it is not, NotFound for an order or engineer that is not there to be planned, OverrideImpossible
    with the failing reason when no plan can obey.
    """
    free = await prepare(context, territory_id, assume=lambda standing: standing.released(wish.order_id))
    _check(free, wish, epoch)
    bound = await free.changed(_with_lock(free, wish.lock))
    without, with_lock = await free.greedy(), await bound.greedy()
    held = await hold(context, bound, with_lock)
    placed = _placed(held.proposal, wish.order_id)
    if placed is None or not _obeys(placed, wish):
        raise OverrideImpossible(_why(held.proposal, wish), order_id=wish.order_id, engineer_id=wish.engineer_id)
    difference_fen = with_lock.verdict.total - without.verdict.total
    counterfactual = _placed(free.proposal(without), wish.order_id)
    if counterfactual is not None:
        counterfactual["total_fen"] = without.verdict.total
    row = _row(wish, territory_id, actor=actor) | {"at": context.clock.now(), "epoch": held.epoch}
    row |= {"counterfactual": counterfactual, "difference_fen": difference_fen}
    try:
        published = await publish(context, held, actor=actor, decision=Decision(row, difference_fen))
    except PlanIsStale as stale:
        raise Stale(f"the plan changed while yours was made: {stale}") from stale
    async with context.db.transaction() as tx:
        await ask_for_plan(context, tx, territory_id)
    return Overridden(published, placed, counterfactual, difference_fen)


def _row(wish: Wish, territory_id: str, *, actor: str) -> dict[str, Any]:
    return {"id": new_id(), "territory_id": territory_id, "actor": actor, **asdict(wish)}


def _check(prepared: Prepared, wish: Wish, epoch: int) -> None:
    standing, facts = prepared.scene.standing, prepared.scene.facts
    if standing.epoch != epoch:
        raise Stale(f"you decided on epoch {epoch}, the plan is at {standing.epoch}", epoch=standing.epoch)
    orders = {order.id: order for order in facts.orders}
    if wish.order_id not in orders:
        raise NotFound("this order does not wait for an engineer")
    if not wish.lock.people <= {engineer.id for engineer in facts.engineers}:
        raise NotFound("this engineer is not there to be planned in the order's territory")
    if wish.second_id is not None and orders[wish.order_id].crew_size == 1:
        raise Invalid("one engineer is enough for this order: name no second", pointer="/second_id")
    under_way = [one for one in standing.at_work() if one.order_id == wish.order_id]
    if under_way:
        appointment = next(one for one in under_way if one.frozen)
        raise AlreadyUnderWay(
            f"engineer {appointment.engineer_id} is {appointment.state}", engineer_id=appointment.engineer_id
        )


def _with_lock(prepared: Prepared, lock: Lock) -> Scene:
    return replace(prepared.scene, standing=prepared.scene.standing.locked(lock))


def _placed(proposal: Proposal, order_id: str) -> dict[str, Any] | None:
    """Engineer and times of an order in a plan, None when it is left out."""
    found = proposal.lead_of(order_id)
    if found is None:
        return None
    engineer_id, stop = found
    second = proposal.second_of(order_id)
    times = {"start": stop.start.isoformat(), "end": stop.end.isoformat()}
    return {"engineer_id": engineer_id, "second_id": second, **times}


def _obeys(placed: dict[str, Any], wish: Wish) -> bool:
    if placed["engineer_id"] != wish.engineer_id or wish.second_id not in (None, placed["second_id"]):
        return False
    return wish.start is None or abs(datetime.fromisoformat(placed["start"]) - wish.start) < timedelta(seconds=1)


def _why(proposal: Proposal, wish: Wish) -> str:
    reasons = {one.order_id: one.reason for one in proposal.unassigned}
    whom = " and ".join(filter(None, (wish.engineer_id, wish.second_id)))
    return f"no plan can give this order to {whom}: {reasons.get(wish.order_id, 'pin')}"


async def release(context: DispatchContext, territory_id: str, order_id: str, *, actor: str) -> None:
    """Lift the lock on an order; the next plan is free again. Raises NotFound when there is none."""
    async with context.db.transaction() as tx:
        if not await decisions.release(tx, order_id=order_id, at=context.clock.now(), actor=actor):
            raise NotFound("nothing is locked on this order")
        message = OrderReleased(order_id=order_id, territory_id=territory_id)
        await journal.append(tx, message, subject=order_id, actor=actor)
        await ask_for_plan(context, tx, territory_id)
