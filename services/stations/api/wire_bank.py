"""Prices, rentals, hand-overs and figures of the bank over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from kit.values import Code, Fen, Id, Instant, Text, Wire
from services.stations.api.wire import FromRow

RentalState = Literal["booked", "returned", "cancelled"]
Direction = Literal["out", "back"]
Name = Annotated[Text, StringConstraints(min_length=1)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PriceIn(Wire):
    """What a vehicle costs from a day on; `day_fen` when it is let by the day."""

    base_fen: Fen
    fen_per_km: Fen
    day_fen: Fen | None = None


class PriceOut(FromRow):
    valid_from: date
    base_fen: int
    fen_per_km: int
    day_fen: int | None
    actor: str


class PriceList(BaseModel):
    """By day; before the first the vehicle's own price holds."""

    items: list[PriceOut]


class RentalIn(Wire):
    order_id: Id
    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end lies after start")
        return self


class RentalOut(FromRow):
    """`cost_fen` once it is back: the agreed price of every day begun."""

    id: str
    vehicle_id: str
    order_id: str
    start: datetime
    end: datetime
    day_fen: int
    state: RentalState
    returned_at: datetime | None
    cost_fen: int | None


class RentalPage(BaseModel):
    items: list[RentalOut]
    next: str | None


class HandoverIn(Wire):
    """What both sides saw and signed; `photos` are SHA-256 of pictures in the photo store."""

    order_id: Id
    vehicle_id: Code
    direction: Direction
    at: Instant
    odometer_km: Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
    fuel_percent: Annotated[int, Field(strict=True, ge=0, le=100)]
    cargo_seal: Text | None = None
    damages: Annotated[list[Name], Field(max_length=50, default_factory=list)]
    given_by: Name
    taken_by: Name
    photos: Annotated[list[Digest], Field(max_length=20, default_factory=list)]


class HandoverOut(FromRow):
    id: str
    order_id: str
    vehicle_id: str
    direction: Direction
    at: datetime
    odometer_km: int
    fuel_percent: int
    cargo_seal: str | None
    damages: list[str]
    given_by: str
    taken_by: str
    photos: list[str]
    actor: str


class HandoverList(BaseModel):
    items: list[HandoverOut]


class PartnerFigures(FromRow):
    """Cases delivered in a month; `protocols` of them have both hand-overs on record."""

    partner_id: str
    cases: int
    without_kilometres: int
    kilometres: int
    cost_fen: int
    protocols: int


class BankKpis(BaseModel):
    month: str
    items: list[PartnerFigures]
