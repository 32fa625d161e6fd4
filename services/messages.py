"""Every event that crosses a service border: the whole conversation on one page.

A message is a fact in the past tense. It carries ids and facts, never personal data. Its owner appends it to its
journal in the transaction of the change; the others read it by feed. Fields may be added, never renamed.
"""

from typing import ClassVar, Literal

from pydantic import Field

from kit.events import Message
from kit.values import Code, Fen, Instant, Quantity, Text, Wire

# --- orders -----------------------------------------------------------------------------------------------------


class OrderAccepted(Message):
    """A work order exists and its promise runs: dispatch plans its territory."""

    kind: ClassVar[str] = "order.accepted"
    order_id: str
    number: Text
    territory_id: Code
    branch_id: Code
    station_id: Code
    asset_id: Code
    work_type: Code


class OrderChanged(Message):
    """Something that the plan depends on has changed: kit, place, clocks, waiting or resumed."""

    kind: ClassVar[str] = "order.changed"
    order_id: str
    territory_id: Code
    state: Text
    what: Text


class OrderCancelled(Message):
    kind: ClassVar[str] = "order.cancelled"
    order_id: str
    territory_id: Code
    reason: Text


class OrderCompleted(Message):
    """All gates are met and the work is done: the appointment ends, whatever else it needs is a new order."""

    kind: ClassVar[str] = "order.completed"
    order_id: str
    territory_id: Code
    appointment_id: str
    engineer_id: Code


class OrderClosed(Message):
    kind: ClassVar[str] = "order.closed"
    order_id: str
    territory_id: Code
    asset_id: Code


class PromiseStateChanged(Message):
    """One clock of one order's promise was met, breached, withdrawn, waived, paused, resumed or is at risk."""

    kind: ClassVar[str] = "promise.state_changed"
    order_id: str
    territory_id: Code
    clock: Text
    state: Literal["running", "paused", "met", "at_risk", "breached", "waived", "withdrawn"]
    due: Instant
    stopped_at: Instant | None = None


class ReplacementStepTaken(Message):
    """The partner's driver took a step; `delivered` carries the distance that the cost is booked from."""

    kind: ClassVar[str] = "replacement.step_taken"
    order_id: str
    case_id: str
    vehicle_id: Code
    territory_id: Code
    step: Literal["accept", "at_truck", "cargo_moving", "delivered"]
    kilometres: int | None = None


# --- dispatch ---------------------------------------------------------------------------------------------------


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
    """The plan predicts when a clock will stop; orders marks it at risk when that is after it is due."""

    kind: ClassVar[str] = "promise.risk_changed"
    order_id: str
    territory_id: Code
    clock: Text
    predicted: Instant
    due: Instant


# --- parts ------------------------------------------------------------------------------------------------------


class StockChanged(Message):
    """Free stock at a place grew or shrank outside a plan: dispatch may plan better; no `part` means several."""

    kind: ClassVar[str] = "stock.changed"
    place_id: Code
    part: Code | None
    territory_id: Code | None


class PartsShort(Message):
    """A published line cannot be kept (nothing left, or a fact took it): dispatch finds another source."""

    kind: ClassVar[str] = "parts.short"
    order_id: str
    territory_id: Code
    part: Code
    quantity: Quantity
    place_id: Code


class PartsReserved(Message):
    kind: ClassVar[str] = "parts.reserved"
    order_id: str
    part: Code
    quantity: Quantity
    place_id: Code
    source: Text


class PartsReleased(Message):
    kind: ClassVar[str] = "parts.released"
    order_id: str
    part: Code
    quantity: Quantity
    place_id: Code


class PartsPickedUp(Message):
    kind: ClassVar[str] = "parts.picked_up"
    order_id: str
    part: Code
    quantity: Quantity
    place_id: Code
    van_place_id: Code


class PartsUsed(Message):
    kind: ClassVar[str] = "parts.used"
    order_id: str
    part: Code
    quantity: Quantity
    place_id: Code
    cost_fen: Fen


class ShipmentMoved(Message):
    """A parcel for an order took a step, or is expected at another time; with the part's names for whoever waits."""

    kind: ClassVar[str] = "shipment.moved"
    order_id: str
    shipment_id: str
    part: Code
    state: Literal["ordered", "picked", "shipped", "received", "cancelled"]
    eta: Instant | None = None
    name_zh: Text = ""
    name_en: Text = ""
    carrier: Text | None = None
    waybill: Text | None = None


class TransferLate(Message):
    """Pieces have been on their way between two places for longer than expected; told once per transfer."""

    kind: ClassVar[str] = "transfer.late"
    transfer_id: str
    from_place_id: Code
    to_place_id: Code
    shipped_at: Instant
    expected_at: Instant


# --- stations ---------------------------------------------------------------------------------------------------


class TerritoryChanged(Message):
    """A territory exists and belongs to a branch: what others scope their own records by."""

    kind: ClassVar[str] = "territory.changed"
    territory_id: Code
    branch_id: Code


class EngineerChanged(Message):
    """Skills, shifts, absences or home of an engineer changed: the territory is planned anew."""

    kind: ClassVar[str] = "engineer.changed"
    engineer_id: Code
    territory_id: Code
    what: Text


class VehicleBooked(Message):
    kind: ClassVar[str] = "vehicle.booked"
    order_id: str
    vehicle_id: Code
    territory_id: Code
    start: Instant
    end: Instant


class VehicleShort(Message):
    """A published vehicle line cannot be kept: dispatch decides anew."""

    kind: ClassVar[str] = "vehicle.short"
    order_id: str
    vehicle_id: Code
    territory_id: Code


class VehicleReleased(Message):
    kind: ClassVar[str] = "vehicle.released"
    order_id: str
    vehicle_id: Code
    territory_id: Code


class ReplacementCostBooked(Message):
    """The maker bears it: base price and kilometres of the partner's contract."""

    kind: ClassVar[str] = "replacement.cost_booked"
    order_id: str
    vehicle_id: Code
    partner_id: Code
    cost_fen: Fen


# --- mobile_api -------------------------------------------------------------------------------------------------


class OperationApplied(Message):
    """A phone's operation reached its owner (or was refused by it): the audit of what the engineer did."""

    kind: ClassVar[str] = "operation.answered"
    operation_id: str
    order_id: str | None
    engineer_id: Code
    operation: Text
    status: Literal["applied", "duplicate", "rejected", "superseded", "received"]
    reason: Text | None = None
    doubts: tuple[Text, ...] = ()
    """Why a person should look at it."""


class PhotoStored(Message):
    """`also_of` are other orders that the very same picture was told to show."""

    kind: ClassVar[str] = "photo.stored"
    order_id: str
    engineer_id: Code
    sha256: Text
    step: Text
    also_of: tuple[Text, ...] = ()


class DelayReported(Message):
    """The engineer will be later than planned, and says when they now expect to arrive."""

    kind: ClassVar[str] = "delay.reported"
    order_id: str
    appointment_id: str
    engineer_id: Code
    expected_at: Instant
    reason: Text = ""


class HelpRequested(Message):
    """The engineer at the machine asks for an expert: by video, or to come."""

    kind: ClassVar[str] = "help.requested"
    order_id: str
    appointment_id: str
    engineer_id: Code
    wanted: Literal["advice", "second_engineer", "tow"]
    note: Text = ""


# --- accounts ---------------------------------------------------------------------------------------------------


class TokenRevoked(Message):
    """A session, or a phone with a token of its own, was signed out; `jti` is its token's id."""

    kind: ClassVar[str] = "token.revoked"
    person_id: str
    jti: str


class DeviceRevoked(Message):
    """A phone was withdrawn: by a person, or because its refresh token was in the hands of two."""

    kind: ClassVar[str] = "device.revoked"
    person_id: str
    device_id: str
    reason: Literal["withdrawn", "token_stolen"]
