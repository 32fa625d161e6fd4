"""Travel times for the other services: whose roads these are is nobody else's business."""

from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from kit.auth import Principal
from kit.problems import Invalid
from kit.routes import service_router
from kit.values import Instant, Number, Place, Wire
from kit.web import allow

from ..travel.port import MatrixTooLarge
from .wire import Running

router = service_router("dispatch", tag="travel")
MOST_SITES = 200_000
Point = tuple[
    Annotated[Number, Field(ge=-180, le=180)],
    Annotated[Number, Field(ge=-90, le=90)],
]
"""Degrees lon, lat in WGS-84."""


class TravelIn(Wire):
    """From every origin to every destination, for a departure at `at`."""

    origins: Annotated[list[Point], Field(min_length=1, max_length=4000)]
    destinations: Annotated[list[Point], Field(min_length=1, max_length=MOST_SITES)]
    at: Instant


class SecondsOut(BaseModel):
    """Seconds by road, ways between road and site included; -1: no way."""

    seconds: list[int]


class MatrixOut(BaseModel):
    """Seconds [origins][destinations]; `source` names who answered, `degraded_reason` why not the asked engine."""

    seconds: list[list[int]]
    source: str
    degraded_reason: str | None


@router.post("/travel/nearest", response_model=SecondsOut)
async def nearest(body: TravelIn, running: Running, _: Principal = allow()) -> Response:
    """For services: seconds to each destination from whichever origin is nearest, on the embedded roads."""
    seconds = await running.travel.nearest(
        origins=_places(body.origins), destinations=_places(body.destinations), at=body.at
    )
    return Response(SecondsOut.model_construct(seconds=seconds).model_dump_json(), media_type="application/json")


@router.post("/travel/matrix", response_model=MatrixOut)
async def matrix(body: TravelIn, running: Running, _: Principal = allow()) -> Response:
    """For services: seconds between all places, of the engine that plans use. At most 4 000 x 4 000 cells."""
    try:
        found = await running.travel.matrix(
            origins=_places(body.origins), destinations=_places(body.destinations), at=body.at
        )
    except MatrixTooLarge as error:
        raise Invalid(str(error), pointer="/destinations") from None
    answer = MatrixOut.model_construct(
        seconds=found.seconds.tolist(), source=found.source, degraded_reason=found.degraded_reason
    )
    return Response(answer.model_dump_json(), media_type="application/json")


def _places(points: list[Point]) -> list[Place]:
    return [Place(lon, lat) for lon, lat in points]
