"""People: who they are, their role and scope, and erasing them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.auth import Principal
from kit.ids import new_id
from kit.journal import append
from kit.problems import Conflict, Invalid, NotFound, Stale
from services.accounts import domain
from services.accounts.context import Accounts
from services.accounts.domain import NewPerson, Scope
from services.accounts.facts import PersonChanged, PersonCreated
from services.accounts.store import people as store
from services.accounts.use_cases.tokens import revoke_all


class LoginTaken(Conflict):
    """This login or this engineer already belongs to somebody"""


async def create_person(context: Accounts, caller: Principal, new: NewPerson) -> Row[Any]:
    """Raises Invalid for a role without its scope, LoginTaken for a login or engineer that is somebody's already."""
    domain.check_scope(new.role, new.scope)
    password_hash = await _hash(context, new.password, login=new.login)
    async with context.db.transaction() as tx:
        return await insert_person(tx, new, password_hash, actor=caller.actor)


async def change_person(
    context: Accounts, caller: Principal, person_id: str, changes: Mapping[str, Any], *, version: int
) -> Row[Any]:
    """Changes name, role, scope, state, login or password; unless it is only the name, they must sign in again.

    Raises NotFound, Stale when `version` is not the present one, Invalid, LoginTaken or Conflict.
    """
    async with context.db.read() as tx:
        before = await _living(tx, person_id)
    values = dict(changes)
    login = values.get("login", before.login)
    if (password_hash := await _hash(context, values.pop("password", None), login=login)) is not None:
        values["password_hash"] = password_hash
    async with context.db.transaction() as tx:
        before = await _living(tx, person_id, lock=True)
        if before.version != version:
            raise Stale("somebody changed this person since you read it: read again")
        after = before._asdict() | values
        domain.check_scope(after["role"], Scope(**{field: after[field] for field in Scope.__slots__}))
        _keep_an_admin(caller, before, after)
        if not await store.change_person(tx, person_id, values):
            raise LoginTaken("this login or this engineer already belongs to somebody")
        fact = PersonChanged(person_id=person_id, fields=sorted(changes), role=after["role"], state=after["state"])
        await append(tx, fact, subject=person_id, actor=caller.actor)
        if set(changes) - {"name"}:
            await revoke_all(tx, person_id, now=context.clock.now(), actor=caller.actor)
        return await _living(tx, person_id)


async def erase_person(context: Accounts, caller: Principal, person_id: str) -> None:
    """Takes away access, name and login; the id stays, as journals name it. Raises NotFound or Conflict."""
    if person_id == caller.subject:
        raise Conflict("you cannot erase yourself: ask another admin")
    async with context.db.transaction() as tx:
        before = await _living(tx, person_id, lock=True)
        blank = {"name": "", "login": None, "password_hash": None, "engineer_id": None, "state": "erased"}
        await store.change_person(tx, person_id, blank)
        fact = PersonChanged(person_id=person_id, fields=["erased"], role=before.role, state="erased")
        await append(tx, fact, subject=person_id, actor=caller.actor)
        await revoke_all(tx, person_id, now=context.clock.now(), actor=caller.actor)


async def insert_person(tx: AsyncConnection, new: NewPerson, password_hash: str | None, *, actor: str) -> Row[Any]:
    """A new person, in the caller's transaction. Raises LoginTaken."""
    scope, person_id = asdict(new.scope), new_id()
    values = {"id": person_id, "name": new.name, "role": new.role, "login": new.login, "password_hash": password_hash}
    if not await store.add_person(tx, values | scope):
        owner = await store.owner_of(tx, login=new.login, engineer_id=new.scope.engineer_id)
        raise LoginTaken("this login or this engineer already belongs to somebody", person_id=owner)
    created = PersonCreated(person_id=person_id, role=new.role, **scope)
    await append(tx, created, subject=person_id, actor=actor)
    return await _living(tx, person_id)


async def find_person(context: Accounts, caller: Principal, person_id: str) -> Row[Any]:
    """Raises NotFound for people whom the caller may not see."""
    async with context.db.read() as tx:
        person = await _living(tx, person_id)
    if not domain.may_see(caller, subject=person.id, branch_id=person.branch_id):
        raise NotFound("there is no such person")
    return person


async def _hash(context: Accounts, password: str | None, *, login: str | None) -> str | None:
    if password is None:
        return None
    if login is None:
        raise Invalid("a password needs a login", pointer="/login")
    return await context.passwords.hash(domain.check_password(password, login=login))


async def _living(tx: AsyncConnection, person_id: str, *, lock: bool = False) -> Row[Any]:
    person = await store.person(tx, person_id, lock=lock)
    if person is None or person.state == "erased":
        raise NotFound("there is no such person")
    return person


def _keep_an_admin(caller: Principal, before: Row[Any], after: Mapping[str, Any]) -> None:
    """An admin cannot take the last key off themselves by accident: somebody else has to do it."""
    if before.id == caller.subject and (after["role"], after["state"]) != (before.role, before.state):
        raise Conflict("you cannot change your own role or state: ask another admin")
