"""`Idempotency-Key`: the same request sent twice has one effect and one answer.

The answer is kept in the transaction of the effect. A second request with the same key waits for the first one's
transaction (unique index), then gets the first one's answer; the same key with another body is refused.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Row,
    Table,
    bindparam,
    cast,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal, principal_of
from kit.db import Database
from kit.problems import Invalid, KeyReused

KEPT = timedelta(days=35)
"""Phones stay away for weeks, and then send again what they are not sure of."""


def idempotency_table(metadata: MetaData) -> Table:
    """The table of kept answers of a service."""
    return Table(
        "idempotency",
        metadata,
        Column("principal", SqlText, primary_key=True),
        Column("key", SqlText, primary_key=True),
        Column("fingerprint", SqlText, nullable=False),
        Column("status", Integer),
        Column("body", JSONB),
        Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


_TABLE = idempotency_table(MetaData())
_CLAIM = (_TABLE.c.principal, _TABLE.c.key)
_KEEP = (
    update(_TABLE)
    .where(_TABLE.c.principal == bindparam("of_principal"), _TABLE.c.key == bindparam("of_key"))
    .values(status=bindparam("status"), body=cast(bindparam("body", type_=SqlText), JSONB))
)


class Once:
    """One request's key, principal and fingerprint. Without a key it lets everything through."""

    def __init__(self, *, principal: Principal, key: str | None, fingerprint: str):
        self.claim = (principal.subject, key) if key is not None else None
        self.fingerprint = fingerprint

    async def replay(self, tx: AsyncConnection) -> Response | None:
        """The kept answer of an earlier request with this key, or None when this one is the first.

        Raises KeyReused when the earlier request was a different one.
        """
        (kept,) = await replays(tx, [self])
        if isinstance(kept, KeyReused):
            raise kept
        return kept

    async def keep(self, tx: AsyncConnection, status: int, body: BaseModel | dict[str, Any]) -> Response:
        """Keep the answer in this transaction and return it."""
        (reply,) = await keep_all(tx, [(self, status, body)])
        return reply


class KeyTwice(Exception):
    """Two requests with the same key cannot be answered in one transaction: one must see what the other did."""


async def replays(tx: AsyncConnection, requests: Sequence[Once]) -> list[Response | KeyReused | None]:
    """For each request of a transaction what `Once.replay` says, and its claim of its key. Raises KeyTwice."""
    claims = {request.claim: request for request in requests if request.claim}
    if len(claims) < sum(request.claim is not None for request in requests):
        raise KeyTwice
    if not claims:
        return [None] * len(requests)
    # In one order, so that two transactions never wait for each other.
    rows = [
        {"principal": owner, "key": key, "fingerprint": claims[owner, key].fingerprint} for owner, key in sorted(claims)
    ]
    claimed = upsert(_TABLE).values(rows).on_conflict_do_nothing().returning(*_CLAIM)
    fresh = {tuple(row) for row in await tx.execute(claimed)}
    if earlier := [claim for claim in claims if claim not in fresh]:
        known = {(row.principal, row.key): row for row in await tx.execute(select(_TABLE).where(_claimed(earlier)))}
    return [
        _replay(request, known[request.claim]) if request.claim and request.claim not in fresh else None
        for request in requests
    ]


def _replay(request: Once, kept: Row[Any]) -> Response | KeyReused:
    assert kept.status is not None, "a route claimed a key and kept no answer"  # noqa: S101 - a fault of ours
    if kept.fingerprint != request.fingerprint:
        return KeyReused("this Idempotency-Key belongs to an earlier, different request: make a new key")
    return JSONResponse(kept.body, status_code=kept.status, headers={"Idempotent-Replay": "true"})


async def keep_all(
    tx: AsyncConnection, answers: Sequence[tuple[Once, int, BaseModel | dict[str, Any]]]
) -> list[Response]:
    """Keep the answers of a transaction's requests, and return them."""
    contents = [body.model_dump_json() if isinstance(body, BaseModel) else json.dumps(body) for _, _, body in answers]
    rows = [
        {"of_principal": request.claim[0], "of_key": request.claim[1], "status": status, "body": content}
        for (request, status, _), content in zip(answers, contents, strict=True)
        if request.claim
    ]
    if rows:
        await tx.execute(_KEEP, rows)
    return [
        Response(content, status, media_type="application/json")
        for (_, status, _), content in zip(answers, contents, strict=True)
    ]


async def give_up(tx: AsyncConnection, requests: Sequence[Once]) -> None:
    """Forget the claims of requests that were refused in a transaction which goes on for others."""
    if claims := [request.claim for request in requests if request.claim]:
        await tx.execute(delete(_TABLE).where(_claimed(claims)))


def _claimed(claims: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return tuple_(*_CLAIM).in_(claims)


async def once(
    request: Request,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Once:
    """FastAPI dependency."""
    if idempotency_key is not None and not idempotency_key.strip():
        raise Invalid("the Idempotency-Key header is empty: send a new random key, or none")
    target = f"{request.method} {request.url.path}?{request.url.query}\n"
    fingerprint = hashlib.sha256(target.encode() + await request.body()).hexdigest()
    return Once(principal=principal_of(request), key=idempotency_key, fingerprint=fingerprint)


async def forget_answers(db: Database) -> None:
    """Delete the answers that nobody asks for any more; a service without the table has none."""
    async with db.transaction() as tx:
        if (await tx.execute(text("SELECT to_regclass('idempotency')"))).scalar_one() is not None:
            old = _TABLE.c.at < func.now() - KEPT
            await tx.execute(delete(_TABLE).where(old))
