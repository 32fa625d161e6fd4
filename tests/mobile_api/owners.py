"""Owners that can be out of reach, refuse, or lose their reply, and that keep a ledger of what was asked of them.

They speak the contract of dispatch, orders, parts and stations as far as mobile_api uses it. Whole journeys over the
real services are tested elsewhere; here is what those cannot be made to do.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from kit.events import Message
from kit.ids import new_id

Json = dict[str, Any]
TOGETHER = ("/dispatch/v1/transitions", "/stations/v1/positions/batch")


@dataclass
class Owners:
    """`applied` is the ledger: operation id → path, in the order of effect."""

    down: set[str] = field(default_factory=set)
    refusals: dict[str, tuple[int, Json]] = field(default_factory=dict)
    """By a part of the path (or of the body): status and problem of the answer."""
    lose_replies: set[str] = field(default_factory=set)
    """Operation ids whose first reply is lost after the effect."""
    held: set[str] = field(default_factory=set)
    """Operation ids that only a request that may wait gets an answer to."""
    after_effect: Callable[[], Awaitable[None]] | None = None
    """Called once, after the next effect and before its reply."""
    readable: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set nobody gets to read anything."""
    reading: int = 0
    most_reading: int = 0
    documents: dict[str, Any] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, Json] = field(default_factory=dict)
    actors: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    changed_requests: list[str] = field(default_factory=list)
    """Operations that were asked a second time with another path or body."""
    _asked: dict[str, bytes] = field(default_factory=dict)
    _journals: dict[str, list[Json]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.readable.set()

    def tell(self, publisher: str, message: Message, *, subject: str, at: datetime | None = None) -> None:
        """Append to a publisher's journal, sealed at once."""
        rows = self._journals.setdefault(publisher, [])
        instant = (at or datetime.now(UTC)).isoformat()
        payload = message.model_dump(mode="json")
        rows.append(
            {
                "seq": len(rows) + 1,
                "id": new_id(),
                "kind": message.kind,
                "subject": subject,
                "order_id": payload.get("order_id"),
                "actor": "test",
                "effective_at": instant,
                "recorded_at": instant,
                "payload": payload,
            }
        )

    async def answer(self, request: httpx.Request) -> httpx.Response:
        service = request.url.path.split("/")[1]
        if service in self.down:
            raise httpx.ConnectError("the test took it away")
        if request.method == "GET":
            return await self._read(service, request)
        if request.url.path in TOGETHER:
            reply = self._apply_together(request)
        else:
            key, actor = request.headers["idempotency-key"], request.headers["x-on-behalf-of"]
            reply = self._apply(request.url.path, request.content, key, actor)
        if (hook := self.after_effect) is not None:
            self.after_effect = None
            await hook()
        return reply

    async def _read(self, service: str, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/journal"):
            after = int(request.url.params["after"])
            rows = [row for row in self._journals.get(service, []) if row["seq"] > after]
            return httpx.Response(200, json={"items": rows})
        self.reading += 1
        self.most_reading = max(self.reading, self.most_reading)
        try:
            await self.readable.wait()
        finally:
            self.reading -= 1
        found = self.documents.get(request.url.path)
        if found is None:
            return httpx.Response(404, json={"type": "/problems/not-found", "detail": "there is no such thing"})
        return httpx.Response(200, json=found)

    def _apply_together(self, request: httpx.Request) -> httpx.Response:
        """Each item as if it had come alone; one lost reply is everybody's."""
        answers, lost = [], None
        asked = json.loads(request.content)
        for item in asked["items"]:
            body = item["body"]
            if body.get("operation_id") in self.held and not asked["patient"]:
                answers.append({"status": 423, "body": {"type": "/problems/locked"}})
                continue
            key = body.get("operation_id") or json.dumps(body, sort_keys=True)
            try:
                one = self._apply(request.url.path, json.dumps(body).encode(), key, item["actor"])
                answers.append({"status": one.status_code, "body": one.json()})
            except httpx.ReadError as error:
                lost = error
        if lost is not None:
            raise lost
        return httpx.Response(200, json={"answers": answers})

    def _apply(self, path: str, content: bytes, key: str, actor: str) -> httpx.Response:
        self.calls[key] += 1
        self.actors.add(actor)
        asked = path.encode() + content
        if self._asked.setdefault(key, asked) != asked:
            self.changed_requests.append(key)
        for part, (status, problem) in self.refusals.items():
            if part in path or part in content.decode():
                return httpx.Response(status, json=problem)
        if key not in self.applied:
            self.applied[key] = path
            self.bodies[key] = json.loads(content)
        if key in self.lose_replies:
            self.lose_replies.discard(key)
            raise httpx.ReadError("the test lost the reply")
        return httpx.Response(200, json={"status": "applied", "order_id": "x"})
