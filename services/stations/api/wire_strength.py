"""Standards, secondments and reinforcements over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, field_validator, model_validator

from kit.values import Code, Id, Instant, Text, Wire
from services.stations.api.wire import FromRow
from services.stations.domain import Post
from services.stations.use_cases.strength import Resource

Grade = Literal["AAA", "AA", "A"]
Name = Annotated[Text, StringConstraints(min_length=1)]


class StandardIn(Wire):
    """The least that a station of a level and grade has of each resource; what is left out is not asked for.

    `permits`: the kinds of work that such a station may be given at most; null or left out: every kind.
    """

    least: dict[Resource, Annotated[int, Field(strict=True, ge=0, le=10**12)]]
    permits: Annotated[list[Code], Field(min_length=1, max_length=100)] | None = None

    @field_validator("permits")
    @classmethod
    def _once(cls, permits: list[str] | None) -> list[str] | None:
        if permits is not None and len(set(permits)) < len(permits):
            raise ValueError("a kind of work stands there twice")
        return permits


class StandardOut(BaseModel):
    level: int
    grade: Grade
    least: dict[Resource, int]
    permits: list[str] | None


class StandardList(BaseModel):
    items: list[StandardOut]


class LackOut(BaseModel):
    resource: Resource
    least: int
    has: int


class StationGaps(BaseModel):
    """`standard` is false when none is set for the station's level and grade; `vacant` are the key posts without a
    holder when too few are held."""

    station_id: str
    name_zh: str
    name_en: str
    level: int
    grade: Grade
    standard: bool
    lacks: list[LackOut]
    vacant: list[Post]


class GapReport(BaseModel):
    """Those that lack most first."""

    items: list[StationGaps]


class SecondmentIn(Wire):
    engineer_id: Code
    territory_id: Code
    start: Instant
    end: Instant
    reason: Name
    reinforcement_id: Id | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end lies after start")
        return self


class SecondmentOut(FromRow):
    """Lent from the home territory to another one, from `start` to just before `end`."""

    id: str
    engineer_id: str
    home_territory_id: str
    territory_id: str
    start: datetime
    end: datetime
    reason: str
    reinforcement_id: str | None


class SecondmentPage(BaseModel):
    items: list[SecondmentOut]
    next: str | None


class Made(BaseModel):
    id: str


class ReinforcementIn(Wire):
    """A priority region for a time: both days belong to it."""

    territory_id: Code
    title: Name
    first_day: date
    last_day: date
    engineers: Annotated[int, Field(strict=True, ge=1, le=1000)]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("last_day lies before first_day")
        return self


class ReinforcementOut(FromRow):
    """`seconded` engineers are lent for it now or later; `engineers` are wanted."""

    id: str
    territory_id: str
    title: str
    first_day: date
    last_day: date
    engineers: int
    seconded: int


class ReinforcementList(BaseModel):
    items: list[ReinforcementOut]
