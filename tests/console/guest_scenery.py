"""What the partner's driver and the customer see by their links, in the services' JSON."""

from datetime import datetime, timedelta
from typing import Any

FILTER = {"part": "FU-3004", "name_zh": "燃油滤清器", "name_en": "Fuel filter"}


class GuestScenery:
    """A replacement vehicle's run, and an order as far as its customer knows it."""

    def __init__(self, now: datetime):
        self._now = now

    def partner_case(self, steps: list[dict[str, Any]]) -> dict[str, Any]:
        truck = {"plate": "鲁B·D8812", "model": "RC-600", "lon": 118.41234, "lat": 36.51234}
        cargo = {"cargo_class": "reefer", "mass_kg": 24500, "deadline": self._in(600), "hazard": False}
        destination = {"lon": 121.47, "lat": 31.23}
        return {
            "number": "WO-100042",
            "state": steps[-1]["step"] if steps else "open",
            "next_step": None,
            "steps": [{"step": one["step"], "at": one["at"]} for one in steps],
            "truck": truck | {"stake": "G20 K212+300", "address": None},
            "cargo": cargo | {"destination": destination},
            "destination": destination,
            "contact_name": "赵师傅",
            "contact_phone": "13800000000",
            "planned_at_truck": self._in(80),
            "planned_delivered": self._in(560),
        }

    def tracked(self, stage: str, ratings: list[dict[str, Any]]) -> dict[str, Any]:
        """What a customer's link answers when the order has come as far as `stage`."""
        names = ["reported", "assigned", "departed", "arrived", "restored", "completed"]
        reached = names.index(stage)
        done = stage == "completed"
        promises = [
            ("arrive", 170, "met" if reached >= 3 else "running"),
            ("restore", 1300, "breached" if done else "running"),
        ]
        return {
            "number": "WO-20261121-00042",
            "state": "closed" if done else "in_progress" if reached >= 3 else "accepted",
            "waiting_reason": None,
            "work_type": "breakdown",
            "work_name_zh": "故障维修",
            "work_name_en": "Breakdown repair",
            "plate": "鲁B·D8812",
            "model": "RC-600",
            "engineer": "王刚" if reached >= 1 else None,
            "eta": None if reached >= 3 else {"earliest": self._in(25), "latest": self._in(70), "basis": "history"},
            "parts": [FILTER | {"state": "shipped", "eta": self._in(50)}] if reached < 3 else [],
            "stages": [
                {"stage": name, "at": self._in(10 * place - 60) if place <= reached else None}
                for place, name in enumerate(names)
            ],
            "promises": [{"clock": clock, "due": self._in(due), "state": state} for clock, due, state in promises],
            "replacement_moving_at": None,
            "can_rate": done and not ratings,
            "rating": ratings[-1]["rating"] if ratings else None,
        }

    def _in(self, minutes: float) -> str:
        return (self._now + timedelta(minutes=minutes)).isoformat()
