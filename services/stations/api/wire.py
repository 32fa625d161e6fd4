"""What stations reads and writes over HTTP. Places are WGS-84, days belong to what is valid until them."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from fastapi import Depends, Query
from pydantic import BaseModel, Field, StringConstraints, model_validator
from sqlalchemy import Row

from kit.context import Context
from kit.problems import Invalid
from kit.values import Code, Id, Instant, Number, Text, Wire, WirePlace
from kit.web import context as service_context
from services.stations.domain import Span
from services.stations.use_cases.bank import RefusalReason

Running = Annotated[Context, Depends(service_context)]
Limit = Annotated[int, Query(ge=1, le=200)]
LONGEST_WINDOW_DAYS = 62


def window(
    start: Annotated[Instant, Query(alias="from")],
    end: Annotated[Instant, Query(alias="to")],
) -> Span:
    """FastAPI dependency: the query's `from` and `to`."""
    if not start < end:
        raise Invalid("`to` must lie after `from`", pointer="/to")
    if (end - start).days > LONGEST_WINDOW_DAYS:
        raise Invalid(f"`from` and `to` may lie {LONGEST_WINDOW_DAYS} days apart", pointer="/to")
    return Span(start, end)


Window = Annotated[Span, Depends(window)]


class FromRow(BaseModel):
    """An answer whose fields are columns of a row; `id` is the column `key`, a thing's own id is always `id`."""

    key: ClassVar[str] = "id"

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate({name: cls._read(row, name) for name in cls.model_fields})

    @classmethod
    def _read(cls, row: Row[Any], name: str) -> Any:
        return getattr(row, cls.key if name == "id" else name)


# --- network ------------------------------------------------------------------------------------------------------


class BranchOut(FromRow):
    key: ClassVar[str] = "branch_id"

    id: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    zone: str


class BranchPage(BaseModel):
    items: list[BranchOut]
    next: str | None


class TerritoryOut(FromRow):
    key: ClassVar[str] = "territory_id"

    id: str
    branch_id: str
    name_zh: str
    name_en: str


class TerritoryPage(BaseModel):
    items: list[TerritoryOut]
    next: str | None


class StationOut(FromRow):
    key: ClassVar[str] = "station_id"

    id: str
    territory_id: str
    branch_id: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    level: int
    grade: Literal["AAA", "AA", "A"]
    brands: list[str]
    capabilities: list[str]
    opens: str | None
    closes: str | None
    phone: str | None


class StationPage(BaseModel):
    items: list[StationOut]
    next: str | None


# --- engineers ----------------------------------------------------------------------------------------------------


class EngineerOut(FromRow):
    """An engineer with their home station's territory and branch."""

    key: ClassVar[str] = "engineer_id"

    id: str
    station_id: str
    territory_id: str
    branch_id: str
    name: str
    phone: str | None
    home: "PlaceOut"
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


class ShiftOut(BaseModel):
    """Working time; between `end` and `overtime_until` work may go on at the overtime price."""

    start: datetime
    end: datetime
    overtime_until: datetime


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


class PositionList(BaseModel):
    items: list[PositionOut]


# --- planning -------------------------------------------------------------------------------------------------------


class PlaceOut(BaseModel):
    lon: float
    lat: float


class SkillOut(BaseModel):
    """A skill of level 1-5; `valid_until` is the first instant at which it no longer is."""

    skill: str
    level: int
    valid_until: datetime | None


class CertificateOut(BaseModel):
    name: str
    valid_until: datetime


class LastPosition(PlaceOut):
    at: datetime


class AvailableEngineer(BaseModel):
    id: str
    name: str
    station_id: str
    home: PlaceOut
    van_place_id: str | None
    skills: list[SkillOut]
    certificates: list[CertificateOut]
    brands: list[str]
    labour_fen_per_hour: int
    overtime_fen_per_hour: int
    shifts: list[ShiftOut]
    last_position: LastPosition | None = None


class AvailabilityOut(BaseModel):
    engineers: list[AvailableEngineer]
    stations: list[StationOut]


class SpanOut(BaseModel):
    start: datetime
    end: datetime


class FleetVehicle(BaseModel):
    id: str
    partner_id: str
    plate: str
    vehicle_class: Literal["tractor", "rigid", "tipper", "mixer"]
    couplings: list[str]
    max_mass_kg: int
    hazard_allowed: bool
    place: PlaceOut
    base_fen: int
    fen_per_km: int
    available: list[SpanOut]


class FleetOut(BaseModel):
    vehicles: list[FleetVehicle]


class HoldLineIn(Wire):
    """A vehicle for one order from `from` to just before `to`."""

    line: Annotated[Text, StringConstraints(min_length=1)]
    order_id: Id
    vehicle_id: Code
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            raise ValueError("`to` must lie after `from`")
        return self


class HoldsIn(Wire):
    """Lines to hold; `lifetime_s` is how long without a publication."""

    lines: Annotated[list[HoldLineIn], Field(max_length=5000)]
    lifetime_s: Annotated[int, Field(strict=True, ge=1, le=3600)]


class HoldOut(BaseModel):
    line: str
    status: Literal["held", "refused"]
    reason: RefusalReason | None = None


class HoldsOut(BaseModel):
    lines: list[HoldOut]


# --- bank -----------------------------------------------------------------------------------------------------------


class VehicleOut(FromRow):
    """A replacement vehicle with its partner's contract days."""

    key: ClassVar[str] = "vehicle_id"

    id: str
    partner_id: str
    branch_id: str
    plate: str
    vehicle_class: Literal["tractor", "rigid", "tipper", "mixer"]
    couplings: list[str]
    max_mass_kg: int
    hazard_allowed: bool
    lon: float
    lat: float
    base_fen: int
    fen_per_km: int
    available_from: datetime | None
    available_until: datetime | None
    contract_from: date | None
    contract_until: date | None


class VehiclePage(BaseModel):
    items: list[VehicleOut]
    next: str | None


class CostOut(FromRow):
    """What the maker bears for one delivered cargo."""

    case_id: str
    order_id: str
    vehicle_id: str
    partner_id: str
    kilometres: int | None
    base_fen: int
    fen_per_km: int
    cost_fen: int
    delivered_at: datetime


class CostPage(BaseModel):
    items: list[CostOut]
    next: str | None
