"""Engineers, calendars and positions, as they come in and go out."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Row

from kit.values import Code, Instant, Number, Wire, WirePlace
from services.stations.api.wire import FromRow, PlaceOut, ShiftOut


class EngineerOut(FromRow):
    """An engineer with their home station's territory and branch."""

    key: ClassVar[str] = "engineer_id"

    id: str
    station_id: str
    territory_id: str
    branch_id: str
    name: str
    phone: str | None
    home: PlaceOut
    van_place_id: str | None
    skills: dict[str, int]
    skills_valid_until: dict[str, date]
    certificates: dict[str, date]
    brands: list[str]
    labour_fen_per_hour: int
    overtime_fen_per_hour: int
    tracking_consent: bool

    @classmethod
    def _read(cls, row: Row[Any], name: str) -> Any:
        return {"lon": row.home_lon, "lat": row.home_lat} if name == "home" else super()._read(row, name)


class EngineerPage(BaseModel):
    items: list[EngineerOut]
    next: str | None


class AbsenceOut(FromRow):
    start: datetime
    end: datetime
    reason: str


class CalendarOut(BaseModel):
    """Shifts as planned, absences, and the working time that is left."""

    shifts: list[ShiftOut]
    absences: list[AbsenceOut]
    working: list[ShiftOut]


class ConsentIn(Wire):
    given: Annotated[bool, Field(strict=True)]


class PointIn(WirePlace):
    """One fix of a phone."""

    at: Instant
    accuracy_m: Annotated[Number, Field(ge=0, le=100_000)] | None = None


class PositionsIn(Wire):
    engineer_id: Code
    points: Annotated[list[PointIn], Field(min_length=1, max_length=1000)]


class PositionsKept(BaseModel):
    """Points that were stored, and how many were not because of the shift, the consent or their time."""

    stored: int
    off_shift: int
    no_consent: int
    out_of_time: int


class PositionOut(BaseModel):
    """Where an engineer was last; `age_s` seconds ago."""

    engineer_id: str
    lon: float
    lat: float
    at: datetime
    age_s: int


class TrackPoint(FromRow):
    """`accuracy_m` in metres as the phone told it."""

    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None


class TrackOut(BaseModel):
    points: list[TrackPoint]


class PositionRead(FromRow):
    """`what`: `last_known` places of the territory (once an hour at most), or the `track` of the engineer."""

    actor: str
    what: Literal["last_known", "track"]
    subject: str
    at: datetime
    reason: str


class PositionReads(BaseModel):
    items: list[PositionRead]


class PositionList(BaseModel):
    items: list[PositionOut]
