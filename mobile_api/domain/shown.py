"""What a phone shows of an appointment: the owners' words, less what is none of an engineer's business."""

from collections.abc import Mapping
from typing import Any

Paths = dict[str, str]
"""Where each section of an appointment is read, by the section's name; the path's first step is its owner."""

# fmt: off
APPOINTMENT_FIELDS = frozenset((
    "place", "sourcing", "dispatched_at", "acknowledged_at", "departed_at", "arrived_at", "ended_at", "reason",
    "flagged", "distance_m",
))
ORDER_FIELDS = frozenset((
    "order_id", "number", "state", "waiting_reason", "work_type", "kind", "asset", "asset_id", "product",
    "brand", "model", "plate", "vin", "place", "lon", "lat", "place_error_m", "stake", "address", "contact",
    "contact_name", "contact_phone", "customer", "customer_name", "tier", "symptom", "fault_codes", "faults",
    "kit", "tasks", "tasks_done", "gates", "checklist", "cargo", "promise", "clocks", "service_s", "skills",
    "certificates", "warranty", "reported_at", "work_started_at", "diagnosed_at", "restored_at",
    "completed_at", "follow_up_of", "told",
))
MACHINE_FIELDS = frozenset((
    "asset_id", "serial", "vin", "plate", "product", "brand", "model", "configuration", "software_level",
    "in_service_on", "warranty_until", "meter_km", "meter_h", "meter_at", "station_id", "history", "customer",
    "customer_id",
))
PARTS_FIELDS = frozenset((
    "order_id", "reservations", "picked", "shipments", "used",
))
PLACE_FIELDS = frozenset((
    "place_id", "kind", "name", "lon", "lat", "opens", "closes",
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
    asset = order.get("asset")
    asset_id = order.get("asset_id") or (asset.get("asset_id") if isinstance(asset, Mapping) else None)
    paths = {"machine": f"/orders/v1/assets/{asset_id}"} if asset_id else {}
    for line in appointment.get("sourcing") or []:
        if line.get("source") == "pickup":
            paths[f"pickup:{line['place_id']}"] = f"/parts/v1/places/{line['place_id']}"
    return paths


def section(name: str, body: Any) -> Any:
    """One section as the phone gets it: known fields only, and no prices."""
    if not isinstance(body, Mapping):
        return None
    fields = {
        "appointment": APPOINTMENT_FIELDS,
        "order": ORDER_FIELDS,
        "machine": MACHINE_FIELDS,
        "parts": PARTS_FIELDS,
    }.get(name, PLACE_FIELDS)
    return _without_prices({field: value for field, value in body.items() if field in fields})


def _without_prices(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_prices(member) for name, member in value.items() if "fen" not in name.split("_")}
    if isinstance(value, list):
        return [_without_prices(member) for member in value]
    return value
