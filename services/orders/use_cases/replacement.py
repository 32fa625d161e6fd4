"""The replacement case: opened when dispatch decides, walked by the partner's driver over a signed link."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import signature
from kit.events import Event
from kit.ids import new_id
from kit.journal import append
from kit.problems import Invalid, NotFound
from kit.values import Place
from services.messages import ReplacementDecided, ReplacementStepTaken
from services.orders.domain.facts import effective_at
from services.orders.domain.life import OPEN
from services.orders.domain.problems import OperationReused, WrongStep
from services.orders.domain.replacement import LINK_LIVES_DAYS, Step, next_step
from services.orders.facts import ReplacementOpened, ReplacementWithdrawn
from services.orders.store import orders as order_store
from services.orders.store import replacement as store
from services.orders.use_cases.closing import arm_close
from services.orders.use_cases.promises import refresh

LINK_PURPOSE = "replacement-link"


@dataclass(frozen=True, slots=True)
class StepTaken:
    """What the driver told; `kilometres` is due with `delivered`."""

    operation_id: str
    step: Step
    at: datetime
    place: Place | None
    kilometres: int | None
    fingerprint: str


def link_token(secret: str, case_id: str) -> str:
    """The secret part of the driver's link; made anew from the case whenever somebody may see it."""
    return signature(secret, LINK_PURPOSE, case_id)


def token_hash(token: str) -> str:
    """What is stored of a token: who reads the table cannot make the link."""
    return hashlib.sha256(token.encode()).hexdigest()


async def open_case(
    tx: AsyncConnection, decided: ReplacementDecided, event: Event, *, secret: str, now: datetime
) -> None:
    """Dispatch decided on a vehicle: open its case, or move the one that is open for the same vehicle.

    Once the cargo moves, the decision is history and a newer one changes nothing.
    """
    order = await order_store.lock(tx, decided.order_id)
    if order is None or order.state not in OPEN:
        return
    planned: dict[str, Any] = {
        "decide_by": decided.decide_by,
        "planned_at_truck": decided.at_truck,
        "planned_delivered": decided.delivered,
        "cost_fen": decided.cost_fen,
    }
    case = await store.running_case(tx, order.order_id)
    if case is not None and case.state == "cargo_moving":
        return
    if case is not None and case.vehicle_id == decided.vehicle_id:
        await store.change(tx, case.case_id, **planned)
        return
    await withdraw_case(tx, order, actor=event.actor, now=now)
    case_id = new_id()
    await store.add(
        tx,
        case_id=case_id,
        order_id=order.order_id,
        territory_id=order.territory_id,
        vehicle_id=decided.vehicle_id,
        state="open",
        token_hash=token_hash(link_token(secret, case_id)),
        opened_at=now,
        **planned,
    )
    opened = ReplacementOpened(
        order_id=order.order_id, territory_id=order.territory_id, case_id=case_id, vehicle_id=decided.vehicle_id
    )
    await append(tx, opened, subject=order.order_id, actor=event.actor)


async def withdraw_case(tx: AsyncConnection, order: Row[Any], *, actor: str, now: datetime) -> None:
    """End the order's running case, if any; cargo that already moves is brought to its destination all the same."""
    case = await store.running_case(tx, order.order_id)
    if case is None or case.state == "cargo_moving":
        return
    await store.change(tx, case.case_id, state="withdrawn", over_at=now)
    withdrawn = ReplacementWithdrawn(
        order_id=order.order_id, territory_id=order.territory_id, case_id=case.case_id, vehicle_id=case.vehicle_id
    )
    await append(tx, withdrawn, subject=order.order_id, actor=actor)


async def case_of_link(tx: AsyncConnection, token: str, *, now: datetime) -> Row[Any]:
    """The case behind a link. Raises NotFound when there is none or it ended more than a week ago."""
    case = await store.by_token(tx, token_hash(token))
    if case is None or (case.over_at is not None and case.over_at + timedelta(days=LINK_LIVES_DAYS) < now):
        raise NotFound("this link leads nowhere: ask the dispatcher for a new one")
    return case


async def take_step(tx: AsyncConnection, token: str, taken: StepTaken, *, now: datetime) -> dict[str, Any]:
    """Record the driver's next step; the same operation again gets the same answer.

    Raises NotFound, OperationReused, WrongStep, Invalid (delivered without its distance).
    """
    seen = await case_of_link(tx, token, now=now)
    order = await order_store.lock(tx, seen.order_id)
    assert order is not None  # noqa: S101 - the case refers to it
    case = await case_of_link(tx, token, now=now)
    if (kept := await store.kept_step(tx, taken.operation_id)) is not None:
        if (kept.case_id, kept.fingerprint) != (case.case_id, taken.fingerprint):
            raise OperationReused("this operation_id belongs to another step: make a new one", pointer="/operation_id")
        return dict(kept.answer)
    expected = next_step(case.state)
    if taken.step != expected:
        raise WrongStep(
            f"the next step is {expected}" if expected else f"this case is {case.state}: there is nothing left to do",
            pointer="/step",
            state=case.state,
            next_step=expected,
        )
    if taken.step == "delivered" and taken.kilometres is None:
        raise Invalid("say how many kilometres were driven with the cargo", pointer="/km")
    happened = effective_at(at=taken.at, dispatched_at=case.opened_at, received_at=now)
    answer = {"status": "applied", "state": taken.step, "next_step": next_step(taken.step)}
    await _keep(tx, case, taken, happened=happened, answer=answer, now=now)
    await _tell(tx, order, case, taken, happened=happened, now=now)
    return answer


async def _keep(
    tx: AsyncConnection, case: Row[Any], taken: StepTaken, *, happened: datetime, answer: dict[str, Any], now: datetime
) -> None:
    await store.keep_step(
        tx,
        operation_id=taken.operation_id,
        case_id=case.case_id,
        step=taken.step,
        at=taken.at,
        effective_at=happened,
        received_at=now,
        lon=taken.place.lon if taken.place else None,
        lat=taken.place.lat if taken.place else None,
        fingerprint=taken.fingerprint,
        answer=answer,
    )
    fields = {"accept": "accepted_at", "at_truck": "at_truck_at", "cargo_moving": "cargo_moving_at"}
    values: dict[str, Any] = {"state": taken.step, fields.get(taken.step, "delivered_at"): happened}
    if taken.step == "delivered":
        values |= {"kilometres": taken.kilometres, "over_at": now}
    await store.change(tx, case.case_id, **values)


async def _tell(
    tx: AsyncConnection, order: Row[Any], case: Row[Any], taken: StepTaken, *, happened: datetime, now: datetime
) -> None:
    actor = f"driver:{case.case_id}"
    message = ReplacementStepTaken(
        order_id=order.order_id,
        case_id=case.case_id,
        vehicle_id=case.vehicle_id,
        territory_id=order.territory_id,
        step=taken.step,
        kilometres=taken.kilometres,
    )
    await append(tx, message, subject=order.order_id, actor=actor, effective_at=happened)
    if taken.step == "cargo_moving":
        order = await order_store.change(tx, order.order_id, cargo_moving_at=happened)
        await refresh(tx, [order], now=now, actor=actor)
    elif taken.step == "delivered":
        await arm_close(tx, order, now=now)
