"""Correcting the place of an order, found as the service finds it: by the shipped names, refused in its words."""

from typing import Any

from fastapi import APIRouter, Request

from kit.problems import Stale
from services.orders.addresses import Gazetteer
from services.orders.api.places import PlaceIn
from services.orders.domain.places import Finders, Spot, locate
from services.orders.domain.problems import PlaceMissing
from services.orders.stake_numbers import RouteReference
from services.orders.store.reference import shipped_places
from tests.console.scenery import Scenery


def places_router(scenery: Scenery) -> APIRouter:
    router = APIRouter(prefix="/orders/v1")

    @router.put("/orders/{order_id}/place")
    async def correct(order_id: str, request: Request) -> dict[str, Any]:
        order = scenery.order(order_id)
        if request.headers["if-match"] != f'"{order["version"]}"':
            raise Stale("somebody changed this order since you read it: read it again")
        asked = PlaceIn.model_validate(await request.json())
        found = Finders(RouteReference([]), Gazetteer(*shipped_places()))
        spot = locate(asked.place.to_wgs84() if asked.place else None, asked.stake, asked.address, found)
        if not isinstance(spot, Spot):
            raise spot or PlaceMissing("say where the machine stands", pointer="/place")
        known = spot.columns()
        place = {"lon": known.pop("lon"), "lat": known.pop("lat"), "datum": "WGS-84"}
        if asked.place is not None:
            known["place_source"] = "corrected"
        scenery.corrected[order_id] = known | {"place": place, "version": order["version"] + 1}
        return scenery.order(order_id)

    return router
