"""Borders of territories, as GeoJSON in and out."""

from typing import Annotated, Literal

from pydantic import Field

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Code, Number, Wire
from kit.web import allow
from services.stations.api.wire import Running
from services.stations.api.wire_studies import FeatureCollection
from services.stations.use_cases import borders

router = service_router("stations", tag="borders of territories")
Keeper = Annotated[Principal, allow("dispatcher", "system")]
Lon = Annotated[Number, Field(ge=-180, le=180)]
Lat = Annotated[Number, Field(ge=-90, le=90)]
Ring = Annotated[list[tuple[Lon, Lat]], Field(min_length=4, max_length=10_000)]
Rings = Annotated[list[Ring], Field(min_length=1, max_length=1000)]


class PolygonIn(Wire):
    """WGS-84, longitude first; each ring ends where it began."""

    type: Literal["Polygon"]
    coordinates: Rings


class MultiPolygonIn(Wire):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Rings], Field(min_length=1, max_length=1000)]


class BorderIn(Wire):
    geometry: Annotated[PolygonIn | MultiPolygonIn, Field(discriminator="type")]


@router.get("/territory-borders")
async def list_borders(
    running: Running,
    branch_id: Code | None = None,
    caller: Principal = allow("auditor", "dispatcher", "station", "system"),
) -> FeatureCollection:
    """The borders within one's scope, with the stations that lie outside of their own territory's."""
    return FeatureCollection(features=await borders.drawn(running, caller, branch_id=branch_id))


@router.get("/territory-borders/proposed")
async def propose(
    running: Running, branch_id: Code | None = None, caller: Principal = allow("auditor", "dispatcher", "system")
) -> FeatureCollection:
    """Borders by which station is first at the machines, by road; nothing is kept."""
    found = await borders.propose(running, caller, branch_id=branch_id, at=running.clock.now())
    return FeatureCollection(features=found)


@router.put("/territories/{territory_id}/border", status_code=204)
async def draw(territory_id: Code, body: BorderIn, running: Running, caller: Keeper) -> None:
    """Sets the border of a territory; a shape that crosses itself or takes another's ground is refused."""
    async with running.db.transaction() as tx:
        geometry = body.geometry.model_dump(mode="json")
        await borders.draw(tx, caller, territory_id, geometry, now=running.clock.now())


@router.delete("/territories/{territory_id}/border", status_code=204)
async def remove(territory_id: Code, running: Running, caller: Keeper) -> None:
    """The territory has no border any more, only its stations."""
    async with running.db.transaction() as tx:
        await borders.remove(tx, caller, territory_id)
