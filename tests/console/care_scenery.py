"""Complaints and call-backs as the services answer them."""

from datetime import datetime, timedelta
from typing import Any

from kit.problems import NotFound
from services.orders.domain.complaints import STEPS


class CareScenery:
    """Three complaints, one of them late, and two call-backs; what the pages send is kept in `sent`."""

    def __init__(self, now: datetime):
        self._now = now
        self.sent: list[dict[str, Any]] = []
        self.complaints = [
            self._complaint(1, "received", "critical", "维修后两小时又报警停车，要求换车", -3),
            self._complaint(2, "analysed", "normal", "工程师未展示旧件", 20),
            self._complaint(3, "classified", "serious", "等了九个小时才到", 5),
        ]
        self.callbacks = [
            self._callback(11, "branch", ["broken_promise", "low_rating"], "13800000011", -1),
            self._callback(12, "station", [], None, 30),
        ]

    def _complaint(self, number: int, state: str, severity: str, said: str, hours: float) -> dict[str, Any]:
        return {
            "complaint_id": f"c{number}",
            "order_id": f"0192f0c4-0000-7000-8000-{number:012}",
            "number": f"WO-10000{number}",
            "branch_id": "SD",
            "station_id": f"S00{number}",
            "engineer_id": None,
            "source": "hotline",
            "said": said,
            "category": "quality",
            "severity": severity,
            "state": state,
            "round": 2 if number == 3 else 1,
            "received_at": self._in(-30),
            "due": self._in(hours),
            "overdue": hours < 0,
            "next_step": STEPS[0] if state == "received" else STEPS[STEPS.index(state) + 1],
            "closed_at": None,
            "steps": [],
        }

    def _callback(self, number: int, level: str, risks: list[str], phone: str | None, hours: float) -> dict[str, Any]:
        return {
            "order_id": f"0192f0c4-0000-7000-8000-{number:012}",
            "number": f"WO-1000{number}",
            "level": level,
            "branch_id": "SD",
            "station_id": "S001",
            "customer_name": "顺达物流",
            "phone": phone,
            "share": 0.4,
            "risks": risks,
            "due": self._in(hours),
            "attempts": 1 if risks else 0,
            "ended_at": None,
            "reached": None,
            "checks": None,
            "compliant": None,
            "note": None,
        }

    def step(self, complaint_id: str, taken: dict[str, Any]) -> dict[str, Any]:
        """The complaint moves on; closed ones leave the list."""
        known = next((one for one in self.complaints if one["complaint_id"] == complaint_id), None)
        if known is None:
            raise NotFound("there is no such complaint")
        self.sent.append(taken)
        if taken["step"] == STEPS[-1]:
            self.complaints = [one for one in self.complaints if one is not known]
            return known
        known["state"] = taken["step"]
        known["next_step"] = STEPS[STEPS.index(taken["step"]) + 1]
        return known

    def call(self, order_id: str, level: str, told: dict[str, Any]) -> dict[str, Any]:
        known = next(one for one in self.callbacks if (one["order_id"], one["level"]) == (order_id, level))
        self.sent.append(told)
        self.callbacks = [one for one in self.callbacks if one is not known]
        return known

    def _in(self, hours: float) -> str:
        return (self._now + timedelta(hours=hours)).isoformat()
