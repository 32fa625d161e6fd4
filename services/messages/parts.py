"""What parts tells."""

from typing import ClassVar, Literal

from kit.events import Message
from kit.values import Code, Fen, Instant, Quantity, Text


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
