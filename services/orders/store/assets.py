"""Machines, their customers and their history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Label, Row, Select, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.store.scope import visible_assets
from services.orders.tables import (
    asset_history,
    assets,
    campaign_machines,
    campaigns,
    customers,
    found_causes,
    operator_certificates,
    orders,
    service_contracts,
    used_parts,
)

_OWNER: tuple[Any, ...] = (customers.c.name.label("customer_name"), customers.c.tier, customers.c.phone_digits)
_WITH_CUSTOMER = select(assets, *_OWNER).join_from(assets, customers)


def _gathered(query: Select[Any], name: str, *, by: ColumnElement[Any]) -> Label[Any]:
    """The rows of a subquery about the machine, each as a list, in one column."""
    rows = func.jsonb_build_array(*query.selected_columns)
    gathered = query.with_only_columns(func.jsonb_agg(aggregate_order_by(rows, by)))
    return func.coalesce(gathered.correlate(assets).scalar_subquery(), text("'[]'::jsonb")).label(name)


_CONTRACTS = select(
    service_contracts.c.contract_id,
    service_contracts.c.kind,
    service_contracts.c.valid_from,
    service_contracts.c.valid_until,
).where(
    (service_contracts.c.asset_id == assets.c.asset_id)
    | (service_contracts.c.asset_id.is_(None) & (service_contracts.c.customer_id == assets.c.customer_id))
)
_FOUND = (
    select(found_causes.c.fault, found_causes.c.cause, found_causes.c.model, found_causes.c.band)
    .join(orders, orders.c.order_id == found_causes.c.order_id)
    .where(found_causes.c.asset_id == assets.c.asset_id, orders.c.state == "closed")
)
_CAMPAIGNS = (
    select(*(campaigns.c[name] for name in ("campaign_id", "name_zh", "name_en", "safety", "minutes", "parts")))
    .add_columns(campaigns.c.skill, campaigns.c.level)
    .join(campaign_machines, campaign_machines.c.campaign_id == campaigns.c.campaign_id)
    .where(campaign_machines.c.asset_id == assets.c.asset_id, campaign_machines.c.done_on.is_(None))
)
_WITH_RECORD = _WITH_CUSTOMER.add_columns(
    _gathered(_CONTRACTS, "contracts", by=service_contracts.c.contract_id),
    _gathered(_FOUND, "found", by=found_causes.c.order_id),
    _gathered(_CAMPAIGNS, "campaigns", by=campaigns.c.campaign_id),
)
MOST_NAMED = 10
"""So many machines of one owner are named to choose from."""


async def named(
    tx: AsyncConnection, *, serials: Sequence[str], vins: Sequence[str], plates: Sequence[str], lock: bool
) -> Sequence[Row[Any]]:
    """Machines with any of these names and what intake knows of them (`machines.machine_of` reads it); locked in one
    order, so that two intakes never wait for each other."""
    wanted = or_(assets.c.asset_id.in_(serials), assets.c.vin.in_(vins), assets.c.plate.in_(plates))
    query = _WITH_RECORD.where(wanted).order_by(assets.c.asset_id)
    return (await tx.execute(query.with_for_update(of=assets) if lock else query)).all()


async def owned(tx: AsyncConnection, phones: Sequence[str]) -> list[str]:
    """The first machines (ten, and one more when there are more) of whoever has each telephone number."""
    number = func.row_number().over(partition_by=customers.c.phone_digits, order_by=assets.c.asset_id)
    ranked = select(assets.c.asset_id, number.label("number")).join_from(assets, customers)
    first = ranked.where(customers.c.phone_digits.in_(phones)).subquery()
    return list((await tx.execute(select(first.c.asset_id).where(first.c.number <= MOST_NAMED + 1))).scalars())


async def with_record(tx: AsyncConnection, asset_id: str) -> Row[Any]:
    """A machine that is there with what intake knows of it, whoever asks."""
    return (await tx.execute(_WITH_RECORD.where(assets.c.asset_id == asset_id))).one()


async def named_stations(
    tx: AsyncConnection, *, serials: Sequence[str], vins: Sequence[str], plates: Sequence[str]
) -> set[str]:
    """The named stations of machines with any of these names."""
    named = or_(assets.c.asset_id.in_(serials), assets.c.vin.in_(vins), assets.c.plate.in_(plates))
    query = select(assets.c.station_id).distinct().where(named, assets.c.station_id.is_not(None))
    return set((await tx.execute(query)).scalars())


async def find(tx: AsyncConnection, asset_id: str, principal: Principal) -> Row[Any] | None:
    query = _WITH_CUSTOMER.where(assets.c.asset_id == asset_id, visible_assets(principal))
    return (await tx.execute(query)).first()


async def search(
    tx: AsyncConnection,
    principal: Principal,
    *,
    serial: str | None,
    vin: str | None,
    plate: str | None,
    name: str | None,
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Visible machines by serial number, after `after`: all names given fit, and any of them is `name`."""
    given = ((assets.c.asset_id, serial), (assets.c.vin, vin), (assets.c.plate, plate))
    wanted = [column == value for column, value in given if value is not None]
    if name is not None:
        wanted.append(or_(assets.c.asset_id == name, assets.c.vin == name.upper(), assets.c.plate == name.upper()))
    query = _WITH_CUSTOMER.where(visible_assets(principal), assets.c.asset_id > after, *wanted)
    return (await tx.execute(query.order_by(assets.c.asset_id).limit(limit))).all()


async def history(tx: AsyncConnection, asset_id: str, *, limit: int) -> Sequence[Row[Any]]:
    """What was done on a machine, newest first."""
    query = (
        select(asset_history, orders.c.number)
        .join_from(asset_history, orders, asset_history.c.order_id == orders.c.order_id)
        .where(asset_history.c.asset_id == asset_id)
        .order_by(asset_history.c.at.desc())
        .limit(limit)
    )
    return (await tx.execute(query)).all()


async def parts_used_on(tx: AsyncConnection, order_ids: Sequence[str]) -> Sequence[Row[Any]]:
    query = select(used_parts).where(used_parts.c.order_id.in_(order_ids)).order_by(used_parts.c.publisher_seq)
    return (await tx.execute(query)).all()


async def operators(tx: AsyncConnection, asset_id: str) -> Sequence[Row[Any]]:
    """Who may operate a machine, by name."""
    mine = select(operator_certificates).where(operator_certificates.c.asset_id == asset_id)
    order = (operator_certificates.c.name, operator_certificates.c.operator_id, operator_certificates.c.certificate)
    return (await tx.execute(mine.order_by(*order))).all()


async def certify(tx: AsyncConnection, asset_id: str, operator_id: str, certificate: str, **values: Any) -> Row[Any]:
    """Put a certificate on the machine's record, or change the one that is there."""
    names = {"asset_id": asset_id, "operator_id": operator_id, "certificate": certificate}
    row = upsert(operator_certificates).values(names | values)
    kept = row.on_conflict_do_update(index_elements=list(names), set_=values)
    found: Row[Any] = (await tx.execute(kept.returning(operator_certificates))).one()
    return found


async def drop_certificate(tx: AsyncConnection, asset_id: str, operator_id: str, certificate: str) -> bool:
    """Whether it was there."""
    table = operator_certificates.c
    mine = (table.asset_id == asset_id) & (table.operator_id == operator_id) & (table.certificate == certificate)
    return bool((await tx.execute(delete(operator_certificates).where(mine))).rowcount)


async def add_history(tx: AsyncConnection, row: dict[str, Any]) -> None:
    await tx.execute(insert(asset_history).values(row))


async def update_meters(tx: AsyncConnection, asset_id: str, **values: Any) -> None:
    await tx.execute(update(assets).where(assets.c.asset_id == asset_id).values(values))


async def lock(tx: AsyncConnection, asset_id: str) -> Row[Any]:
    return (await tx.execute(select(assets).where(assets.c.asset_id == asset_id).with_for_update())).one()


async def rows(tx: AsyncConnection, asset_ids: Sequence[str]) -> Sequence[Row[Any]]:
    return (await tx.execute(select(assets).where(assets.c.asset_id.in_(asset_ids)))).all()


async def known_ids(tx: AsyncConnection, asset_ids: Sequence[str]) -> set[str]:
    found = await tx.execute(select(assets.c.asset_id).where(assets.c.asset_id.in_(asset_ids)))
    return set(found.scalars())


async def known_customers(tx: AsyncConnection, customer_ids: Sequence[str]) -> set[str]:
    found = await tx.execute(select(customers.c.customer_id).where(customers.c.customer_id.in_(customer_ids)))
    return set(found.scalars())


async def owners_of_vins(tx: AsyncConnection, vins: Sequence[str]) -> dict[str, str]:
    """Which machine (serial) has each of these VINs."""
    found = await tx.execute(select(assets.c.vin, assets.c.asset_id).where(assets.c.vin.in_(vins)))
    return {row.vin: row.asset_id for row in found}


async def lock_all(tx: AsyncConnection, asset_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The records of those machines that exist, by serial; nobody changes them until we are done."""
    query = select(assets).where(assets.c.asset_id.in_(asset_ids)).order_by(assets.c.asset_id).with_for_update()
    return {row.asset_id: row for row in (await tx.execute(query)).all()}
