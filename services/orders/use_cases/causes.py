"""What is wrong most likely, what goes along, and what it turned out to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Invalid, NotFound, Problem
from services.orders.catalogue import Catalogue
from services.orders.context import Orders
from services.orders.domain.causes import Knowledge, Ranked, band_of
from services.orders.domain.faults import Fault, FaultCode, diagnose
from services.orders.domain.intake import Machine, Report, causes_of
from services.orders.domain.kits import Kit, best_kit
from services.orders.domain.told import ZONE
from services.orders.facts import CauseFound
from services.orders.store import assets as asset_store
from services.orders.store import causes as store
from services.orders.store import orders as order_store
from services.orders.use_cases.identification import MachineName, machine_of, machines_named
from services.orders.use_cases.intake import Wanted, rules


@dataclass(frozen=True, slots=True)
class Told:
    """A person says that `fault` turned out to be `cause`."""

    fault: str
    cause: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """Ranked causes by fault, the kit, and the parts of it whose price is not known."""

    machine: Machine
    band: str
    faults: Sequence[tuple[Fault, Sequence[Ranked]]]
    kit: Kit
    unpriced: Sequence[str]


async def advise_order(context: Orders, caller: Principal, order_id: str) -> tuple[Advice, Sequence[Row[Any]]]:
    """What is likely for an order as things stand now, and what was told of it. Raises NotFound."""
    async with context.db.read() as tx:
        order = await order_store.find(tx, order_id, caller)
        if order is None:
            raise NotFound("there is no such order, or it is not yours")
        machine = machine_of(await asset_store.with_record(tx, order.asset_id))
        told = await store.of_order(tx, order_id)
    known = {fault.fault: fault for fault in context.catalogue.faults}
    faults = [known[one["fault"]] for one in order.faults if one["fault"] in known]
    report = _asked(order.symptom, [FaultCode(**code) for code in order.fault_codes], order.reported_at)
    return await _advise(context, report, machine, faults), told


async def advise(context: Orders, name: MachineName, *, symptom: str | None, codes: Sequence[FaultCode]) -> Advice:
    """What is likely before there is an order. Raises MachineUnknown, MachineAmbiguous."""
    async with context.db.read() as tx:
        (machine,) = await machines_named(tx, [name], lock=False)
    if isinstance(machine, Problem):
        raise machine
    lists = context.catalogue
    found = diagnose(lists.faults, lists.unknown_fault, codes=codes, symptom=symptom, product=machine.product)
    return await _advise(context, _asked(symptom, codes, context.clock.now()), machine, found.faults)


def _asked(symptom: str | None, codes: Sequence[FaultCode], at: datetime) -> Report:
    return Report(source="manual", work_type="", reported_at=at, symptom=symptom, codes=tuple(codes))


async def _advise(context: Orders, report: Report, machine: Machine, faults: Sequence[Fault]) -> Advice:
    lists = await rules(context, [Wanted(MachineName(serial=machine.asset_id), report)])
    day = report.reported_at.astimezone(ZONE).date()
    ranked = causes_of(faults, machine, lists, day)
    kit = best_kit(ranked, lists.prices)
    return Advice(
        machine=machine,
        band=_band(context.catalogue, machine, report.reported_at),
        faults=list(zip(faults, ranked, strict=True)),
        kit=kit,
        unpriced=[line.part for line in (*kit.lines, *kit.left_out) if line.part not in lists.prices.carry_fen],
    )


async def tell(context: Orders, caller: Principal, order_id: str, told: Told) -> None:
    """Put on record what a fault turned out to be. Raises NotFound, Invalid."""
    knowledge = await context.experience.get()
    async with context.db.transaction() as tx:
        order = await order_store.lock_visible(tx, order_id, caller)
        if order is None:
            raise NotFound("there is no such order, or it is not yours")
        await record(tx, order, [told], context.catalogue, knowledge, actor=caller.actor, now=context.clock.now())


async def record(
    tx: AsyncConnection,
    order: Row[Any],
    told: Sequence[Told],
    catalogue: Catalogue,
    knowledge: Knowledge,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Keep what each fault turned out to be with what the machine is now; the last word on a fault counts.

    Raises Invalid for a fault or cause that is on no list.
    """
    if not told:
        return
    for index, one in enumerate(told):
        if not knowledge.knows(one.fault, one.cause):
            raise Invalid(_unknown(knowledge, one), pointer=f"/causes/{index}")
    machine = machine_of(await asset_store.with_record(tx, order.asset_id))
    shared: Mapping[str, Any] = {
        "order_id": order.order_id,
        "asset_id": order.asset_id,
        "model": machine.model,
        "band": _band(catalogue, machine, now),
        "told_by": actor,
        "told_at": now,
    }
    last = {one.fault: one for one in told}
    await store.keep(
        tx, [{**shared, "fault": one.fault, "cause": one.cause, "note": one.note} for one in last.values()]
    )
    for one in last.values():
        found = CauseFound(order_id=order.order_id, territory_id=order.territory_id, fault=one.fault, cause=one.cause)
        await append(tx, found, subject=order.order_id, actor=actor)


def _unknown(knowledge: Knowledge, told: Told) -> str:
    listed = [cause.cause for cause in knowledge.of(told.fault)]
    if not listed:
        return f"no fault {told.fault!r} has a list of causes: see GET /orders/v1/causes"
    return f"{told.fault} has no cause {told.cause!r}: use one of {', '.join(listed)}"


def _band(catalogue: Catalogue, machine: Machine, at: datetime) -> str:
    meters = {"meter_km": machine.meter_km, "meter_h": machine.meter_h}
    day = at.astimezone(ZONE).date()
    return band_of(catalogue.causes.bands, in_service_on=machine.in_service_on, **meters, on=day)
