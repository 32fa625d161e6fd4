"""Orders before a gate of dispatch: nobody is sent until a person has decided, with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Conflict, Invalid, NotFound
from services.orders.context import Orders
from services.orders.domain.dispatch_gates import DECISIONS, Decision, DispatchGate, Fit, with_campaign, wrong_variants
from services.orders.domain.faults import KitLine, SkillNeed, merge_skills
from services.orders.domain.problems import WrongVariant
from services.orders.facts import GateDecided
from services.orders.store import assets as asset_store
from services.orders.store import dispatch_gates as store
from services.orders.store import orders as order_store
from services.orders.use_cases.identification import machine_of
from services.orders.use_cases.kits import kit_of, kit_rows
from services.orders.use_cases.life import tell_changed


@dataclass(frozen=True, slots=True)
class GateDecision:
    """`part` is the fitting one that takes the place of the wrong variant."""

    decision: Decision
    reason: str
    part: str | None = None


async def check(context: Orders, caller: Principal, order_id: str, gate: DispatchGate, decision: GateDecision) -> None:
    """Whether the decision is one of this gate's; asks parts, so never inside a transaction.

    Raises Invalid, NotFound, WrongVariant (the other part does not fit either).
    """
    if decision.decision not in DECISIONS[gate]:
        raise Invalid(f"this gate is decided by {' or '.join(DECISIONS[gate])}", pointer="/decision")
    if (decision.part is not None) != (decision.decision == "replace"):
        raise Invalid("part goes with replace, and only with that: the part that fits", pointer="/part")
    if decision.part is None:
        return
    async with context.db.read() as tx:
        order = await order_store.find(tx, order_id, caller)
        if order is None:
            raise NotFound("there is no such order, or it is not yours")
        machine = machine_of(await asset_store.with_record(tx, order.asset_id))
    if decision.part not in await context.part_facts.known([decision.part]):
        raise Invalid(f"there is no part {decision.part}", pointer="/part")
    found = (await context.part_facts.fits(machine, [decision.part])).get(decision.part)
    if found is not None and found.verdict == "does_not_fit":
        why = f"{decision.part} does not fit either: {found.because} is wrong"
        raise WrongVariant(why, pointer="/part", because=found.because)


async def decide(
    tx: AsyncConnection,
    caller: Principal,
    order_id: str,
    gate: DispatchGate,
    subject: str,
    decision: GateDecision,
    *,
    now: datetime,
) -> None:
    """Let an order through a gate. Raises NotFound, Conflict (decided before)."""
    order = await order_store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    gates = {(one.gate, one.subject): one for one in await store.of_order(tx, order_id)}
    held = gates.get((gate, subject))
    if held is None:
        raise NotFound("this order does not stand before such a gate")
    if held.decision is not None:
        raise Conflict("somebody decided this already", decision=held.decision, decided_by=held.decided_by)
    kept = {"decision": decision.decision, "reason": decision.reason, "decided_by": caller.actor, "decided_at": now}
    left = await store.decide(tx, order_id, gate, subject, **kept)
    changed = await _changed(tx, order, subject, decision)
    order = await order_store.change(tx, order_id, open_gates=left, **changed)
    names = {"order_id": order_id, "territory_id": order.territory_id, "gate": gate, "subject": subject}
    await append(tx, GateDecided(**names, decision=decision.decision), subject=order_id, actor=caller.actor)
    await tell_changed(tx, order, what=f"gate {gate} decided", actor=caller.actor)


async def _changed(tx: AsyncConnection, order: Row[Any], subject: str, decision: GateDecision) -> dict[str, Any]:
    """What the decision changes of the visit."""
    kit = kit_of(order.kit)
    if decision.decision == "include":
        (campaign,) = await store.campaigns_named(tx, [subject])
        skills = [SkillNeed(**need) for need in order.skills]
        kit, skills, service_s = with_campaign(campaign, kit, skills, order.service_s)
        merged = [asdict(need) for need in merge_skills(skills)]
        return {"kit": kit_rows(kit), "skills": merged, "service_s": service_s}
    if decision.decision in ("replace", "drop"):
        return {"kit": kit_rows(_without(kit, subject, decision.part))}
    return {}


def _without(kit: Sequence[KitLine], wrong: str, right: str | None) -> list[KitLine]:
    """The kit with the right part in the place of the wrong one, or without it."""
    lines: list[KitLine] = []
    for line in kit:
        if line.part != wrong:
            lines.append(line)
        elif right is not None:
            lines.append(KitLine(right, line.quantity, line.probability))
    return lines


async def fits_of(context: Orders, order_id: str, parts: Sequence[str]) -> dict[str, Fit]:
    """What is known of parts on the machine of an order; asks parts, so never inside a transaction."""
    if not parts:
        return {}
    async with context.db.read() as tx:
        rows = await order_store.rows(tx, [order_id])
        if not rows:
            return {}
        machine = machine_of(await asset_store.with_record(tx, rows[0].asset_id))
    return await context.part_facts.fits(machine, parts)


async def hold_wrong_variants(
    tx: AsyncConnection, order: Row[Any], parts: Sequence[str], fits: Mapping[str, Fit]
) -> dict[str, Any]:
    """Put an order whose visit needs a part that does not fit before the gate; the columns that change with it."""
    held = wrong_variants(parts, fits)
    if not held:
        return {}
    await store.add(tx, [{"order_id": order.order_id, **asdict(one)} for one in held])
    return {"open_gates": await store.count_open(tx, order.order_id)}
