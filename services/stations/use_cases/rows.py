"""The rows that can be imported, as they come in."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StrictBool, ValidationInfo, field_validator, model_validator

from kit.imports import ClockTime, PlacedRow, plausible
from kit.values import Code, Datum, Fen, Instant, Number, Text, Wire, WirePlace
from services.stations.domain import Post

Phone = Annotated[str, Field(pattern=r"^[0-9+()\- ]{3,30}$")]
Level = Annotated[int, Field(strict=True, ge=1, le=5)]
Codes = Annotated[list[Code], Field(max_length=100, default_factory=list)]
Days = Annotated[dict[Code, date], Field(max_length=100, default_factory=dict)]
LONGEST_SHIFT = timedelta(hours=24)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone: write it as Asia/Shanghai") from None
    return name


class BranchRow(PlacedRow):
    branch_id: Code
    name_zh: Text
    name_en: Text
    zone: Annotated[Text, AfterValidator(_zone)] = "Asia/Shanghai"


class TerritoryRow(Wire):
    territory_id: Code
    branch_id: Code
    name_zh: Text
    name_en: Text


class StationRow(PlacedRow):
    station_id: Code
    territory_id: Code
    name_zh: Text
    name_en: Text
    level: Annotated[int, Field(strict=True, ge=1, le=3)]
    grade: Literal["AAA", "AA", "A"]
    brands: Codes
    capabilities: Codes
    opens: ClockTime | None = None
    closes: ClockTime | None = None
    phone: Phone | None = None
    posts: Annotated[dict[Post, Annotated[Text, Field(min_length=1)]], Field(default_factory=dict)]


class EngineerRow(Wire):
    """`skills` by level, `skills_valid_until` and `certificates` by their last valid day."""

    engineer_id: Code
    station_id: Code
    name: Text
    phone: Phone | None = None
    home_lon: Number
    home_lat: Number
    datum: Datum
    van_place_id: Code | None = None
    skills: Annotated[dict[Code, Level], Field(max_length=100, default_factory=dict)]
    skills_valid_until: Days
    certificates: Days
    brands: Codes
    labour_fen_per_hour: Fen = 0
    overtime_fen_per_hour: Fen = 0

    @field_validator("home_lat")
    @classmethod
    def _plausible(cls, lat: float, others: ValidationInfo) -> float:
        plausible(others.data.get("home_lon", 100.0), lat)
        return lat

    def record(self) -> dict[str, Any]:
        """The row's values with the home in WGS-84 and days as text."""
        home = WirePlace(lon=self.home_lon, lat=self.home_lat, datum=self.datum).to_wgs84()
        plain = self.model_dump(exclude={"datum"}) | {"home_lon": home.lon, "home_lat": home.lat}
        days = {name: {of: day.isoformat() for of, day in plain[name].items()} for name in _DAYS}
        return plain | days


_DAYS = ("skills_valid_until", "certificates")


class ShiftRow(Wire):
    """Work from `start` to `end`, overtime possible until `overtime_until` (by default none)."""

    engineer_id: Code
    start: Instant
    end: Instant
    overtime_until: Instant | None = None

    @model_validator(mode="after")
    def _forward(self) -> "ShiftRow":
        until = self.overtime_until or self.end
        if not self.start < self.end <= until:
            raise ValueError("start, end and overtime_until must follow each other")
        if until - self.start > LONGEST_SHIFT:
            raise ValueError("a shift with its overtime lasts 24 hours at most")
        return self

    def record(self) -> dict[str, Any]:
        return self.model_dump() | {"overtime_until": self.overtime_until or self.end}


class AbsenceRow(Wire):
    engineer_id: Code
    start: Instant
    end: Instant
    reason: Text = ""

    @model_validator(mode="after")
    def _forward(self) -> "AbsenceRow":
        if self.start >= self.end:
            raise ValueError("an absence ends after it starts")
        return self


class ResourceRow(Wire):
    """An expert, a trainer or a tool; without a branch it is head office's.

    `calibrated_until` is the last day on which a tool is good.
    """

    resource_id: Code
    kind: Literal["expert", "trainer", "tool"]
    branch_id: Code | None = None
    station_id: Code | None = None
    name: Text
    skills: Annotated[dict[Code, Level], Field(max_length=100, default_factory=dict)]
    seats: Annotated[int, Field(strict=True, ge=1, le=50)] = 1
    calibrated_until: date | None = None

    @model_validator(mode="after")
    def _as_its_kind(self) -> "ResourceRow":
        if self.station_id is not None and self.branch_id is None:
            raise ValueError("what belongs to a station belongs to its branch: give branch_id")
        if self.calibrated_until is not None and self.kind != "tool":
            raise ValueError("only tools are calibrated")
        return self


class PartnerRow(Wire):
    """Both days belong to the contract; without one it is open on that side."""

    partner_id: Code
    branch_id: Code
    name: Text
    phone: Phone | None = None
    contract_from: date | None = None
    contract_until: date | None = None

    @model_validator(mode="after")
    def _forward(self) -> "PartnerRow":
        if self.contract_from and self.contract_until and self.contract_until < self.contract_from:
            raise ValueError("a contract ends on the day it starts or later")
        return self


class VehicleRow(PlacedRow):
    """A replacement vehicle; `fen_per_km` is paid for the way with the cargo.

    `licence_until` is the last good day of its operating licence.
    """

    vehicle_id: Code
    partner_id: Code
    branch_id: Code
    plate: Text
    vehicle_class: Literal["tractor", "rigid", "tipper", "mixer"]
    couplings: Codes
    max_mass_kg: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    hazard_allowed: StrictBool = False
    base_fen: Fen
    fen_per_km: Fen
    licence_until: date | None = None
    available_from: Instant | None = None
    available_until: Instant | None = None

    @model_validator(mode="after")
    def _forward(self) -> "VehicleRow":
        if self.available_from and self.available_until and self.available_until <= self.available_from:
            raise ValueError("available_until lies after available_from")
        return self


class PlateLimitRow(PlacedRow):
    """Plates that end in one of `digits` may not set out within a city on one weekday (1 is Monday), from `opens` to
    just before `closes`; both days of validity belong to it."""

    limit_id: Code
    name: Text
    radius_km: Annotated[Number, Field(gt=0, le=500)]
    weekday: Annotated[int, Field(strict=True, ge=1, le=7)]
    digits: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
    opens: ClockTime
    closes: ClockTime
    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _forward(self) -> "PlateLimitRow":
        if self.closes <= self.opens:
            raise ValueError("closes lies after opens: write a night as two rows")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("valid_until is the day valid_from or a later one")
        return self
