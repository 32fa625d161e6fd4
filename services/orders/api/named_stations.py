"""The named station of a machine."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from kit.auth import Principal
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Code, Text, Wire
from kit.web import Caller, allow
from services.orders.api.wire import Running
from services.orders.store import assets
from services.orders.store import named_stations as store
from services.orders.use_cases import named_stations

router = service_router("orders", tag="machines")


class NamedStationIn(Wire):
    station_id: Code
    reason: Annotated[Text, StringConstraints(min_length=1)]


class NamedStationOut(BaseModel):
    """`first_maintenance`: by itself, because this station did it; `changed`: by a person; `imported`: a file said
    another station than the last one did."""

    station_id: str
    why: Literal["first_maintenance", "changed", "imported"]
    reason: str
    actor: str
    at: datetime


class NamedStations(BaseModel):
    """Newest first; the station of a machine's first import stands on the record only."""

    items: list[NamedStationOut]


@router.get("/assets/{asset_id}/named-stations")
async def list_named(asset_id: str, running: Running, caller: Caller) -> NamedStations:
    """Which stations answered for a machine, and why."""
    async with running.db.read() as tx:
        if await assets.find(tx, asset_id, caller) is None:
            raise NotFound("there is no such machine, or it is not yours to see")
        rows = await store.history(tx, asset_id)
    return NamedStations(items=[NamedStationOut.model_validate(row, from_attributes=True) for row in rows])


@router.put("/assets/{asset_id}/named-station", status_code=204)
async def change(
    asset_id: str, body: NamedStationIn, running: Running, caller: Principal = allow("dispatcher", "system")
) -> None:
    """Names another station for a machine; what is reported from now on goes there, as far as it is in reach."""
    await named_stations.change(running, caller, asset_id, station_id=body.station_id, reason=body.reason)
