"""The rows that can be imported, as they come in."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StringConstraints, model_validator

from kit.imports import ClockTime, PlacedRow
from kit.values import Code, Fen, Seconds, Text, Wire
from services.parts.domain import substitution

Pieces = Annotated[int, Field(strict=True, ge=0, le=10**6)]


def _first_of_month(day: date) -> date:
    if day.day != 1:
        raise ValueError("give the first day of the month")
    return day


FirstDay = Annotated[date, AfterValidator(_first_of_month)]


def _listed(values: Any) -> Any:
    return values.split("|") if isinstance(values, str) else values


Values = Annotated[list[Text], BeforeValidator(_listed), Field(min_length=1, max_length=100)]


class PartRow(Wire):
    part: Code
    name_zh: Text
    name_en: Text
    unit_cost_fen: Fen
    weight_g: Annotated[int, Field(strict=True, ge=0, le=10**8)]
    vmrs_system: Text | None = None
    unit: Literal["piece", "set", "litre", "kilogram", "metre"] = "piece"
    core_deposit_fen: Fen = 0
    remanufactured: StrictBool = False
    insurance_spare: StrictBool = False


class SubstituteRow(Wire):
    """`substitute` may be fitted instead of `part`; with `interchange` also the other way round.

    `reason` says why it is approved, or no longer; an approved step to a remanufactured part needs one.
    """

    part: Code
    substitute: Code
    kind: substitution.Kind = "alternative"
    approved: StrictBool
    reason: Annotated[Text, StringConstraints(min_length=1)] | None = None

    @model_validator(mode="after")
    def _another(self) -> "SubstituteRow":
        if self.part == self.substitute:
            raise ValueError("a part is no substitute of itself")
        return self


class FitRow(Wire):
    """The part fits machines of `model`; several values of an option stand in a list, or in a text with `|` between."""

    part: Code
    model: Code
    rule: Code = "1"
    configuration: Annotated[dict[Code, Values], Field(max_length=50, default_factory=dict)]
    serial_from: Code | None = None
    serial_until: Code | None = None


class PlaceRow(PlacedRow):
    """A stock place; without `territory_id` it is a central depot, open to every territory."""

    place_id: Code
    kind: Literal["depot", "station", "van"]
    territory_id: Code | None = None
    station_id: Code | None = None
    engineer_id: Code | None = None
    name: Text
    opens: ClockTime | None = None
    closes: ClockTime | None = None

    @model_validator(mode="after")
    def _somebodys_van(self) -> "PlaceRow":
        if self.kind == "van" and (self.engineer_id is None or self.territory_id is None):
            raise ValueError("a van needs its engineer_id and territory_id")
        return self


class StockRow(Wire):
    """So many pieces were counted at the place; the difference is booked."""

    place_id: Code
    part: Code
    quantity: Pieces


class DemandRow(Wire):
    """Pieces used in a month (`month`: its first day) for the orders of a shelf's station, from an older system."""

    place_id: Code
    part: Code
    month: FirstDay
    pieces: Pieces


class LaneRow(Wire):
    """A courier that calls at the place; `ready_s` is the time until a parcel is ready."""

    place_id: Code
    fee_fen: Fen
    fen_per_km: Fen
    km_per_hour: Annotated[int, Field(strict=True, ge=1, le=1000)]
    cutoff: ClockTime | None = None
    ready_s: Seconds
