"""Which events mobile_api follows."""

from kit.feed import Subscription
from mobile_api.use_cases.following import appointments_told, orders_touched, phones_withdrawn
from services.messages import (
    AppointmentMoved,
    AppointmentPlanned,
    DeviceRevoked,
    OrderCancelled,
    OrderChanged,
    OrderCompleted,
    PartsReleased,
    PartsReserved,
    PromiseStateChanged,
    ShipmentMoved,
    TokenRevoked,
)

SUBSCRIPTIONS = [
    Subscription(publisher="dispatch", together=appointments_told, of=(AppointmentPlanned, AppointmentMoved)),
    Subscription(
        publisher="orders",
        together=orders_touched,
        of=(OrderChanged, OrderCancelled, OrderCompleted, PromiseStateChanged),
    ),
    Subscription(publisher="parts", together=orders_touched, of=(PartsReserved, PartsReleased, ShipmentMoved)),
    Subscription(publisher="accounts", together=phones_withdrawn, of=(DeviceRevoked, TokenRevoked)),
]
