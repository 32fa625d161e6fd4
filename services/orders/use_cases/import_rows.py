"""The rows that orders imports; the columns are those of the import reference."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from sqlalchemy import Row

from kit.imports import PlacedRow
from kit.values import Code, Datum, Instant, LongText, Number, Place, Text, Wire, WirePlace
from services.orders.domain.causes import OTHER
from services.orders.domain.faults import FaultCode
from services.orders.domain.intake import Cargo, CargoClass, Crew, Report
from services.orders.domain.links import LinkAsked
from services.orders.domain.machines import Station
from services.orders.domain.phones import phone_digits
from services.orders.domain.places import Finders, locate
from services.orders.domain.scorecards import Of
from services.orders.stake_numbers import Line
from services.orders.use_cases.identification import MachineName
from services.orders.use_cases.intake import Wanted

Phone = Annotated[Text, StringConstraints(max_length=40)]
Vin = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{5,20}$", to_upper=True, strip_whitespace=True)]
"""A VIN (ISO 3779, 17 characters) or a machine's product identification number."""
Plate = Annotated[Text, StringConstraints(min_length=2, max_length=20, to_upper=True)]
Name = Annotated[Text, StringConstraints(min_length=1)]
Meter = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
Whole = Annotated[int, Field(strict=True)]
Parts = Annotated[dict[Code, Annotated[Whole, Field(ge=1, le=100)]], Field(max_length=30)]
"""Pieces by part."""
Flag = Annotated[bool, Field(strict=True)]


class CustomerRow(Wire):
    """Who owns machines; the tier is one of the maker's own."""

    customer_id: Code
    name: Name
    tier: Code = "standard"
    phone: Phone | None = None

    def record(self) -> dict[str, Any]:
        return self.model_dump() | {"phone_digits": phone_digits(self.phone)}


NAMED = ("station_id", "territory_id", "branch_id")
UNHEARD = ""
"""In place of what the last import said of a machine's station, where nobody noted it."""
"""What the record says about the station that answers for a machine."""


class AssetRow(Wire):
    """One machine; place is where it usually stands, for planned work."""

    serial: Code
    vin: Vin | None = None
    plate: Plate | None = None
    customer_id: Code
    product: Code
    brand: Code
    model: Name
    configuration: Annotated[dict[Text, Text], Field(max_length=200)] = Field(default_factory=dict)
    software_level: Text | None = None
    station_id: Code | None = None
    built_on: date | None = None
    in_service_on: date | None = None
    warranty_until: date | None = None
    meter_km: Meter | None = None
    meter_h: Meter | None = None
    lon: Number | None = None
    lat: Number | None = None
    datum: Datum | None = None

    @model_validator(mode="after")
    def _placed(self) -> Self:
        _place(self.lon, self.lat, self.datum)
        if self.built_on and self.in_service_on and self.in_service_on < self.built_on:
            raise ValueError("in_service_on lies before built_on")
        return self

    def renames(self, before: Row[Any] | None) -> bool:
        """Whether the row says another named station than the last import did: only then it is news."""
        if self.station_id is None or before is None:
            return self.station_id is not None
        return before.imported_station_id not in (UNHEARD, self.station_id)

    def _named(self, before: Row[Any] | None, stations: Mapping[str, Station]) -> dict[str, str | None]:
        if before is not None and not self.renames(before) and self.station_id != before.station_id:
            heard = before.imported_station_id != UNHEARD or self.station_id is None
            said = before.imported_station_id if heard else self.station_id
            return {name: getattr(before, name) for name in NAMED} | {"imported_station_id": said}
        station = stations.get(self.station_id or "")
        return {name: getattr(station, name, None) for name in NAMED} | {"imported_station_id": self.station_id}

    def record(self, *, stations: Mapping[str, Station], machines: Mapping[str, Row[Any]]) -> dict[str, Any]:
        """The row of the table; meters are never lower than the recorded ones, who answers stays unless it is news."""
        before = machines.get(self.serial)
        values = self.model_dump(exclude={"serial", "station_id", "datum", "lon", "lat"})
        place = _place(self.lon, self.lat, self.datum)
        for meter in ("meter_km", "meter_h"):
            known = getattr(before, meter) if before is not None else None
            values[meter] = max((value for value in (known, values[meter]) if value is not None), default=None)
        return {
            "asset_id": self.serial,
            **values,
            **self._named(before, stations),
            "lon": place.lon if place else None,
            "lat": place.lat if place else None,
        }


class ContractRow(Wire):
    """A service contract of one machine (`serial`) or of all of a customer's (`customer_id`); days are inclusive."""

    contract_id: Code
    kind: Code
    customer_id: Code
    serial: Code | None = None
    valid_from: date
    valid_until: date | None = None

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self

    def record(self) -> dict[str, Any]:
        return {"asset_id": self.serial, **self.model_dump(exclude={"serial"})}


class OperatorCertificateRow(Wire):
    """Somebody who may operate the machine; `valid_until` is inclusive, none means for good."""

    operator_id: Code
    certificate: Code
    serial: Code
    name: Name
    valid_until: date | None = None

    def record(self) -> dict[str, Any]:
        return {"asset_id": self.serial, **self.model_dump(exclude={"serial"})}


class PlanRow(Wire):
    """Work that comes round every so many days, welcome `tolerance_days` before and after it is due."""

    plan_id: Code
    serial: Code
    work_type: Code = "inspection"
    next_due_on: date
    every_days: Annotated[Whole, Field(ge=1, le=3650)]
    tolerance_days: Annotated[Whole, Field(ge=0, le=365)] = 7

    def record(self) -> dict[str, Any]:
        return {"asset_id": self.serial, **self.model_dump(exclude={"serial"})}


class ReferenceRow(PlacedRow):
    """One kilometre post; `made` says that it was computed and not surveyed."""

    motorway: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{1,2}[0-9]{1,5}[A-Za-z]?$", to_upper=True)]
    name: Text = ""
    line: Line = Line.BOTH
    km: Annotated[Number, Field(ge=0, le=20_000)]
    made: Flag = False


class LandmarkRow(PlacedRow):
    """A place that callers name: a toll gate, a service area, a yard; how far around it they mean."""

    name: Annotated[Name, StringConstraints(min_length=2, max_length=60)]
    aliases: Annotated[list[Annotated[Name, StringConstraints(min_length=2, max_length=60)]], Field(max_length=20)] = (
        Field(default_factory=list)
    )
    radius_m: Annotated[Whole, Field(ge=1, le=100_000)] = 1_000


class CauseRow(Wire):
    """A cause of a fault; `prior` counts orders that had it before any were closed here, `parts` mend it."""

    fault: Code
    cause: Code
    name_zh: Name
    name_en: Name
    prior: Annotated[Number, Field(gt=0, le=10_000)]
    parts: Parts = Field(default_factory=dict)

    @field_validator("cause")
    @classmethod
    def _on_the_list(cls, cause: str) -> str:
        if cause == OTHER:
            raise ValueError(f"{OTHER} stands for what is on no list: name the cause otherwise")
        return cause


class CampaignRow(Wire):
    """Work that the maker wants done on machines: a software level, a part to be changed. `safety` holds dispatch."""

    campaign_id: Annotated[Code, StringConstraints(max_length=30)]
    name_zh: Name
    name_en: Name
    safety: Flag = False
    minutes: Annotated[Whole, Field(ge=1, le=10_000)]
    parts: Parts = Field(default_factory=dict)
    skill: Code | None = None
    level: Annotated[Whole, Field(ge=1, le=5)] | None = None

    @model_validator(mode="after")
    def _skilled(self) -> Self:
        if (self.skill is None) != (self.level is None):
            raise ValueError("skill and level go together")
        return self


class CampaignMachineRow(Wire):
    """A machine that a campaign is about; `done_on` when it was carried out elsewhere."""

    campaign_id: Code
    serial: Code
    done_on: date | None = None

    def record(self) -> dict[str, Any]:
        return {"asset_id": self.serial, "campaign_id": self.campaign_id, "done_on": self.done_on}


class OutsideScoreRow(Wire):
    """What somebody outside gave a station or an engineer for a month or a quarter, out of 100."""

    evaluator: Code
    of: Of
    scope_id: Code
    period: Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2]|Q[1-4])$")]
    score: Annotated[Number, Field(ge=0, le=100)]
    note: Text = ""


class WireFaultCode(Wire):
    """A J1939 code."""

    spn: Annotated[Whole, Field(ge=0, le=524_287)]
    fmi: Annotated[Whole, Field(ge=0, le=31)]


class OrderRow(Wire):
    """An open order of another system. At least one of place, stake and address; cargo when `cargo_class` is given;
    `starts_after` names the order after whose end its work begins."""

    external_id: Code
    serial: Code | None = None
    vin: Vin | None = None
    plate: Plate | None = None
    reported_at: Instant
    lon: Number | None = None
    lat: Number | None = None
    datum: Datum | None = None
    stake: Text | None = None
    address: Text | None = None
    symptom: LongText | None = None
    fault_codes: Annotated[list[WireFaultCode], Field(max_length=50)] = Field(default_factory=list)
    work_type: Code = "breakdown"
    starts_after: Code | None = None
    crew_size: Literal[1, 2] | None = None
    cargo_class: CargoClass | None = None
    cargo_coupling: Code | None = None
    cargo_mass_kg: Annotated[Whole, Field(ge=0, le=200_000)] = 0
    cargo_dest_lon: Number | None = None
    cargo_dest_lat: Number | None = None
    cargo_deadline: Instant | None = None
    cargo_hazard: Flag = False

    @model_validator(mode="after")
    def _placed(self) -> Self:
        _place(self.lon, self.lat, self.datum)
        if self.cargo_class is not None and self._destination() is None:
            raise ValueError("cargo needs cargo_dest_lon, cargo_dest_lat and the datum")
        return self

    def _destination(self) -> Place | None:
        if self.cargo_dest_lon is None and self.cargo_dest_lat is None:
            return None
        return _place(self.cargo_dest_lon, self.cargo_dest_lat, self.datum)

    def wanted(self, finders: Finders) -> Wanted:
        """The report. Raises PlaceMissing when neither stake number nor address gives a place."""
        where = locate(_place(self.lon, self.lat, self.datum), self.stake, self.address, finders)
        report = Report(
            source="import",
            work_type=self.work_type,
            reported_at=self.reported_at,
            where=where,
            stake=self.stake,
            address=self.address,
            symptom=self.symptom,
            codes=tuple(FaultCode(code.spn, code.fmi) for code in self.fault_codes),
            cargo=self._cargo(),
            external_id=self.external_id,
            links=(LinkAsked(self.starts_after, pointer="/starts_after"),) if self.starts_after else (),
            crew=None if self.crew_size is None else Crew(self.crew_size),
        )
        return Wanted(MachineName(self.serial, self.vin, self.plate), report)

    def _cargo(self) -> Cargo | None:
        destination = self._destination()
        if self.cargo_class is None or destination is None:
            return None
        return Cargo(
            cargo_class=self.cargo_class,
            coupling=self.cargo_coupling,
            mass_kg=self.cargo_mass_kg,
            destination=destination,
            deadline=self.cargo_deadline,
            hazard=self.cargo_hazard,
        )


def _place(lon: float | None, lat: float | None, datum: Datum | None) -> Place | None:
    """The point in WGS-84, or None when none is given. Raises ValueError for half of one or one without datum."""
    if lon is None and lat is None:
        return None
    if lon is None or lat is None or datum is None:
        raise ValueError("a place needs lon, lat and datum together")
    return WirePlace(lon=lon, lat=lat, datum=datum).to_wgs84()
