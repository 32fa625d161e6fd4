"""Phones (and a hotline) that write down what they did and what was acknowledged, and never give up."""

import asyncio
import hashlib
import io
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from PIL import Image

from kit.auth import service_token
from kit.clock import SystemClock
from kit.ids import new_id
from tests.chaos.network import DEPOT, PART, SECRET, SITE, TASKS, Engineer, report, starts_at_home

Json = dict[str, Any]
ANSWERED = ("applied", "duplicate")
REQUEST_DEADLINE_S = 12.0
WEIGHTS = {"check_in": 5, "fact": 5, "parts_used": 4, "position": 2, "delay": 2, "help": 1, "break_started": 1}
WEIGHTS |= {"photo": 1, "pick_up": 1, "parts_request": 1}


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
class Progress:
    """Shared by all phones of a round: when to stop telling something new, and how long nobody was answered."""

    wanted: int
    acknowledged: int = 0
    longest_gap_s: float = 0.0
    _last: float | None = None

    def acknowledge(self, number: int) -> None:
        now = asyncio.get_running_loop().time()
        if self._last is not None:
            self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now
        self.acknowledged += number


@dataclass
class Phone:
    """One installation of an app: an outbox that survives everything, sent in order, a batch at a time."""

    engineer: Engineer
    address: str
    random: random.Random
    progress: Progress
    rekeys: bool = False
    """A planted bug of the app: what was sent and not answered is sent again under a new id."""
    forgets: bool = False
    """Another one: what was sent is forgotten, whether it was answered or not."""
    ledger: dict[str, Told] = field(default_factory=dict)
    outbox: list[Told] = field(default_factory=list)
    pictures: list[tuple[Told, bytes]] = field(default_factory=list)
    """Taken, and not uploaded yet."""
    waiting: set[str] = field(default_factory=set)
    """Received by the server, without a final answer yet."""
    shown: dict[str, str] = field(default_factory=dict)
    """The state of each appointment as delta sync told it."""
    _cursor: str | None = None
    _seq: int = 0

    def __post_init__(self) -> None:
        self._kinds = self._choices()
        self._visits = iter(enumerate(self.engineer.visits))

    async def live(self) -> None:
        """Tell, send and listen until cancelled."""
        headers = {"Authorization": f"Bearer {self.engineer.token}"}
        limits = httpx.Limits(max_keepalive_connections=2)
        async with httpx.AsyncClient(
            base_url=self.address, headers=headers, timeout=REQUEST_DEADLINE_S, limits=limits
        ) as client:
            while True:
                self._tell()
                sent = await self._send(client) if self.outbox else True
                heard = await self._sync(client) if self._curious else True
                kept = await self._upload(client) if self.pictures else True
                pause = 0.02 if sent and heard and kept else self.random.uniform(0.1, 0.4)
                await asyncio.sleep(pause if self.outbox or self.waiting or self._telling else 0.3)

    @property
    def _telling(self) -> bool:
        return self.progress.acknowledged < self.progress.wanted

    @property
    def cursor(self) -> int:
        """How far it has read of what its server tells."""
        return int(self._cursor or 0)

    @property
    def _curious(self) -> bool:
        """Whoever waits for answers, or has nothing to tell, looks each time what is new."""
        return bool(self.waiting) or not self._telling or self.random.random() < 0.2

    @property
    def idle(self) -> bool:
        return not self.outbox and not self.waiting and not self.pictures

    @property
    def in_hand(self) -> str:
        """What it still waits for, in words."""
        asked = next((told for told in list(self.ledger.values()) if told.id in self.waiting), None)
        first = f", {asked.kind} {asked.id} ({asked.reason})" if asked is not None else ""
        return f"{len(self.outbox)} to send, {len(self.pictures)} to upload, {len(self.waiting)} to hear of{first}"

    def _tell(self) -> None:
        if self._telling and len(self.outbox) < 12:
            for _ in range(self.random.randint(1, 6)):
                for told in self._operations(next(self._kinds)):
                    self.ledger[told.id] = told
                    self.outbox.append(told)

    async def _send(self, client: httpx.AsyncClient) -> bool:
        batch = self.outbox[: self.random.randint(1, 10)]
        again = self._from_before()
        if self.rekeys:
            for told in batch:
                if told.operation.pop("tried", False) and told.kind != "photo":
                    told.operation["id"] = new_id()
        body = {"device": "chaos", "sent_at": _now(), "operations": [told.operation for told in [*batch, *again]]}
        if self.forgets:
            del self.outbox[: len(batch)]
        results = await _asked(client, "POST", "/mobile/v1/operations", json=body)
        if results is None:
            if self.rekeys:
                for told in batch:
                    told.operation["tried"] = True
            return False
        for told, result in zip([*batch, *again], results["results"], strict=True):
            self._answered(told, result)
        if not self.forgets:
            del self.outbox[: len(batch)]
        self.progress.acknowledge(len(batch))
        return True

    async def _upload(self, client: httpx.AsyncClient) -> bool:
        """One picture, before or after its operation, as it happens."""
        told, picture = self.pictures[0]
        said = {"X-Operation-Id": told.id, "X-Order-Id": told.operation["order_id"], "X-Step": "repair"}
        said |= {"X-Content-SHA256": told.operation["payload"]["sha256"], "Content-Type": "image/jpeg"}
        if await _asked(client, "POST", "/mobile/v1/photos", content=picture, headers=said) is None:
            return False
        self.pictures.pop(0)
        return True

    def _from_before(self) -> list[Told]:
        """Now and then a phone is not sure and sends what was answered long ago."""
        if self.ledger and self.random.random() < 0.1:
            chosen = self.random.choice(list(self.ledger.values()))
            return [chosen] if chosen.acknowledged and chosen.status != "received" else []
        return []

    def _answered(self, told: Told, result: Json) -> None:
        told.acknowledged = True
        told.status, told.reason = result["status"], result["reason"]
        if told.status == "received":
            self.waiting.add(told.id)
        else:
            self.waiting.discard(told.id)

    async def _sync(self, client: httpx.AsyncClient) -> bool:
        params = {"cursor": self._cursor} if self._cursor is not None else {}
        new = await _asked(client, "GET", "/mobile/v1/sync", params=params)
        if new is None:
            return False
        self._cursor = new["cursor"]
        for appointment in new["appointments"]:
            self.shown[appointment["id"]] = appointment["state"]
        for gone in new["removed"]:
            self.shown.pop(gone, None)
        for answer in new["answers"]:
            if (told := self.ledger.get(answer["id"])) is not None and told.id in self.waiting:
                self._answered(told, answer)
        return not new["more"]

    def _choices(self) -> Iterator[str]:
        while True:
            yield from self.random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=50)

    def _operations(self, choice: str) -> list[Told]:
        if choice == "check_in":
            return self._visit()
        if choice == "photo":
            return [self._photo()]
        return [self._operation(choice)]

    def _visit(self) -> list[Told]:
        """The next one: departed for, where that is still to be told, and arrived at."""
        number, visit = next(self._visits, (0, None))
        if visit is None:
            return [self._made("break_ended", None, {"note": "no visit is left"})]
        departed = [self._made("depart", visit, {})] if starts_at_home(number) else []
        return [*departed, self._made("check_in", visit, {"place": _place(), "accuracy_m": 9.0})]

    def _photo(self) -> Told:
        """Of a picture that nobody else takes."""
        drawn = io.BytesIO()
        Image.frombytes("RGB", (16, 16), self.random.randbytes(16 * 16 * 3)).save(drawn, "JPEG")
        picture = drawn.getvalue()
        shows = {"sha256": hashlib.sha256(picture).hexdigest(), "step": "repair"}
        told = self._made("photo", self.engineer.anchor, shows)
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
        kind = (
            self.random.choice(("work_started", "diagnosed", "task_done", "restored")) if choice == "fact" else choice
        )
        about = None if kind in ("position", "break_started") else self.engineer.anchor
        return self._made(kind, about, payloads[kind]())

    def _moment(self, n: int) -> str:
        """Each a moment of its own in the last hour and a half."""
        return (datetime.now(UTC) - timedelta(minutes=100, milliseconds=-(self._seq * 4 + n) * 10)).isoformat()

    def _made(self, kind: str, about: tuple[str, str] | None, payload: Json) -> Told:
        self._seq += 1
        operation = {"id": new_id(), "seq": self._seq, "kind": kind, "at": _now(), "payload": payload}
        if about is not None:
            operation |= {"appointment_id": about[0], "order_id": about[1]}
        return Told(operation, self.engineer.id)


@dataclass
class Hotline:
    """Another system that reports breakdowns, each under a key of its own, until it is answered."""

    address: str
    trucks: list[str]
    random: random.Random
    every_s: float
    orders: dict[str, str] = field(default_factory=dict)
    """Order id by serial, as acknowledged."""
    idle: bool = True

    async def live(self) -> None:
        """Report one machine after the other until cancelled."""
        async with httpx.AsyncClient(base_url=self.address, timeout=REQUEST_DEADLINE_S) as client:
            for serial in self.trucks:
                key, self.idle = new_id(), False
                while (order := await self._report(client, serial, key)) is None:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(self.random.uniform(0.1, 0.4))
                self.orders[serial] = order["id"]
                self.idle = True
                await asyncio.sleep(self.every_s)

    async def _report(self, client: httpx.AsyncClient, serial: str, key: str) -> Json | None:
        token = service_token(service="chaos", secret=SECRET, now=SystemClock().now())
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        order: Json | None = await _asked(client, "POST", "/orders/v1/orders", json=report(serial), headers=headers)
        return order


async def _asked(client: httpx.AsyncClient, method: str, path: str, **request: Any) -> Any:
    """The decoded answer; None when there was none, or one that says "try again"."""
    with suppress(httpx.HTTPError):
        answer = await client.request(method, path, **request)
        if answer.is_success:
            return answer.json()
        if answer.status_code < 500 and answer.status_code not in (401, 408, 429):
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
    return None


def _place() -> Json:
    return {"lon": SITE[0], "lat": SITE[1], "datum": "WGS-84"}


def _now() -> str:
    return datetime.now(UTC).isoformat()
