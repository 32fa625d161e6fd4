"""Routes as lines on the road network, for maps."""

import asyncio
from collections import OrderedDict
from itertools import pairwise
from typing import Any

from kit.values import Place

from ..domain.published import PlannedRoute
from ..store.plans import PublishedPlan
from ..travel.port import TravelTimes

KEPT_PLANS = 16
"""Plans whose lines are remembered: a board asks for the same ones again and again."""

Collection = dict[str, Any]


class RouteLines:
    """Draws plans and remembers the last ones."""

    def __init__(self, travel: TravelTimes):
        self._travel = travel
        self._drawn: OrderedDict[tuple[str, int], Collection] = OrderedDict()

    async def of(self, plan: PublishedPlan) -> Collection:
        """A GeoJSON FeatureCollection with one LineString per route, WGS-84."""
        key = (plan.territory_id, plan.epoch)
        if key not in self._drawn:
            features = await asyncio.gather(*(self._feature(route) for route in plan.proposal.routes))
            self._drawn[key] = {"type": "FeatureCollection", "epoch": plan.epoch, "features": features}
            while len(self._drawn) > KEPT_PLANS:
                self._drawn.popitem(last=False)
        return self._drawn[key]

    async def _feature(self, route: PlannedRoute) -> dict[str, Any]:
        places = [
            Place(route.from_lon, route.from_lat),
            *(Place(stop.lon, stop.lat) for stop in route.stops),
            Place(route.to_lon, route.to_lat),
        ]
        legs = [(a, b) for a, b in pairwise(places) if a != b]
        drawn = [await self._travel.route(a, b, route.depart) for a, b in legs]
        points: list[list[float]] = []
        for (start, end), leg in zip(legs, drawn, strict=True):
            line = leg.points or ((start.lon, start.lat), (end.lon, end.lat))
            points += [[lon, lat] for lon, lat in line if not points or points[-1] != [lon, lat]]
        here = [[places[0].lon, places[0].lat]] * 2
        return {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": points if len(points) > 1 else here},
            "properties": {
                "engineer_id": route.engineer_id,
                "depart": route.depart.isoformat(),
                "return_at": route.return_at.isoformat(),
                "orders": [stop.order_id for stop in route.stops if stop.order_id is not None],
                "degraded": any(leg.degraded or not leg.points for leg in drawn),
            },
        }
