"""Which events mobile_api follows."""

from kit.feed import Subscription
from mobile_api.use_cases.following import appointments_told, order_touched
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
    Subscription(publisher="dispatch", together=appointments_told, of=(AppointmentPlanned, AppointmentMoved)),
    Subscription(
        publisher="orders",
        handlers=dict.fromkeys((OrderChanged, OrderCancelled, OrderCompleted, PromiseStateChanged), order_touched),
    ),
    Subscription(
        publisher="parts", handlers=dict.fromkeys((PartsReserved, PartsReleased, ShipmentMoved), order_touched)
    ),
]
