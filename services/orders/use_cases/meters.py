"""A machine's meters: what is read moves them when it can be believed."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.orders.domain.gates import MAX_HOURS_PER_DAY, MAX_KM_PER_DAY, plausible_meter
from services.orders.domain.told import ZONE
from services.orders.store import assets as store


async def read_meters(
    tx: AsyncConnection, asset: Row[Any], *, meter_km: int | None, meter_h: int | None, at: datetime
) -> bool:
    """Move the meters of a locked machine; False when the reading cannot be believed, and then nothing moves."""
    since = asset.meter_at or _midnight(asset.in_service_on) or at
    days = max((at - since) / timedelta(days=1), 0.0)
    readings = (("meter_km", meter_km, MAX_KM_PER_DAY), ("meter_h", meter_h, MAX_HOURS_PER_DAY))
    given = [(column, now, most) for column, now, most in readings if now is not None]
    plausible = all(
        plausible_meter(before=getattr(asset, column), now=now, days=days, most_per_day=most)
        for column, now, most in given
    )
    if given and plausible:
        moved: dict[str, Any] = {column: now for column, now, _ in given}
        await store.update_meters(tx, asset.asset_id, meter_at=at, **moved)
    return plausible


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE) if day else None
