"""The named station of a machine (一对一), and which it was before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.machines import Station
from services.orders.tables import assets, named_stations


async def name(
    tx: AsyncConnection, asset_id: str, station: Station, *, why: str, reason: str, actor: str, at: datetime
) -> None:
    """The machine belongs to this station from now on."""
    await tell(tx, asset_id, station.station_id, why=why, reason=reason, actor=actor, at=at)
    where = {"station_id": station.station_id, "territory_id": station.territory_id, "branch_id": station.branch_id}
    await tx.execute(update(assets).where(assets.c.asset_id == asset_id).values(where))


async def tell(
    tx: AsyncConnection, asset_id: str, station_id: str, *, why: str, reason: str, actor: str, at: datetime
) -> None:
    """Write into the history who answers from now on; the record itself says so already."""
    told = {"asset_id": asset_id, "station_id": station_id, "why": why, "reason": reason}
    await tx.execute(insert(named_stations).values(told | {"actor": actor, "at": at}))


async def history(tx: AsyncConnection, asset_id: str) -> Sequence[Row[Any]]:
    """What was said, newest first. The station with which a machine was first imported stands on its record only."""
    mine = select(named_stations).where(named_stations.c.asset_id == asset_id)
    return (await tx.execute(mine.order_by(named_stations.c.at.desc()))).all()


async def lock_unnamed(tx: AsyncConnection, asset_id: str) -> bool:
    """Whether the machine has no named station; nobody names one until we are done."""
    query = select(assets.c.station_id).where(assets.c.asset_id == asset_id).with_for_update()
    return (await tx.execute(query)).scalar_one() is None
