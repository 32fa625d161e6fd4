"""Adapter of Valhalla (valhalla.github.io/valhalla, matrix and turn-by-turn API references), truck costing.

Asked without a time of day: Valhalla refuses it for matrices with more sources than targets, and blocks of one matrix
must not differ. It does not say how far it snapped a place, so access metres are 0. Long tables need
service_limits.<costing>.max_matrix_distance raised in its configuration (default 400 km).
"""

from collections.abc import Mapping, Sequence
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

_NO_PATH = {170, 442}  # unconnected regions; no path could be found
_NO_EDGE_NEAR = {171}
_MOST_BITS = 30
"""Enough for 360 degrees in millionths."""


class _Refusal(EngineAnswer):
    error_code: int = 0
    error: str = ""


class _Cell(EngineAnswer):
    from_index: int
    to_index: int
    time: Measure | None
    distance: Measure | None
    """Kilometres, as asked for."""


class _Matrix(EngineAnswer):
    sources_to_targets: list[list[_Cell]]


class _Leg(EngineAnswer):
    shape: str


class _Trip(EngineAnswer):
    legs: list[_Leg]


class _Directions(EngineAnswer):
    trip: _Trip


class Valhalla:
    """most_places: the square root of service_limits.<costing>.max_matrix_location_pairs (default 2500)."""

    source = "valhalla"

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        *,
        costing: str = "truck",
        costing_options: Mapping[str, object] | None = None,
        most_places: int = 50,
    ) -> None:
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._most_places = most_places
        self._question: dict[str, object] = {"costing": costing, "units": "kilometers"}
        if costing_options:
            self._question["costing_options"] = {costing: dict(costing_options)}

    async def matrix(self, *, origins: Sequence[Place], destinations: Sequence[Place], at: datetime) -> TravelMatrix:
        """See TravelTimes; EngineFailure when Valhalla gives no usable answer."""
        hour_class_at(at)
        return await in_blocks(
            self._sources_to_targets,
            origins=origins,
            destinations=destinations,
            block_side=self._most_places,
            source=self.source,
        )

    async def route(self, origin: Place, destination: Place, at: datetime) -> Route:
        """See TravelTimes; EngineFailure when Valhalla gives no usable answer."""
        hour_class_at(at)
        question = self._question | {"locations": _locations([origin, destination]), "directions_type": "none"}
        status, body = await ask(self._client, "POST", f"{self._base_url}/route", body=question)
        if status == 400 and parse(_Refusal, body).error_code in _NO_PATH:
            return Route((), self.source)
        _refuse_error(status, body)
        line = [point for leg in parse(_Directions, body).trip.legs for point in decode_polyline6(leg.shape)]
        return Route(line_between(origin, line, destination), self.source)

    async def _sources_to_targets(self, origins: Sequence[Place], destinations: Sequence[Place]) -> Block:
        question = self._question | {"sources": _locations(origins), "targets": _locations(destinations)}
        status, body = await ask(self._client, "POST", f"{self._base_url}/sources_to_targets", body=question)
        _refuse_error(status, body)
        rows = parse(_Matrix, body).sources_to_targets
        for number, row in enumerate(rows):
            if any((cell.from_index, cell.to_index) != (number, column) for column, cell in enumerate(row)):
                raise EngineFailure(DegradedReason.MALFORMED, f"row {number} is not in the order asked for")
        shape = (len(origins), len(destinations))
        return Block(
            seconds=as_grid([[cell.time for cell in row] for row in rows], shape=shape),
            metres=as_grid([[cell.distance for cell in row] for row in rows], shape=shape, scale=1000.0),
            origin_snap_metres=np.zeros(len(origins)),
            destination_snap_metres=np.zeros(len(destinations)),
        )


def _locations(places: Sequence[Place]) -> list[dict[str, float]]:
    return [{"lat": round(place.lat, 6), "lon": round(place.lon, 6)} for place in places]


def _refuse_error(status: int, body: bytes) -> None:
    if status == 200:
        return
    if status != 400:
        raise EngineFailure(DegradedReason.REFUSED, f"HTTP {status}")
    refusal = parse(_Refusal, body)
    off_network = refusal.error_code in _NO_EDGE_NEAR | _NO_PATH
    raise EngineFailure(
        DegradedReason.OFF_NETWORK if off_network else DegradedReason.REFUSED,
        f"error {refusal.error_code}: {refusal.error}",
    )


def decode_polyline6(encoded: str) -> list[tuple[float, float]]:
    """Degrees lon, lat of a polyline with six decimals (the encoded polyline format: five bits a character, least
    first, offset by 63, zigzag sign, lat before lon, each a difference). EngineFailure when it is broken off."""
    numbers: list[int] = []
    bits = shift = 0
    for character in encoded:
        chunk = ord(character) - 63
        if not 0 <= chunk < 64 or shift > _MOST_BITS:
            raise EngineFailure(DegradedReason.MALFORMED, f"character {character!r} in a polyline")
        bits |= (chunk & 31) << shift
        shift += 5
        if chunk < 32:
            numbers.append(~(bits >> 1) if bits & 1 else bits >> 1)
            bits = shift = 0
    if shift or len(numbers) % 2:
        raise EngineFailure(DegradedReason.MALFORMED, "a polyline that is broken off")
    lats, lons = np.cumsum(np.array(numbers, dtype=np.int64).reshape(-1, 2), axis=0).T / 1e6
    return list(zip(lons.tolist(), lats.tolist(), strict=True))
