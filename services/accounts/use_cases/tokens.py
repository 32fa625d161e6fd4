"""Bearer tokens: sessions of people, month-long ones of enrolled phones, and taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, NotFound
from services.accounts import domain
from services.accounts.context import Accounts
from services.accounts.domain import TokenKind
from services.accounts.facts import TokenIssued
from services.accounts.signing import Signer
from services.accounts.store import devices
from services.accounts.store import people as store
from services.messages import DeviceRevoked, TokenRevoked

CLOCKS_APART = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A bearer token, shown this once."""

    token: str
    jti: str
    expires_at: datetime


async def issue(
    tx: AsyncConnection, signer: Signer, person: Row[Any], *, kind: TokenKind, label: str, now: datetime, actor: str
) -> IssuedToken:
    """A new token of a person, in the caller's transaction."""
    life, jti = domain.LIFE[kind], new_id()
    row = {"jti": jti, "person_id": person.id, "kind": kind, "label": label, "issued_at": now, "expires_at": now + life}
    await store.add_token(tx, row)
    await append(tx, TokenIssued(person_id=person.id, jti=jti, token_kind=kind), subject=person.id, actor=actor)
    principal = Principal(
        subject=person.id,
        role=person.role,
        branch_id=person.branch_id,
        station_id=person.station_id,
        engineer_id=person.engineer_id,
    )
    token = signer.sign(principal, token_id=jti, issued=now, life=life)
    return IssuedToken(token=token, jti=jti, expires_at=now + life)


async def enrol_device(context: Accounts, caller: Principal, person_id: str, *, label: str) -> IssuedToken:
    """A token for a person's phone. Raises NotFound for people whom the caller may not enrol."""
    signer = await context.signing.signer()
    async with context.db.transaction() as tx:
        person = await store.person(tx, person_id, lock=True)
        if person is None or not domain.may_enrol(caller, role=person.role, branch_id=person.branch_id):
            raise NotFound("there is no such person")
        if person.state != "active":
            raise Conflict(f"this person is {person.state}")
        now = context.clock.now()
        return await issue(tx, signer, person, kind="device", label=label, now=now, actor=caller.actor)


async def revoke(context: Accounts, caller: Principal, jti: str) -> None:
    """Takes one token or one phone back: one's own, or of somebody whom the caller may enrol. Again is no error."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        token = await store.token(tx, jti) or await devices.device(tx, jti)
        if token is None or not (
            token.person_id == caller.subject or domain.may_enrol(caller, role=token.role, branch_id=token.branch_id)
        ):
            raise NotFound("there is no such token")
        await _revoked(tx, await store.revoke(tx, now, jti=jti), actor=caller.actor)
        await _withdrawn(tx, await devices.revoke(tx, now, device_id=jti), actor=caller.actor)


async def revoke_all(tx: AsyncConnection, person_id: str, *, now: datetime, actor: str) -> None:
    """Takes back every token and every phone of a person, in the caller's transaction."""
    await _revoked(tx, await store.revoke(tx, now, person_id=person_id), actor=actor)
    await _withdrawn(tx, await devices.revoke(tx, now, person_id=person_id), actor=actor)


async def withdrawn_ids(context: Accounts) -> list[str]:
    """Ids of tokens that would still be good, and of phones whose last access token may be (by whichever clock)."""
    now = context.clock.now()
    async with context.db.read() as tx:
        tokens = await store.revocations(tx, now)
        phones = await devices.revoked_after(tx, now - domain.ACCESS_LIFE - CLOCKS_APART)
    return [*tokens, *phones]


@dataclass(frozen=True, slots=True)
class Access:
    """How somebody can come in: a session, or a phone with a token or a key of its own."""

    token_id: str
    kind: TokenKind
    device: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


async def live_tokens(context: Accounts, caller: Principal, person_id: str) -> list[Access]:
    """What of a person has not expired. Raises NotFound for people whom the caller may not see."""
    now = context.clock.now()
    async with context.db.read() as tx:
        person = await store.person(tx, person_id)
        if person is None or not domain.may_see(caller, subject=person.id, branch_id=person.branch_id):
            raise NotFound("there is no such person")
        tokens = await store.tokens_of(tx, person_id, now)
        phones = await devices.of_person(tx, person_id, used_after=now - domain.REFRESH_LIFE)
    held = [Access(row.jti, row.kind, row.label, row.issued_at, row.expires_at, row.revoked_at) for row in tokens]
    return held + [
        Access(row.id, "device", row.label, row.enrolled_at, row.last_used_at + domain.REFRESH_LIFE, row.revoked_at)
        for row in phones
    ]


async def _revoked(tx: AsyncConnection, rows: Sequence[Row[Any]], *, actor: str) -> None:
    for row in rows:
        await append(tx, TokenRevoked(person_id=row.person_id, jti=row.jti), subject=row.person_id, actor=actor)


async def _withdrawn(tx: AsyncConnection, rows: Sequence[Row[Any]], *, actor: str) -> None:
    for row in rows:
        fact = DeviceRevoked(person_id=row.person_id, device_id=row.id, reason="withdrawn")
        await append(tx, fact, subject=row.person_id, actor=actor)
