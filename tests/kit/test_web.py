"""Whatever a caller sends, a problem document says what is wrong and where: never a 500, never the caller's text."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from kit import strict_json
from kit.db import Database
from kit.settings import Settings
from tests.kit.conftest import SERVICE, make_schema
from tests.kit.probe import caller, probe

CANARY = "13800138000"
"""A telephone number that no answer may repeat."""


@pytest.fixture(scope="module")
def url(module_database_url: str) -> str:
    make_schema(module_database_url)
    return module_database_url


@pytest.fixture
async def app(url: str, tmp_path: Path) -> AsyncIterator[FastAPI]:
    db = Database(url, SERVICE)
    async with probe(db, Settings(data=tmp_path, database_url=url)) as app:
        yield app
    await db.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The document of a problem answer, after looking at everything that all of them have in common."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["type"].startswith("/problems/")
    assert document["title"]
    assert document["detail"]
    assert CANARY not in answer.text
    assert len(answer.content) < 20_000
    return document


def thing(**fields: Any) -> bytes:
    return json.dumps({"name": "a", **fields}).encode()


def deep(levels: int) -> bytes:
    return b'{"name": "a", "more": ' + b"[" * levels + b"]" * levels + b"}"


BAD_BODIES: dict[str, tuple[bytes, int, str | None]] = {
    "NaN": (b'{"name": "a", "size": NaN}', 400, "/size"),
    "Infinity": (b'{"name": "a", "size": -Infinity}', 400, "/size"),
    "1e999": (b'{"name": "a", "size": 1e999}', 400, "/size"),
    "1e400 as digits": (b'{"name": "a", "size": 1' + b"0" * 400 + b".0}", 400, "/size"),
    "a huge integer": (thing(size=10**400), 422, "/size"),
    "5000 digits": (b'{"name": "a", "size": ' + b"9" * 5000 + b"}", 400, None),
    "lone surrogate": (b'{"name": "\\ud800"}', 400, "/name"),
    "lone surrogate as a name": (b'{"name": "a", "\\udc00": 1}', 400, None),
    "U+0000": (b'{"name": "a\\u0000"}', 400, "/name"),
    "a raw NUL": (b'{"name": "a\x00"}', 400, None),
    "an escape sequence": (thing(name="a\x1b[2J"), 422, "/name"),
    "duplicate keys": (f'{{"name": "a", "name": "{CANARY}"}}'.encode(), 400, "/name"),
    "duplicate names that are no text": (b'{"\\udc00": 1, "\\udc00": 2}', 400, ""),
    "NaN somewhere inside": (b'{"name": "a", "more": [1, {"a/b": NaN}]}', 400, "/more/1/a~1b"),
    "not UTF-8": (b'{"name": "\xff"}', 400, None),
    "cut short": (b'{"name": "a"', 400, None),
    "too deep": (deep(100), 400, None),
    "far too deep": (deep(100_000), 400, None),
    "empty": (b"", 422, ""),
    "null": (b"null", 422, ""),
    "a list": (b"[]", 422, ""),
    "missing field": (b"{}", 422, "/name"),
    "unknown field": (thing(role=CANARY), 422, "/role"),
    "an unknown field of a megabyte": (thing(**{"x" * 900_000: 1}), 422, "/" + "x" * 60),
    "pointer escapes": (thing(**{"a/b~c": 1}), 422, "/a~1b~0c"),
    "a number as text": (thing(name=7), 422, "/name"),
    "a text as number": (thing(count=CANARY), 422, "/count"),
    "a boolean as number": (thing(count=True), 422, "/count"),
    "a fraction as integer": (thing(count=1.0), 422, "/count"),
    "out of range": (thing(count=0), 422, "/count"),
    "a long text": (thing(name=CANARY * 100), 422, "/name"),
    "a code with a space": (thing(code=f"{CANARY} x"), 422, "/code"),
    "a naive time": (thing(at="2026-11-21T10:00:00"), 422, "/at"),
    "a number as time": (thing(at=1_700_000_000), 422, "/at"),
    "the year 1": (thing(at="0001-01-01T00:00:00+08:00"), 422, "/at"),
    "a place without a datum": (thing(place={"lon": 116.4, "lat": 39.9}), 422, "/place/datum"),
    "a swapped place": (thing(place={"lon": 39.9, "lat": 116.4, "datum": "WGS-84"}), 422, "/place"),
    "a huge longitude": (thing(place={"lon": 10**400, "lat": 39.9, "datum": "WGS-84"}), 422, "/place/lon"),
    "an unknown kind": (thing(pet={"kind": CANARY}), 422, "/pet"),
    "a list that is none": (thing(more={"0": {}}), 422, "/more"),
    "too large": (thing(note="x" * 1_000_001), 413, None),
}


@pytest.mark.parametrize(("body", "status", "pointer"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_body(client: httpx.AsyncClient, body: bytes, status: int, pointer: str | None) -> None:
    async with asyncio.timeout(2):
        answer = await client.post("/things", content=body, headers={"Content-Type": "application/json"})
    document = problem(answer, status)
    if pointer is not None:
        assert document["pointer"] == pointer


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "é"])
@pytest.mark.parametrize("body", [thing(), b'{"name": NaN}', b"\xff" * 100])
async def test_a_body_of_another_kind_is_never_read_as_json(client: httpx.AsyncClient, kind: str, body: bytes) -> None:
    headers = {b"Content-Type": kind.encode()} if kind else {}
    problem(await client.post("/things", content=body, headers=headers), 422)


@pytest.mark.parametrize("kind", ["APPLICATION/JSON", "application/json; charset=latin-1", "application/vnd.x+json"])
async def test_every_kind_of_json_is_read_strictly(client: httpx.AsyncClient, kind: str) -> None:
    headers = {"Content-Type": kind}
    problem(await client.post("/things", content=b'{"name": "a", "size": NaN}', headers=headers), 400)
    assert (await client.post("/things", content=thing(name=kind), headers=headers)).status_code == 201


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 100_000


@pytest.mark.parametrize("kind", ["application/json", "image/jpeg"])
async def test_no_body_is_read_beyond_its_limit(client: httpx.AsyncClient, kind: str) -> None:
    """With or without a Content-Length, whatever it says that it is."""
    for body in (b"x" * 1_000_001, chunks(11)):
        answer = await client.post("/raw", content=body, headers={"Content-Type": kind})
        assert "1000000 bytes" in problem(answer, 413)["detail"]
    answer = await client.post("/raw", content=chunks(9), headers={"Content-Type": "image/jpeg"})
    assert answer.json() == {"bytes": 900_000}


async def test_a_stranger_may_send_little(app: FastAPI) -> None:
    async with caller(app, None) as nobody:
        assert (await nobody.post("/open", json={"name": "a", "note": "x" * 4000})).status_code == 200
        large = json.dumps({"name": "a", "more": [{}] * 60_000})
        problem(await nobody.post("/open", content=large, headers={"Content-Type": "application/json"}), 413)


async def test_a_body_that_stalls_is_given_up(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "STALL_S", 0.1)

    async def stalls() -> AsyncIterator[bytes]:
        yield b'{"name":'
        await asyncio.sleep(5)

    for kind in ("application/json", "image/jpeg"):
        async with caller(app) as client, asyncio.timeout(2):
            problem(await client.post("/raw", content=stalls(), headers={"Content-Type": kind}), 408)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", f"limit={CANARY}x", "limit=", "limit=1.5", "limit=NaN"])
async def test_a_bad_query(client: httpx.AsyncClient, query: str) -> None:
    assert problem(await client.get(f"/things/a?{query}"), 422)["errors"][0]["where"] == "query"


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ff%fe", "%ed%a0%80", "..%2f..%2fx", "%0d%0aX: y", "x" * 5000])
async def test_a_bad_name_in_the_address(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/things/{name}")
    assert answer.status_code in (404, 422)
    problem(answer, answer.status_code)


async def test_unknown_addresses_and_methods(client: httpx.AsyncClient) -> None:
    problem(await client.get(f"/nothing/{CANARY}"), 404)
    problem(await client.get("/things/a/"), 404)
    refused = await client.delete("/things")
    problem(refused, 405)
    assert refused.headers["allow"] == "POST"


async def test_who_may_not(app: FastAPI) -> None:
    async with caller(app, None) as nobody:
        answer = await nobody.post("/things", content=thing(), headers={"Content-Type": "application/json"})
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        problem(await nobody.get("/things/a", headers={"Authorization": "Bearer rk_stranger"}), 401)
        problem(await nobody.get("/journal"), 401)
    async with caller(app, "engineer") as engineer:
        assert "dispatcher" in problem(await engineer.post("/things", json={"name": "a"}), 403)["detail"]
        problem(await engineer.get("/journal"), 403)


@pytest.mark.parametrize(("given", "status"), [(None, 428), ("", 428), ('"2"', 412), ("*", 412), ("９" * 19, 412)])
async def test_a_change_names_the_version_that_was_read(
    client: httpx.AsyncClient, given: str | None, status: int
) -> None:
    headers = {} if given is None else {b"If-Match": given.encode()}
    problem(await client.put("/things/a", json={"name": "a"}, headers=headers), status)
    for good in ('"3"', 'W/"3"', "3"):
        assert (await client.put("/things/a", json={"name": "a"}, headers={"If-Match": good})).status_code == 200


@pytest.mark.parametrize(
    ("how", "status", "retry"),
    [
        ("unique", 409, None),
        ("check", 409, None),
        ("range", 422, None),
        ("lock", 503, "1"),
        ("full", 507, "60"),
        ("down", 503, "2"),
        ("refused", 503, "5"),
        ("timeout", 503, "2"),
        ("disk", 507, "60"),
    ],
)
async def test_what_goes_wrong_behind_is_told_without_its_values(
    client: httpx.AsyncClient, how: str, status: int, retry: str | None
) -> None:
    answer = await client.get(f"/fails/{how}")
    problem(answer, status)
    assert answer.headers.get("retry-after") == retry
    assert "secret" not in answer.text


@pytest.mark.parametrize("how", ["bug", "table"])
async def test_a_fault_of_ours_is_a_problem_too(client: httpx.AsyncClient, how: str) -> None:
    answer = await client.get(f"/fails/{how}")
    problem(answer, 500)
    assert "secret" not in answer.text
    assert "of_another_service" not in answer.text


async def test_a_long_body_does_not_hold_up_the_others(app: FastAPI) -> None:
    """A body of a megabyte is checked in a thread: the loop turns meanwhile."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    body = json.dumps({"more": [{"a": [1.5, "x"]}] * 40_000}).encode()
    async with caller(app) as client:
        turning = asyncio.create_task(turn())
        problem(await client.post("/raw", content=body + b" NaN", headers={"Content-Type": "application/json"}), 400)
        turning.cancel()
    assert turns > 20


async def test_the_document_describes_tokens_and_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operations = [
        operation for path in document["paths"].values() for operation in path.values() if "responses" in operation
    ]
    names = [operation["operationId"] for operation in operations]
    assert "make" in names
    assert len(set(names)) == len(names)
    for operation in operations:
        refused = operation["responses"]["4XX"]["content"]
        assert refused == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        assert "422" not in operation["responses"]
        assert ("security" in operation) == (operation["operationId"] not in {"open_to_all", "ring"}), operation
    assert document["components"]["schemas"]["Problem"]["required"] == ["type", "title", "status", "detail"]
    assert list(document["components"]["securitySchemes"]) == ["token"]
