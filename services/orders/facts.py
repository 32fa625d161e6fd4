"""What orders tells in its journal for its own timeline and audit; nobody else acts on it."""

from datetime import date
from typing import ClassVar, Literal

from kit.events import Message
from kit.values import Code, Instant, Text


class PromiseWarned(Message):
    """A clock has used up the share of its time after which somebody should look."""

    kind: ClassVar[str] = "promise.warned"
    order_id: str
    territory_id: Code
    clock: Text
    due: Instant


class FactRecorded(Message):
    """A phone told what happened; `state` is the order's state after it."""

    kind: ClassVar[str] = "order.fact_recorded"
    order_id: str
    territory_id: Code
    operation_id: str
    appointment_id: str
    engineer_id: Code
    fact: Text
    state: Text


class PlaceCorrected(Message):
    """A person said where the machine really stands, so far from where it was thought to be."""

    kind: ClassVar[str] = "order.place_corrected"
    order_id: str
    territory_id: Code
    moved_m: int
    source: Text


class FactFlagged(Message):
    """A fact that does not look right waits for a person before it moves the promise."""

    kind: ClassVar[str] = "order.fact_flagged"
    order_id: str
    territory_id: Code
    fact_id: str
    field: Text


class FlagDecided(Message):
    """A person let a flagged fact count, or not."""

    kind: ClassVar[str] = "order.flag_decided"
    order_id: str
    territory_id: Code
    fact_id: str
    field: Text
    accepted: bool


class OrderConfirmed(Message):
    """The customer signed, or this kind of work needs no signature."""

    kind: ClassVar[str] = "order.confirmed"
    order_id: str
    territory_id: Code


class OrderResponded(Message):
    """A person answered the customer for the first time."""

    kind: ClassVar[str] = "order.responded"
    order_id: str
    territory_id: Code


class ReplacementOpened(Message):
    """The case exists and its driver's link can be handed out."""

    kind: ClassVar[str] = "replacement.opened"
    order_id: str
    territory_id: Code
    case_id: str
    vehicle_id: Code


class ReplacementWithdrawn(Message):
    """The vehicle of this case is not needed any more: another one was decided, or the order is over."""

    kind: ClassVar[str] = "replacement.withdrawn"
    order_id: str
    territory_id: Code
    case_id: str
    vehicle_id: Code


class TemplatePublished(Message):
    """A promise template has a new version."""

    kind: ClassVar[str] = "promise_template.published"
    template_id: Code
    version: int


class CalendarPublished(Message):
    """Clocks can count by a new business calendar."""

    kind: ClassVar[str] = "calendar.published"
    calendar: Code


class CalendarDayChanged(Message):
    """The operator made a day a workday or a day off, or (null) took that back."""

    kind: ClassVar[str] = "calendar.day_changed"
    calendar: Code
    day: str
    workday: bool | None


class WaitProven(Message):
    """A wait that stops a clock only with a proof has one now."""

    kind: ClassVar[str] = "order.wait_proven"
    order_id: str
    territory_id: Code
    wait_id: str


class CauseFound(Message):
    """A fault of an order turned out to have this cause."""

    kind: ClassVar[str] = "order.cause_found"
    order_id: str
    territory_id: Code
    fault: Code
    cause: Code


class GateDecided(Message):
    """A person let an order through a gate of dispatch."""

    kind: ClassVar[str] = "order.gate_decided"
    order_id: str
    territory_id: Code
    gate: Text
    subject: Code
    decision: Text


class NoticePublished(Message):
    kind: ClassVar[str] = "notice.published"
    notice_id: str


class NoticeConfirmed(Message):
    """Somebody has read a notice."""

    kind: ClassVar[str] = "notice.confirmed"
    notice_id: str


class SuggestionMoved(Message):
    """A suggestion was made, answered, or its answer confirmed; `state` says which."""

    kind: ClassVar[str] = "suggestion.moved"
    suggestion_id: str
    state: Text


class SurveyAnswered(Message):
    """The customer rated the service, 1 to 5."""

    kind: ClassVar[str] = "survey.answered"
    order_id: str
    territory_id: Code
    rating: int


class ComplaintMoved(Message):
    """A complaint came in, took a step, was closed or reopened; `state` is what it is then."""

    kind: ClassVar[str] = "complaint.moved"
    order_id: str
    territory_id: Code
    complaint_id: str
    state: Text


class CallBackEnded(Message):
    """A call-back was made, or given up."""

    kind: ClassVar[str] = "callback.ended"
    order_id: str
    territory_id: Code
    level: Text
    reached: bool
    compliant: bool


class RemedyDecided(Message):
    """A person approved or refused what a broken promise proposed, or goodwill beyond it."""

    kind: ClassVar[str] = "remedy.decided"
    order_id: str
    territory_id: Code
    remedy_id: str
    approved: bool
    amount_fen: int


class MonthFrozen(Message):
    """The KPIs of a month have their last word but for adjustment lines."""

    kind: ClassVar[str] = "kpis.month_frozen"
    month: str


class MonthAdjusted(Message):
    """Facts that came after the freeze changed figures of the month."""

    kind: ClassVar[str] = "kpis.month_adjusted"
    month: str
    lines: int


class WeightsPublished(Message):
    """Scorecards have a new version of their weights."""

    kind: ClassVar[str] = "scorecard_weights.published"
    version: int


class OperatorCertified(Message):
    """Somebody may operate a machine until and including `valid_until` (none: for good)."""

    kind: ClassVar[str] = "operator.certified"
    asset_id: Code
    operator_id: Code
    certificate: Code
    valid_until: date | None


class OperatorCertificateRemoved(Message):
    """A certificate stood on a machine's record by mistake, or its operator left."""

    kind: ClassVar[str] = "operator.certificate_removed"
    asset_id: Code
    operator_id: Code
    certificate: Code


class RecordsImported(Message):
    """An import created or changed these records."""

    kind: ClassVar[str] = "records.imported"
    what: Literal[
        "customers",
        "assets",
        "service_contracts",
        "operator_certificates",
        "maintenance_plans",
        "route_reference",
        "landmarks",
        "causes",
        "campaigns",
        "campaign_machines",
        "outside_scores",
    ]
    created: list[str]
    updated: list[str]
