"""Completing an order: every gate met, the machine's record grown, what is left over made a new order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.values import Place
from services.messages import OrderCompleted
from services.orders.catalogue import Catalogue
from services.orders.domain import life
from services.orders.domain.dispatch_gates import CAMPAIGN_ITEM, campaign_items
from services.orders.domain.gates import Completion, control_points, missing
from services.orders.domain.intake import Report, Rules, Window, WorkType
from services.orders.domain.places import Spot
from services.orders.domain.problems import GateNotMet, LeadCompletes
from services.orders.domain.told import ZONE
from services.orders.facts import OrderConfirmed
from services.orders.store import assets as asset_store
from services.orders.store import clocks as clock_store
from services.orders.store import dispatch_gates as gate_store
from services.orders.store import facts as fact_store
from services.orders.store import finance as finance_store
from services.orders.store import orders as order_store
from services.orders.use_cases.causes import Told, record
from services.orders.use_cases.closing import arm_close
from services.orders.use_cases.flags import flag_told
from services.orders.use_cases.identification import MachineName
from services.orders.use_cases.intake import Wanted, accept_all
from services.orders.use_cases.life import tell_followers
from services.orders.use_cases.meters import read_meters
from services.orders.use_cases.named_stations import after_maintenance
from services.orders.use_cases.operations import (
    Operation,
    begin,
    effective_at_of,
    is_second,
    keep_answer,
    stamp,
    tell_fact,
)
from services.orders.use_cases.promises import refresh, stamps_of

FOLLOW_UP_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Work that is left for another order."""

    work_type: str = "maintenance"
    note: str = ""
    items: tuple[str, ...] = ()


async def complete(
    tx: AsyncConnection,
    order_id: str,
    operation: Operation,
    completion: Completion,
    follow_up: FollowUp | None,
    causes: Sequence[Told],
    sheet: Mapping[str, Any] | None,
    *,
    rules: Rules,
    catalogue: Catalogue,
    caller: Principal,
    now: datetime,
) -> dict[str, Any]:
    """Complete the order when every gate is met; the same operation again gets the same answer.

    Another engineer's completion of the same order is kept and changes nothing (`superseded`); a completion beats a
    cancellation. Raises LeadCompletes for the second of a crew, GateNotMet with the list of what is missing, NotFound,
    OperationReused, Invalid.
    """
    order, answered = await begin(tx, order_id, operation)
    if answered is not None:
        return answered
    happened = await effective_at_of(tx, order, operation, now=now)
    if await is_second(tx, operation):
        raise LeadCompletes("you are the second of this crew: the lead completes the order for both")
    if order.state not in life.OPEN and order.state != "cancelled":
        answer = await keep_answer(tx, order, operation, "completed", happened=happened, status="superseded", now=now)
        await tell_fact(tx, order, operation, "completed", actor=caller.actor, happened=happened)
        return answer
    work_type = rules.work_types[order.work_type]
    campaigns = campaign_items(await gate_store.of_order(tx, order_id)) if order.open_gates is not None else []
    told = await _told(tx, order)
    open_gates = missing(work_type.gates, [*work_type.checklist, *campaigns], told, completion)
    if open_gates:
        listed = [{"gate": gate.gate, **({"item": gate.item} if gate.item else {})} for gate in open_gates]
        names = ", ".join(gate.item or gate.gate for gate in open_gates)
        raise GateNotMet(f"still missing: {names}", missing=listed)
    # Work that was done is not refused for a list of causes that changed while the phone was away.
    known = [one for one in causes if rules.knowledge.knows(one.fault, one.cause)]
    await record(tx, order, known, catalogue, rules.knowledge, actor=caller.actor, now=now)
    order = await _finish(tx, order, operation, completion, work_type, happened=happened, actor=caller.actor)
    carried_out = [item.removeprefix(CAMPAIGN_ITEM) for item in campaigns if completion.checklist[item] == "ok"]
    on = happened.astimezone(ZONE).date()
    await gate_store.done(tx, carried_out, asset_id=order.asset_id, order_id=order_id, on=on)
    if sheet is not None:
        await finance_store.keep_sheet(tx, order_id=order_id, **sheet)
    plausible = await _grow_record(tx, order, completion, happened=happened)
    await after_maintenance(tx, order, work_type, actor=caller.actor, at=happened)
    warnings = [*([] if plausible else ["meter_reading"]), *(["causes"] if len(known) < len(causes) else [])]
    extra: dict[str, Any] = {"warnings": warnings}
    if (wanted := _follow_up(order, completion, follow_up, now=now)) is not None:
        extra["follow_up"] = await _accept_follow_up(tx, wanted, rules=rules, caller=caller, now=now)
    answer = await keep_answer(
        tx, order, operation, "completed", happened=happened, status="applied", now=now, extra=extra
    )
    await _tell_completed(tx, order, operation, actor=caller.actor, happened=happened)
    await refresh(tx, [order], now=now, actor=caller.actor)
    await arm_close(tx, order, now=now)
    return answer


async def _told(tx: AsyncConnection, order: Row[Any]) -> frozenset[str]:
    """The time fields that are set or wait for a person: what was told in doubt was not left out."""
    return frozenset(stamps_of(order)) | {flag.field for flag in await fact_store.flagged(tx, order.order_id)}


async def _finish(
    tx: AsyncConnection,
    order: Row[Any],
    operation: Operation,
    completion: Completion,
    work_type: WorkType,
    *,
    happened: datetime,
    actor: str,
) -> Row[Any]:
    """Completed, and confirmed at once: the signature is one of the gates, or this kind of work needs none."""
    state = life.after(life.after(order.state, "completed"), "confirmed")
    stamped = stamp(order, "confirmed_at", happened)
    for field in ("completed_at", *(["restored_at"] if work_type.repairs and order.restored_at is None else [])):
        if operation.doubts:
            await flag_told(tx, order, operation, field, happened=happened, actor=actor)
        else:
            stamped |= stamp(order, field, happened)
    done = [(one["task"], datetime.fromisoformat(one["at"])) for one in order.tasks_done]
    walked = control_points(work_type.tasks, done)
    await clock_store.end_wait(tx, order.order_id, happened)
    return await order_store.change(
        tx,
        order.order_id,
        state=state,
        waiting_reason=None,
        appointment_id=operation.appointment_id,
        engineer_id=operation.engineer_id,
        completion={
            "checklist": dict(completion.checklist),
            "test_result": completion.test_result,
            "signature_photo": completion.signature_photo,
            "meter_km": completion.meter_km,
            "meter_h": completion.meter_h,
        },
        control_points={"skipped": list(walked.skipped), "in_order": walked.in_order},
        **stamped,
    )


async def _grow_record(tx: AsyncConnection, order: Row[Any], completion: Completion, *, happened: datetime) -> bool:
    """Add the work to the machine's record; whether the meter reading could be believed.

    An implausible reading is kept with the work and does not move the machine's meter.
    """
    asset = await asset_store.lock(tx, order.asset_id)
    meters = {"meter_km": completion.meter_km, "meter_h": completion.meter_h}
    plausible = await read_meters(tx, asset, **meters, at=happened)
    await asset_store.add_history(
        tx,
        {
            "order_id": order.order_id,
            "asset_id": order.asset_id,
            "at": happened,
            "work_type": order.work_type,
            "faults": order.faults,
            "vmrs_system": order.vmrs_system,
            "engineer_id": order.engineer_id,
            **meters,
            "meter_plausible": plausible,
            "checklist": dict(completion.checklist),
        },
    )
    return plausible


def _follow_up(order: Row[Any], completion: Completion, asked: FollowUp | None, *, now: datetime) -> Wanted | None:
    """The order that failed checklist items, or the engineer's own request, lead to."""
    if asked is None and not completion.failed_items:
        return None
    asked = asked or FollowUp()
    items = (*completion.failed_items, *asked.items)
    report = Report(
        source="follow_up",
        work_type=asked.work_type,
        reported_at=now,
        where=Spot(Place(order.lon, order.lat), order.place_error_m, order.place_source, order.place_matched),
        stake=order.stake,
        address=order.address,
        symptom="; ".join(text for text in (asked.note, ", ".join(items)) if text) or None,
        contact_name=order.contact_name,
        contact_phone=order.contact_phone,
        window=Window(now, now + FOLLOW_UP_WITHIN),
        follow_up_of=order.order_id,
    )
    return Wanted(MachineName(serial=order.asset_id), report)


async def _accept_follow_up(
    tx: AsyncConnection, wanted: Wanted, *, rules: Rules, caller: Principal, now: datetime
) -> dict[str, Any]:
    """The new order's id, or why there is none: the work that was done counts all the same."""
    (result,) = await accept_all(tx, [wanted], rules=rules, now=now, caller=caller)
    return {"order_id": result} if isinstance(result, str) else {"problem": result.document()}


async def _tell_completed(
    tx: AsyncConnection, order: Row[Any], operation: Operation, *, actor: str, happened: datetime
) -> None:
    completed = OrderCompleted(
        order_id=order.order_id,
        territory_id=order.territory_id,
        appointment_id=operation.appointment_id,
        engineer_id=operation.engineer_id,
    )
    await append(tx, completed, subject=order.order_id, actor=actor, effective_at=happened)
    confirmed = OrderConfirmed(order_id=order.order_id, territory_id=order.territory_id)
    await append(tx, confirmed, subject=order.order_id, actor=actor, effective_at=happened)
    await tell_followers(tx, order, actor=actor)
