"""`Idempotency-Key`: the same request sent twice has one effect and one answer.

The answer is kept in the transaction of the effect. A second request with the same key waits for the first one's
transaction (unique index), then gets the first one's answer; the same key with another body is refused.
"""

import hashlib
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy import Column, DateTime, Integer, MetaData, Table, delete, func, select, text, update
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


class Once:
    """One request's key, principal and fingerprint. Without a key it lets everything through."""

    def __init__(self, *, principal: Principal, key: str | None, fingerprint: str):
        self._owner = principal.subject
        self._key = key
        self._fingerprint = fingerprint

    async def replay(self, tx: AsyncConnection) -> Response | None:
        """The kept answer of an earlier request with this key, or None when this one is the first.

        Raises KeyReused when the earlier request was a different one.
        """
        if self._key is None:
            return None
        table = _IDEMPOTENCY
        mine = {"principal": self._owner, "key": self._key, "fingerprint": self._fingerprint}
        claimed = await tx.execute(upsert(table).values(mine).on_conflict_do_nothing().returning(table.c.key))
        if claimed.first() is not None:
            return None
        same_key = (table.c.principal == self._owner) & (table.c.key == self._key)
        kept = (await tx.execute(select(table).where(same_key))).one()
        assert kept.status is not None, "a route claimed a key and kept no answer"  # noqa: S101 - a fault of ours
        if kept.fingerprint != self._fingerprint:
            raise KeyReused("this Idempotency-Key belongs to an earlier, different request: make a new key")
        return JSONResponse(kept.body, status_code=kept.status, headers={"Idempotent-Replay": "true"})

    async def keep(self, tx: AsyncConnection, status: int, body: BaseModel | dict[str, Any]) -> Response:
        """Keep the answer in this transaction and return it."""
        content = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
        if self._key is not None:
            table = _IDEMPOTENCY
            same_key = (table.c.principal == self._owner) & (table.c.key == self._key)
            await tx.execute(update(table).where(same_key).values(status=status, body=content))
        return JSONResponse(content, status_code=status)


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
            old = _IDEMPOTENCY.c.at < func.now() - KEPT
            await tx.execute(delete(_IDEMPOTENCY).where(old))


_IDEMPOTENCY = idempotency_table(MetaData())
