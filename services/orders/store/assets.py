"""Machines, their customers and their history."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from services.orders.store.scope import visible_assets
from services.orders.tables import asset_history, assets, customers, orders, service_contracts, used_parts

_OWNER: tuple[Any, ...] = (customers.c.name.label("customer_name"), customers.c.tier, customers.c.phone_digits)
_WITH_CUSTOMER = select(assets, *_OWNER).join_from(assets, customers)
MOST_NAMED = 10
"""So many machines of one owner are named to choose from."""


async def named(
    tx: AsyncConnection, *, serials: Sequence[str], vins: Sequence[str], plates: Sequence[str], lock: bool
) -> Sequence[Row[Any]]:
    """Machines with any of these names; locked in one order, so that two intakes never wait for each other."""
    wanted = or_(assets.c.asset_id.in_(serials), assets.c.vin.in_(vins), assets.c.plate.in_(plates))
    query = _WITH_CUSTOMER.where(wanted).order_by(assets.c.asset_id)
    return (await tx.execute(query.with_for_update(of=assets) if lock else query)).all()


async def owned(tx: AsyncConnection, phones: Sequence[str]) -> list[str]:
    """The first machines (ten, and one more when there are more) of whoever has each telephone number."""
    number = func.row_number().over(partition_by=customers.c.phone_digits, order_by=assets.c.asset_id)
    ranked = select(assets.c.asset_id, number.label("number")).join_from(assets, customers)
    first = ranked.where(customers.c.phone_digits.in_(phones)).subquery()
    return list((await tx.execute(select(first.c.asset_id).where(first.c.number <= MOST_NAMED + 1))).scalars())


async def with_customer(tx: AsyncConnection, asset_id: str) -> Row[Any]:
    """A machine that is there, whoever asks."""
    return (await tx.execute(_WITH_CUSTOMER.where(assets.c.asset_id == asset_id))).one()


async def contracts_of(tx: AsyncConnection, machines: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    """The contracts of each machine: its own and those of all its customer's machines."""
    own = service_contracts.c.asset_id.in_([machine.asset_id for machine in machines])
    of_customer = service_contracts.c.customer_id.in_({machine.customer_id for machine in machines})
    query = select(service_contracts).where(own | (service_contracts.c.asset_id.is_(None) & of_customer))
    of_asset: dict[str, list[Row[Any]]] = defaultdict(list)
    of_owner: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in await tx.execute(query.order_by(service_contracts.c.contract_id)):
        if row.asset_id is None:
            of_owner[row.customer_id].append(row)
        else:
            of_asset[row.asset_id].append(row)
    return {machine.asset_id: of_asset[machine.asset_id] + of_owner[machine.customer_id] for machine in machines}


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
    after: str,
    limit: int,
) -> Sequence[Row[Any]]:
    """Visible machines by any given name, by serial number, after `after`."""
    given = ((assets.c.asset_id, serial), (assets.c.vin, vin), (assets.c.plate, plate))
    wanted = [column == value for column, value in given if value is not None]
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


async def meters(tx: AsyncConnection, asset_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The meters that are recorded, by machine."""
    columns: list[Any] = [assets.c.asset_id, assets.c.meter_km, assets.c.meter_h]
    query = select(*columns).where(assets.c.asset_id.in_(asset_ids))
    return {row.asset_id: row for row in (await tx.execute(query)).all()}
