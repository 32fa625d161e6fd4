"""An order as the queue and its page show it, and its timeline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel
from sqlalchemy import Row

from services.orders.api.wire import CargoOut, CaseOut, ClockOut, Json, Point
from services.orders.domain.clocks import Clock
from services.orders.domain.dispatch_gates import campaign_items
from services.orders.domain.links import Relation
from services.orders.domain.machines import ContractReason
from services.orders.domain.places import PlaceSource
from services.orders.tables import TIME_FIELDS


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


class FlagOut(BaseModel):
    """A fact that looks wrong; `accepted` null means that it waits for a person."""

    fact_id: str
    field: str
    effective_at: datetime
    accepted: bool | None


class FaultCodeOut(BaseModel):
    """A J1939 fault code as it was told."""

    spn: int
    fmi: int


class KitLineOut(BaseModel):
    """`quantity` pieces of `part`, needed with `probability` (0 < p <= 1)."""

    line: str
    part: str
    quantity: int
    probability: float


class CrewOut(BaseModel):
    """How many engineers work together, and what the second of them must know."""

    size: int
    second_skills: list[Json]


class LinkOut(BaseModel):
    """Another order that this one waits for, or that waits for this one."""

    order_id: str
    number: str
    state: str
    relation: Relation
    gap_s: int

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


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
    open_gates: int
    earliest_start: datetime | None
    latest_start: datetime | None
    links: list[LinkOut]
    """The orders that it waits for."""

    @classmethod
    def fields_of(cls, row: Row[Any], clocks: Sequence[Clock], links: Sequence[Row[Any]], kind: str) -> Json:
        """The fields that the list and the page of an order share."""
        same = ("number", "version", "state", "waiting_reason", "source", "work_type", "reported_at", "branch_id")
        more = ("territory_id", "station_id", "symptom", "faults", "engineer_id", "appointment_id")
        last = ("unassigned_reason", "earliest_start", "latest_start")
        return {
            "id": row.order_id,
            **{name: getattr(row, name) for name in (*same, *more, *last)},
            "kind": kind,
            "open_gates": row.open_gates or 0,
            "place": Point(lon=row.lon, lat=row.lat),
            "asset": AssetShort(
                serial=row.asset_id, vin=row.vin, plate=row.plate, product=row.product, brand=row.brand, model=row.model
            ),
            "customer": CustomerShort(customer_id=row.customer_id, name=row.customer_name, tier=row.tier),
            "clocks": [ClockOut.of(clock) for clock in clocks],
            "links": [LinkOut.of(link) for link in links],
        }

    @classmethod
    def of(cls, row: Row[Any], clocks: Sequence[Clock], links: Sequence[Row[Any]], kind: str) -> Self:
        return cls(**cls.fields_of(row, clocks, links, kind))


class OrderPage(BaseModel):
    items: list[OrderListed]
    next: str | None


class Contact(BaseModel):
    name: str | None
    phone: str | None


class WaitOut(BaseModel):
    """A wait; `proof` null means that clocks which want one run through it."""

    wait_id: str
    reason: str
    note: str | None
    proof: str | None
    started_at: datetime
    ended_at: datetime | None


class SimilarOut(BaseModel):
    """An open order of another machine close by with the same fault or words: perhaps the same breakdown."""

    id: str
    number: str
    serial: str


class DispatchGateOut(BaseModel):
    """A gate of dispatch; `decision` null keeps the order from being planned."""

    gate: str
    subject: str
    because: str | None
    decision: str | None
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class PromiseOut(BaseModel):
    """Which template was attached; its clocks stand in `clocks` of the order as well."""

    template_id: str
    version: int
    clocks: list[ClockOut]


class ContractDecided(BaseModel):
    """A service contract of the machine: whether it holds on the day of the report, and why."""

    contract_id: str
    kind: str
    holds: bool = True
    reason: ContractReason = "within_contract"
    """Orders from before reasons were kept list those that held."""


class OrderOut(OrderListed):
    """One order with everything about it but its timeline.

    `followers` wait for this one. `station_authorised`: whether the station that answers is authorised for the brand of
    the machine and able to do this kind of work; none was, if not. `fix_chance`: that the kit mends the fault on the
    first visit, as foretold at intake; none for unknown causes.
    """

    station_authorised: bool
    place_error_m: int
    place_source: PlaceSource
    place_matched: str | None
    stake: str | None
    address: str | None
    contact: Contact
    fault_codes: list[FaultCodeOut]
    vmrs_system: str | None
    service_s: int
    skills: list[Json]
    crew: CrewOut
    expert: Json | None
    kit: list[KitLineOut]
    fix_chance: float | None
    drop_fen: int
    interruptible: bool
    replacement_eligible: bool
    warranty: Json
    contracts: list[ContractDecided]
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
    waits: list[WaitOut]
    similar: list[SimilarOut]
    dispatch_gates: list[DispatchGateOut]
    followers: list[LinkOut]
    tracking_link: str | None

    @classmethod
    def build(
        cls,
        row: Row[Any],
        clocks: Sequence[Clock],
        *,
        work_type: Any,
        case: CaseOut | None,
        flags: Sequence[Row[Any]],
        waits: Sequence[Row[Any]],
        similar: Sequence[Row[Any]],
        gates: Sequence[Row[Any]],
        links: Sequence[Row[Any]],
        followers: Sequence[Row[Any]],
        tracking_link: str | None,
    ) -> Self:
        fields = cls.fields_of(row, clocks, links, work_type.kind)
        copied = ("place_error_m", "place_source", "place_matched", "stake", "address", "fault_codes", "vmrs_system")
        needs = ("service_s", "skills", "expert", "kit", "drop_fen", "interruptible", "replacement_eligible")
        more = (*needs, "warranty", "told")
        own = ("fix_chance", "tasks_done", "contracts", "station_authorised", "follow_up_of", "plan_id", "completion")
        promise = None
        if row.template_id is not None:
            promise = PromiseOut(template_id=row.template_id, version=row.template_version, clocks=fields["clocks"])
        return cls(
            **fields,
            **{name: getattr(row, name) for name in (*copied, *more, *own)},
            contact=Contact(name=row.contact_name, phone=row.contact_phone),
            promise=promise,
            crew=CrewOut(size=row.crew_size, second_skills=row.second_skills),
            cargo=CargoOut.of(row),
            times={name: getattr(row, name) for name in TIME_FIELDS},
            tasks=list(work_type.tasks),
            gates=list(work_type.gates),
            checklist=[*work_type.checklist, *campaign_items(gates)],
            dispatch_gates=[DispatchGateOut.of(gate) for gate in gates],
            replacement=case,
            flagged=[FlagOut(**{name: getattr(flag, name) for name in FlagOut.model_fields}) for flag in flags],
            waits=[WaitOut(**{name: getattr(wait, name) for name in WaitOut.model_fields}) for wait in waits],
            followers=[LinkOut.of(one) for one in followers],
            similar=[SimilarOut(id=one.order_id, number=one.number, serial=one.asset_id) for one in similar],
            tracking_link=tracking_link,
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
