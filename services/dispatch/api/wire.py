"""What dispatch reads and writes over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Row

from kit.values import Code, Id, Instant, LongText, Number, Text, Wire, WirePlace
from kit.web import context as service_context

from ..context import DispatchContext
from ..domain.appointments import PhoneStep, Role, State
from ..domain.published import Joining, PlannedRoute, Prediction, SourcedLine, UnassignedOrder, VehicleCase
from ..domain.standing import PinKind

Running = Annotated[DispatchContext, Depends(service_context)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(pattern=r"^\d{1,17}\.[0-9a-f-]{36}$")]
Why = Annotated[LongText, StringConstraints(min_length=1, strip_whitespace=True)]


class AppointmentOut(BaseModel):
    """One planned presence of an engineer at a site; `sourcing` says where its parts come from, the expert joins from
    afar."""

    id: str
    order_id: str
    territory_id: str
    engineer_id: str
    role: Role
    state: State
    version: int
    epoch: int
    scheduled_start: datetime
    scheduled_end: datetime
    place: WirePlace
    sourcing: list[SourcedLine]
    expert_id: str | None
    dispatched_at: datetime | None
    acknowledged_at: datetime | None
    departed_at: datetime | None
    expected_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    flagged: bool
    distance_m: int | None
    changed_at: datetime

    @classmethod
    def of(cls, row: Row[Any]) -> "AppointmentOut":
        names = set(cls.model_fields) - {"place"}
        place = WirePlace(lon=row.lon, lat=row.lat, datum="WGS-84")
        return cls(place=place, **{name: getattr(row, name) for name in names})


class AppointmentPage(BaseModel):
    items: list[AppointmentOut]
    next: str | None


class TransitionIn(Wire):
    """A step of the engineer. `at` by the device's corrected clock, `received_at` when mobile_api took it in."""

    appointment_id: Id
    operation_id: Annotated[Text, StringConstraints(min_length=1, max_length=64)]
    to: PhoneStep
    at: Instant
    received_at: Instant
    reason: LongText | None = None
    place: WirePlace | None = None
    accuracy_m: Annotated[Number, Field(ge=0, le=100_000)] | None = None
    confirmed: bool = False
    doubts: Annotated[list[Text], Field(max_length=10)] = Field(default_factory=list)
    """Why mobile_api finds the fact implausible: it is taken, and flagged for a person to look at."""


class PlanOut(BaseModel):
    """The published plan of a territory. `covers_everything` is false while something newer is being planned."""

    territory_id: str
    epoch: int
    published_at: datetime | None
    covers_everything: bool
    failure: str | None
    failed_at: datetime | None
    engine: str | None
    cost_fen: int
    by_rule: dict[str, int]
    orders: int
    served: int
    clocks: int
    clocks_kept: int
    travel_source: str | None
    degraded: bool
    routes: list[PlannedRoute]
    parts: list[SourcedLine]
    cases: list[VehicleCase]
    experts: list[Joining]
    unassigned: list[UnassignedOrder]
    predictions: list[Prediction]


class OverrideIn(Wire):
    """Give the order to this engineer; `pin` says what later plans keep, `start` is needed for time and both. With any
    pin later plans also keep `second_id` as the second of a crew, if one is named."""

    engineer_id: Code
    second_id: Code | None = None
    pin: PinKind = "resource"
    start: Instant | None = None
    reason: Why


class Placed(BaseModel):
    """`second_id`: the other one of a crew of two."""

    engineer_id: str
    second_id: str | None = None
    start: datetime
    end: datetime
    total_fen: int | None = None


class OverrideOut(BaseModel):
    """`counterfactual`: what the optimiser would have done (null: left the order out); `difference_fen`: what the
    override costs more than that."""

    epoch: int
    placed: Placed
    counterfactual: Placed | None
    difference_fen: int


class OverrideState(BaseModel):
    """The lock in force on an order."""

    order_id: str
    engineer_id: str
    second_id: str | None
    pin: PinKind
    start: datetime | None
    reason: str
    actor: str
    at: datetime
    epoch: int
    counterfactual: Placed | None
    difference_fen: int


class CandidateOut(BaseModel):
    """`difference_fen`, `by_rule`: the plan's price with this choice against the optimiser's plan of this moment."""

    engineer_id: str
    start: datetime
    difference_fen: int
    by_rule: dict[str, int]


class ExcludedOut(BaseModel):
    """An engineer who cannot take the order, and the rule that says so."""

    engineer_id: str
    reason: str


class RepairOut(BaseModel):
    """A way to serve an order that is left out. `kind`: `price`, `overtime` and `window` (by `amount` seconds),
    `max_orders` (by `amount`), `skill` (`amount` levels lower), `reserve`, `lock`, `exclusion`, `part` (`amount` kit
    lines come on a second visit, which the price includes)."""

    kind: str
    amount: int
    candidate: CandidateOut


class RecommendationsOut(BaseModel):
    """`repairs` is empty for an order that the optimiser serves."""

    epoch: int
    candidates: list[CandidateOut]
    excluded: list[ExcludedOut]
    repairs: list[RepairOut]


class MoveIn(Wire):
    """Give the order to this engineer, at `start` if one is given; without an engineer it is left out."""

    order_id: Id
    engineer_id: Code | None
    start: Instant | None = None


class AnalyseIn(Wire):
    moves: Annotated[list[MoveIn], Field(min_length=1, max_length=50)]


class ViolationOut(BaseModel):
    """A rule of the optimiser that the edited plan breaks, and by what."""

    rule: str
    order: str | None = None
    engineer: str | None = None
    depot: str | None = None
    vehicle: str | None = None


class MovedOut(BaseModel):
    order_id: str
    engineer_id: str
    start: datetime
    end: datetime


class ClockMovedOut(BaseModel):
    """A promise clock that the edited plan stops at another time: `before` by the optimiser's plan, `after` by the
    edited one. An order that is left out stops its clocks at the end of the horizon."""

    order_id: str
    clock: str
    due: datetime
    before: datetime
    after: datetime


class AnalysisOut(BaseModel):
    """The edited plan beside the optimiser's plan of this moment; the clocks that suffer most come first."""

    epoch: int
    total_fen: int
    difference_fen: int
    by_rule: dict[str, int]
    violations: list[ViolationOut]
    moves: list[MovedOut]
    clocks: list[ClockMovedOut]


class RunOut(BaseModel):
    """A run of the optimiser. `plan` once it has finished (or was cancelled with a plan in hand)."""

    id: Id
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: dict[str, Any] | None
    plan: dict[str, Any] | None
    problem: dict[str, Any] | None

    @classmethod
    def of(cls, row: Row[Any]) -> "RunOut":
        names = set(cls.model_fields) - {"plan"}
        return cls(plan=row.answer, **{name: getattr(row, name) for name in names})


class RunPage(BaseModel):
    items: list[RunOut]
    next: str | None
