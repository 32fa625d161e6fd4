"""What orders answers. Field names are those of the glossary; instants are UTC, money is fen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import Row

from kit.web import context as service_context
from services.orders.context import Orders
from services.orders.domain.clocks import Clock
from services.orders.tables import TIME_FIELDS

Running = Annotated[Orders, Depends(service_context)]
Json = dict[str, Any]


class Point(BaseModel):
    """A place as it is answered: always WGS-84."""

    lon: float
    lat: float
    datum: str = "WGS-84"


class ClockOut(BaseModel):
    """One running or settled clock of the promise. `late_fen` is final once it has stopped."""

    name: str
    state: str
    started_at: datetime
    due: datetime
    stopped_at: datetime | None
    predicted: datetime | None
    price_fen_per_hour: int
    breach_fen: int
    cap_fen: int
    late_fen: int

    @classmethod
    def of(cls, clock: Clock) -> Self:
        rule = clock.rule
        return cls(
            name=rule.clock,
            state=clock.state,
            started_at=clock.started_at,
            due=clock.due,
            stopped_at=clock.stopped_at,
            predicted=clock.predicted,
            price_fen_per_hour=rule.price_fen_per_hour,
            breach_fen=rule.step_fen,
            cap_fen=rule.cap_fen,
            late_fen=clock.late_fen,
        )


class AssetShort(BaseModel):
    """The machine of an order."""

    serial: str
    vin: str | None = None
    plate: str | None
    product: str
    brand: str
    model: str


class CustomerShort(BaseModel):
    customer_id: str
    name: str
    tier: str


class CargoOut(BaseModel):
    """What the stopped truck carries."""

    cargo_class: str
    coupling: str | None
    mass_kg: int
    destination: Point
    deadline: datetime | None
    hazard: bool

    @classmethod
    def of(cls, row: Row[Any]) -> Self | None:
        """From a row with the columns of cargos under the prefix `cargo_`."""
        if row.cargo_cargo_class is None:
            return None
        return cls(
            cargo_class=row.cargo_cargo_class,
            coupling=row.cargo_coupling,
            mass_kg=row.cargo_mass_kg,
            destination=Point(lon=row.cargo_destination_lon, lat=row.cargo_destination_lat),
            deadline=row.cargo_deadline,
            hazard=row.cargo_hazard,
        )


class CaseOut(BaseModel):
    """The replacement case; `link` is shown to those who may hand it to the partner's driver."""

    case_id: str
    vehicle_id: str
    state: str
    decide_by: datetime
    at_truck: datetime
    cargo_moving_at: datetime | None
    delivered: datetime
    delivered_at: datetime | None
    kilometres: int | None
    cost_fen: int
    link: str | None = None

    @classmethod
    def of(cls, case: Row[Any], link: str | None) -> Self:
        return cls(
            case_id=case.case_id,
            vehicle_id=case.vehicle_id,
            state=case.state,
            decide_by=case.decide_by,
            at_truck=case.at_truck_at or case.planned_at_truck,
            cargo_moving_at=case.cargo_moving_at,
            delivered=case.delivered_at or case.planned_delivered,
            delivered_at=case.delivered_at,
            kilometres=case.kilometres,
            cost_fen=case.cost_fen,
            link=link,
        )


class FlagOut(BaseModel):
    """A fact that looks wrong; `accepted` null means that it waits for a person."""

    fact_id: str
    field: str
    effective_at: datetime
    accepted: bool | None


class OrderListed(BaseModel):
    """An order as the queue shows it."""

    id: str
    number: str
    version: int
    state: str
    waiting_reason: str | None
    source: str
    work_type: str
    kind: str
    reported_at: datetime
    branch_id: str
    territory_id: str
    station_id: str
    place: Point
    asset: AssetShort
    customer: CustomerShort
    symptom: str | None
    faults: list[Json]
    clocks: list[ClockOut]
    engineer_id: str | None
    appointment_id: str | None
    unassigned_reason: str | None
    earliest_start: datetime | None
    latest_start: datetime | None

    @classmethod
    def fields_of(cls, row: Row[Any], clocks: Sequence[Clock], kind: str) -> Json:
        """The fields that the list and the page of an order share."""
        same = ("number", "version", "state", "waiting_reason", "source", "work_type", "reported_at", "branch_id")
        more = ("territory_id", "station_id", "symptom", "faults", "engineer_id", "appointment_id")
        last = ("unassigned_reason", "earliest_start", "latest_start")
        return {
            "id": row.order_id,
            **{name: getattr(row, name) for name in (*same, *more, *last)},
            "kind": kind,
            "place": Point(lon=row.lon, lat=row.lat),
            "asset": AssetShort(
                serial=row.asset_id, vin=row.vin, plate=row.plate, product=row.product, brand=row.brand, model=row.model
            ),
            "customer": CustomerShort(customer_id=row.customer_id, name=row.customer_name, tier=row.tier),
            "clocks": [ClockOut.of(clock) for clock in clocks],
        }

    @classmethod
    def of(cls, row: Row[Any], clocks: Sequence[Clock], kind: str) -> Self:
        return cls(**cls.fields_of(row, clocks, kind))


class OrderPage(BaseModel):
    items: list[OrderListed]
    next: str | None


class Contact(BaseModel):
    name: str | None
    phone: str | None


class PromiseOut(BaseModel):
    """Which template was attached; its clocks stand in `clocks` of the order as well."""

    template_id: str
    version: int
    clocks: list[ClockOut]


class OrderOut(OrderListed):
    """One order with everything about it but its timeline."""

    place_error_m: int
    stake: str | None
    address: str | None
    contact: Contact
    fault_codes: list[Json]
    vmrs_system: str | None
    service_s: int
    skills: list[Json]
    kit: list[Json]
    drop_fen: int
    interruptible: bool
    replacement_eligible: bool
    warranty: Json
    promise: PromiseOut | None
    told: Json
    cargo: CargoOut | None
    times: dict[str, datetime | None]
    tasks: list[str]
    tasks_done: list[Json]
    gates: list[str]
    checklist: list[str]
    follow_up_of: str | None
    plan_id: str | None
    completion: Json | None
    replacement: CaseOut | None
    flagged: list[FlagOut]

    @classmethod
    def build(
        cls,
        row: Row[Any],
        clocks: Sequence[Clock],
        *,
        work_type: Any,
        case: CaseOut | None,
        flags: Sequence[Row[Any]],
    ) -> Self:
        fields = cls.fields_of(row, clocks, work_type.kind)
        copied = ("place_error_m", "stake", "address", "fault_codes", "vmrs_system", "service_s", "skills", "kit")
        more = ("drop_fen", "interruptible", "replacement_eligible", "warranty", "told", "tasks_done", "follow_up_of")
        promise = None
        if row.template_id is not None:
            promise = PromiseOut(template_id=row.template_id, version=row.template_version, clocks=fields["clocks"])
        return cls(
            **fields,
            **{name: getattr(row, name) for name in (*copied, *more, "plan_id", "completion")},
            contact=Contact(name=row.contact_name, phone=row.contact_phone),
            promise=promise,
            cargo=CargoOut.of(row),
            times={name: getattr(row, name) for name in TIME_FIELDS},
            tasks=list(work_type.tasks),
            gates=list(work_type.gates),
            checklist=list(work_type.checklist),
            replacement=case,
            flagged=[FlagOut(**{name: getattr(flag, name) for name in FlagOut.model_fields}) for flag in flags],
        )


class TimelineEntry(BaseModel):
    """One thing that happened: `payload` holds ids and facts, `effective_at` when it was so."""

    id: str
    publisher: str
    seq: int
    kind: str
    actor: str
    effective_at: datetime
    recorded_at: datetime
    payload: Json


class TimelinePage(BaseModel):
    items: list[TimelineEntry]
    next: str | None


def etag(version: int) -> dict[str, str]:
    """The header that If-Match is answered with."""
    return {"ETag": f'"{version}"'}
