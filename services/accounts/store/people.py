"""People, their sessions and tokens, API keys, signing keys, failed logins."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import ColumnElement, Row, delete, false, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.accounts.tables import api_keys, first_run, login_failures, people, signing_keys, tokens

# --- people -----------------------------------------------------------------------------------------------------


async def add_person(tx: AsyncConnection, values: dict[str, Any]) -> bool:
    """False when the login or the engineer is taken."""
    added = insert(people).values(values).on_conflict_do_nothing().returning(people.c.id)
    return (await tx.execute(added)).first() is not None


async def person(tx: AsyncConnection, person_id: str, *, lock: bool = False) -> Row[Any] | None:
    query = select(people).where(people.c.id == person_id)
    return (await tx.execute(query.with_for_update() if lock else query)).first()


async def person_by_login(tx: AsyncConnection, login: str) -> Row[Any] | None:
    return (await tx.execute(select(people).where(people.c.login == login))).first()


async def owner_of(tx: AsyncConnection, *, login: str | None, engineer_id: str | None) -> str | None:
    """The id of the person who has this login or is this engineer."""
    same_login = people.c.login == login if login is not None else false()
    same_engineer = people.c.engineer_id == engineer_id if engineer_id is not None else false()
    theirs = same_login | same_engineer
    return (await tx.scalars(select(people.c.id).where(theirs).order_by(people.c.id))).first()


async def list_people(
    tx: AsyncConnection, *, branch_id: str | None, role: str | None, after: str, limit: int
) -> Sequence[Row[Any]]:
    """People by id; `branch_id` None is everybody."""
    wanted: ColumnElement[bool] = (people.c.id > after) & (people.c.state != "erased")
    wanted &= people.c.branch_id == branch_id if branch_id is not None else true()
    wanted &= people.c.role == role if role is not None else true()
    return (await tx.execute(select(people).where(wanted).order_by(people.c.id).limit(limit))).all()


async def change_person(tx: AsyncConnection, person_id: str, values: dict[str, Any]) -> bool:
    """False when the login or the engineer is taken."""
    changed = update(people).where(people.c.id == person_id)
    try:
        async with tx.begin_nested():
            await tx.execute(changed.values(values | {"version": people.c.version + 1}))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            return False
        raise
    return True


async def anybody(tx: AsyncConnection) -> bool:
    return (await tx.execute(select(people.c.id).limit(1))).first() is not None


# --- tokens -----------------------------------------------------------------------------------------------------


async def add_token(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(tokens).values(values))


async def token(tx: AsyncConnection, jti: str) -> Row[Any] | None:
    """A token together with its owner's role and branch."""
    owner = select(tokens, people.c.role, people.c.branch_id).join(people).where(tokens.c.jti == jti)
    return (await tx.execute(owner)).first()


async def tokens_of(tx: AsyncConnection, person_id: str, now: datetime) -> Sequence[Row[Any]]:
    live = (tokens.c.person_id == person_id) & (tokens.c.expires_at > now)
    return (await tx.execute(select(tokens).where(live).order_by(tokens.c.issued_at))).all()


async def revoke(
    tx: AsyncConnection, now: datetime, *, jti: str | None = None, person_id: str | None = None
) -> Sequence[Row[Any]]:
    """Revokes one token or all of a person; gives the (jti, person_id) of those that were still good."""
    which = tokens.c.jti == jti if jti is not None else tokens.c.person_id == person_id
    good = which & tokens.c.revoked_at.is_(None) & (tokens.c.expires_at > now)
    revoked = update(tokens).where(good).values(revoked_at=now).returning(tokens.c.jti, tokens.c.person_id)
    return (await tx.execute(revoked)).all()


async def revocations(tx: AsyncConnection, now: datetime) -> Sequence[str]:
    """Tokens that were revoked and would still be good otherwise (a minute's grace for clocks that differ)."""
    still = tokens.c.revoked_at.is_not(None) & (tokens.c.expires_at > now - timedelta(minutes=1))
    return (await tx.scalars(select(tokens.c.jti).where(still).order_by(tokens.c.jti))).all()


# --- API keys ---------------------------------------------------------------------------------------------------


async def add_key(tx: AsyncConnection, values: dict[str, Any]) -> None:
    await tx.execute(insert(api_keys).values(values))


async def list_keys(tx: AsyncConnection, *, after: str, limit: int) -> Sequence[Row[Any]]:
    query = select(api_keys).where(api_keys.c.id > after).order_by(api_keys.c.id).limit(limit)
    return (await tx.execute(query)).all()


async def key(tx: AsyncConnection, key_id: str) -> Row[Any] | None:
    return (await tx.execute(select(api_keys).where(api_keys.c.id == key_id))).first()


async def revoke_key(tx: AsyncConnection, key_id: str, now: datetime) -> bool:
    """False when there is no such key or it is revoked already."""
    live = (api_keys.c.id == key_id) & api_keys.c.revoked_at.is_(None)
    return (await tx.execute(update(api_keys).where(live).values(revoked_at=now))).rowcount == 1


async def live_key(tx: AsyncConnection, secret_hash: str) -> Row[Any] | None:
    live = (api_keys.c.secret_hash == secret_hash) & api_keys.c.revoked_at.is_(None)
    return (await tx.execute(select(api_keys).where(live))).first()


# --- signing keys and first run -----------------------------------------------------------------------------------


async def private_keys(tx: AsyncConnection) -> Sequence[dict[str, Any]]:
    """Private JWKs, newest first."""
    newest = select(signing_keys.c.private_jwk).order_by(signing_keys.c.created_at.desc())
    return (await tx.scalars(newest)).all()


async def keep_first_signing_key(tx: AsyncConnection, kid: str, private_jwk: dict[str, Any]) -> None:
    """Keeps this key if there is none yet; of several replicas that start at once the first one wins."""
    await tx.execute(text("LOCK TABLE signing_keys IN EXCLUSIVE MODE"))
    if not await private_keys(tx):
        await tx.execute(insert(signing_keys).values(kid=kid, private_jwk=private_jwk))


async def offer_first_run(tx: AsyncConnection, token_hash: str) -> None:
    """Makes this token the one that the first admin is made with."""
    offered = insert(first_run).values(one=1, token_hash=token_hash)
    fresh = {"token_hash": token_hash, "made_at": func.now()}
    await tx.execute(offered.on_conflict_do_update(index_elements=["one"], set_=fresh))


async def use_first_run(tx: AsyncConnection, token_hash: str, now: datetime) -> bool:
    """True for the right token, once."""
    unused = (first_run.c.token_hash == token_hash) & first_run.c.used_at.is_(None)
    return (await tx.execute(update(first_run).where(unused).values(used_at=now))).rowcount == 1


async def first_run_hash(tx: AsyncConnection) -> str | None:
    return (await tx.scalars(select(first_run.c.token_hash))).first()


# --- failed logins ------------------------------------------------------------------------------------------------


async def lock_failures(tx: AsyncConnection, buckets: Sequence[str], now: datetime) -> dict[str, tuple[int, datetime]]:
    """Failures and the time of the last one by bucket; other attempts of these buckets wait until we are done."""
    ordered = sorted(buckets)
    new = [{"bucket": bucket, "failures": 0, "last_at": now} for bucket in ordered]
    await tx.execute(insert(login_failures).on_conflict_do_nothing(), new)
    mine = select(login_failures).where(login_failures.c.bucket.in_(ordered)).order_by(login_failures.c.bucket)
    return {row.bucket: (row.failures, row.last_at) for row in await tx.execute(mine.with_for_update())}


async def set_failures(tx: AsyncConnection, bucket: str, failures: int, now: datetime) -> None:
    row = update(login_failures).where(login_failures.c.bucket == bucket)
    await tx.execute(row.values(failures=failures, last_at=now))


async def take_back_failure(tx: AsyncConnection, bucket: str) -> None:
    """One attempt turned out right: it does not count."""
    mine = update(login_failures).where(login_failures.c.bucket == bucket)
    await tx.execute(mine.values(failures=func.greatest(login_failures.c.failures - 1, 0)))


async def clear_failures(tx: AsyncConnection, bucket: str, *, before: datetime) -> None:
    """Forgets one bucket, and a handful of others that have been quiet since `before`."""
    await tx.execute(delete(login_failures).where(login_failures.c.bucket == bucket))
    quiet = select(login_failures.c.bucket).where(login_failures.c.last_at < before).limit(100)
    old = quiet.with_for_update(skip_locked=True)
    await tx.execute(delete(login_failures).where(login_failures.c.bucket.in_(old)))
