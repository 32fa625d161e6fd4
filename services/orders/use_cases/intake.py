"""Taking reports in: one by a call, hundreds by an import, the plan's own; all on the same path."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Problem
from services.messages import OrderAccepted
from services.orders.catalogue import Catalogue
from services.orders.context import Orders
from services.orders.domain.causes import Knowledge
from services.orders.domain.clocks import Clock, reassess, risk
from services.orders.domain.dispatch_gates import Fit
from services.orders.domain.faults import likely_faults
from services.orders.domain.intake import ANSWERED_BY_A_PERSON, Accepted, Machine, OpenOrder, Report, Rules, decide
from services.orders.domain.links import Link
from services.orders.domain.machines import Station, StationNeed
from services.orders.domain.problems import OutsideYourScope
from services.orders.domain.told import ZONE, told
from services.orders.store import assets as asset_store
from services.orders.store import clocks as clock_store
from services.orders.store import dispatch_gates as gate_store
from services.orders.store import links as link_store
from services.orders.store import orders as store
from services.orders.use_cases.identification import MachineName, by_field, machines_named
from services.orders.use_cases.kits import kit_rows
from services.orders.use_cases.links import links_of
from services.orders.use_cases.promises import tell_news, timers_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """One report about one machine."""

    machine: MachineName
    report: Report


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, who brings it, and the lists to decide it by."""

    caller: Principal
    wanted: Wanted
    rules: Rules


class StationUnheardOf(Exception):
    """A machine's named station is not among the stations of quick rules: they may be a minute old."""


async def rules(context: Orders, wanted: Sequence[Wanted] = (), *, quick: bool = False) -> Rules:
    """The lists to decide by; asks stations and parts, so never inside a transaction.

    `wanted` are the reports at hand: a named station that was founded a moment ago is then known, and so are the
    prices of the parts that they may need. `quick` rules are put together without the database where they can be, and
    `accept_each` answers StationUnheardOf when they are too old.
    """
    named = set[str]()
    if quick and (recent := context.promises.recent()) is not None:
        templates, calendars = recent
    else:
        async with context.db.read() as tx:
            if wanted and not quick:
                named = await asset_store.named_stations(tx, **by_field([one.machine for one in wanted]))
            templates, calendars = await context.promises.get(tx)
    stations = await context.stations.all(knowing=named)
    knowledge = await context.experience.get()
    lists = context.catalogue
    costs = await context.part_facts.costs(_parts_needed(lists, knowledge, [one.report for one in wanted]))
    return Rules(
        faults=lists.faults,
        unknown_fault=lists.unknown_fault,
        work_types=lists.work_types,
        templates=templates,
        stations=stations,
        calendars=calendars,
        knowledge=knowledge,
        bands=lists.causes.bands,
        prices=lists.causes.kit.prices(costs),
        fits=await _fits(context, wanted, costs),
        quick=quick,
    )


async def _fits(context: Orders, wanted: Sequence[Wanted], parts: Collection[str]) -> dict[str, dict[str, Fit]]:
    """Which of the parts fit the machines of the reports; asked only for parts that do not fit every machine."""
    if not context.part_facts.ruled(parts):
        return {}
    async with context.db.read() as tx:
        machines = await machines_named(tx, [one.machine for one in wanted], lock=False)
    known = {machine.asset_id: machine for machine in machines if not isinstance(machine, Problem)}
    fits = await asyncio.gather(*(context.part_facts.fits(machine, parts) for machine in known.values()))
    return dict(zip(known, fits, strict=True))


def _parts_needed(lists: Catalogue, knowledge: Knowledge, reports: Sequence[Report]) -> set[str]:
    """Every part that a fault of these reports could need, whatever the machine is."""
    faults = {
        fault.fault
        for report in reports
        for fault in likely_faults(lists.faults, codes=report.codes, symptom=report.symptom)
    }
    return {part for fault in faults for cause in knowledge.of(fault) for part in cause.parts}


async def accept_all(
    tx: AsyncConnection, wanted: Sequence[Wanted], *, rules: Rules, now: datetime, caller: Principal
) -> list[str | Problem]:
    """Accept each report of one caller or say why not: an order id or a problem for each, in order. The rules are not
    quick ones."""
    results = await accept_each(tx, [Asked(caller, want, rules) for want in wanted], now=now)
    return [result for result in results if not isinstance(result, StationUnheardOf)]


async def accept_each(
    tx: AsyncConnection, asked: Sequence[Asked], *, now: datetime
) -> list[str | Problem | StationUnheardOf]:
    """The same for reports of several callers; StationUnheardOf for those whose quick rules are too old."""
    machines = await machines_named(tx, [one.wanted.machine for one in asked])
    known = [machine.asset_id for machine in machines if not isinstance(machine, Problem)]
    open_orders = await _open_orders(tx, known)
    results: list[str | Problem | StationUnheardOf] = []
    accepted: list[_New] = []
    numbers = iter(await store.next_numbers(tx, len(known)))
    news: dict[str, str] = {}
    for one, machine in zip(asked, machines, strict=True):
        if isinstance(machine, Problem):
            results.append(machine)
            continue
        number = _number(next(numbers), now)
        report, others = one.wanted.report, open_orders.setdefault(machine.asset_id, [])
        try:
            check_heard_of(machine, one.rules)
            order = decide(report, machine, open_orders=others, rules=one.rules, now=now)
            check_scope(one.caller, order.station)
            links = await links_of(tx, one.caller, report.links, news)
        except (Problem, StationUnheardOf) as refusal:
            results.append(refusal)
            continue
        order_id = new_id()
        others.append(OpenOrder(order_id, number, report.work_type, report.reported_at))
        accepted.append(_New(order_id, number, order, links, one.rules, one.caller.actor))
        news |= {report.external_id: order_id} if report.external_id else {}
        results.append(order_id)
    await _write(tx, accepted, now=now)
    return results


def check_heard_of(machine: Machine, rules: Rules) -> None:
    """Raises StationUnheardOf."""
    named = machine.station_id
    if rules.quick and named and all(station.station_id != named for station in rules.stations):
        raise StationUnheardOf


@dataclass(frozen=True, slots=True)
class _New:
    """An order that is about to be written, by which rules, and by whom."""

    order_id: str
    number: str
    order: Accepted
    links: tuple[Link, ...]
    rules: Rules
    actor: str


def check_scope(caller: Principal, station: Station) -> None:
    """Raises OutsideYourScope when the machine stands where the caller does not work."""
    if caller.role == "station" and caller.station_id != station.station_id:
        raise OutsideYourScope("another station answers for this place: have the hotline take the report")
    if caller.branch_id and caller.branch_id != station.branch_id:
        raise OutsideYourScope("another branch answers for this place: have the hotline take the report")


async def _open_orders(tx: AsyncConnection, asset_ids: Sequence[str]) -> dict[str, list[OpenOrder]]:
    found: dict[str, list[OpenOrder]] = {}
    for row in await store.open_of_assets(tx, asset_ids):
        order = OpenOrder(row.order_id, row.number, row.work_type, row.reported_at)
        found.setdefault(row.asset_id, []).append(order)
    return found


def _number(running: int, now: datetime) -> str:
    return f"WO-{now.astimezone(ZONE):%Y%m%d}-{running % 100_000:05d}"


async def _write(tx: AsyncConnection, accepted: Sequence[_New], *, now: datetime) -> None:
    rows, cargo_rows, gate_rows = [], [], []
    clocks: dict[str, list[Clock]] = {}
    timers: dict[str, dict[str, datetime]] = {}
    for new in accepted:
        order_id, order = new.order_id, new.order
        row = order_row(order_id, new.number, order, now=now)
        stamps = {name: row[name] for name in ("reported_at", "accepted_at", "responded_at") if row[name] is not None}
        judged = [
            reassess(clock, waits=(), stamps=stamps, now=now, waived=False, calendars=new.rules.calendars)
            for clock in order.clocks
        ]
        clocks[order_id] = [one.clock for one in judged]
        timers[order_id] = timers_of(judged)
        row["risk_rank"], row["risk_due"] = risk(clocks[order_id])
        rows.append(row)
        cargo_rows += [_cargo_row(order_id, order)] if order.report.cargo else []
        gate_rows += [{"order_id": order_id, **asdict(one)} for one in order.held]
        accepted_message = _accepted_message(order_id, new.number, order)
        await append(tx, accepted_message, subject=order_id, actor=new.actor, effective_at=now)
        await tell_news(tx, order_id, order.station.territory_id, judged, now=now, actor=new.actor)
    await store.add(tx, rows, cargo_rows)
    await link_store.add(tx, {new.order_id: new.links for new in accepted})
    await gate_store.add(tx, gate_rows)
    await clock_store.add(tx, clocks)
    await clock_store.add_timers(tx, timers)


def _accepted_message(order_id: str, number: str, order: Accepted) -> OrderAccepted:
    return OrderAccepted(
        order_id=order_id,
        number=number,
        territory_id=order.station.territory_id,
        branch_id=order.station.branch_id,
        station_id=order.station.station_id,
        asset_id=order.machine.asset_id,
        work_type=order.report.work_type,
    )


def order_row(order_id: str, number: str, order: Accepted, *, now: datetime) -> dict[str, Any]:
    """The row of a new order; every row has the same columns."""
    report, diagnosis = order.report, order.diagnosis
    faults = diagnosis.faults if diagnosis else ()
    window = report.window
    dues = [(clock.rule.clock, clock.due) for clock in order.clocks if clock.rule.clock != "respond"]
    return {
        "order_id": order_id,
        "number": number,
        "external_id": report.external_id,
        "source": report.source,
        "state": "accepted",
        "work_type": report.work_type,
        "asset_id": order.machine.asset_id,
        "branch_id": order.station.branch_id,
        "territory_id": order.station.territory_id,
        "station_id": order.station.station_id,
        "station_authorised": order.station.may(StationNeed(order.machine.brand, order.work_type.capability)),
        **order.spot.columns(),
        "stake": report.stake,
        "address": report.address,
        "contact_name": report.contact_name,
        "contact_phone": report.contact_phone,
        "symptom": report.symptom,
        "fault_codes": [asdict(code) for code in report.codes],
        "faults": [{"fault": f.fault, "name_zh": f.name_zh, "name_en": f.name_en, "system": f.system} for f in faults],
        "vmrs_system": faults[0].system if faults else None,
        "service_s": order.service_s,
        "skills": [asdict(need) for need in order.skills],
        **(report.crew or order.work_type.crew).columns(),
        "expert": asdict(order.expert) if order.expert else None,
        "kit": kit_rows(order.kit),
        "fix_chance": order.fix_chance,
        "open_gates": sum(one.decision is None for one in order.held) if order.held else None,
        "drop_fen": order.work_type.drop_fen,
        "interruptible": order.work_type.interruptible,
        "replacement_eligible": order.replacement_eligible,
        "warranty": asdict(order.warranty),
        "contracts": order.contract_decisions,
        "clocks_to_come": clock_store.documents_of(order.clocks_to_come),
        "template_id": order.template.template_id if order.template else None,
        "template_version": order.template.version if order.template else None,
        "told": told(
            number=number,
            dues=dues,
            replacement=order.replacement_eligible and report.cargo is not None,
            warranty=order.warranty.decision,
        ),
        "earliest_start": window.earliest if window else None,
        "latest_start": window.latest if window else None,
        "plan_id": report.plan_id,
        "follow_up_of": report.follow_up_of,
        "reported_at": report.reported_at,
        "accepted_at": now,
        "responded_at": now if report.source in ANSWERED_BY_A_PERSON else None,
    }


def _cargo_row(order_id: str, order: Accepted) -> dict[str, Any]:
    cargo = order.report.cargo
    assert cargo is not None  # noqa: S101 - asked for orders with cargo only
    return {
        "order_id": order_id,
        "cargo_class": cargo.cargo_class,
        "coupling": cargo.coupling,
        "mass_kg": cargo.mass_kg,
        "destination_lon": cargo.destination.lon,
        "destination_lat": cargo.destination.lat,
        "deadline": cargo.deadline,
        "hazard": cargo.hazard,
    }
