"""Which events mobile_api follows."""

from kit.feed import Subscription
from mobile_api.use_cases.following import moved, order_touched, planned
from services.messages import (
    AppointmentMoved,
    AppointmentPlanned,
    OrderCancelled,
    OrderChanged,
    OrderCompleted,
    PartsReleased,
    PartsReserved,
    PromiseStateChanged,
    ShipmentMoved,
)

SUBSCRIPTIONS = [
    Subscription(publisher="dispatch", handlers={AppointmentPlanned: planned, AppointmentMoved: moved}),
    Subscription(
        publisher="orders",
        handlers=dict.fromkeys((OrderChanged, OrderCancelled, OrderCompleted, PromiseStateChanged), order_touched),
    ),
    Subscription(
        publisher="parts", handlers=dict.fromkeys((PartsReserved, PartsReleased, ShipmentMoved), order_touched)
    ),
]
