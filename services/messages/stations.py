"""What stations tells."""

from typing import ClassVar

from kit.events import Message
from kit.values import Code, Fen, Instant, Text


class TerritoryChanged(Message):
    """A territory exists and belongs to a branch: what others scope their own records by."""

    kind: ClassVar[str] = "territory.changed"
    territory_id: Code
    branch_id: Code


class StationChanged(Message):
    """A station is new, or its hours or what may be assigned to it changed: the territory is planned anew, and its
    counter of parts opens by these hours where it has none of its own (`opens`, `closes`: HH:MM at the station)."""

    kind: ClassVar[str] = "station.changed"
    station_id: Code
    territory_id: Code
    opens: Text | None
    closes: Text | None


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


class ExpertBooked(Message):
    """An expert joins the work on an order from afar in that time."""

    kind: ClassVar[str] = "expert.booked"
    order_id: str
    expert_id: Code
    territory_id: Code
    start: Instant
    end: Instant


class ExpertShort(Message):
    """A published expert line cannot be kept: dispatch decides anew."""

    kind: ClassVar[str] = "expert.short"
    order_id: str
    expert_id: Code
    territory_id: Code


class ReplacementCostBooked(Message):
    """The maker bears it: base price and kilometres of the partner's contract."""

    kind: ClassVar[str] = "replacement.cost_booked"
    order_id: str
    vehicle_id: Code
    partner_id: Code
    cost_fen: Fen
