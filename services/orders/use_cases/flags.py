"""Flagged facts: a person lets them count, or not."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, NotFound
from services.orders.domain.life import setters
from services.orders.facts import FactFlagged, FlagDecided
from services.orders.store import facts as store
from services.orders.store import orders as order_store
from services.orders.use_cases.closing import arm_close
from services.orders.use_cases.operations import Operation, stamp
from services.orders.use_cases.promises import refresh


async def flag(
    tx: AsyncConnection,
    *,
    order_id: str,
    territory_id: str,
    appointment_id: str,
    field: str,
    effective_at: datetime,
    actor: str,
) -> None:
    """Have a person decide whether this fact sets this time field of the order; until then it stays as it is."""
    fact: dict[str, Any] = {"order_id": order_id, "fact_id": new_id(), "field": field}
    await store.flag(tx, **fact, appointment_id=appointment_id, effective_at=effective_at)
    flagged = FactFlagged(**fact, territory_id=territory_id)
    await append(tx, flagged, subject=order_id, actor=actor, effective_at=effective_at)


async def flag_told(
    tx: AsyncConnection, order: Row[Any], operation: Operation, field: str, *, happened: datetime, actor: str
) -> None:
    """The same for what a phone's operation told."""
    await flag(
        tx,
        order_id=order.order_id,
        territory_id=order.territory_id,
        appointment_id=operation.appointment_id,
        field=field,
        effective_at=happened,
        actor=actor,
    )


async def decide_flag(
    tx: AsyncConnection, caller: Principal, order_id: str, fact_id: str, *, accepted: bool, now: datetime
) -> None:
    """Let a flagged fact set its time field, or not: what a phone told counts then as done when it was received.

    Raises NotFound, Conflict when it was decided before.
    """
    order = await order_store.lock_visible(tx, order_id, caller)
    if order is None:
        raise NotFound("there is no such order, or it is not yours")
    fact = next((fact for fact in await store.flagged(tx, order_id) if fact.fact_id == fact_id), None)
    if fact is None:
        raise NotFound("this order has no such flagged fact")
    if fact.accepted is not None:
        raise Conflict("somebody decided on this fact already", accepted=fact.accepted, decided_by=fact.decided_by)
    await store.decide_flag(tx, fact_id, accepted=accepted, decided_by=caller.actor, decided_at=now)
    decided = FlagDecided(
        order_id=order_id, territory_id=order.territory_id, fact_id=fact_id, field=fact.field, accepted=accepted
    )
    await append(tx, decided, subject=order_id, actor=caller.actor, effective_at=fact.effective_at)
    happened = fact.effective_at if accepted else await store.received_at(tx, fact, kinds=setters(fact.field))
    values = stamp(order, fact.field, happened) if happened is not None else {}
    order = await order_store.change(tx, order_id, **values)
    await refresh(tx, [order], now=now, actor=caller.actor)
    await arm_close(tx, order, now=now)
