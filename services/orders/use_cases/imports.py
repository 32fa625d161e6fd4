"""Imports: customers, machines, plans, route reference, landmarks and open orders, each row for itself."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.imports import Batch, ImportReport, UnknownReference
from kit.journal import append
from kit.problems import Conflict, Problem
from services.orders.context import Orders
from services.orders.domain.problems import OutsideYourScope
from services.orders.facts import RecordsImported
from services.orders.store import assets as asset_store
from services.orders.store import dispatch_gates as gate_store
from services.orders.store import named_stations
from services.orders.store import orders as order_store
from services.orders.tables import (
    assets,
    campaign_machines,
    campaigns,
    causes,
    customers,
    landmarks,
    maintenance_plans,
    operator_certificates,
    outside_scores,
    route_reference,
    service_contracts,
)
from services.orders.use_cases.import_rows import (
    AssetRow,
    CampaignMachineRow,
    CampaignRow,
    CauseRow,
    ContractRow,
    CustomerRow,
    LandmarkRow,
    OperatorCertificateRow,
    OrderRow,
    OutsideScoreRow,
    PlanRow,
    ReferenceRow,
)
from services.orders.use_cases.intake import Wanted, accept_all, rules
from services.orders.use_cases.places import finders

Raw = Sequence[Mapping[str, Any]]


async def import_customers(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Customers by their id."""
    _require_network_wide(caller)
    batch = Batch(CustomerRow, raw)
    batch.refuse_repeated("customer_id")
    async with context.db.transaction() as tx:
        await _merge(tx, batch, customers, CustomerRow.record, actor=caller.actor)
    return batch.report()


async def import_assets(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Machines by their serial number. A meter never runs backwards by an import.

    Who answers for a machine stays as it was named here until a file says another station than the last one did.
    """
    _require_network_wide(caller)
    batch = Batch(AssetRow, raw)
    known = await context.stations.all(knowing=batch.values("station_id"))
    stations = {station.station_id: station for station in known}
    batch.refuse_repeated("serial")
    batch.refuse_unknown("station_id", set(stations), "station")
    async with context.db.transaction() as tx:
        owners = await asset_store.known_customers(tx, list(batch.values("customer_id")))
        batch.refuse_unknown("customer_id", owners, "customer")
        await _refuse_taken_vins(tx, batch)
        machines = await asset_store.lock_all(tx, [row.serial for _, row in batch])
        record = partial(AssetRow.record, stations=stations, machines=machines)
        await _merge(tx, batch, assets, record, actor=caller.actor)
        for _, row in batch:
            before = machines.get(row.serial)
            if row.station_id is not None and before is not None and row.renames(before):
                said: dict[str, Any] = {"why": "imported", "reason": "import"}
                said |= {"actor": caller.actor, "at": context.clock.now()}
                await named_stations.tell(tx, row.serial, row.station_id, **said)
    return batch.report()


async def import_contracts(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Service contracts by their id."""
    _require_network_wide(caller)
    batch = Batch(ContractRow, raw)
    batch.refuse_repeated("contract_id")
    async with context.db.transaction() as tx:
        owners = await asset_store.known_customers(tx, list(batch.values("customer_id")))
        batch.refuse_unknown("customer_id", owners, "customer")
        batch.refuse_unknown("serial", await asset_store.known_ids(tx, list(batch.values("serial"))), "machine")
        await _merge(tx, batch, service_contracts, ContractRow.record, actor=caller.actor)
    return batch.report()


async def import_operator_certificates(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Operators of machines with their certificates."""
    _require_network_wide(caller)
    batch = Batch(OperatorCertificateRow, raw)
    batch.refuse_repeated("operator_id", "certificate", "serial")
    async with context.db.transaction() as tx:
        batch.refuse_unknown("serial", await asset_store.known_ids(tx, list(batch.values("serial"))), "machine")
        await _merge(tx, batch, operator_certificates, OperatorCertificateRow.record, actor=caller.actor)
    return batch.report()


async def import_plans(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Maintenance plans by their id."""
    _require_network_wide(caller)
    batch = Batch(PlanRow, raw)
    batch.refuse_repeated("plan_id")
    batch.refuse_unknown("work_type", set(context.catalogue.work_types), "work type")
    async with context.db.transaction() as tx:
        batch.refuse_unknown("serial", await asset_store.known_ids(tx, list(batch.values("serial"))), "machine")
        await _merge(tx, batch, maintenance_plans, PlanRow.record, actor=caller.actor)
    return batch.report()


async def import_reference(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Kilometre posts of motorways."""
    _require_network_wide(caller)
    batch = Batch(ReferenceRow, raw)
    batch.refuse_repeated("motorway", "line", "km")
    async with context.db.transaction() as tx:
        await _merge(tx, batch, route_reference, ReferenceRow.record, actor=caller.actor)
    return batch.report()


async def import_landmarks(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Places that addresses name, by their name."""
    _require_network_wide(caller)
    batch = Batch(LandmarkRow, raw)
    batch.refuse_repeated("name")
    async with context.db.transaction() as tx:
        await _merge(tx, batch, landmarks, LandmarkRow.record, actor=caller.actor)
    return batch.report()


async def import_causes(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Causes of faults; a fault with a cause of the maker's own no longer has the shipped ones."""
    _require_network_wide(caller)
    batch = Batch(CauseRow, raw)
    batch.refuse_repeated("fault", "cause")
    batch.refuse_unknown("fault", {fault.fault for fault in context.catalogue.faults}, "fault")
    await _refuse_unknown_parts(context, batch)
    async with context.db.transaction() as tx:
        await _merge(tx, batch, causes, CauseRow.model_dump, actor=caller.actor)
    context.experience.forget()
    return batch.report()


async def import_campaigns(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Campaigns by their id."""
    _require_network_wide(caller)
    batch = Batch(CampaignRow, raw)
    batch.refuse_repeated("campaign_id")
    await _refuse_unknown_parts(context, batch)
    async with context.db.transaction() as tx:
        await _merge(tx, batch, campaigns, CampaignRow.model_dump, actor=caller.actor)
    return batch.report()


async def import_campaign_machines(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """The machines that campaigns are about. One that was carried out by an order here stays so."""
    _require_network_wide(caller)
    batch = Batch(CampaignMachineRow, raw)
    batch.refuse_repeated("campaign_id", "serial")
    async with context.db.transaction() as tx:
        known = await gate_store.known_campaigns(tx, list(batch.values("campaign_id")))
        batch.refuse_unknown("campaign_id", known, "campaign")
        batch.refuse_unknown("serial", await asset_store.known_ids(tx, list(batch.values("serial"))), "machine")
        done = await gate_store.done_here(tx, list(batch.values("campaign_id")))
        for index, row in batch:
            if row.done_on is None and (row.campaign_id, row.serial) in done:
                batch.took(index, "unchanged", f"{row.campaign_id}/{row.serial}")
                batch.leave(index)
        await _merge(tx, batch, campaign_machines, CampaignMachineRow.record, actor=caller.actor)
    return batch.report()


async def import_outside_scores(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Scores that others gave, to stand beside our own."""
    _require_network_wide(caller)
    batch = Batch(OutsideScoreRow, raw)
    batch.refuse_repeated("evaluator", "of", "scope_id", "period")
    async with context.db.transaction() as tx:
        await _merge(tx, batch, outside_scores, OutsideScoreRow.model_dump, actor=caller.actor)
    return batch.report()


async def import_orders(context: Orders, caller: Principal, raw: Raw) -> ImportReport:
    """Open orders of another system, by the same path as a call; one that was imported before is left as it is."""
    batch = Batch(OrderRow, raw)
    places = await finders(context, *batch.values("stake"), *batch.values("address"))
    batch.refuse_repeated("external_id")
    wanted: dict[int, Wanted] = {}
    for index, row in batch:
        try:
            wanted[index] = row.wanted(places)
        except Problem as problem:
            batch.refuse(index, problem)
    lists = await rules(context, list(wanted.values()))
    async with context.db.transaction() as tx:
        before = await order_store.by_external_ids(tx, list(batch.values("external_id")))
        for index, row in batch:
            if (known := before.get(row.external_id)) is not None:
                batch.took(index, "unchanged", known)
                del wanted[index]
        now = context.clock.now()
        results = await accept_all(tx, list(wanted.values()), rules=lists, now=now, caller=caller)
        for index, result in zip(wanted, results, strict=True):
            if isinstance(result, Problem):
                batch.refuse(index, result)
            else:
                batch.took(index, "created", result)
    return batch.report()


async def _refuse_unknown_parts(context: Orders, batch: Batch[Any]) -> None:
    known = await context.part_facts.known({part for _, row in batch for part in row.parts})
    for index, row in batch:
        if missing := sorted(row.parts.keys() - known):
            problem = UnknownReference(f"there is no part {missing[0]!r}: import it first", pointer="/parts")
            batch.refuse(index, problem)


def _require_network_wide(caller: Principal) -> None:
    """Raises OutsideYourScope for a key of one branch: records belong to the whole network."""
    if caller.branch_id is not None:
        raise OutsideYourScope("records are imported with a key that is not limited to one branch")


async def _refuse_taken_vins(tx: AsyncConnection, batch: Batch[AssetRow]) -> None:
    owners = await asset_store.owners_of_vins(tx, list(batch.values("vin")))
    for index, row in batch:
        if row.vin is not None and (owner := owners.setdefault(row.vin, row.serial)) != row.serial:
            batch.refuse(index, Conflict(f"this VIN already belongs to the machine {owner}", pointer="/vin"))


async def _merge(
    tx: AsyncConnection, batch: Batch[Any], table: Table, record: Callable[[Any], dict[str, Any]], *, actor: str
) -> None:
    """Write the rows, and tell the journal what was created and changed."""
    statuses = await batch.merge_into(tx, table, record)
    names = {line.row: line.id or "" for line in batch.report().rows if line.row in statuses}
    created = [names[index] for index, status in statuses.items() if status == "created"]
    updated = [names[index] for index, status in statuses.items() if status == "updated"]
    if created or updated:
        told = RecordsImported(what=table.name, created=created, updated=updated)
        await append(tx, told, subject=table.name, actor=actor)
