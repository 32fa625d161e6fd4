"""Availability to promise and shortages over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from pydantic_core import to_json

from kit.values import Code, Id, Instant, Quantity, Wire, WirePlace
from services.parts.api.wire import MachineIn
from services.parts.domain.channels import Risk, Way
from services.parts.use_cases.availability import Promise

MAX_ORDERS = 1000


class NeedIn(Wire):
    part: Code
    quantity: Quantity


class OrderIn(Wire):
    """An order, where its machine stands, and its kit; each part once. What does not fit `machine` stands in for
    nothing.

    Nothing leaves before `at`, by default now; a moment that is over counts as now, one more than a year ahead is
    refused.
    """

    order_id: Id
    place: WirePlace
    lines: Annotated[list[NeedIn], Field(min_length=1, max_length=100)]
    at: Instant | None = None
    machine: MachineIn | None = None


class AvailabilityIn(Wire):
    territory_id: Code
    orders: Annotated[list[OrderIn], Field(min_length=1, max_length=MAX_ORDERS)]


class OfferOut(BaseModel):
    """Pieces by one way; another `part` than the line's stands in for it. `metres` is the estimated way by road."""

    part: str
    place_id: str
    way: Way
    quantity: int
    arrives_at: datetime
    cost_fen: int
    metres: int
    risks: tuple[Risk, ...]


class LineOut(BaseModel):
    """`arrives_at` is when all pieces can be there by approved parts, none when `short` of them cannot be had."""

    part: str
    quantity: int
    arrives_at: datetime | None
    cost_fen: int
    short: int
    offers: list[OfferOut]


class OrderAvailability(BaseModel):
    """`arrives_at` is when the whole kit can be there, none when something is short."""

    order_id: str
    arrives_at: datetime | None
    cost_fen: int
    lines: list[LineOut]


class AvailabilityOut(BaseModel):
    orders: list[OrderAvailability]


def by_order(promises: Sequence[Promise]) -> bytes:
    """The JSON of AvailabilityOut: the lines of each order together, in the order asked.

    Written from plain values: making ten thousand models of our own answer takes longer than finding it.
    """
    lines: dict[str, list[dict[str, Any]]] = {}
    for one in promises:
        known = one.complete
        line = {"part": one.part, "quantity": one.quantity, "arrives_at": known.arrives_at, "cost_fen": known.cost_fen}
        line |= {"short": known.short, "offers": [{name: getattr(way, name) for name in _OFFER} for way in one.offers]}
        lines.setdefault(one.order_id, []).append(line)
    orders = [
        {
            "order_id": order_id,
            "arrives_at": _last([line["arrives_at"] for line in own]),
            "cost_fen": sum(line["cost_fen"] for line in own),
            "lines": own,
        }
        for order_id, own in lines.items()
    ]
    return to_json({"orders": orders})


def _last(arrivals: Sequence[datetime | None]) -> datetime | None:
    known = [arrival for arrival in arrivals if arrival is not None]
    return max(known) if len(known) == len(arrivals) else None


_OFFER = tuple(OfferOut.model_fields)


class ShortPart(BaseModel):
    part: str
    pieces: float


class PlaceShortage(BaseModel):
    """`score` is the share of the expected demand that free stock will not meet; `worst` the parts expected short."""

    place_id: str
    name: str
    score: float
    expected_demand: float
    worst: list[ShortPart]


class Shortages(BaseModel):
    items: list[PlaceShortage]
