"""What orders tells."""

from typing import ClassVar, Literal

from kit.events import Message
from kit.values import Code, Instant, Text


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
