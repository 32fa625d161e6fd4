"""What people command: cancel, wait, resume, answer, close."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal, require
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, NotFound, Stale
from services.messages import OrderCancelled, OrderChanged
from services.orders.domain import life
from services.orders.domain.problems import NotPossibleNow, ProofMissing
from services.orders.facts import OrderResponded, WaitProven
from services.orders.store import clocks as clock_store
from services.orders.store import links as link_store
from services.orders.store import orders as store
from services.orders.use_cases.closing import close_now, open_ends
from services.orders.use_cases.promises import refresh
from services.orders.use_cases.replacement import withdraw_case


async def held(
    tx: AsyncConnection, caller: Principal, order_id: str, *, command: life.Command, version: int | None
) -> Row[Any]:
    """The caller's order, locked, and allowed to take the command.

    Raises Forbidden, NotFound, Stale, NotPossibleNow. `version` None: the command needs no If-Match.
    """
    require(caller, *life.TRANSITIONS[command].roles)  # type: ignore[arg-type]
    order = await store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    if version is not None and order.version != version:
        raise Stale("somebody changed this order since you read it: read it again", version=order.version)
    try:
        life.command(order.state, command)
    except life.NotAllowed as refused:
        raise NotPossibleNow(str(refused), state=order.state) from refused
    return order


BEFORE_THE_WORK = ("new", "accepted", "waiting")
"""States in which a visit can still be planned otherwise."""


async def before_the_work(tx: AsyncConnection, caller: Principal, order_id: str, *, version: int) -> Row[Any]:
    """The caller's order, locked, whose work has not begun. Raises NotFound, Stale, NotPossibleNow."""
    order = await store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    if order.version != version:
        raise Stale("somebody changed this order since you read it: read it again", version=order.version)
    if order.state not in BEFORE_THE_WORK:
        raise NotPossibleNow(f"the order is {order.state}: its visit cannot be planned otherwise", state=order.state)
    return order


async def cancel(
    tx: AsyncConnection, caller: Principal, order_id: str, *, reason: str, version: int, now: datetime
) -> None:
    """End an order without work; its running clocks are waived and its replacement vehicle is sent home."""
    order = await held(tx, caller, order_id, command="cancel", version=version)
    await clock_store.end_wait(tx, order_id, now)
    order = await store.change(tx, order_id, state="cancelled", waiting_reason=None, cancelled_at=now)
    cancelled = OrderCancelled(order_id=order_id, territory_id=order.territory_id, reason=reason)
    await append(tx, cancelled, subject=order_id, actor=caller.actor)
    await withdraw_case(tx, order, actor=caller.actor, now=now)
    await tell_followers(tx, order, actor=caller.actor)
    await refresh(tx, [order], now=now, actor=caller.actor)


@dataclass(frozen=True, slots=True)
class WaitAsked:
    """What is waited for. `proof` names the photo, document or recording; `proof_follows`: it is sent later."""

    reason: life.WaitingReason
    note: str | None
    proof: str | None
    proof_follows: bool


async def wait(
    tx: AsyncConnection, caller: Principal, order_id: str, asked: WaitAsked, *, version: int, now: datetime
) -> None:
    """Nothing can be done until something outside happens; clocks that name the reason stand still.

    Raises ProofMissing when a clock wants a proof and none is given nor announced.
    """
    await held(tx, caller, order_id, command="wait", version=version)
    reason = asked.reason
    if asked.proof is None and not asked.proof_follows:
        await _require_no_proof(tx, order_id, reason)
    values = {"reason": reason, "note": asked.note, "proof": asked.proof}
    await clock_store.begin_wait(tx, wait_id=new_id(), order_id=order_id, started_at=now, **values)
    order = await store.change(tx, order_id, state="waiting", waiting_reason=reason)
    await tell_changed(tx, order, what=f"waits for {reason}", actor=caller.actor)
    await refresh(tx, [order], now=now, actor=caller.actor)


async def _require_no_proof(tx: AsyncConnection, order_id: str, reason: life.WaitingReason) -> None:
    clocks = (await clock_store.of_orders(tx, [order_id])).get(order_id, [])
    wanted = [
        clock.rule.clock
        for clock in clocks
        if clock.stopped_at is None and any(pause.reason == reason and pause.proof for pause in clock.rule.pauses)
    ]
    if wanted:
        raise ProofMissing(
            f"waiting for {reason} stops {', '.join(wanted)} only with a proof: name the photo, document or recording "
            "in proof, or send proof_follows and the clocks run until it is there",
            pointer="/proof",
            clocks=wanted,
        )


async def prove_wait(
    tx: AsyncConnection, caller: Principal, order_id: str, wait_id: str, *, proof: str, now: datetime
) -> None:
    """Put the proof of a wait on record; its clocks are judged as if it had been there from the beginning.

    Raises NotFound, Conflict when it was proven before.
    """
    require(caller, *life.TRANSITIONS["wait"].roles)  # type: ignore[arg-type]
    order = await store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    known = next((row for row in await clock_store.wait_rows(tx, order_id) if row.wait_id == wait_id), None)
    if known is None:
        raise NotFound("this order has no such wait")
    if known.proof is not None:
        raise Conflict("this wait is proven already", proof=known.proof)
    await clock_store.prove_wait(tx, wait_id, proof)
    order = await store.change(tx, order_id)
    proven = WaitProven(order_id=order_id, territory_id=order.territory_id, wait_id=wait_id)
    await append(tx, proven, subject=order_id, actor=caller.actor)
    await refresh(tx, [order], now=now, actor=caller.actor)


async def resume(tx: AsyncConnection, caller: Principal, order_id: str, *, version: int, now: datetime) -> None:
    """The wait is over; clocks run again from where they stood."""
    before = await held(tx, caller, order_id, command="resume", version=version)
    await clock_store.end_wait(tx, order_id, now)
    started = before.arrived_at is not None or before.work_started_at is not None
    state = life.command(before.state, "resume", started=started)
    order = await store.change(tx, order_id, state=state, waiting_reason=None)
    await tell_changed(tx, order, what="resumed", actor=caller.actor)
    await refresh(tx, [order], now=now, actor=caller.actor)


async def respond(tx: AsyncConnection, caller: Principal, order_id: str, *, now: datetime) -> None:
    """A person answered the customer; only the first answer counts."""
    order = await store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    if order.responded_at is None:
        order = await store.change(tx, order_id, responded_at=now)
        responded = OrderResponded(order_id=order_id, territory_id=order.territory_id)
        await append(tx, responded, subject=order_id, actor=caller.actor)
        await refresh(tx, [order], now=now, actor=caller.actor)


async def close(tx: AsyncConnection, caller: Principal, order_id: str, *, now: datetime) -> None:
    """Close by hand. Raises NotPossibleNow naming what is still open."""
    order = await held(tx, caller, order_id, command="close", version=None)
    if still_open := await open_ends(tx, order_id):
        raise NotPossibleNow(f"still open: {', '.join(still_open)}", open=still_open, state=order.state)
    await close_now(tx, order, actor=caller.actor, now=now)


async def tell_followers(tx: AsyncConnection, order: Row[Any], *, actor: str) -> None:
    """The order is over: plans of other territories may begin what waited for it. Its own plan is made anew anyway."""
    for follower in await link_store.waiting_elsewhere(tx, order):
        await tell_changed(tx, follower, what=f"{order.number} is {order.state}", actor=actor)


async def tell_changed(tx: AsyncConnection, order: Row[Any], *, what: str, actor: str) -> None:
    """Tell the plan that something it depends on has changed."""
    changed = OrderChanged(order_id=order.order_id, territory_id=order.territory_id, state=order.state, what=what)
    await append(tx, changed, subject=order.order_id, actor=actor)
