"""The first admin: made with a token that is printed once, so that there is no default password."""

import asyncio
from pathlib import Path

from kit.files import write_private
from kit.problems import Unauthenticated
from services.accounts import domain
from services.accounts.context import Accounts
from services.accounts.domain import NewPerson, Scope
from services.accounts.store import people as store
from services.accounts.use_cases.people import insert_person
from services.accounts.use_cases.tokens import IssuedToken, issue


async def offer_first_run(context: Accounts) -> None:
    """On a network without people, leaves a token for the first admin in `context.first_run_file` (mode 600).

    Where there are people there is no such file. A token that was left there before stays good.
    """
    file = context.first_run_file
    async with context.db.transaction() as tx:
        if await store.anybody(tx):
            await asyncio.to_thread(file.unlink, missing_ok=True)
            return
        token = await asyncio.to_thread(_read, file)
        if domain.fingerprint(token) != await store.first_run_hash(tx):
            token = domain.new_secret()
            await store.offer_first_run(tx, domain.fingerprint(token))
            await asyncio.to_thread(write_private, file, token)


async def first_admin(context: Accounts, *, token: str, name: str, login: str, password: str) -> IssuedToken:
    """Makes the first admin and signs them in. Raises Unauthenticated for a wrong or used token."""
    signer = await context.signing.signer()
    normal = domain.check_password(password, login=login)
    async with context.db.read() as tx:
        if await store.first_run_hash(tx) != domain.fingerprint(token):
            raise Unauthenticated("this first-run token is wrong or was used already")
    password_hash = await context.passwords.hash(normal)
    async with context.db.transaction() as tx:
        if not await store.use_first_run(tx, domain.fingerprint(token), context.clock.now()):
            raise Unauthenticated("this first-run token is wrong or was used already")
        new = NewPerson(name=name, role="admin", scope=Scope(), login=login)
        person = await insert_person(tx, new, password_hash, actor="first-run")
        now = context.clock.now()
        issued = await issue(tx, signer, person, kind="session", label="first run", now=now, actor="first-run")
    await asyncio.to_thread(context.first_run_file.unlink, missing_ok=True)
    return issued


def _read(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""
