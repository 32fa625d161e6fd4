"""Phones that write down what they did and what was acknowledged, and never give up."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from kit.ids import new_id
from tests.chaos.network import Engineer
from tests.chaos.work import Told, Work

Json = dict[str, Any]
ANSWERED = ("applied", "duplicate")
REQUEST_DEADLINE_S = 12.0
MOST_UNHEARD = 24
"""Who waits for so many answers tells little more until some have come: an engineer does less in an hour. Otherwise
phones tell more than is applied, and what is left at the end is a backlog and not the fault of a line."""


@dataclass
class Progress:
    """Shared by all phones of a round: when to stop telling something new, and how long nobody was answered."""

    wanted: int
    acknowledged: int = 0
    longest_gap_s: float = 0.0
    _last: float | None = None

    @property
    def telling(self) -> bool:
        return self.acknowledged < self.wanted

    def stop(self) -> None:
        """Nobody tells anything new; that nobody is answered then means nothing."""
        self.wanted, self._last = 0, None

    def acknowledge(self, number: int) -> None:
        now = asyncio.get_running_loop().time()
        if self._last is not None:
            self.longest_gap_s = max(self.longest_gap_s, now - self._last)
        self._last = now if self.telling else None
        self.acknowledged += number


@dataclass
class Phone:
    """One installation of an app: an outbox that survives everything, sent in order, a batch at a time."""

    work: Work
    address: str
    random: random.Random
    progress: Progress
    rekeys: bool = False
    """A planted bug of the app: what was sent and not answered is sent again as something new."""
    forgets: bool = False
    """Another one: what was sent is forgotten, whether it was answered or not."""
    ledger: dict[str, Told] = field(default_factory=dict)
    outbox: list[Told] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)
    """Received by the server, without a final answer yet."""
    shown: dict[str, str] = field(default_factory=dict)
    """The state of each appointment as delta sync told it."""
    _cursor: str | None = None

    @property
    def engineer(self) -> Engineer:
        return self.work.engineer

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
                kept = await self._upload(client) if self.work.pictures else True
                busy = (self.progress.telling and not self._held_up) or self.outbox or self.work.pictures
                hurried = sent and heard and kept and busy
                await asyncio.sleep(0.02 if hurried else self.random.uniform(0.1, 0.4))

    @property
    def cursor(self) -> int:
        """How far it has read of what its server tells."""
        return int(self._cursor or 0)

    @property
    def _curious(self) -> bool:
        """Whoever has nothing to tell looks each time what is new; the others leave the servers time for their work."""
        return not self.progress.telling or self._held_up or self.random.random() < 0.2

    @property
    def _held_up(self) -> bool:
        return len(self.waiting) >= MOST_UNHEARD

    @property
    def idle(self) -> bool:
        return not self.outbox and not self.waiting and not self.work.pictures

    @property
    def in_hand(self) -> str:
        """What it still waits for, in words."""
        one = next((told for told in list(self.ledger.values()) if told.id in self.waiting), None)
        first = f", {one.kind} {one.id} ({one.reason})" if one is not None else ""
        return f"{len(self.outbox)} to send, {len(self.work.pictures)} to upload, {len(self.waiting)} to hear of{first}"

    def _tell(self) -> None:
        seldom = self._held_up and self.random.random() > 0.02
        if self.progress.telling and len(self.outbox) < 12 and not seldom:
            for _ in range(self.random.randint(1, 6)):
                for told in self.work.next():
                    self.ledger[told.id] = told
                    self.outbox.append(told)

    async def _send(self, client: httpx.AsyncClient) -> bool:
        batch = self.outbox[: self.random.randint(1, 10)]
        again = self._from_before()
        if self.rekeys:
            for told in batch:
                if told.operation.pop("tried", False) and told.kind != "photo":
                    del self.ledger[told.id]
                    told.operation |= {"id": new_id(), "seq": self.work.number()}
                    self.ledger[told.id] = told
        body = {"device": "chaos", "sent_at": _now(), "operations": [told.operation for told in [*batch, *again]]}
        if self.forgets:
            del self.outbox[: len(batch)]
        results = await asked(client, "POST", "/mobile/v1/operations", json=body)
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
        told, picture = self.work.pictures[0]
        said = {"X-Operation-Id": told.id, "X-Order-Id": told.operation["order_id"], "X-Step": "repair"}
        said |= {"X-Content-SHA256": told.operation["payload"]["sha256"], "Content-Type": "image/jpeg"}
        if await asked(client, "POST", "/mobile/v1/photos", content=picture, headers=said) is None:
            return False
        self.work.pictures.pop(0)
        return True

    def _from_before(self) -> list[Told]:
        """Now and then a phone is not sure and sends what was answered long ago."""
        if self.ledger and self.random.random() < 0.1:
            chosen = self.random.choice(list(self.ledger.values()))
            return [chosen] if chosen.acknowledged and chosen.status != "received" else []
        return []

    def _still_sent(self, appointment_id: str) -> bool:
        return self.shown.get(appointment_id) == "dispatched"

    def _answered(self, told: Told, result: Json) -> None:
        told.acknowledged = True
        told.status, told.reason = result["status"], result["reason"]
        if told.status == "received":
            self.waiting.add(told.id)
        else:
            self.waiting.discard(told.id)

    async def _sync(self, client: httpx.AsyncClient) -> bool:
        params = {"cursor": self._cursor} if self._cursor is not None else {}
        new = await asked(client, "GET", "/mobile/v1/sync", params=params)
        if new is None:
            return False
        self._cursor = new["cursor"]
        for appointment in new["appointments"]:
            self.shown[appointment["id"]] = appointment["state"]
        for gone in new["removed"]:
            self.shown.pop(gone, None)
        sent = {one["id"]: one["order_id"] for one in new["appointments"] if one["state"] == "dispatched"}
        self.work.offered = {id_: order for id_, order in (self.work.offered | sent).items() if self._still_sent(id_)}
        for answer in new["answers"]:
            if (told := self.ledger.get(answer["id"])) is not None and told.id in self.waiting:
                self._answered(told, answer)
        return not new["more"]


async def asked(client: httpx.AsyncClient, method: str, path: str, **request: Any) -> Any:
    """The decoded answer; None when there was none, or one that says "try again"."""
    with suppress(httpx.HTTPError):
        answer = await client.request(method, path, **request)
        if answer.is_success:
            return answer.json()
        if answer.status_code < 500 and answer.status_code not in (401, 408, 429):
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
    return None


def _now() -> str:
    return datetime.now(UTC).isoformat()
