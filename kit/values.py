"""Values that cross borders: strict wire models, money, instants, places.

Everything that comes in over HTTP is made of these, so that NaN, infinities, lone surrogates, naive times, unknown
fields and coordinates without a datum are refused in one place.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

import geocoordinates_ffi as coordinates
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

FIRST_YEAR, LAST_YEAR = 1970, 2200


class Wire(BaseModel):
    """Base of every model that crosses a border: unknown fields, NaN and infinities are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True, frozen=True)


def _clean(text: str) -> str:
    """Refuse what PostgreSQL cannot store or a log can be forged with."""
    for character in text:
        if (character < " " and character not in "\n\t") or "\ud800" <= character <= "\udfff":
            raise ValueError(f"has the character U+{ord(character):04X}, which is not allowed in text")
    return text


def _written(instant: Any) -> Any:
    """Refuse a bare number: nobody knows whether it counts seconds, milliseconds or something else."""
    if isinstance(instant, int | float) or (isinstance(instant, str) and "-" not in instant[1:]):
        raise ValueError("write the time as 2026-11-21T10:00:00+08:00")
    return instant


def _utc(instant: datetime) -> datetime:
    """Years beyond these are mistakes, and calculating with them leaves the calendar."""
    if not FIRST_YEAR < instant.year < LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return instant.astimezone(UTC)


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,40}$", strip_whitespace=True)]
"""The maker's own identifier of a station, engineer, part, machine …"""
Text = Annotated[str, StringConstraints(max_length=200), AfterValidator(_clean)]
LongText = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_clean)]
Fen = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""Money in fen (1/100 yuan)."""
Seconds = Annotated[int, Field(strict=True, ge=0, le=10**9)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=10**6)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[Number, Field(ge=0, le=1)]
Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_utc)]
"""An aware instant, kept in UTC; a naive time and a bare number are refused."""
Id = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", to_lower=True),
]
"""A UUID in canonical text form."""
Datum = Literal["WGS-84", "GCJ-02", "BD-09"]


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth in WGS-84 degrees, longitude before latitude."""

    lon: float
    lat: float


class WirePlace(Wire):
    """A place as it comes in or goes out. The datum is mandatory: 500 m of error hide in its absence."""

    lon: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-180, le=180)]
    lat: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-90, le=90)]
    datum: Datum

    @model_validator(mode="before")
    @classmethod
    def _looks_swapped(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        lon, lat = data.get("lon"), data.get("lat")
        if not (isinstance(lon, int | float) and isinstance(lat, int | float)):
            return data
        if 3 <= lon <= 54 and 73 <= lat <= 136:
            raise ValueError(f"lon {lon} and lat {lat} look swapped: longitude comes first")
        if lon == 0 and lat == 0:
            raise ValueError("lon 0 and lat 0 is the sign of a missing position, not a place")
        return data

    @model_validator(mode="after")
    def _where_the_datum_is_used(self) -> Self:
        # The Chinese datums are shifted inside China only; their formulas leave the globe near its edges.
        in_china = 70 <= self.lon <= 140 and 0 <= self.lat <= 56
        if self.datum != "WGS-84" and not in_china:
            raise ValueError(f"{self.datum} is a datum for China, lon {self.lon} and lat {self.lat} lie outside of it")
        return self

    def to_wgs84(self) -> Place:
        """The same point in WGS-84."""
        if self.datum == "WGS-84":
            return Place(self.lon, self.lat)
        if self.datum == "GCJ-02":
            point = coordinates.gcj02_to_wgs84_refined(coordinates.Gcj02(lat=self.lat, lon=self.lon))
        else:
            point = coordinates.bd09_to_wgs84_refined(coordinates.Bd09(lat=self.lat, lon=self.lon))
        return Place(round(point.lon, 7), round(point.lat, 7))

    @classmethod
    def of(cls, place: Place) -> Self:
        return cls(lon=place.lon, lat=place.lat, datum="WGS-84")
