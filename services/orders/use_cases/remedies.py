"""Remedies: approved within the branch's budget of the month, or refused; goodwill that a person asks for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, NotFound, Problem
from kit.values import Place
from services.orders.domain.intake import Report, Rules
from services.orders.domain.places import Spot
from services.orders.domain.problems import BudgetExceeded
from services.orders.domain.told import ZONE
from services.orders.facts import RemedyDecided
from services.orders.store import orders as order_store
from services.orders.store import remedies as store
from services.orders.use_cases.identification import MachineName
from services.orders.use_cases.intake import Wanted, accept_all


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided; `amount_fen` may differ from what was proposed."""

    approved: bool
    amount_fen: int | None
    note: str


async def ask_goodwill(
    tx: AsyncConnection, caller: Principal, order_id: str, *, amount_fen: int, reason: str, now: datetime
) -> str:
    """Goodwill for an order, to be approved; its id. Raises NotFound."""
    if await order_store.lock_visible(tx, order_id, caller) is None:
        raise NotFound("there is no such order, or it is not yours")
    remedy_id = new_id()
    await store.add(
        tx,
        remedy_id=remedy_id,
        order_id=order_id,
        kind="goodwill",
        amount_fen=amount_fen,
        state="proposed",
        reason=reason,
        proposed_at=now,
    )
    return remedy_id


async def decide(
    tx: AsyncConnection, caller: Principal, remedy_id: str, decision: Decision, *, rules: Rules, now: datetime
) -> None:
    """Approve or refuse. What is approved comes out of the branch's budget of this month: money, or what a recovery
    order is expected to cost. That order is accepted at once.

    Raises NotFound, Conflict (decided or withdrawn before), BudgetExceeded, and whatever intake refuses.
    """
    remedy = await store.find(tx, remedy_id, caller, hold=True)
    if remedy is None:
        raise NotFound("there is no such remedy, or it is not yours")
    if remedy.state != "proposed":
        raise Conflict(f"this remedy is {remedy.state} already", state=remedy.state, decided_by=remedy.decided_by)
    amount = remedy.amount_fen if decision.amount_fen is None else decision.amount_fen
    values: dict[str, Any] = {"state": "refused", "decided_at": now, "decided_by": caller.actor, "note": decision.note}
    if decision.approved:
        month = f"{now.astimezone(ZONE):%Y-%m}"
        values |= {"state": "approved", "amount_fen": amount, "month": month}
        await _require_money(tx, remedy.branch_id, month, amount)
        if remedy.kind == "recovery_order":
            values["opened_order_id"] = await _open_order(tx, remedy, rules=rules, caller=caller, now=now)
    await store.decide(tx, remedy_id, **values)
    told = RemedyDecided(
        order_id=remedy.order_id,
        territory_id=remedy.territory_id,
        remedy_id=remedy_id,
        approved=decision.approved,
        amount_fen=amount if decision.approved else 0,
    )
    await append(tx, told, subject=remedy.order_id, actor=caller.actor)


async def _require_money(tx: AsyncConnection, branch_id: str, month: str, amount: int) -> None:
    if amount == 0:
        return
    budget = await store.budget(tx, branch_id, month, hold=True)
    if budget is None:
        raise BudgetExceeded(f"no budget of {branch_id} is set for {month}: ask an admin to set one", left_fen=0)
    left = budget - await store.spent(tx, branch_id, month)
    if amount > left:
        raise BudgetExceeded(f"{left} fen are left in {month}, this needs {amount}", left_fen=left)


async def _open_order(tx: AsyncConnection, remedy: Row[Any], *, rules: Rules, caller: Principal, now: datetime) -> str:
    order = await order_store.lock(tx, remedy.order_id)
    assert order is not None  # noqa: S101 - the remedy refers to it
    report = Report(
        source="follow_up",
        work_type=remedy.work_type,
        reported_at=now,
        where=Spot(Place(order.lon, order.lat), order.place_error_m, order.place_source, order.place_matched),
        stake=order.stake,
        address=order.address,
        symptom=order.symptom,
        contact_name=order.contact_name,
        contact_phone=order.contact_phone,
        not_duplicate_of=frozenset({order.order_id}),
        follow_up_of=order.order_id,
    )
    wanted = Wanted(MachineName(serial=order.asset_id), report)
    (result,) = await accept_all(tx, [wanted], rules=rules, now=now, caller=caller)
    if isinstance(result, Problem):
        raise result
    return result
