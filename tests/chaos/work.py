"""What an engineer does all day, as the operations that a phone keeps and sends."""

import hashlib
import io
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from kit.ids import new_id
from tests.chaos.network import DEPOT, PART, SITE, TASKS, Engineer, starts_at_home

Json = dict[str, Any]
About = tuple[str, str] | None
"""Appointment and order."""
CHECKLIST = ("fault_cleared", "no_leaks", "road_or_function_test")
"""Of a breakdown."""
FACTS = ("work_started", "diagnosed", "task_done", "restored")
WEIGHTS: Mapping[str, int] = {
    "check_in": 5,
    "fact": 5,
    "parts_used": 4,
    "position": 2,
    "delay": 2,
    "help": 1,
} | dict.fromkeys(("break_started", "photo", "pick_up", "parts_request", "job", "offer"), 1)
"""How often each thing is done."""


@dataclass
class Told:
    """One operation in the ledger. `status` is the last answer of the server."""

    operation: Json
    engineer_id: str
    acknowledged: bool = False
    status: str | None = None
    reason: str | None = None

    @property
    def id(self) -> str:
        return str(self.operation["id"])

    @property
    def kind(self) -> str:
        return str(self.operation["kind"])


@dataclass
class Work:
    """The day of one engineer, thing by thing; `weights` as WEIGHTS."""

    engineer: Engineer
    random: random.Random
    weights: Mapping[str, int]
    pictures: list[tuple[Told, bytes]] = field(default_factory=list)
    """Taken, and not uploaded yet."""
    offered: dict[str, str] = field(default_factory=dict)
    """Orders by the appointment that the plan has sent and nobody has answered."""
    _seq: int = 0

    def __post_init__(self) -> None:
        self._jobs = iter(self.engineer.jobs)
        self._visits = iter(enumerate(self.engineer.visits))
        self._written = {appointment for appointment, _ in self.engineer.visits}

    def next(self) -> list[Told]:
        """The next thing that is done; nothing when there is none of its kind."""
        (choice,) = self.random.choices(list(self.weights), list(self.weights.values()))
        whole: dict[str, Callable[[], list[Told]]] = {
            "check_in": self._visit,
            "job": self._job,
            "offer": self._offer,
            "photo": lambda: [self._photo(self.engineer.anchor)],
        }
        return whole[choice]() if choice in whole else [self._operation(choice)]

    def number(self) -> int:
        """The next one in the phone's sequence."""
        self._seq += 1
        return self._seq

    def _visit(self) -> list[Told]:
        """The next one: departed for, where that is still to be told, and arrived at."""
        number, visit = next(self._visits, (0, None))
        if visit is None:
            return [self._made("break_ended", None, {"note": "no visit is left"})]
        departed = [self._made("depart", visit, {})] if starts_at_home(number) else []
        return [*departed, self._arrived(visit)]

    def _job(self) -> list[Told]:
        """One order from the arrival to the signature, of which the picture may come last."""
        if (job := next(self._jobs, None)) is None:
            return []
        signature = self._photo(job)
        done: Json = {
            "checklist": dict.fromkeys(CHECKLIST, "ok"),
            "meter_reading": {"km": 1000},
            "test_result": "passed",
            "signature_photo": signature.operation["payload"]["sha256"],
        }
        facts = [self._made(kind, job, {}) for kind in ("work_started", "diagnosed", "restored")]
        return [self._arrived(job), *facts, signature, self._made("complete", job, done)]

    def _offer(self) -> list[Told]:
        """An appointment that the plan has sent is taken or declined."""
        sent = [visit for visit in self.offered.items() if visit[0] not in self._written]
        if not sent:
            return []
        visit = self.random.choice(sent)
        self._written.add(visit[0])
        if self.random.random() < 0.5:
            return [self._made("acknowledge", visit, {})]
        return [self._made("decline", visit, {"reason": "elsewhere"})]

    def _photo(self, about: About) -> Told:
        """Of a picture that nobody else takes."""
        drawn = io.BytesIO()
        Image.frombytes("RGB", (16, 16), self.random.randbytes(16 * 16 * 3)).save(drawn, "JPEG")
        picture = drawn.getvalue()
        shows = {"sha256": hashlib.sha256(picture).hexdigest(), "step": "repair"}
        told = self._made("photo", about, shows)
        self.pictures.append((told, picture))
        return told

    def _operation(self, choice: str) -> Told:
        number = self._seq + 1
        payloads: dict[str, Callable[[], Json]] = {
            "pick_up": lambda: {"place_id": DEPOT, "lines": [{"part": PART, "quantity": 1}]},
            "parts_request": lambda: {"note": f"number {number}", "parts_needed": []},
            "restored": dict,
            "parts_used": lambda: {"van_place_id": self.engineer.van, "lines": [{"part": PART, "quantity": 1}]},
            "position": lambda: {"points": [_place() | {"at": self._moment(n)} for n in range(3)]},
            "delay": lambda: {"expected_at": self._moment(0), "reason": f"number {number}"},
            "help": lambda: {"wanted": "advice", "note": f"number {number}"},
            "break_started": dict,
            "work_started": dict,
            "diagnosed": lambda: {"note": f"number {number}"},
            "task_done": lambda: {"task": self.random.choice(TASKS)},
        }
        kind = self.random.choice(FACTS) if choice == "fact" else choice
        about = None if kind in ("position", "break_started") else self.engineer.anchor
        return self._made(kind, about, payloads[kind]())

    def _arrived(self, visit: About) -> Told:
        return self._made("check_in", visit, {"place": _place(), "accuracy_m": 9.0})

    def _moment(self, n: int) -> str:
        """Each a moment of its own in the last hour and a half."""
        return (datetime.now(UTC) - timedelta(minutes=100, milliseconds=-(self._seq * 4 + n) * 10)).isoformat()

    def _made(self, kind: str, about: About, payload: Json) -> Told:
        now = datetime.now(UTC).isoformat()
        operation = {"id": new_id(), "seq": self.number(), "kind": kind, "at": now, "payload": payload}
        if about is not None:
            operation |= {"appointment_id": about[0], "order_id": about[1]}
        return Told(operation, self.engineer.id)


def _place() -> Json:
    return {"lon": SITE[0], "lat": SITE[1], "datum": "WGS-84"}
