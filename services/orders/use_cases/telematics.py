"""Machines tell by themselves: meters move their record, a fault that stops the machine becomes an order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import Problem
from services.orders.context import Orders
from services.orders.domain.faults import Fault, FaultCode
from services.orders.domain.intake import Machine, Report, Rules
from services.orders.domain.places import Spot
from services.orders.domain.problems import PossibleDuplicate
from services.orders.domain.telematics import Reading, ToldCode
from services.orders.store import assets as asset_store
from services.orders.store import machine_faults as store
from services.orders.use_cases.identification import MachineName, machines_named
from services.orders.use_cases.intake import Wanted, accept_all, rules
from services.orders.use_cases.meters import read_meters

AT_ONCE = 200
Meters = Literal["none", "moved", "older", "implausible"]


@dataclass
class Taken:
    """What became of one machine of a snapshot: its meters, its codes (known: told before), and its order.

    `problem` is why nothing of it was taken, `order_problem` why a fault that should have become an order did not.
    """

    serial: str | None = None
    meters: Meters = "none"
    new_codes: list[str] = field(default_factory=list)
    known_codes: list[str] = field(default_factory=list)
    other_codes: list[str] = field(default_factory=list)
    order_id: str | None = None
    problem: Problem | None = None
    order_problem: Problem | None = None


async def take_snapshot(context: Orders, caller: Principal, readings: Sequence[Reading | Problem]) -> list[Taken]:
    """Take each machine for itself, in order. The same snapshot again changes nothing."""
    taken: list[Taken] = []
    for begin in range(0, len(readings), AT_ONCE):
        some = readings[begin : begin + AT_ONCE]
        good = [one for one in some if not isinstance(one, Problem)]
        lists = await rules(context, [Wanted(_name(one), _report(one)) for one in good])
        async with context.db.transaction() as tx:
            told = iter(await _take(tx, good, lists, caller=caller, now=context.clock.now()))
        taken += [Taken(problem=one) if isinstance(one, Problem) else next(told) for one in some]
    return taken


async def _take(
    tx: AsyncConnection, readings: Sequence[Reading], lists: Rules, *, caller: Principal, now: datetime
) -> list[Taken]:
    machines = await _identified(tx, readings)
    found = [one.asset_id for one in machines if not isinstance(one, Problem)]
    assets = {row.asset_id: row for row in await asset_store.rows(tx, found)}
    known = {(row.asset_id, row.spn, row.fmi): row for row in await store.of_assets(tx, found)}
    taken, wanted, fresh = [], [], []
    for reading, machine in zip(readings, machines, strict=True):
        if isinstance(machine, Problem):
            taken.append(Taken(problem=machine))
            continue
        one = Taken(serial=machine.asset_id, meters=await _meters(tx, assets[machine.asset_id], reading))
        news = _sorted(one, machine, reading, known)
        fresh.append((one, news))
        if any(_stops(code, lists.faults, machine) for code in news):
            wanted.append((one, Wanted(MachineName(serial=machine.asset_id), _report(reading))))
        taken.append(one)
    results = await accept_all(tx, [want for _, want in wanted], rules=lists, now=now, caller=caller)
    for (one, _), result in zip(wanted, results, strict=True):
        if isinstance(result, PossibleDuplicate):  # the open order is the one that this code belongs to
            one.order_id = str(result.members["order_id"])
        elif isinstance(result, Problem):
            one.order_problem = result
        else:
            one.order_id = result
    # What should have become an order and did not is tried again with the next snapshot.
    settled = [(one, news) for one, news in fresh if one.order_problem is None]
    await store.tell(tx, [_row(one, code) for one, news in settled for code in news if code.code is not None])
    return taken


async def _identified(tx: AsyncConnection, readings: Sequence[Reading]) -> list[Machine | Problem]:
    """By the PIN, which is unique over all makers; by the serial number where that is not on record."""
    machines = await machines_named(tx, [_name(one) for one in readings])
    again = [index for index, one in enumerate(machines) if isinstance(one, Problem) and readings[index].serial]
    by_serial = await machines_named(tx, [MachineName(serial=readings[index].serial) for index in again])
    for index, machine in zip(again, by_serial, strict=True):
        machines[index] = machine
    return machines


def _name(reading: Reading) -> MachineName:
    return MachineName(vin=reading.pin) if reading.pin else MachineName(serial=reading.serial)


async def _meters(tx: AsyncConnection, asset: Row[Any], reading: Reading) -> Meters:
    if reading.meter_km is None and reading.meter_h is None:
        return "none"
    if asset.meter_at is not None and reading.at <= asset.meter_at:
        return "older"
    told = {"meter_km": reading.meter_km, "meter_h": reading.meter_h}
    return "moved" if await read_meters(tx, asset, **told, at=reading.at) else "implausible"


def _sorted(
    one: Taken, machine: Machine, reading: Reading, known: dict[tuple[str, int, int], Row[Any]]
) -> list[ToldCode]:
    """Codes that were not told before; all of them are named in `one`."""
    news = []
    for told in reading.codes:
        before = known.get((machine.asset_id, told.code.spn, told.code.fmi)) if told.code else None
        if told.code is None:
            one.other_codes.append(told.identifier)
        elif before is not None and told.at <= before.last_at:
            one.known_codes.append(told.identifier)
        else:
            one.new_codes.append(told.identifier)
            news.append(told)
    return news


def _stops(told: ToldCode, faults: Sequence[Fault], machine: Machine) -> bool:
    """Whether somebody must go: the machine says so, or the fault usually stops it."""
    code = told.code
    if told.urgent or code is None:
        return told.urgent
    known = (fault for fault in faults if fault.spn == code.spn and code.fmi in fault.fmi)
    return any(fault.stops_machine and fault.fits(machine.product) for fault in known)


def _report(reading: Reading) -> Report:
    codes = tuple(dict.fromkeys(told.code for told in reading.codes if told.code))
    others = [told.identifier for told in reading.codes if told.code is None]
    return Report(
        source="telematics",
        work_type="breakdown",
        reported_at=max((told.at for told in reading.codes), default=reading.at),
        where=Spot(reading.place) if reading.place else None,
        codes=codes,
        symptom=", ".join(others)[:1000] or None,
    )


def _row(one: Taken, told: ToldCode) -> dict[str, Any]:
    code = told.code or FaultCode(0, 0)
    at = {"first_at": told.at, "last_at": told.at}
    return {"asset_id": one.serial, "spn": code.spn, "fmi": code.fmi, **at, "times": 1, "order_id": one.order_id}
