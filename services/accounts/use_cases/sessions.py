"""Signing in by password: uniform answers, and pauses that grow with each failure but lock nobody out for good."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.journal import append
from kit.problems import Invalid, NotFound, TooManyRequests, Unauthenticated
from services.accounts import domain
from services.accounts.context import Accounts
from services.accounts.facts import PersonChanged
from services.accounts.store import people as store
from services.accounts.use_cases.tokens import IssuedToken, issue, revoke_all

WRONG = "login or password is wrong"


async def sign_in(context: Accounts, *, login: str, password: str, address: str) -> IssuedToken:
    """A session for the right password.

    Every wrong attempt looks and takes the same, whether the login exists or not. Raises Unauthenticated, or
    TooManyRequests with the seconds to wait.
    """
    signer = await context.signing.signer()
    buckets = domain.buckets(login=login, address=address)
    await count_attempt(context, buckets)
    async with context.db.read() as tx:
        person = await store.person_by_login(tx, login)
    right = await context.passwords.matches(person.password_hash if person else None, password)
    if person is None or not right or person.state != "active":
        raise Unauthenticated(WRONG)
    async with context.db.transaction() as tx:
        now = context.clock.now()
        await forgive(tx, buckets, now=now)
        # Between the two transactions an admin may have disabled the person or changed the password.
        current = await store.person(tx, person.id, lock=True)
        if current is None or (current.state, current.password_hash) != ("active", person.password_hash):
            raise Unauthenticated(WRONG)
        actor = f"{current.role}:{current.id}"
        return await issue(tx, signer, current, kind="session", label="", now=now, actor=actor)


async def change_own_password(context: Accounts, caller: Principal, *, current: str, new: str, address: str) -> None:
    """Changes the caller's password and signs them out everywhere. Raises Invalid for a wrong current one."""
    async with context.db.read() as tx:
        person = await store.person(tx, caller.subject)
    if person is None or person.login is None:
        raise NotFound("you have no password")
    normal = domain.check_password(new, login=person.login)
    buckets = domain.buckets(login=person.login, address=address)
    await count_attempt(context, buckets)
    if not await context.passwords.matches(person.password_hash, current):
        raise Invalid("this is not your present password", pointer="/current")
    password_hash = await context.passwords.hash(normal)
    async with context.db.transaction() as tx:
        now = context.clock.now()
        await forgive(tx, buckets, now=now)
        await store.change_person(tx, person.id, {"password_hash": password_hash})
        changed = PersonChanged(person_id=person.id, fields=["password"], role=person.role, state=person.state)
        await append(tx, changed, subject=person.id, actor=caller.actor)
        await revoke_all(tx, person.id, now=now, actor=caller.actor)


async def count_attempt(context: Accounts, buckets: Mapping[str, str]) -> None:
    """Counts the attempt as failed before it is looked at, so that many at once cannot slip through."""
    now = context.clock.now()
    async with context.db.transaction() as tx:
        known = await store.lock_failures(tx, list(buckets.values()), now)
        waits = [
            domain.wait_before_login(
                failures=known[bucket][0], since_last=now - known[bucket][1], free=domain.FREE_FAILURES[name]
            )
            for name, bucket in buckets.items()
        ]
        wait_s = max(waits).total_seconds()
        if wait_s > 0:
            raise TooManyRequests("too many failed logins: wait, then try again", retry_after=int(wait_s) + 1)
        for bucket, (failures, last_at) in known.items():
            forgotten = now - last_at >= domain.FORGOTTEN_AFTER
            await store.set_failures(tx, bucket, 1 if forgotten else failures + 1, now)


async def forgive(tx: AsyncConnection, buckets: Mapping[str, str], *, now: datetime) -> None:
    """The attempt was right: the person starts afresh, and their address is not blamed for it."""
    await store.lock_failures(tx, list(buckets.values()), now)
    await store.take_back_failure(tx, buckets["address"])
    await store.clear_failures(tx, buckets["person"], before=now - domain.FORGOTTEN_AFTER)
