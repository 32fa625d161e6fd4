"""Facts of engineers and carriers, and what parts knows of one order."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from kit.values import Code, Fen, Id, Instant, Quantity, Text, Wire
from services.parts.api.wire import FromRow, LineName, MovementOut
from services.parts.domain.shelf import Source
from services.parts.use_cases.facts import Booked
from services.parts.use_cases.shipments import CarrierKind


class PieceLine(Wire):
    part: Code
    quantity: Quantity


Lines = Annotated[list[PieceLine], Field(max_length=200)]


class PickupIn(Wire):
    """Pieces went from a place into the engineer's van; `at` is when, by default now."""

    appointment_id: Id
    order_id: Id
    engineer_id: Code
    place_id: Code
    lines: Annotated[Lines, Field(min_length=1)]
    at: Instant | None = None


class UsageIn(Wire):
    """Pieces from the van went into the machine, or came back out of what was used."""

    order_id: Id
    engineer_id: Code
    van_place_id: Code
    lines: Lines
    returns: Annotated[Lines, Field(default_factory=list)]
    at: Instant | None = None


class BookedOut(BaseModel):
    """A booked line; `discrepancy` says where the records disagreed with the fact, which was booked nevertheless."""

    part: str
    quantity: int
    discrepancy: str | None

    @classmethod
    def of(cls, booked: Booked) -> Self:
        return cls(part=booked.part, quantity=booked.quantity, discrepancy=booked.discrepancy)


class BookedAll(BaseModel):
    lines: list[BookedOut]


class CarrierEventIn(Wire):
    """A carrier's message. `place_id` names the receiving place when the plan knew none.

    `carrier` and `waybill` are who brings it and under which number; said once they stay.
    """

    event_id: LineName
    kind: CarrierKind
    at: Instant
    eta: Instant | None = None
    place_id: Code | None = None
    carrier: Text | None = None
    waybill: Text | None = None


class ShipmentOut(FromRow):
    id: str
    order_id: str
    territory_id: str
    part: str
    quantity: int
    from_place_id: str
    to_place_id: str | None
    engineer_id: str | None
    state: Literal["ordered", "picked", "shipped", "received", "cancelled"]
    fee_fen: Fen
    eta: datetime | None
    carrier: str | None
    waybill: str | None
    created_at: datetime


class ShipmentPage(BaseModel):
    items: list[ShipmentOut]
    next: str | None


class DiscrepancyOut(FromRow):
    """A fact that the records contradict; `act` is what was done."""

    id: str
    reason: Literal["not_on_record", "unknown_part", "unknown_place", "no_van", "not_issued"]
    act: Literal["pickup", "use", "return"]
    place_id: str
    part: str
    quantity: int
    order_id: str
    engineer_id: str
    at: datetime


class DiscrepancyPage(BaseModel):
    items: list[DiscrepancyOut]
    next: str | None


class ReservationOut(FromRow):
    line: str
    part: str
    quantity: int
    place_id: str
    source: Source
    engineer_id: str | None


class PickedOut(FromRow):
    """Pieces that lie in a van for the order."""

    place_id: str
    part: str
    quantity: int


class ShipmentStep(FromRow):
    event_id: str
    kind: CarrierKind
    at: datetime
    eta: datetime | None


class OrderShipment(ShipmentOut):
    events: list[ShipmentStep]


class OrderParts(BaseModel):
    """Everything that parts knows of one order."""

    order_id: str
    reservations: list[ReservationOut]
    picked: list[PickedOut]
    shipments: list[OrderShipment]
    movements: list[MovementOut]
    used: dict[str, int]
    discrepancies: list[DiscrepancyOut]
