"""Whatever is sent to any operation of any service: a problem document that says what to do, never a 500, no echo.

The operations are read from the services' own OpenAPI documents, so a new one is covered the day it is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kit.answers import MOST_FAULTS
from kit.ids import new_id
from services.assembly import SERVICES
from tests.hostile.spoiling import BodySchema, Spoilt
from tests.running import System, body

CANARY = "canary-7c1f"
BODIES: dict[str, bytes] = {
    "not JSON": b"{",
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


async def documents(system: System) -> list[dict[str, Any]]:
    return [body(await system.service.get(f"/{service}/v1/openapi.json")) for service in SERVICES]


async def operations(system: System) -> list[Operation]:
    return [
        Operation(method.upper(), path)
        for document in await documents(system)
        for path, methods in document["paths"].items()
        for method in methods
    ]


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
async def test_a_bad_field_is_named_wherever_it_is(system: System) -> None:
    """Every body that a schema describes, spoilt field by field: the answer points at each of them, and at no other
    thing that was not sent."""
    wrong, tried = [], 0
    engineer = await system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    for operation, schema in [one for document in await documents(system) for one in _bodies(document)]:
        client = engineer if operation.template.startswith("/mobile/") else system.service
        for spoilt in schema.spoilt():
            answer = await client.request(
                operation.method,
                operation.path(new_id()),
                content=spoilt.content,
                headers={"Content-Type": "application/json", "If-Match": '"1"', "Idempotency-Key": new_id()},
            )
            check(answer, f"{operation.name} with {spoilt.how}")
            if fault := _unnamed(answer, spoilt):
                wrong.append(f"{operation.name} with {spoilt.how}: {fault}")
            tried += 1
    assert not wrong, "\n".join(wrong)
    assert tried > 300


def _unnamed(answer: httpx.Response, spoilt: Spoilt) -> str | None:
    """What is wrong with the pointers of an answer, if anything."""
    if answer.status_code not in (400, 422):
        return f"{answer.status_code} {answer.text[:200]}"
    told = answer.json()
    errors = told.get("errors", [{"where": "body", "pointer": told.get("pointer")}])
    named = {one["pointer"] for one in errors if one["where"] == "body"}
    if not all(spoilt.has(pointer) for pointer in named):
        return f"points at what was not sent: {[pointer for pointer in named if not spoilt.has(pointer)]}"
    missed = spoilt.at - named
    return f"does not point at {sorted(missed)}, but at {named}" if missed and len(errors) < MOST_FAULTS else None


def _bodies(document: dict[str, Any]) -> Iterator[tuple[Operation, BodySchema]]:
    """Every operation with the schema of its JSON body."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                yield Operation(method.upper(), path), BodySchema(document, content["schema"])


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
