"""Every event that crosses a service border: the whole conversation, a file for each that tells.

A message is a fact in the past tense. It carries ids and facts, never personal data. Its owner appends it to its
journal in the transaction of the change; the others read it by feed. Fields may be added, never renamed.
"""

from services.messages.accounts import DeviceRevoked, TokenRevoked
from services.messages.dispatch import (
    AppointmentMoved,
    AppointmentPlanned,
    ExpertLine,
    LackedLine,
    OrderOverridden,
    OrderReleased,
    OrderUnassigned,
    PlanPublished,
    PromiseRiskChanged,
    ReplacementDecided,
    StockLine,
    VehicleLine,
)
from services.messages.mobile import DelayReported, HelpRequested, OperationApplied, PhotoStored
from services.messages.orders import (
    OrderAccepted,
    OrderCancelled,
    OrderChanged,
    OrderClosed,
    OrderCompleted,
    PromiseStateChanged,
    ReplacementStepTaken,
)
from services.messages.parts import (
    PartsPickedUp,
    PartsReleased,
    PartsReserved,
    PartsShort,
    PartsUsed,
    ShipmentMoved,
    StockChanged,
    TransferLate,
)
from services.messages.stations import (
    EngineerChanged,
    ExpertBooked,
    ExpertShort,
    ReplacementCostBooked,
    StationChanged,
    TerritoryChanged,
    VehicleBooked,
    VehicleReleased,
    VehicleShort,
)

__all__ = [
    "AppointmentMoved",
    "AppointmentPlanned",
    "DelayReported",
    "DeviceRevoked",
    "EngineerChanged",
    "ExpertBooked",
    "ExpertLine",
    "ExpertShort",
    "HelpRequested",
    "LackedLine",
    "OperationApplied",
    "OrderAccepted",
    "OrderCancelled",
    "OrderChanged",
    "OrderClosed",
    "OrderCompleted",
    "OrderOverridden",
    "OrderReleased",
    "OrderUnassigned",
    "PartsPickedUp",
    "PartsReleased",
    "PartsReserved",
    "PartsShort",
    "PartsUsed",
    "PhotoStored",
    "PlanPublished",
    "PromiseRiskChanged",
    "PromiseStateChanged",
    "ReplacementCostBooked",
    "ReplacementDecided",
    "ReplacementStepTaken",
    "ShipmentMoved",
    "StationChanged",
    "StockChanged",
    "StockLine",
    "TerritoryChanged",
    "TokenRevoked",
    "TransferLate",
    "VehicleBooked",
    "VehicleLine",
    "VehicleReleased",
    "VehicleShort",
]
