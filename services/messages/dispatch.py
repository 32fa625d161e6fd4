"""What dispatch tells."""

from typing import ClassVar, Literal

from pydantic import Field

from kit.events import Message
from kit.values import Code, Fen, Instant, Quantity, Share, Text, Wire


class StockLine(Wire):
    """One part of one order from one stock place, as held for a plan."""

    line: Text
    order_id: str
    part: Code
    quantity: Quantity
    place_id: Code
    source: Literal["van", "pickup", "courier", "transfer"]
    engineer_id: Code
    arrives_at: Instant | None = None
    fee_fen: Fen = 0


class VehicleLine(Wire):
    """One replacement vehicle for one order, as held for a plan; `start` to `end` is half-open."""

    line: Text
    order_id: str
    vehicle_id: Code
    start: Instant
    end: Instant


class ExpertLine(Wire):
    """An expert who joins the work on an order from afar, as held for a plan; `start` to `end` is half-open."""

    line: Text
    order_id: str
    expert_id: Code
    start: Instant
    end: Instant


class LackedLine(Wire):
    """Pieces that an order cannot do without and that no place had for it."""

    order_id: str
    part: Code
    quantity: Quantity


class PlanPublished(Message):
    """A territory has a new plan: holds of (territory, epoch) become firm, what it no longer lists is freed."""

    kind: ClassVar[str] = "plan.published"
    territory_id: Code
    epoch: int
    stock: list[StockLine]
    vehicles: list[VehicleLine]
    lacked: list[LackedLine] = Field(default_factory=list)
    experts: list[ExpertLine] = Field(default_factory=list)


CrewRole = Literal["lead", "second"]
"""Of a crew of two the lead counts for the promise and completes; the second is there for the whole work."""


class AppointmentPlanned(Message):
    """A new or moved appointment in the published plan."""

    kind: ClassVar[str] = "appointment.planned"
    order_id: str
    appointment_id: str
    engineer_id: Code
    territory_id: Code
    scheduled_start: Instant
    scheduled_end: Instant
    version: int
    role: CrewRole = "lead"


class AppointmentMoved(Message):
    """An appointment took a step: what the phone, a dispatcher or the plan did to it."""

    kind: ClassVar[str] = "appointment.moved"
    order_id: str
    appointment_id: str
    engineer_id: Code
    territory_id: Code
    state: Literal["dispatched", "acknowledged", "travelling", "on_site", "done", "declined", "cancelled"]
    reason: Text | None = None
    flagged: bool = False
    role: CrewRole = "lead"


class OrderOverridden(Message):
    """A dispatcher decided against the proposal; `counterfactual_fen` is what it costs more (less when negative)."""

    kind: ClassVar[str] = "order.overridden"
    order_id: str
    territory_id: Code
    engineer_id: Code
    reason: Text
    counterfactual_fen: int


class OrderReleased(Message):
    kind: ClassVar[str] = "order.released"
    order_id: str
    territory_id: Code


class OrderUnassigned(Message):
    """The plan could not serve an order; the reason is from the closed list of the solver."""

    kind: ClassVar[str] = "order.unassigned"
    order_id: str
    territory_id: Code
    reason: Text


class ReplacementDecided(Message):
    """The 24-hour promise is predicted to break: this vehicle takes the cargo on."""

    kind: ClassVar[str] = "replacement.decided"
    order_id: str
    territory_id: Code
    vehicle_id: Code
    decide_by: Instant
    at_truck: Instant
    delivered: Instant
    cost_fen: Fen


class PromiseRiskChanged(Message):
    """The plan predicts when a clock will stop; orders marks it at risk when that is after it is due.

    `chance` that it is kept, from 0 to 1, as ways and work spread; none when nobody comes.
    """

    kind: ClassVar[str] = "promise.risk_changed"
    order_id: str
    territory_id: Code
    clock: Text
    predicted: Instant
    due: Instant
    chance: Share | None = None
