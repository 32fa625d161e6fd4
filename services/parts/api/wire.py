"""What parts reads and writes over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Depends, Query
from pydantic import BaseModel, Field, StrictBool, StringConstraints
from sqlalchemy import Row

from kit.context import Context
from kit.values import Code, Text, Wire
from kit.web import context as service_context
from services.parts.domain.fitting import Machine, Verdict
from services.parts.domain.substitution import Kind as SubstituteKind
from services.parts.use_cases.ledger import Kind

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
    """`ruled`: there are rules that say which machines it fits."""

    part: str
    name_zh: str
    name_en: str
    unit_cost_fen: int
    weight_g: int
    vmrs_system: str | None
    unit: Literal["piece", "set", "litre", "kilogram", "metre"]
    core_deposit_fen: int
    remanufactured: bool
    ruled: bool


class SubstituteOut(BaseModel):
    """A part that can stand in, with the steps that lead to it; approved when every step is."""

    substitute: str
    via: list[SubstituteKind]
    approved: bool


class FitRuleOut(BaseModel):
    """Machines of `model` with one of the values of every option and a serial number in the range, ends included."""

    model: str
    configuration: dict[str, list[str]]
    serial_from: str | None
    serial_until: str | None


class PartDetail(PartOut):
    """Without rules of `fit` nobody knows which machines it fits."""

    substitutes: list[SubstituteOut]
    fit: list[FitRuleOut]


class ApprovalIn(Wire):
    approved: StrictBool
    reason: Annotated[Text, StringConstraints(min_length=1)]


class MachineIn(Wire):
    """A machine as it was built."""

    model: Text
    configuration: Annotated[dict[Text, Text], Field(max_length=200)]
    serial: Text | None = None

    def built(self) -> Machine:
        return Machine(self.model, self.configuration, self.serial)


class FitIn(MachineIn):
    """A machine as it was built, and the parts to judge."""

    parts: Annotated[list[Code], Field(min_length=1, max_length=500)]


class FitOut(BaseModel):
    """`because` names the option (or `model`, `serial`, `no_rule`) that is wrong or not known."""

    part: str
    verdict: Verdict
    because: str | None


class FitAnswer(BaseModel):
    items: list[FitOut]


class MachineSearchIn(Wire):
    """The machine as it was built, as its record has it; `q` narrows by number or name."""

    machine: MachineIn
    q: Annotated[Text, StringConstraints(max_length=100)] = ""
    cursor: Code | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=200)] = 50


class FittingPart(PartOut):
    """`because` names the option (or `serial`, `no_rule`) that is not known."""

    verdict: Literal["fits", "unknown"]
    because: str | None


class FittingPage(BaseModel):
    items: list[FittingPart]
    next: str | None


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


class ShelfOut(PlaceOut):
    """A place where pieces of a part lie, and how many of them are held, reserved or picked up for an order."""

    on_hand: int
    claimed: int


class ShelfPage(BaseModel):
    items: list[ShelfOut]
    next: str | None


class MovementOut(FromRow):
    """One line of the ledger; `quantity` is what it adds to the shelf."""

    id: str
    kind: Kind
    place_id: str
    part: str
    quantity: int
    unit_cost_fen: int
    order_id: str | None
    appointment_id: str | None
    engineer_id: str | None
    shipment_id: str | None
    transfer_id: str | None
    sheet_id: str | None
    actor: str
    effective_at: datetime
    recorded_at: datetime


class MovementPage(BaseModel):
    items: list[MovementOut]
    next: str | None
