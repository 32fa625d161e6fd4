"""What dispatch sends and gets while it plans and publishes."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from kit.values import Code, Id, Number, Quantity, Wire
from services.parts.api.wire import MAX_LINES, FromRow, LineName, MachineIn
from services.parts.domain.shelf import Source
from services.parts.use_cases.plans import RefusalReason


class OrderPlace(Wire):
    """Where an order of the plan is, WGS-84, and the machine that parts have to fit."""

    order_id: Id
    lon: Annotated[Number, Field(ge=-180, le=180)]
    lat: Annotated[Number, Field(ge=-90, le=90)]
    machine: MachineIn | None = None


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
    """`misfits`: by order, what may stand in for a part but does not fit the order's machine."""

    places: list[PlanPlace]
    substitutes: dict[str, list[PlanSubstitute]]
    couriers: list[Courier]
    unit_cost: dict[str, int]
    moved: list[Moved]
    misfits: dict[str, list[str]]


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
