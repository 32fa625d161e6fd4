"""What parts reads and writes over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Row

from kit.context import Context
from kit.values import Code, Fen, Id, Instant, Number, Quantity, Text, Wire
from kit.web import context as service_context
from services.parts.domain import Source
from services.parts.use_cases.facts import Booked
from services.parts.use_cases.plans import RefusalReason
from services.parts.use_cases.shipments import CarrierKind

Running = Annotated[Context, Depends(service_context)]
Limit = Annotated[int, Query(ge=1, le=200)]
LineName = Annotated[Text, StringConstraints(min_length=1)]
MAX_LINES = 20_000


class FromRow(BaseModel):
    """An answer whose fields are columns of a row."""

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


# --- catalogue and places -----------------------------------------------------------------------------------------


class PartOut(FromRow):
    part: str
    name_zh: str
    name_en: str
    unit_cost_fen: int
    weight_g: int
    vmrs_system: str | None


class SubstituteOut(FromRow):
    """`substitute` may be fitted instead of `part`."""

    part: str
    substitute: str
    approved: bool


class PartDetail(PartOut):
    substitutes: list[SubstituteOut]


class PartPage(BaseModel):
    items: list[PartOut]
    next: str | None


class PlaceOut(FromRow):
    """A stock place, WGS-84; without `territory_id` it is a central depot."""

    place_id: str
    kind: Literal["depot", "station", "van"]
    territory_id: str | None
    station_id: str | None
    engineer_id: str | None
    name: str
    lon: float
    lat: float
    opens: str | None
    closes: str | None


class PlacePage(BaseModel):
    items: list[PlaceOut]
    next: str | None


class StockOut(FromRow):
    """One shelf: pieces on hand, and how many of them are held, reserved or picked up for an order."""

    part: str
    name_zh: str
    name_en: str
    unit_cost_fen: int
    on_hand: int
    claimed: int


class StockPage(BaseModel):
    items: list[StockOut]
    next: str | None


class MovementOut(FromRow):
    """One line of the ledger; `quantity` is what it adds to the shelf."""

    id: str
    kind: Literal["count", "found", "issue", "return", "transfer_out", "transfer_in"]
    place_id: str
    part: str
    quantity: int
    unit_cost_fen: int
    order_id: str | None
    appointment_id: str | None
    engineer_id: str | None
    shipment_id: str | None
    actor: str
    effective_at: datetime
    recorded_at: datetime


class MovementPage(BaseModel):
    items: list[MovementOut]
    next: str | None


# --- planning -------------------------------------------------------------------------------------------------------


class OrderPlace(Wire):
    """Where an order of the plan is, WGS-84."""

    order_id: Id
    lon: Annotated[Number, Field(ge=-180, le=180)]
    lat: Annotated[Number, Field(ge=-90, le=90)]


class PlanStockIn(Wire):
    territory_id: Code
    parts: Annotated[list[Code], Field(max_length=MAX_LINES)]
    order_places: Annotated[list[OrderPlace], Field(max_length=MAX_LINES)]


class PlanPlace(BaseModel):
    """A place with free pieces by part number."""

    id: str
    kind: Literal["depot", "station", "van"]
    engineer_id: str | None
    lon: float
    lat: float
    opens: str | None
    closes: str | None
    stock: dict[str, int]


class PlanSubstitute(BaseModel):
    part: str
    approved: bool


class Courier(FromRow):
    """A lane: fee and price per kilometre, speed, time of day of the last parcel, seconds until one is ready."""

    place_id: str
    fee_fen: int
    fen_per_km: int
    km_per_hour: int
    cutoff: str | None
    ready_s: int


class Moved(BaseModel):
    """Pieces that left a shelf for their order already: they lie in a van, or travel by courier."""

    order_id: str
    part: str
    quantity: int
    place_id: str | None
    shipment_id: str | None
    eta: datetime | None


class PlanStockOut(BaseModel):
    places: list[PlanPlace]
    substitutes: dict[str, list[PlanSubstitute]]
    couriers: list[Courier]
    unit_cost: dict[str, int]
    moved: list[Moved]


class HoldLineIn(Wire):
    line: LineName
    order_id: Id
    part: Code
    quantity: Quantity
    place_id: Code
    source: Source


class HoldsIn(Wire):
    """Lines to hold; `lifetime_s` is how long without a publication."""

    lines: Annotated[list[HoldLineIn], Field(max_length=MAX_LINES)]
    lifetime_s: Annotated[int, Field(strict=True, ge=1, le=3600)]


class HoldOut(BaseModel):
    line: str
    status: Literal["held", "refused"]
    reason: RefusalReason | None = None


class HoldsOut(BaseModel):
    lines: list[HoldOut]


# --- facts ----------------------------------------------------------------------------------------------------------


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
    """A carrier's message. `place_id` names the receiving place when the plan knew none."""

    event_id: LineName
    kind: CarrierKind
    at: Instant
    eta: Instant | None = None
    place_id: Code | None = None


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


# --- an order's parts -------------------------------------------------------------------------------------------------


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
