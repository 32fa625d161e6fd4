"""What dispatch sends and gets while it plans, and the bank of replacement vehicles."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, Self

from fastapi import Path
from pydantic import BaseModel, Field, StringConstraints, model_validator

from kit.problems import Invalid
from kit.values import Code, Id, Instant, Text, Wire
from services.stations.api.wire import FromRow, PlaceOut, ShiftOut, StationOut
from services.stations.use_cases.bank import RefusalReason

Epoch = Annotated[int, Path(ge=1, le=2**62)]


def refuse_repeated(lines: Sequence[str]) -> None:
    """Raises Invalid for the first name of a line that stands twice."""
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line in seen:
            raise Invalid(f"line {line!r} stands twice", pointer=f"/lines/{index}/line")
        seen.add(line)


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
    """`permitted`: kinds of work that may be assigned to the station, null: all. `borne_seconds`: ways, overtime
    and night work of the last four weeks, which plans even out."""

    id: str
    name: str
    station_id: str
    home: PlaceOut
    van_place_id: str | None
    skills: list[SkillOut]
    certificates: list[CertificateOut]
    brands: list[str]
    permitted: list[str] | None
    labour_fen_per_hour: int
    overtime_fen_per_hour: int
    shifts: list[ShiftOut]
    last_position: LastPosition | None = None
    borne_seconds: int = 0


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


class WorkIn(Wire):
    """A line of a plan: something for the work on one order from `from` to just before `to`."""

    line: Annotated[Text, StringConstraints(min_length=1)]
    order_id: Id
    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            raise ValueError("`to` must lie after `from`")
        return self


class UntilPublished(Wire):
    """`lifetime_s` is how long a hold lasts without a publication."""

    lifetime_s: Annotated[int, Field(strict=True, ge=1, le=3600)]


class HoldLineIn(WorkIn):
    """A vehicle for one order."""

    vehicle_id: Code


class HoldsIn(UntilPublished):
    """Vehicles to hold."""

    lines: Annotated[list[HoldLineIn], Field(max_length=5000)]


class HoldOut(BaseModel):
    line: str
    status: Literal["held", "refused"]
    reason: RefusalReason | None = None


class HoldsOut(BaseModel):
    lines: list[HoldOut]


class VehicleOut(FromRow):
    """A replacement vehicle with its partner's contract days and the last good day of its licence."""

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
    licence_until: date | None


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
