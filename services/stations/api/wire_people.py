"""Engineers, calendars and positions, as they come in and go out."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import Row

from kit.answers import invalid_of
from kit.values import Code, Datum, Instant, Number, Place, Wire, WirePlace
from services.stations.api.wire import FromRow, PlaceOut, ShiftOut
from services.stations.use_cases.positions import Point, Report


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


Degrees = Annotated[Number, Field(ge=-360, le=360)]


class PointIn(Wire):
    """One fix of a phone. What is no place (0,0, swapped, beyond its datum) is kept as it was told, and marked."""

    lon: Degrees
    lat: Degrees
    datum: Datum
    at: Instant
    accuracy_m: Annotated[Number, Field(ge=0, le=100_000)] | None = None

    def point(self) -> Point:
        try:
            place = WirePlace(lon=self.lon, lat=self.lat, datum=self.datum).to_wgs84()
        except ValidationError:
            return Point(Place(self.lon, self.lat), self.at, self.accuracy_m, doubt="no_place")
        return Point(place, self.at, self.accuracy_m)


class PositionsIn(Wire):
    """Each point is a `PointIn`, read by itself: one that cannot be read costs no other."""

    engineer_id: Code
    points: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]

    def report(self) -> Report:
        points, refused = [], []
        for index, told in enumerate(self.points):
            try:
                points.append(PointIn.model_validate(told).point())
            except ValidationError as error:
                refused.append(f"/points/{index}{invalid_of(error).detail}")
        return Report(self.engineer_id, points, refused)


class PositionsKept(BaseModel):
    """Points that were stored, how many of these are doubtful, and how many were not stored because of the shift, the
    consent, their time, or as they cannot be read: `reasons` says why, of the first ten."""

    stored: int
    off_shift: int
    no_consent: int
    out_of_time: int
    doubtful: int
    refused: int
    reasons: list[str]


class PositionOut(BaseModel):
    """Where an engineer was last; `age_s` seconds ago."""

    engineer_id: str
    lon: float
    lat: float
    at: datetime
    age_s: int


class TrackPoint(FromRow):
    """`accuracy_m` in metres as the phone told it; `doubt` is why nobody can have been there then."""

    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None
    doubt: Literal["no_place", "teleport"] | None


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
