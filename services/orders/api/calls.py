"""What callers send to orders."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from kit.values import Code, Id, Instant, LongText, Number, Quantity, Seconds, Text, Wire, WirePlace
from services.orders.domain.faults import FaultCode, SkillNeed
from services.orders.domain.gates import Completion, ItemResult, TestResult
from services.orders.domain.intake import Cargo, CargoClass, Crew, Report, Source
from services.orders.domain.life import WaitingReason
from services.orders.domain.links import LONGEST_GAP_S, MOST_LINKS, LinkAsked, Relation
from services.orders.domain.phones import FEWEST_DIGITS, phone_digits
from services.orders.domain.places import Finders, locate
from services.orders.domain.replacement import Step
from services.orders.domain.work_sheets import Duty, Intent
from services.orders.use_cases.causes import Told
from services.orders.use_cases.completion import FollowUp
from services.orders.use_cases.identification import MachineName
from services.orders.use_cases.import_rows import Plate, Vin, WireFaultCode
from services.orders.use_cases.intake import Wanted
from services.orders.use_cases.life import WaitAsked
from services.orders.use_cases.work import PhoneFact

TOLD_LATER = frozenset({"causes", "usage", "purchase_intent"})
Said = Annotated[Text, StringConstraints(min_length=1)]
OperationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{8,64}$")]
"""Made by the phone; the same operation sent again has the same."""


class AssetNamed(Wire):
    """The machine by any of its names; all that are given must fit."""

    serial: Code | None = None
    vin: Vin | None = None
    plate: Plate | None = None
    phone: Annotated[Text, StringConstraints(max_length=40)] | None = None
    """The owner's; enough by itself when the owner has one machine."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not (self.serial or self.vin or self.plate or self.phone):
            raise ValueError("name the machine by serial, vin, plate or its owner's phone")
        if self.phone and phone_digits(self.phone) is None:
            raise ValueError(f"phone has fewer than {FEWEST_DIGITS} digits")
        return self

    def name(self) -> MachineName:
        return MachineName(self.serial, self.vin, self.plate, phone_digits(self.phone))


class ContactIn(Wire):
    """Whom to call."""

    name: Text | None = None
    phone: Annotated[Text, StringConstraints(max_length=40)] | None = None


class CargoIn(Wire):
    """What the stopped truck carries and where it must go."""

    cargo_class: CargoClass
    coupling: Code | None = None
    mass_kg: Annotated[int, Field(strict=True, ge=0, le=200_000)]
    destination: WirePlace
    deadline: Instant | None = None
    hazard: Annotated[bool, Field(strict=True)] = False


class LinkIn(Wire):
    """The work begins `gap_s` seconds or more after another order's (its id, number or external_id) ends or begins."""

    order: Said
    relation: Relation = "finish_start"
    gap_s: Annotated[int, Field(strict=True, ge=0, le=LONGEST_GAP_S)] = 0


Links = Annotated[list[LinkIn], Field(max_length=MOST_LINKS)]


def links_asked(links: list[LinkIn]) -> tuple[LinkAsked, ...]:
    return tuple(
        LinkAsked(one.order, one.relation, one.gap_s, pointer=f"/links/{index}/order")
        for index, one in enumerate(links)
    )


class LinksIn(Wire):
    """The orders that an order waits for; none: it waits for no other."""

    links: Links


class SkillIn(Wire):
    """A skill at a level or above."""

    skill: Code
    level: Annotated[int, Field(strict=True, ge=1, le=5)] = 1

    def need(self) -> SkillNeed:
        return SkillNeed(self.skill, self.level)


class CrewIn(Wire):
    """How many engineers work together; `second_skills` are asked of the second."""

    size: Literal[1, 2]
    second_skills: Annotated[list[SkillIn], Field(max_length=5)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _second_of_two(self) -> Self:
        if self.size == 1 and self.second_skills:
            raise ValueError("second_skills need a crew of size 2")
        return self

    def crew(self) -> Crew:
        return Crew(self.size, tuple(one.need() for one in self.second_skills))


class ExpertIn(Wire):
    """What the expert who joins from afar must know; none: nobody joins."""

    expert: SkillIn | None


class OrderIn(Wire):
    """A report, as the hotline, another system, the machine itself or a person takes it."""

    source: Literal["hotline", "crm", "telematics", "qr", "manual"]
    asset: AssetNamed
    reported_at: Instant | None = None
    place: WirePlace | None = None
    stake: Text | None = None
    address: Text | None = None
    symptom: LongText | None = None
    fault_codes: Annotated[list[WireFaultCode], Field(max_length=50)] = Field(default_factory=list)
    work_type: Code = "breakdown"
    contact: ContactIn | None = None
    cargo: CargoIn | None = None
    not_duplicate_of: Annotated[list[Text], Field(max_length=20)] = Field(default_factory=list)
    external_id: Code | None = None
    links: Links = Field(default_factory=list)
    crew: CrewIn | None = None
    """None: as many engineers as the kind of work asks for."""
    expert: SkillIn | None = None
    """None: an expert joins from afar where the kind of work asks for one."""

    def wanted(self, now: Instant, finders: Finders) -> Wanted:
        """The report for intake. Raises PlaceMissing when neither stake number nor address gives a place."""
        where = locate(self.place.to_wgs84() if self.place else None, self.stake, self.address, finders)
        source: Source = self.source
        report = Report(
            source=source,
            work_type=self.work_type,
            reported_at=self.reported_at or now,
            where=where,
            stake=self.stake,
            address=self.address,
            symptom=self.symptom,
            codes=tuple(FaultCode(code.spn, code.fmi) for code in self.fault_codes),
            contact_name=self.contact.name if self.contact else None,
            contact_phone=self.contact.phone if self.contact else None,
            cargo=self._cargo(),
            not_duplicate_of=frozenset(self.not_duplicate_of),
            external_id=self.external_id,
            links=links_asked(self.links),
            crew=self.crew.crew() if self.crew else None,
            expert=self.expert.need() if self.expert else None,
        )
        return Wanted(self.asset.name(), report)

    def _cargo(self) -> Cargo | None:
        if self.cargo is None:
            return None
        return Cargo(
            cargo_class=self.cargo.cargo_class,
            coupling=self.cargo.coupling,
            mass_kg=self.cargo.mass_kg,
            destination=self.cargo.destination.to_wgs84(),
            deadline=self.cargo.deadline,
            hazard=self.cargo.hazard,
        )


class CancelIn(Wire):
    reason: Said


class WaitIn(Wire):
    """What is waited for; the promise's clocks that name this reason stand still.

    `proof` names the photo (SHA-256), document or recording that shows it.
    """

    reason: WaitingReason
    note: Text | None = None
    proof: Said | None = None
    proof_follows: Annotated[bool, Field(strict=True)] = False

    def asked(self) -> WaitAsked:
        return WaitAsked(self.reason, self.note, self.proof, self.proof_follows)


class ProofIn(Wire):
    """The photo (SHA-256), document or recording that shows it."""

    proof: Said


class FlagDecisionIn(Wire):
    """Whether a flagged fact counts."""

    accepted: Annotated[bool, Field(strict=True)]


class OperationIn(Wire):
    """What every operation of a phone says; `at` is the phone's time corrected by its measured skew."""

    operation_id: OperationId
    appointment_id: Id
    engineer_id: Code
    at: Instant
    received_at: Instant | None = None
    doubts: Annotated[list[Text], Field(max_length=10)] = Field(default_factory=list)

    def body(self) -> dict[str, Any]:
        """What is told beyond that."""
        told = self.model_dump(mode="json", exclude=set(OperationIn.model_fields))
        # An operation that was sent before these could be told stays the same one.
        return {name: value for name, value in told.items() if value or name not in TOLD_LATER}


class PartNeeded(Wire):
    part: Code
    quantity: Quantity


class FoundCauseIn(Wire):
    """What a fault turned out to be; `other` when it is on no list."""

    fault: Code
    cause: Code
    note: LongText = ""

    def told(self) -> Told:
        return Told(self.fault, self.cause, self.note)


FoundCauses = Annotated[list[FoundCauseIn], Field(max_length=20)]


class FactIn(OperationIn):
    """A fact about the work. `task` goes with task_done; needs of the visit and causes go with diagnosed."""

    kind: PhoneFact
    task: Code | None = None
    note: LongText | None = None
    parts_needed: Annotated[list[PartNeeded], Field(max_length=50)] = Field(default_factory=list)
    service_s: Seconds | None = None
    causes: FoundCauses = Field(default_factory=list)


class MeterIn(Wire):
    """What the machine's meters show."""

    km: Annotated[int, Field(strict=True, ge=0, le=10_000_000)] | None = None
    h: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None


class FollowUpIn(Wire):
    """Work that the engineer leaves for another order."""

    work_type: Code = "maintenance"
    note: Text = ""


class UsageIn(Wire):
    """How the machine is used."""

    duty: Duty | None = None
    hours_per_day: Annotated[Number, Field(ge=0, le=24)] | None = None
    km_per_month: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = None
    note: LongText = ""


class PurchaseIntentIn(Wire):
    """Whether the owner thinks of another machine."""

    when: Intent
    product: Code | None = None
    quantity: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None
    note: LongText = ""


class CompletionIn(OperationIn):
    """The completion; which of it must be there depends on the kind of work."""

    checklist: Annotated[dict[Code, ItemResult], Field(max_length=100)] = Field(default_factory=dict)
    meter_reading: MeterIn | None = None
    test_result: TestResult | None = None
    signature_photo: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    note: LongText | None = None
    follow_up: FollowUpIn | None = None
    causes: FoundCauses = Field(default_factory=list)
    usage: UsageIn | None = None
    purchase_intent: PurchaseIntentIn | None = None

    def work_sheet(self) -> dict[str, Any] | None:
        """The columns of the work sheet; None when the engineer noted nothing."""
        if self.usage is None and self.purchase_intent is None:
            return None
        usage, intent = self.usage or UsageIn(), self.purchase_intent
        return {
            "duty": usage.duty,
            "hours_per_day": usage.hours_per_day,
            "km_per_month": usage.km_per_month,
            "usage_note": usage.note,
            "purchase_intent": intent.when if intent else None,
            "intended_product": intent.product if intent else None,
            "intended_quantity": intent.quantity if intent else None,
            "intent_note": intent.note if intent else "",
        }

    def completion(self) -> Completion:
        meter = self.meter_reading or MeterIn()
        return Completion(
            checklist=self.checklist,
            meter_km=meter.km,
            meter_h=meter.h,
            test_result=self.test_result,
            signature_photo=self.signature_photo,
        )

    def left_over(self) -> FollowUp | None:
        if self.follow_up is None:
            return None
        return FollowUp(work_type=self.follow_up.work_type, note=self.follow_up.note)


class StepIn(Wire):
    """A step of the partner's driver; `km` goes with delivered."""

    operation_id: OperationId
    step: Step
    at: Instant
    place: WirePlace | None = None
    km: Annotated[int, Field(strict=True, ge=0, le=20_000)] | None = None


class ProgrammeIn(Wire):
    """Up to and including which day due points become orders."""

    until: date
