"""One operation of a phone: answered once, with the time that it counts as having happened."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.journal import append
from kit.problems import Invalid, NotFound
from services.orders.domain.facts import effective_at
from services.orders.domain.problems import OperationReused
from services.orders.facts import FactRecorded
from services.orders.store import facts as store
from services.orders.store import orders as order_store
from services.orders.store import timeline as appointment_store


@dataclass(frozen=True, slots=True)
class Operation:
    """Who told what, and when by the (skew-corrected) clock of the phone; `received_at` is when it reached us first."""

    operation_id: str
    appointment_id: str
    engineer_id: str
    at: datetime
    received_at: datetime | None
    body: dict[str, Any]
    """Everything else that was told, kept with the fact; the same operation id must always come with the same."""
    doubts: tuple[str, ...] = ()
    """Why its time is implausible: then it moves no promise until a person has decided."""

    @property
    def fingerprint(self) -> str:
        told = [self.appointment_id, self.engineer_id, self.at.isoformat(), self.body]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


async def begin(tx: AsyncConnection, order_id: str, operation: Operation) -> tuple[Row[Any], dict[str, Any] | None]:
    """The locked order, and the kept answer when this operation was answered before."""
    order = await order_store.lock(tx, order_id)
    if order is None:
        raise NotFound("there is no such order")
    kept = await store.kept(tx, operation.operation_id)
    if kept is None:
        return order, None
    if (kept.order_id, kept.fingerprint) != (order_id, operation.fingerprint):
        raise OperationReused("this operation_id belongs to another operation: make a new one", pointer="/operation_id")
    return order, dict(kept.answer)


async def effective_at_of(tx: AsyncConnection, order: Row[Any], operation: Operation, *, now: datetime) -> datetime:
    appointment = await appointment_store.appointment(tx, operation.appointment_id)
    if appointment is not None and appointment.order_id != order.order_id:
        raise Invalid("this appointment belongs to another order", pointer="/appointment_id")
    sent = (appointment.dispatched_at if appointment is not None else None) or order.accepted_at
    received = min(operation.received_at or now, now)
    return effective_at(at=operation.at, dispatched_at=sent, received_at=received)


async def is_second(tx: AsyncConnection, operation: Operation) -> bool:
    """Whether it is told by the second of a crew."""
    appointment = await appointment_store.appointment(tx, operation.appointment_id)
    return appointment is not None and appointment.role == "second"


def stamp(order: Row[Any], column: str | None, happened: datetime) -> dict[str, datetime]:
    """Set a time field unless something earlier has set it."""
    if column is None:
        return {}
    known = getattr(order, column)
    return {column: happened if known is None else min(known, happened)}


async def keep_answer(
    tx: AsyncConnection,
    order: Row[Any],
    operation: Operation,
    kind: str,
    *,
    happened: datetime,
    status: str,
    now: datetime,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    answer = {
        "status": status,
        "order_id": order.order_id,
        "state": order.state,
        "effective_at": happened.isoformat(),
        **(extra or {}),
    }
    await store.keep(
        tx,
        operation_id=operation.operation_id,
        order_id=order.order_id,
        appointment_id=operation.appointment_id,
        engineer_id=operation.engineer_id,
        kind=kind,
        at=operation.at,
        effective_at=happened,
        received_at=operation.received_at or now,
        fingerprint=operation.fingerprint,
        facts=operation.body,
        answer=answer,
    )
    return answer


async def tell_fact(
    tx: AsyncConnection, order: Row[Any], operation: Operation, fact: str, *, actor: str, happened: datetime
) -> None:
    recorded = FactRecorded(
        order_id=order.order_id,
        territory_id=order.territory_id,
        operation_id=operation.operation_id,
        appointment_id=operation.appointment_id,
        engineer_id=operation.engineer_id,
        fact=fact,
        state=order.state,
    )
    await append(tx, recorded, subject=order.order_id, actor=actor, effective_at=happened)
