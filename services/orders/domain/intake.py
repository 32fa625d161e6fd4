"""Intake: from what a caller says to an accepted order, decided in one place for calls, systems, imports and plans."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from kit.problems import Invalid
from kit.values import Place
from services.orders.domain.calendars import Calendar
from services.orders.domain.causes import Band, Found, Knowledge, Ranked, band_of, rank
from services.orders.domain.clocks import Clock, attach
from services.orders.domain.dispatch_gates import (
    CAMPAIGN_WORK,
    Campaign,
    Fit,
    Held,
    open_campaigns,
    with_campaign,
    wrong_variants,
)
from services.orders.domain.faults import Diagnosis, Fault, FaultCode, KitLine, SkillNeed, diagnose, merge_skills
from services.orders.domain.gates import Gate
from services.orders.domain.kits import Prices, best_kit
from services.orders.domain.links import LinkAsked
from services.orders.domain.machines import Contract, Station, StationNeed, Warranty, responsible, warranty
from services.orders.domain.places import Spot, Where
from services.orders.domain.problems import NoStation, PlaceMissing, PossibleDuplicate
from services.orders.domain.promise import ClockRule
from services.orders.domain.templates import Template, Traits, choose
from services.orders.domain.told import ZONE

Source = Literal["hotline", "crm", "telematics", "qr", "manual", "import", "programme", "follow_up"]
SOURCES: tuple[str, ...] = get_args(Source)
ANSWERED_BY_A_PERSON: frozenset[Source] = frozenset({"hotline", "manual", "import", "follow_up"})
"""With these somebody has already spoken with the customer: the respond clock stops at intake."""
DUPLICATE_WITHIN = timedelta(hours=12)
SIMILAR_WITHIN_M = 300
"""Another machine's breakdown so near, with the same fault or words, may be the same one under a wrong name."""
CLOCK_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Crew:
    """How many engineers work together, and what the second of them must know."""

    size: Literal[1, 2] = 1
    second_skills: tuple[SkillNeed, ...] = ()

    def columns(self) -> dict[str, Any]:
        return {"crew_size": self.size, "second_skills": [asdict(need) for need in self.second_skills]}


ALONE = Crew()


@dataclass(frozen=True, slots=True)
class WorkType:
    """Defaults of a kind of work; `service_s` in seconds, `drop_fen` the price of leaving it unplanned.

    `capability`: what a station must be able to do, None when every station may.
    """

    work_type: str
    kind: str
    name_zh: str
    name_en: str
    service_s: int
    skills: tuple[SkillNeed, ...]
    tasks: tuple[str, ...]
    checklist: tuple[str, ...]
    gates: tuple[Gate, ...]
    interruptible: bool
    drop_fen: int
    capability: str | None = None
    crew: Crew = ALONE
    expert_level: int | None = None
    """An expert of this level joins from afar, in the skill that the fault asks for first."""

    @property
    def repairs(self) -> bool:
        """Whether skill, time and kit follow from a fault rather than from the kind of work alone."""
        return self.kind == "breakdown"


@dataclass(frozen=True, slots=True)
class Rules:
    """The lists that intake decides by."""

    faults: Sequence[Fault]
    unknown_fault: Fault
    work_types: Mapping[str, WorkType]
    templates: Sequence[Template]
    stations: Sequence[Station]
    calendars: Mapping[str, Calendar]
    """Those that the clocks of `templates` name."""
    knowledge: Knowledge
    bands: Sequence[Band]
    prices: Prices
    """Of the parts that the reports at hand may need."""
    fits: Mapping[str, Mapping[str, Fit]] = field(default_factory=dict)
    """Of those parts on the machines of the reports, by machine and part, as far as somebody knows."""
    quick: bool = False
    """Whether the stations may be a minute old."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The record of a machine as far as intake needs it."""

    asset_id: str
    product: str
    brand: str
    tier: str
    station_id: str | None
    in_service_on: date | None
    warranty_until: date | None
    place: Place | None
    contracts: tuple[Contract, ...] = ()
    built_on: date | None = None
    model: str = ""
    meter_km: int | None = None
    meter_h: int | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    found: tuple[Found, ...] = ()
    """Causes of its own closed orders."""
    campaigns: tuple[Campaign, ...] = ()
    """What the maker still wants done on it."""


CargoClass = Literal[
    "semitrailer",
    "container",
    "flatbed",
    "reefer",
    "tank",
    "car_carrier",
    "general",
    "livestock",
    "bulk",
    "concrete",
]
"""What has to move on: a trailer that is coupled over, or goods that are reloaded. Dispatch matches vehicles to it."""


@dataclass(frozen=True, slots=True)
class Cargo:
    """What the stopped truck carries."""

    cargo_class: CargoClass
    coupling: str | None
    mass_kg: int
    destination: Place
    deadline: datetime | None
    hazard: bool


@dataclass(frozen=True, slots=True)
class Window:
    """When planned work may start: [earliest, latest]; its promise is due at `latest`."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What the caller said (ServiceRequest)."""

    source: Source
    work_type: str
    reported_at: datetime
    where: Where = None
    stake: str | None = None
    address: str | None = None
    symptom: str | None = None
    codes: tuple[FaultCode, ...] = ()
    contact_name: str | None = None
    contact_phone: str | None = None
    cargo: Cargo | None = None
    window: Window | None = None
    not_duplicate_of: frozenset[str] = frozenset()
    external_id: str | None = None
    follow_up_of: str | None = None
    plan_id: str | None = None
    links: tuple[LinkAsked, ...] = ()
    crew: Crew | None = None
    """None: as the kind of work asks for."""
    expert: SkillNeed | None = None
    """Who joins from afar; None: as the kind of work asks for."""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An open order of the same machine, as the caller could mean it."""

    order_id: str
    number: str
    work_type: str
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """The decision: everything about the new order but its id and number."""

    report: Report
    machine: Machine
    work_type: WorkType
    station: Station
    spot: Spot
    warranty: Warranty
    diagnosis: Diagnosis | None
    skills: tuple[SkillNeed, ...]
    kit: tuple[KitLine, ...]
    fix_chance: float | None
    """That the kit mends the fault on the first visit; None where no causes are known."""
    service_s: int
    template: Template | None
    contracts: tuple[Contract, ...] = ()
    """Those that hold on the day of the report."""
    clocks: list[Clock] = field(default_factory=list)
    clocks_to_come: list[ClockRule] = field(default_factory=list)
    """Clocks of the template whose start event has not happened yet."""
    held: tuple[Held, ...] = ()
    """Gates of dispatch that it stands before, or that its kind of work decides."""

    @property
    def contract_decisions(self) -> list[dict[str, str | bool]]:
        """Every contract of the machine: whether it held on the day of the report, and why."""
        day = self.report.reported_at.astimezone(ZONE).date()
        return [
            {"contract_id": one.contract_id, "kind": one.kind, "holds": one.holds(day), "reason": one.reason(day)}
            for one in self.machine.contracts
        ]

    @property
    def expert(self) -> SkillNeed | None:
        """What an expert who joins from afar must know; None: nobody has to."""
        level = self.work_type.expert_level
        if self.report.expert is not None or level is None or not self.skills:
            return self.report.expert
        return SkillNeed(self.skills[0].skill, level)

    @property
    def replacement_eligible(self) -> bool:
        """Whether a replacement vehicle may take the cargo on."""
        template = self.template
        return template is not None and self.machine.product in template.replacement_products


def decide(
    report: Report, machine: Machine, *, open_orders: Sequence[OpenOrder], rules: Rules, now: datetime
) -> Accepted:
    """The order that the report becomes.

    Raises PlaceMissing, PossibleDuplicate, NoStation, Invalid (unknown work type, a report from the future).
    """
    work_type = rules.work_types.get(report.work_type)
    if work_type is None:
        known = ", ".join(rules.work_types)
        raise Invalid(f"there is no work type {report.work_type!r}: use one of {known}", pointer="/work_type")
    if report.reported_at > now + CLOCK_TOLERANCE:
        raise Invalid("reported_at lies in the future: check the clock and the time zone", pointer="/reported_at")
    day = report.reported_at.astimezone(ZONE).date()
    if machine.built_on is not None and day < machine.built_on:
        raise Invalid(
            f"this machine was built on {machine.built_on}, after the report: check the machine and reported_at",
            pointer="/reported_at",
        )
    _refuse_duplicate(report, open_orders)
    spot = _spot(report, machine, work_type)
    asked = StationNeed(machine.brand, work_type.capability)
    station = responsible(rules.stations, place=spot.place, asked=asked, named_station_id=machine.station_id)
    if station is None:
        raise NoStation("no service station is known yet: import the stations first")
    contracts = tuple(contract for contract in machine.contracts if contract.holds(day))
    template = choose(rules.templates, _traits(report, machine, station, contracts), at=report.reported_at)
    clocks, to_come = attach(template.clocks if template else (), _starts(report, now), rules.calendars)
    diagnosis = _diagnosis(report, machine, work_type, rules)
    visit = _visit(diagnosis, machine, work_type, rules, day)
    return Accepted(
        report=report,
        machine=machine,
        work_type=work_type,
        station=station,
        spot=spot,
        warranty=warranty(
            in_service_on=machine.in_service_on,
            warranty_until=machine.warranty_until,
            on=day,
        ),
        diagnosis=diagnosis,
        skills=visit.skills,
        kit=visit.kit,
        fix_chance=visit.fix_chance,
        service_s=visit.service_s,
        template=template,
        contracts=contracts,
        clocks=clocks,
        clocks_to_come=to_come,
        held=visit.held,
    )


def _traits(report: Report, machine: Machine, station: Station, contracts: Sequence[Contract]) -> Traits:
    return Traits(
        tier=machine.tier,
        product=machine.product,
        work_type=report.work_type,
        branch_id=station.branch_id,
        grade=station.grade,
        contracts=frozenset(contract.kind for contract in contracts),
    )


def _starts(report: Report, now: datetime) -> dict[str, datetime]:
    """When what starts a clock happened, as far as it has."""
    starts = {"reported_at": report.reported_at, "accepted_at": now}
    if report.source in ANSWERED_BY_A_PERSON:
        starts["responded_at"] = now
    if report.window is not None:
        starts["window_end"] = report.window.latest
    return starts


def _refuse_duplicate(report: Report, open_orders: Sequence[OpenOrder]) -> None:
    if report.plan_id is not None:
        return  # a due point of a plan gives one order by itself
    for other in open_orders:
        same = other.work_type == report.work_type and abs(other.reported_at - report.reported_at) <= DUPLICATE_WITHIN
        if same and not report.not_duplicate_of & {other.order_id, other.number}:
            raise PossibleDuplicate(
                f"order {other.number} of this machine is open and was reported within 12 hours: add to that one, or "
                "send its id in not_duplicate_of when this is something else",
                pointer="/not_duplicate_of",
                order_id=other.order_id,
                number=other.number,
            )


def _spot(report: Report, machine: Machine, work_type: WorkType) -> Spot:
    """Where the work is. A breakdown happens on the road: the record's place would be a guess."""
    if isinstance(report.where, Spot):
        return report.where
    if not work_type.repairs and machine.place is not None:
        return Spot(machine.place, source="record")
    raise report.where or PlaceMissing(
        "say where the machine stands: place with lon, lat and datum, stake such as 'G2 K412+300', or address with "
        "city and county",
        pointer="/place",
    )


def _diagnosis(report: Report, machine: Machine, work_type: WorkType, rules: Rules) -> Diagnosis | None:
    """None when the kind of work alone says what the visit needs."""
    if not (work_type.repairs or report.codes):
        return None
    return diagnose(
        rules.faults, rules.unknown_fault, codes=report.codes, symptom=report.symptom, product=machine.product
    )


def causes_of(faults: Sequence[Fault], machine: Machine, rules: Rules, on: date) -> list[list[Ranked]]:
    """The ranked causes of each fault on this machine; none for a fault without a list."""
    band = band_of(
        rules.bands, in_service_on=machine.in_service_on, meter_km=machine.meter_km, meter_h=machine.meter_h, on=on
    )
    return [rank(rules.knowledge, one.fault, model=machine.model, band=band, own=machine.found) for one in faults]


@dataclass(frozen=True, slots=True)
class _Visit:
    """What the visit needs, and what must be decided before it."""

    skills: tuple[SkillNeed, ...]
    kit: tuple[KitLine, ...]
    fix_chance: float | None
    service_s: int
    held: tuple[Held, ...]


def _visit(diagnosis: Diagnosis | None, machine: Machine, work_type: WorkType, rules: Rules, on: date) -> _Visit:
    """Kit by the best chance of a first-visit fix for its cost; a campaign order brings what its campaigns need."""
    skills = [*(diagnosis.skills if diagnosis else ()), *work_type.skills]
    service_s = diagnosis.service_s if diagnosis else work_type.service_s
    ranked = causes_of(diagnosis.faults, machine, rules, on) if diagnosis else []
    best = best_kit(ranked, rules.prices)
    kit = list(best.lines)
    if work_type.work_type == CAMPAIGN_WORK and machine.campaigns:
        service_s = 0
        for campaign in machine.campaigns:
            kit, skills, service_s = with_campaign(campaign, kit, skills, service_s)
    held = [
        *wrong_variants([line.part for line in kit], rules.fits.get(machine.asset_id, {})),
        *open_campaigns(machine.campaigns, work_type.work_type),
    ]
    fix_chance = best.fix_chance if ranked and all(ranked) else None
    return _Visit(merge_skills(skills), tuple(kit), fix_chance, service_s, tuple(held))
