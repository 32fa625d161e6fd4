"""Coverage and siting over HTTP. Shapes are GeoJSON in WGS-84, longitude first (RFC 7946)."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field
from sqlalchemy import Row

from kit.values import Code, Instant, Number, Wire
from services.stations.use_cases.coverage import Coverage
from services.stations.use_cases.studies import Asked, Objective

Minutes = Annotated[int, Field(strict=True, ge=1, le=720)]
StudyState = Literal["queued", "done", "failed"]


class ShareOut(BaseModel):
    """`reached` of the `machines` with a place are reached within `minutes`."""

    minutes: int
    reached: int
    machines: int


class LevelOut(BaseModel):
    """The stations of this level and of higher ones (1 is the highest)."""

    level: int
    stations: int
    shares: list[ShareOut]


class FeatureCollection(BaseModel):
    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[dict[str, Any]]


class CoverageOut(BaseModel):
    """`gaps` are areas whose `machines` no station reaches within `gap_minutes`, the largest number first."""

    levels: list[LevelOut]
    machines: int
    without_place: int
    gap_minutes: int
    gaps: FeatureCollection

    @classmethod
    def of(cls, found: Coverage) -> Self:
        levels = [
            LevelOut(
                level=one.level,
                stations=one.stations,
                shares=[
                    ShareOut(minutes=share.minutes, reached=share.reached, machines=share.machines)
                    for share in one.shares
                ],
            )
            for one in found.levels
        ]
        return cls(
            levels=levels,
            machines=found.machines,
            without_place=found.without_place,
            gap_minutes=found.gap_minutes,
            gaps=FeatureCollection(features=found.gaps),
        )


class PointIn(Wire):
    type: Literal["Point"]
    coordinates: tuple[
        Annotated[Number, Field(ge=-180, le=180)],
        Annotated[Number, Field(ge=-90, le=90)],
    ]


class CandidateIn(Wire):
    """A GeoJSON feature; its properties are not looked at."""

    type: Literal["Feature"]
    geometry: PointIn
    properties: dict[str, Any] | None = None
    id: str | int | None = None


class CandidatesIn(Wire):
    type: Literal["FeatureCollection"]
    features: Annotated[list[CandidateIn], Field(min_length=1, max_length=400)]


class SitingIn(Wire):
    """So many new `sites`: `covering` reaches the most machines in `minutes`, `promises` keeps the most arrival
    promises of the last year, `median` is nearest to all machines.

    Without `candidates` the 400 busiest places are tried; `keep_existing` counts on the stations that are there. A
    promise is kept when the nearest of them all is no farther than its limit less `preparation_minutes`.
    """

    branch_id: Code | None = None
    objective: Objective
    minutes: Minutes = 120
    preparation_minutes: Annotated[int, Field(strict=True, ge=0, le=720)] = 60
    sites: Annotated[int, Field(strict=True, ge=1, le=400)]
    keep_existing: bool = True
    candidates: CandidatesIn | None = None
    at: Instant | None = None


class CurvePoint(BaseModel):
    """With so many new sites so many machines are `reached` and promises `kept` (null: not counted at that time); no
    choice has more than `at_most` of what the objective counts."""

    sites: int
    reached: int
    kept: int | None = None
    at_most: int
    proven: bool


class SitingResult(BaseModel):
    """`mean_s` and `gap` belong to a median: mean seconds to the nearest, and how much better any choice could be."""

    machines: int
    promises: int | None = None
    curve: list[CurvePoint]
    mean_s: int | None
    gap: float | None
    sites: FeatureCollection


class StudyOut(BaseModel):
    """`problem` says why a study failed."""

    id: str
    branch_id: str | None
    state: StudyState
    objective: Objective
    minutes: int
    preparation_minutes: int
    sites: int
    created_at: datetime
    finished_at: datetime | None
    problem: str | None
    result: SitingResult | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        found = row.result
        result = None if found is None else SitingResult(**found, sites=FeatureCollection(features=found["features"]))
        columns = ("id", "branch_id", "state", "created_at", "finished_at", "problem")
        asked = Asked.model_validate(row.asked).model_dump(include=set(cls.model_fields))
        return cls(**{name: getattr(row, name) for name in columns}, **asked, result=result)


class StudyList(BaseModel):
    items: list[StudyOut]
