"""The same request sent twice has one effect and one answer; a request that was undone leaves no trace."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from kit.db import Database
from kit.idempotency import KEPT, forget_answers
from kit.settings import Settings
from tests.kit.probe import caller, probe

KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
async def app(db: Database, settings: Settings) -> AsyncIterator[FastAPI]:
    async with probe(db, settings) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(app) as client:
        yield client


async def made(db: Database) -> list[str]:
    async with db.read() as tx:
        return list((await tx.execute(text("SELECT name FROM things ORDER BY name"))).scalars())


async def test_requests_at_the_same_time_have_one_effect(client: httpx.AsyncClient, db: Database) -> None:
    thing = {"name": "a", "note": "slow"}
    answers = await asyncio.gather(*(client.post("/things", json=thing, headers=KEY) for _ in range(4)))
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"name": "a"})] * 4
    assert sorted(answer.headers.get("idempotent-replay", "") for answer in answers) == ["", "true", "true", "true"]
    assert await made(db) == ["a"]


async def test_the_key_with_another_request_is_refused(client: httpx.AsyncClient, db: Database) -> None:
    await client.post("/things", json={"name": "a"}, headers=KEY)
    for again in (
        client.post("/things", json={"name": "b"}, headers=KEY),
        client.post("/things?x=1", json={"name": "a"}, headers=KEY),
    ):
        answer = await again
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-reused")
    assert await made(db) == ["a"]


async def test_a_refused_first_attempt_leaves_no_trace(client: httpx.AsyncClient, db: Database) -> None:
    refused = await client.post("/things", json={"name": "a", "note": "refuse"}, headers=KEY)
    assert refused.status_code == 409
    assert await made(db) == []
    async with db.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM idempotency"))).scalar_one() == 0
    # The reason may be gone by now, and even the request may be mended under the same key.
    mended = await client.post("/things", json={"name": "a"}, headers=KEY)
    assert (mended.status_code, "idempotent-replay" in mended.headers) == (201, False)


async def test_a_second_request_goes_on_when_the_first_one_is_undone(client: httpx.AsyncClient, db: Database) -> None:
    """Whoever waited for the first transaction takes its place when it fails."""
    async with db.transaction() as first:
        claim = "INSERT INTO idempotency (principal, key, fingerprint) VALUES ('dispatcher', 'k1', 'x')"
        await first.execute(text(claim))
        second = asyncio.create_task(client.post("/things", json={"name": "a"}, headers=KEY))
        await asyncio.sleep(0.2)
        assert not second.done()
        await first.rollback()
    assert (await second).status_code == 201
    assert await made(db) == ["a"]


async def test_a_request_that_is_cancelled_leaves_no_trace(client: httpx.AsyncClient, db: Database) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.15):
            await client.post("/things", json={"name": "a", "note": "slow"}, headers=KEY)
    assert await made(db) == []
    assert (await client.post("/things", json={"name": "a", "note": "slow"}, headers=KEY)).status_code == 201


async def test_keys_belong_to_their_senders_and_none_is_needed(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert (await client.post("/things", json={"name": "a"}, headers=KEY)).status_code == 201
    async with caller(app, "service") as other:
        assert (await other.post("/things", json={"name": "b"}, headers=KEY)).json() == {"name": "b"}
    assert (await client.post("/things", json={"name": "c"})).status_code == 201
    assert (await client.post("/things", json={"name": "c"})).status_code == 409


@pytest.mark.parametrize("key", ["", " ", "x" * 201])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/things", json={"name": "a"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert key.strip() == "" or key not in answer.text


async def test_old_answers_are_forgotten_and_young_ones_kept(client: httpx.AsyncClient, db: Database) -> None:
    for key in ("old", "young"):
        await client.post("/things", json={"name": key}, headers={"Idempotency-Key": key})
    async with db.transaction() as tx:
        await tx.execute(text("UPDATE idempotency SET at = now() - :age WHERE key = 'old'"), {"age": KEPT * 1.01})
        await tx.execute(text("UPDATE idempotency SET at = now() - :age WHERE key = 'young'"), {"age": KEPT * 0.99})
    await forget_answers(db)
    async with db.read() as tx:
        assert list((await tx.execute(text("SELECT key FROM idempotency"))).scalars()) == ["young"]
