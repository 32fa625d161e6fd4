"""What parts reads and writes over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from pydantic import BaseModel, StringConstraints
from sqlalchemy import Row

from kit.context import Context
from kit.values import Text
from kit.web import context as service_context

Running = Annotated[Context, Depends(service_context)]
Limit = Annotated[int, Query(ge=1, le=200)]
LineName = Annotated[Text, StringConstraints(min_length=1)]
MAX_LINES = 20_000


class FromRow(BaseModel):
    """An answer whose fields are columns of a row."""

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


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
