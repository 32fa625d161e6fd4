"""The network, its people and the bank come in row by row."""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from sqlalchemy import Row, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import journal
from kit.auth import Principal
from kit.context import Context
from kit.imports import Batch, ImportReport, Status
from kit.problems import Forbidden, Invalid, Problem
from services.messages import EngineerChanged, StationChanged, TerritoryChanged
from services.stations.domain import Span
from services.stations.store import bank, network, people
from services.stations.tables import (
    absence,
    branch,
    engineer,
    partner,
    plate_limit,
    resource,
    shift,
    station,
    territory,
    vehicle,
)
from services.stations.use_cases.facts import ContractChanged
from services.stations.use_cases.rows import (
    AbsenceRow,
    BranchRow,
    EngineerRow,
    PartnerRow,
    PlateLimitRow,
    ResourceRow,
    ShiftRow,
    StationRow,
    TerritoryRow,
    VehicleRow,
)

Kind = Literal[
    "branches",
    "territories",
    "stations",
    "engineers",
    "shifts",
    "absences",
    "partners",
    "vehicles",
    "plate_limits",
    "resources",
]
CONTRACT = ("contract_from", "contract_until")
CALENDARS = ("shifts", "absences")
CalendarRow = TypeVar("CalendarRow", ShiftRow, AbsenceRow)


class OverlappingShift(Problem):
    """The engineer has another shift at that time"""

    status = 422


async def import_rows(
    context: Context, caller: Principal, kind: Kind, rows: Sequence[Mapping[str, Any]]
) -> ImportReport:
    """Take the good rows of one kind in one transaction; what became of each.

    Raises Forbidden when the caller's scope is too small for this kind.
    """
    if kind not in CALENDARS and not network.everywhere(caller):
        raise Forbidden(f"{kind} belong to the whole network: only admins and systems without a branch import them")
    async with context.db.transaction() as tx:
        return await _IMPORTS[kind](tx, caller, rows)


_Rows = Sequence[Mapping[str, Any]]


async def _branches(tx: AsyncConnection, _: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(BranchRow, rows)
    batch.refuse_repeated("branch_id")
    await batch.merge_into(tx, branch, BranchRow.record)
    return batch.report()


async def _territories(tx: AsyncConnection, caller: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(TerritoryRow, rows)
    batch.refuse_repeated("territory_id")
    batch.refuse_unknown("branch_id", await network.known_branches(tx, batch.values("branch_id")), "branch")
    statuses = await batch.merge_into(tx, territory, TerritoryRow.model_dump)
    for index, row in batch:
        if statuses[index] != "unchanged":
            message = TerritoryChanged(territory_id=row.territory_id, branch_id=row.branch_id)
            await journal.append(tx, message, subject=row.territory_id, actor=caller.actor)
    return batch.report()


async def _stations(tx: AsyncConnection, caller: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(StationRow, rows)
    batch.refuse_repeated("station_id")
    known = await network.known_territories(tx, batch.values("territory_id"))
    batch.refuse_unknown("territory_id", known, "territory")
    before = await network.stations(tx, batch.values("station_id"))
    statuses = await batch.merge_into(tx, station, StationRow.record)
    changed = [row for index, row in batch if statuses[index] != "unchanged"]
    now_at = {row.station_id: row.territory_id for row in changed}
    left = [old for name, old in before.items() if now_at.get(name, old.territory_id) != old.territory_id]
    await tell_stations(tx, [*left, *changed], actor=caller.actor)
    return batch.report()


async def tell_stations(tx: AsyncConnection, changed: Iterable[StationRow | Row[Any]], *, actor: str) -> None:
    """These stations are new, or what may be assigned to them is."""
    for one in changed:
        hours = {"opens": one.opens, "closes": one.closes}
        message = StationChanged(station_id=one.station_id, territory_id=one.territory_id, **hours)
        await journal.append(tx, message, subject=one.station_id, actor=actor)


async def _engineers(tx: AsyncConnection, caller: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(EngineerRow, rows)
    batch.refuse_repeated("engineer_id")
    stations = await network.territories_of_stations(tx, batch.values("station_id"))
    batch.refuse_unknown("station_id", set(stations), "station")
    everybody = people.visible_engineers(caller)
    before = await people.territories_of_engineers(tx, batch.values("engineer_id"), everybody)
    statuses = await batch.merge_into(tx, engineer, EngineerRow.record)
    changed: set[tuple[str, str]] = set()
    for index, row in batch:
        if statuses[index] != "unchanged":
            now = stations[row.station_id]
            changed |= {(row.engineer_id, now), (row.engineer_id, before.get(row.engineer_id, now))}
    await tell_changes(tx, changed, what="engineer", actor=caller.actor)
    return batch.report()


async def tell_changes(tx: AsyncConnection, changed: Iterable[tuple[str, str]], *, what: str, actor: str) -> None:
    """One message for each (engineer, territory)."""
    for engineer_id, territory_id in sorted(changed):
        message = EngineerChanged(engineer_id=engineer_id, territory_id=territory_id, what=what)
        await journal.append(tx, message, subject=engineer_id, actor=actor)


async def _shifts(tx: AsyncConnection, caller: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(ShiftRow, rows)
    await _only_visible_engineers(tx, caller, batch)
    batch.refuse_repeated("engineer_id", "start")
    await _refuse_overlaps(tx, batch)
    return await _calendar(tx, caller, batch, shift, ShiftRow.record, what="shift")


async def _absences(tx: AsyncConnection, caller: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(AbsenceRow, rows)
    await _only_visible_engineers(tx, caller, batch)
    batch.refuse_repeated("engineer_id", "start")
    return await _calendar(tx, caller, batch, absence, AbsenceRow.model_dump, what="absence")


async def _only_visible_engineers(tx: AsyncConnection, caller: Principal, batch: Batch[CalendarRow]) -> None:
    which = people.visible_engineers(caller)
    known = await people.territories_of_engineers(tx, batch.values("engineer_id"), which)
    batch.refuse_unknown("engineer_id", set(known), "engineer")


async def _refuse_overlaps(tx: AsyncConnection, batch: Batch[ShiftRow]) -> None:
    rows = list(batch)
    if not rows:
        return
    whole = Span(min(row.start for _, row in rows), max(row.end for _, row in rows))
    taken = {
        engineer_id: {shift.start: Span(shift.start, shift.end) for shift in shifts}
        for engineer_id, shifts in (await people.shifts(tx, batch.values("engineer_id"), whole)).items()
    }
    for index, row in rows:
        own = taken.setdefault(row.engineer_id, {})
        wanted = Span(row.start, row.end)
        other = next((span for start, span in own.items() if start != row.start and span.overlaps(wanted)), None)
        if other is None:
            own[row.start] = wanted
        else:
            told = f"overlaps the shift that starts at {other.start.isoformat()}"
            batch.refuse(index, OverlappingShift(told, pointer="/start"))


async def _calendar(
    tx: AsyncConnection,
    caller: Principal,
    batch: Batch[CalendarRow],
    table: Table,
    record: Callable[[CalendarRow], dict[str, Any]],
    *,
    what: str,
) -> ImportReport:
    statuses: dict[int, Status] = await batch.merge_into(tx, table, record)
    changed = {row.engineer_id for index, row in batch if statuses[index] != "unchanged"}
    territories = await people.territories_of_engineers(tx, changed, people.visible_engineers(caller))
    await tell_changes(tx, territories.items(), what=what, actor=caller.actor)
    return batch.report()


async def _partners(tx: AsyncConnection, caller: Principal, rows: _Rows) -> ImportReport:
    """A contract that a branch has changed stays until the file says another one than last time."""
    batch = Batch(PartnerRow, rows)
    batch.refuse_repeated("partner_id")
    batch.refuse_unknown("branch_id", await network.known_branches(tx, batch.values("branch_id")), "branch")
    before = await bank.lock_partners(tx, batch.values("partner_id"))

    def contract(row: PartnerRow) -> dict[str, Any]:
        old, said = before.get(row.partner_id), (row.contract_from, row.contract_until)
        if old is None or (old.imported_from, old.imported_until) != said:
            return dict(zip(CONTRACT, said, strict=True))
        return {name: getattr(old, name) for name in CONTRACT}

    def record(row: PartnerRow) -> dict[str, Any]:
        said = {"imported_from": row.contract_from, "imported_until": row.contract_until}
        return row.model_dump() | said | contract(row)

    await batch.merge_into(tx, partner, record)
    for _, row in batch:
        old, now = before.get(row.partner_id), contract(row)
        if old is not None and now != {name: getattr(old, name) for name in now}:
            told = ContractChanged(partner_id=row.partner_id, **now)
            await journal.append(tx, told, subject=row.partner_id, actor=caller.actor)
    return batch.report()


async def _vehicles(tx: AsyncConnection, _: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(VehicleRow, rows)
    batch.refuse_repeated("vehicle_id")
    partners = await bank.known_partners(tx, batch.values("partner_id"))
    batch.refuse_unknown("partner_id", set(partners), "partner")
    for index, row in batch:
        if partners[row.partner_id] != row.branch_id:
            problem = Invalid(f"{row.partner_id} is a partner of {partners[row.partner_id]}", pointer="/branch_id")
            batch.refuse(index, problem)
    await batch.merge_into(tx, vehicle, VehicleRow.record)
    return batch.report()


async def _plate_limits(tx: AsyncConnection, _: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(PlateLimitRow, rows)
    batch.refuse_repeated("limit_id")
    await batch.merge_into(tx, plate_limit, PlateLimitRow.record)
    return batch.report()


async def _resources(tx: AsyncConnection, _: Principal, rows: _Rows) -> ImportReport:
    batch = Batch(ResourceRow, rows)
    batch.refuse_repeated("resource_id")
    batch.refuse_unknown("branch_id", await network.known_branches(tx, batch.values("branch_id")), "branch")
    batch.refuse_unknown(
        "station_id", set(await network.territories_of_stations(tx, batch.values("station_id"))), "station"
    )
    await batch.merge_into(tx, resource, ResourceRow.model_dump)
    return batch.report()


_Import = Callable[[AsyncConnection, Principal, _Rows], Coroutine[Any, Any, ImportReport]]
_IMPORTS: dict[Kind, _Import] = {
    "branches": _branches,
    "territories": _territories,
    "stations": _stations,
    "engineers": _engineers,
    "shifts": _shifts,
    "absences": _absences,
    "partners": _partners,
    "vehicles": _vehicles,
    "plate_limits": _plate_limits,
    "resources": _resources,
}
