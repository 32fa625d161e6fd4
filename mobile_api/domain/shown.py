"""What a phone shows of an appointment: the owners' words, less what is none of an engineer's business."""

from collections.abc import Mapping
from typing import Any

Paths = dict[str, str]
"""Where each section of an appointment is read, by the section's name; the path's first step is its owner."""

# fmt: off
APPOINTMENT_FIELDS = frozenset((
    "role", "expert_id", "place", "sourcing", "dispatched_at", "acknowledged_at", "departed_at", "arrived_at",
    "ended_at", "reason", "flagged", "distance_m",
))
ORDER_FIELDS = frozenset((
    "id", "number", "state", "waiting_reason", "work_type", "kind", "reported_at", "place", "place_error_m",
    "place_matched", "stake", "address", "asset", "customer", "contact", "symptom", "fault_codes", "faults", "clocks",
    "earliest_start", "latest_start", "service_s", "skills", "kit", "warranty", "told", "cargo", "times",
    "flagged", "tasks", "tasks_done", "gates", "checklist", "follow_up_of",
))
MACHINE_FIELDS = frozenset((
    "serial", "vin", "plate", "product", "brand", "model", "configuration", "software_level", "station_id",
    "in_service_on", "warranty_until", "meter_km", "meter_h", "meter_at", "place", "history",
))
PARTS_FIELDS = frozenset((
    "reservations", "picked", "shipments", "used",
))
PLACE_FIELDS = frozenset((
    "place_id", "kind", "name", "lon", "lat", "opens", "closes",
))
ENGINEER_FIELDS = frozenset((
    "id", "name", "station_id", "van_place_id", "tracking_consent",
))
STATION_FIELDS = frozenset((
    "id", "name_zh", "name_en", "phone", "lon", "lat",
))
# fmt: on


def first_paths(*, appointment_id: str, order_id: str) -> Paths:
    """What can be asked for at once."""
    return {
        "appointment": f"/dispatch/v1/appointments/{appointment_id}",
        "order": f"/orders/v1/orders/{order_id}",
        "parts": f"/parts/v1/orders/{order_id}/parts",
    }


def further_paths(bodies: Mapping[str, Any]) -> Paths:
    """What the first answers lead to: the machine of the order, and the places where parts are picked up."""
    order, appointment = bodies.get("order") or {}, bodies.get("appointment") or {}
    serial = (order.get("asset") or {}).get("serial")
    paths = {"machine": f"/orders/v1/assets/{serial}"} if serial else {}
    for line in appointment.get("sourcing") or []:
        if line.get("source") == "pickup":
            paths[f"pickup:{line['place_id']}"] = f"/parts/v1/places/{line['place_id']}"
    return paths


def engineer_path(engineer_id: str) -> str:
    return f"/stations/v1/engineers/{engineer_id}"


def station_path(engineer: Any) -> str | None:
    """Where the engineer's own station is read; None when the engineer is unknown."""
    station_id = engineer.get("station_id") if isinstance(engineer, Mapping) else None
    return f"/stations/v1/stations/{station_id}" if station_id else None


def section(name: str, body: Any) -> Any:
    """One section as the phone gets it: known fields only, and no prices."""
    if not isinstance(body, Mapping):
        return None
    fields = {
        "appointment": APPOINTMENT_FIELDS,
        "order": ORDER_FIELDS,
        "machine": MACHINE_FIELDS,
        "parts": PARTS_FIELDS,
        "engineer": ENGINEER_FIELDS,
        "station": STATION_FIELDS,
    }.get(name, PLACE_FIELDS)
    return without_prices({field: value for field, value in body.items() if field in fields})


def kept(body: Any) -> Any:
    """What a copy keeps of an owner's answer: no prices, and not the replacement case with its driver's link."""
    if isinstance(body, Mapping):
        body = {field: value for field, value in body.items() if field != "replacement"}
    return without_prices(body)


def without_prices(value: Any) -> Any:
    """The value without whatever is money."""
    if isinstance(value, Mapping):
        return {name: without_prices(member) for name, member in value.items() if "fen" not in name.split("_")}
    if isinstance(value, list):
        return [without_prices(member) for member in value]
    return value
