"""Adapter of OSRM (github.com/Project-OSRM/osrm-backend, docs/http.md): table and route services, version v1.

OSRM knows no time of day: `at` is checked and otherwise unused.
"""

from collections.abc import Sequence
from datetime import datetime

import httpx
import numpy as np

from kit.values import Place
from services.dispatch.travel.engine import (
    Block,
    EngineAnswer,
    EngineFailure,
    Measure,
    as_grid,
    ask,
    in_blocks,
    line_between,
    parse,
)
from services.dispatch.travel.port import DegradedReason, Route, TravelMatrix
from services.dispatch.travel.speeds import hour_class_at


class _Code(EngineAnswer):
    code: str
    message: str = ""


class _Waypoint(EngineAnswer):
    distance: Measure = 0.0
    """Straight metres from the given place to the road (absent in old versions)."""


class _Table(EngineAnswer):
    durations: list[list[Measure | None]]
    distances: list[list[Measure | None]]
    sources: list[_Waypoint]
    destinations: list[_Waypoint]


class _Line(EngineAnswer):
    coordinates: list[tuple[float, float]]


class _Way(EngineAnswer):
    geometry: _Line


class _Ways(EngineAnswer):
    routes: list[_Way]


class Osrm:
    """profile: the name in the URL, informative only to osrm-routed. most_places: its --max-table-size (100)."""

    source = "osrm"

    def __init__(
        self, client: httpx.AsyncClient, base_url: str, *, profile: str = "driving", most_places: int = 100
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._profile = profile
        self._most_places = most_places

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        """See TravelTimes; EngineFailure when OSRM gives no usable answer."""
        hour_class_at(at)
        return await in_blocks(
            self._table,
            origins=origins,
            destinations=destinations,
            block_side=self._most_places,
            source=self.source,
        )

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes; EngineFailure when OSRM gives no usable answer."""
        hour_class_at(at)
        url = f"{self._url('route', [origin, destination])}?overview=simplified&geometries=geojson"
        status, body = await ask(self._client, "GET", url)
        if _code(status, body) == "NoRoute":
            return Route((), self.source)
        ways = parse(_Ways, body).routes
        if not ways:
            raise EngineFailure(DegradedReason.MALFORMED, "code Ok without a route")
        return Route(line_between(origin, ways[0].geometry.coordinates, destination), self.source)

    async def _table(self, origins: Sequence[Place], destinations: Sequence[Place]) -> Block:
        numbers = [str(number) for number in range(len(origins) + len(destinations))]
        sources, targets = ";".join(numbers[: len(origins)]), ";".join(numbers[len(origins) :])
        places = [*origins, *destinations]
        url = f"{self._url('table', places)}?sources={sources}&destinations={targets}"
        status, body = await ask(self._client, "GET", f"{url}&annotations=duration,distance")
        if (code := _code(status, body)) != "Ok":
            raise EngineFailure(DegradedReason.REFUSED, code)
        table = parse(_Table, body)
        if (len(table.sources), len(table.destinations)) != (len(origins), len(destinations)):
            raise EngineFailure(DegradedReason.MALFORMED, "not the places that were asked for")
        shape = (len(origins), len(destinations))
        return Block(
            seconds=as_grid(table.durations, shape=shape),
            metres=as_grid(table.distances, shape=shape),
            origin_snap_metres=np.array([waypoint.distance for waypoint in table.sources]),
            destination_snap_metres=np.array([waypoint.distance for waypoint in table.destinations]),
        )

    def _url(self, service: str, places: Sequence[Place]) -> str:
        line = ";".join(f"{place.lon:.6f},{place.lat:.6f}" for place in places)
        return f"{self._base_url}/{service}/v1/{self._profile}/{line}"


def _code(status: int, body: bytes) -> str:
    """The `code` of an answer: Ok with 200, NoRoute with 400. EngineFailure for every other error."""
    if status not in (200, 400):
        raise EngineFailure(DegradedReason.REFUSED, f"HTTP {status}")
    answer = parse(_Code, body)
    if answer.code == "NoSegment":
        raise EngineFailure(DegradedReason.OFF_NETWORK, answer.message or answer.code)
    if answer.code == "NoRoute" or (status == 200 and answer.code == "Ok"):
        return answer.code
    raise EngineFailure(DegradedReason.REFUSED, f"HTTP {status}, code {answer.code}: {answer.message}")
