"""People and their enrolled phones."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, Query, Response

from kit.auth import Principal
from kit.routes import service_router
from kit.values import Id
from kit.web import Caller, allow, if_match
from services.accounts.api.wire import (
    DeviceIn,
    PeoplePage,
    PersonChange,
    PersonIn,
    PersonOut,
    Running,
    TokenList,
    TokenListed,
    TokenOut,
)
from services.accounts.domain import NewPerson, PersonRole, Scope
from services.accounts.store import people as store
from services.accounts.use_cases import people, tokens

router = service_router("accounts", tag="people")


@router.post("/people", status_code=201)
async def create_person(
    body: PersonIn, response: Response, running: Running, caller: Principal = allow("admin")
) -> PersonOut:
    """Creates a person. Without a login they come in by an enrolled phone only."""
    scope = Scope(branch_id=body.branch_id, station_id=body.station_id, engineer_id=body.engineer_id)
    password = body.password.get_secret_value() if body.password else None
    new = NewPerson(name=body.name, role=body.role, scope=scope, login=body.login, password=password)
    return _with_etag(response, await people.create_person(running, caller, new))


@router.get("/people")
async def list_people(
    running: Running,
    role: PersonRole | None = None,
    cursor: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    caller: Principal = allow("auditor", "dispatcher"),
) -> PeoplePage:
    """People by id; dispatchers see those of their branch."""
    branch_id = caller.branch_id if caller.role == "dispatcher" else None
    async with running.db.read() as tx:
        rows = await store.list_people(tx, branch_id=branch_id, role=role, after=cursor or "", limit=limit)
    return PeoplePage(items=[PersonOut.of(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


@router.get("/people/{person_id}")
async def read_person(person_id: str, response: Response, caller: Caller, running: Running) -> PersonOut:
    """One person: oneself, or whom one's role covers."""
    return _with_etag(response, await people.find_person(running, caller, person_id))


@router.patch("/people/{person_id}")
async def change_person(
    person_id: str,
    body: PersonChange,
    response: Response,
    running: Running,
    version: Annotated[int, Depends(if_match)],
    caller: Principal = allow("admin"),
) -> PersonOut:
    """Changes what is sent; needs If-Match. Unless it is only the name, the person must sign in again."""
    changed = await people.change_person(running, caller, person_id, body.changes(), version=version)
    return _with_etag(response, changed)


@router.delete("/people/{person_id}", status_code=204)
async def erase_person(person_id: str, running: Running, caller: Principal = allow("admin")) -> None:
    """Takes away access, name and login for good; the id stays in the journals."""
    await people.erase_person(running, caller, person_id)


@router.post("/people/{person_id}/tokens", status_code=201)
async def enrol_device(
    person_id: str, body: DeviceIn, running: Running, caller: Principal = allow("dispatcher")
) -> TokenOut:
    """A token of 30 days for a phone, shown this once."""
    return TokenOut.of(await tokens.enrol_device(running, caller, person_id, label=body.device))


@router.get("/people/{person_id}/tokens")
async def list_tokens(person_id: str, caller: Caller, running: Running) -> TokenList:
    """Sessions and phones that have not expired."""
    held = await tokens.live_tokens(running, caller, person_id)
    return TokenList(items=[TokenListed(**asdict(access)) for access in held])


def _with_etag(response: Response, row: Any) -> PersonOut:
    response.headers["ETag"] = f'"{row.version}"'
    return PersonOut.of(row)
