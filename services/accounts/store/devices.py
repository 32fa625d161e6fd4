"""Enrolled phones: their one-time codes, keys, refresh tokens and the proofs that were seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.accounts.tables import authorizations, devices, enrolments, people, proofs_seen, refresh_tokens

Record = dict[str, Any]


async def add_enrolment(tx: AsyncConnection, values: Record) -> None:
    await tx.execute(insert(enrolments).values(values))


async def claim_enrolment(tx: AsyncConnection, code_hash: str, *, jkt: str, now: datetime) -> str | None:
    """The person of a live code, which from now on serves this key only; None for any other code or key."""
    free = enrolments.c.jkt.is_(None) | (enrolments.c.jkt == jkt)
    live = (enrolments.c.code_hash == code_hash) & (enrolments.c.expires_at > now) & free
    claimed = update(enrolments).where(live).values(jkt=jkt).returning(enrolments.c.person_id)
    return (await tx.scalars(claimed)).first()


async def add_authorization(tx: AsyncConnection, values: Record) -> None:
    await tx.execute(insert(authorizations).values(values))


async def take_authorization(tx: AsyncConnection, code_hash: str, now: datetime) -> Row[Any] | None:
    """The authorization of a live code, which is spent by this."""
    live = (authorizations.c.code_hash == code_hash) & (authorizations.c.expires_at > now)
    return (await tx.execute(delete(authorizations).where(live).returning(authorizations))).first()


async def enrol(tx: AsyncConnection, values: Record) -> Row[Any]:
    """The person's device with this key: a new one, or the one that they have already."""
    await tx.execute(insert(devices).values(values).on_conflict_do_nothing())
    same = (devices.c.person_id == values["person_id"]) & (devices.c.jkt == values["jkt"])
    return (await tx.execute(select(devices).where(same).with_for_update())).one()


async def of_refresh_token(tx: AsyncConnection, token_hash: str, now: datetime) -> Row[Any] | None:
    """The live device of a live refresh token, locked, with the token's `generation`; None when there is none."""
    joined = select(devices, refresh_tokens.c.generation).join(refresh_tokens)
    live = devices.c.revoked_at.is_(None) & (refresh_tokens.c.expires_at > now)
    mine = joined.where(refresh_tokens.c.token_hash == token_hash, live)
    return (await tx.execute(mine.with_for_update(of=devices))).first()


async def use(tx: AsyncConnection, device_id: str, *, generation: int, now: datetime) -> None:
    """A refresh token of this generation was used; those before the one before it are forgotten half a year later."""
    used = {"used_generation": generation, "last_used_at": now}
    await tx.execute(update(devices).where(devices.c.id == device_id).values(used))
    await tx.execute(delete(refresh_tokens).where(refresh_tokens.c.expires_at < now))


async def add_refresh_token(tx: AsyncConnection, values: Record) -> None:
    await tx.execute(insert(refresh_tokens).values(values))


async def device(tx: AsyncConnection, device_id: str) -> Row[Any] | None:
    """A device with its owner's role and branch."""
    owner = select(devices, people.c.role, people.c.branch_id).join(people).where(devices.c.id == device_id)
    return (await tx.execute(owner)).first()


async def of_person(tx: AsyncConnection, person_id: str, *, used_after: datetime) -> Sequence[Row[Any]]:
    mine = (devices.c.person_id == person_id) & (devices.c.last_used_at > used_after)
    return (await tx.execute(select(devices).where(mine).order_by(devices.c.enrolled_at))).all()


async def revoke(
    tx: AsyncConnection, now: datetime, *, device_id: str | None = None, person_id: str | None = None
) -> Sequence[Row[Any]]:
    """Withdraws one device or all of a person; gives the (id, person_id) of those that were still good."""
    which = devices.c.id == device_id if device_id is not None else devices.c.person_id == person_id
    good = which & devices.c.revoked_at.is_(None)
    gone = update(devices).where(good).values(revoked_at=now).returning(devices.c.id, devices.c.person_id)
    return (await tx.execute(gone)).all()


async def revoked_after(tx: AsyncConnection, instant: datetime) -> Sequence[str]:
    """Devices that were withdrawn after this."""
    return (await tx.scalars(select(devices.c.id).where(devices.c.revoked_at > instant).order_by(devices.c.id))).all()


async def first_sight(tx: AsyncConnection, proof_hash: str, *, expires_at: datetime, now: datetime) -> bool:
    """Whether this proof was never seen before. Those that have expired are forgotten by the way."""
    await tx.execute(delete(proofs_seen).where(proofs_seen.c.expires_at < now))
    seen = insert(proofs_seen).values(proof_hash=proof_hash, expires_at=expires_at).on_conflict_do_nothing()
    return (await tx.execute(seen.returning(proofs_seen.c.proof_hash))).first() is not None
