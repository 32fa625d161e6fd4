"""Whatever is sent to any operation of any service: a problem document that says what to do, never a 500, no echo.

The operations are read from the services' own OpenAPI documents, so a new one is covered the day it is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kit.ids import new_id
from services.assembly import SERVICES
from tests.running import System, body

CANARY = "canary-7c1f"
BODIES: dict[str, bytes] = {
    "not JSON": b"{",
    "NaN": b'{"lon": NaN}',
    "infinity": b'{"seconds": 1e999}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "NUL": b'{"name": "\\u0000"}',
    "twice": b'{"a": 1, "a": 2}',
    "deep": b"[" * 5000,
    "long number": b'{"a": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"a": "\xff"}',
    "unknown field": b'{"unknown": "%s"}' % CANARY.encode(),
    "list": b"[1, 2, 3]",
    "null": b"null",
    "text": b'"%s"' % CANARY.encode(),
    "empty": b"",
}
NO_TOKEN_NEEDED = {
    "POST /accounts/v1/first-run",
    "GET /accounts/v1/first-run",
    "POST /accounts/v1/sessions",
    "POST /accounts/v1/oauth/authorize-challenge",
    "POST /accounts/v1/oauth/token",
    "GET /accounts/v1/jwks",
    "GET /orders/v1/replacement/{token}",
    "POST /orders/v1/replacement/{token}",
    "GET /orders/v1/labels/{token}",
    "POST /orders/v1/labels/{token}/reports",
    "GET /orders/v1/tracking/{token}",
    "POST /orders/v1/tracking/{token}/survey",
}
"""Everything else answers 401 to strangers; adding a row here is a decision."""
PATH_VALUES = (new_id(), "nothing-of-this-name", "%00", "..%2f..%2fetc", "9" * 60, "' OR 1=1 --")


@dataclass(frozen=True)
class Operation:
    method: str
    template: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    def path(self, value: str) -> str:
        return re.sub(r"\{[^}]+\}", value, self.template)


async def operations(system: System) -> list[Operation]:
    found: list[Operation] = []
    for service in SERVICES:
        document = body(await system.service.get(f"/{service}/v1/openapi.json"))
        found += _of(document)
    return found


def _of(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method in methods:
            yield Operation(method.upper(), path)


def check(answer: httpx.Response, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:500]}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", what
        document = answer.json()
        assert {"type", "title", "status", "detail"} <= set(document), what
        assert CANARY not in document["detail"], f"{what} echoes what was sent"


@pytest.mark.timeout(300)
async def test_hostile_bodies(system: System) -> None:
    tried = 0
    for operation in await operations(system):
        if operation.method in ("GET", "HEAD"):  # neither takes a body, and the answer to a HEAD has none
            continue
        for what, content in BODIES.items():
            answer = await system.service.request(
                operation.method,
                operation.path(new_id()),
                content=content,
                headers={"Content-Type": "application/json", "If-Match": '"1"', "Idempotency-Key": new_id()},
            )
            check(answer, f"{operation.name} with {what}")
            tried += 1
    assert tried > 400


@pytest.mark.timeout(300)
async def test_hostile_paths_and_queries(system: System) -> None:
    queries = (
        "limit=-1",
        "limit=1e9",
        "cursor=%00",
        "cursor=zzz",
        "from=yesterday",
        "limit=NaN",
        "changed_after=2026-01-01",
    )
    for operation in await operations(system):
        if operation.method != "GET":
            continue
        for value in PATH_VALUES if "{" in operation.template else ():
            check(await system.service.get(operation.path(value)), f"{operation.name} of {value}")
        for query in queries:
            answer = await system.service.get(f"{operation.path(new_id())}?{query}")
            check(answer, f"{operation.name}?{query}")


async def test_strangers_get_nothing(system: System) -> None:
    """Every operation asks who is there, apart from a written list."""
    stranger, open_to_all = system.client(None), set[str]()
    for operation in await operations(system):
        answer = await stranger.request(operation.method, operation.path(new_id()), json={})
        if answer.status_code != 401:
            open_to_all.add(operation.name)
    assert open_to_all == NO_TOKEN_NEEDED
