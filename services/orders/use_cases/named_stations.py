"""Which station answers for a machine: the one of its first maintenance, until somebody says otherwise."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.problems import Invalid, NotFound
from kit.values import Place
from services.orders.context import Orders
from services.orders.domain.intake import WorkType
from services.orders.domain.machines import Station
from services.orders.store import assets as asset_store
from services.orders.store import named_stations as store

MAINTENANCE = "maintenance"


async def after_maintenance(
    tx: AsyncConnection, order: Row[Any], work_type: WorkType, *, actor: str, at: datetime
) -> None:
    """A machine without a named station gets the one that did its first maintenance, if authorised for its brand."""
    if work_type.kind != MAINTENANCE or not order.station_authorised:
        return
    if not await store.lock_unnamed(tx, order.asset_id):
        return
    station = Station(order.station_id, order.territory_id, order.branch_id, Place(order.lon, order.lat), ())
    reason = f"order {order.number}"
    await store.name(tx, order.asset_id, station, why="first_maintenance", reason=reason, actor=actor, at=at)


async def change(context: Orders, caller: Principal, asset_id: str, *, station_id: str, reason: str) -> None:
    """Name another station. Raises NotFound (machine outside of the scope), Invalid (station unknown, of others, or not
    authorised for the brand).

    Raises NeighbourDown when stations cannot be asked.
    """
    stations = await context.stations.all(knowing=[station_id])
    station = next((one for one in stations if one.station_id == station_id), None)
    if station is None or (caller.branch_id is not None and station.branch_id != caller.branch_id):
        raise Invalid(f"there is no station {station_id}", pointer="/station_id")
    async with context.db.transaction() as tx:
        machine = await asset_store.find(tx, asset_id, caller)
        if machine is None:
            raise NotFound("there is no such machine, or it is not yours to see")
        if not station.serves(machine.brand):
            raise Invalid(f"{station_id} is not authorised for {machine.brand}", pointer="/station_id")
        at = context.clock.now()
        await store.name(tx, asset_id, station, why="changed", reason=reason, actor=caller.actor, at=at)
