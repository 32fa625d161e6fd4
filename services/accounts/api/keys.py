"""API keys of other systems."""

from typing import Annotated

from fastapi import Query

from kit.auth import Principal
from kit.problems import NotFound
from kit.routes import service_router
from kit.values import Id
from kit.web import allow
from services.accounts import domain
from services.accounts.api.wire import KeyAnswer, KeyAsked, KeyCreated, KeyIn, KeyListed, KeyPage, Running
from services.accounts.store import people as store
from services.accounts.use_cases import api_keys

router = service_router("accounts", tag="keys")


@router.post("/keys", status_code=201)
async def create_key(body: KeyIn, running: Running, caller: Principal = allow("admin")) -> KeyCreated:
    """A key for another system, shown this once."""
    key_id, key = await api_keys.create_key(running, caller, name=body.name, branch_id=body.branch_id)
    return KeyCreated(id=key_id, key=key)


@router.get("/keys")
async def list_keys(
    running: Running,
    cursor: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    _: Principal = allow("auditor"),
) -> KeyPage:
    """Keys by id, with the prefix by which they are recognised; withdrawn ones too."""
    async with running.db.read() as tx:
        rows = await store.list_keys(tx, after=cursor or "", limit=limit)
    items = [KeyListed(**{field: getattr(row, field) for field in KeyListed.model_fields}) for row in rows]
    return KeyPage(items=items, next=rows[-1].id if len(rows) == limit else None)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(key_id: str, running: Running, caller: Principal = allow("admin")) -> None:
    """Withdraws a key; the other services notice within a minute."""
    await api_keys.revoke_key(running, caller, key_id)


@router.post("/introspect")
async def introspect(body: KeyAsked, running: Running, _: Principal = allow()) -> KeyAnswer:
    """For the other services: whose key this is, or 404."""
    async with running.db.read() as tx:
        known = await store.live_key(tx, domain.fingerprint(body.key.get_secret_value()))
    if known is None:
        raise NotFound("this key is unknown or was withdrawn")
    return KeyAnswer(subject=known.id, branch_id=known.branch_id)
