"""First run, signing in, and what one may do with one's own access."""

from typing import Any

from fastapi import Request

from kit.auth import Principal
from kit.problems import Unauthenticated
from kit.routes import service_router
from kit.web import Caller, allow
from services.accounts.api.wire import FirstAdmin, FirstRun, Me, PasswordChange, Revocations, Running, SignIn, TokenOut
from services.accounts.store import people as store
from services.accounts.use_cases import first_run, sessions, tokens

router = service_router("accounts", tag="sessions")


@router.get("/first-run")
async def is_first_run(running: Running) -> FirstRun:
    """Whether this network still waits for its first admin; open to everybody."""
    async with running.db.read() as tx:
        return FirstRun(open=not await store.anybody(tx))


@router.post("/first-run", status_code=201)
async def make_first_admin(body: FirstAdmin, running: Running) -> TokenOut:
    """Makes the first admin with the token that was printed when the network was new; works once."""
    issued = await first_run.first_admin(
        running,
        token=body.token.get_secret_value(),
        name=body.name,
        login=body.login,
        password=body.password.get_secret_value(),
    )
    return TokenOut.of(issued)


@router.post("/sessions", status_code=201)
async def sign_in(body: SignIn, request: Request, running: Running) -> TokenOut:
    """A session of 12 hours for login and password; 429 with Retry-After after too many failures."""
    password = body.password.get_secret_value()
    return TokenOut.of(
        await sessions.sign_in(running, login=body.login, password=password, address=address_of(request))
    )


@router.get("/me")
async def who_am_i(caller: Caller, running: Running) -> Me:
    """Who the caller is, with role and scope."""
    async with running.db.read() as tx:
        if caller.role == "system":
            known = await store.key(tx, caller.subject)
        else:
            known = await store.person(tx, caller.subject)
    if known is None and caller.role != "service":
        raise Unauthenticated("whoever this token was for is no longer known: sign in again")
    return Me(
        subject=caller.subject,
        role=caller.role,
        name=known.name if known is not None else caller.subject,
        branch_id=caller.branch_id,
        station_id=caller.station_id,
        engineer_id=caller.engineer_id,
    )


@router.post("/me/password", status_code=204)
async def change_password(body: PasswordChange, request: Request, caller: Caller, running: Running) -> None:
    """Changes one's own password; every session and phone of one's own has to sign in again."""
    current, new = body.current.get_secret_value(), body.new.get_secret_value()
    await sessions.change_own_password(running, caller, current=current, new=new, address=address_of(request))


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, caller: Caller, running: Running) -> None:
    """Signs out: one's own token, or (admins, dispatchers of the branch) that of a lost phone."""
    await tokens.revoke(running, caller, token_id)


@router.get("/revocations")
async def revocations(running: Running, _: Principal = allow()) -> Revocations:
    """For the other services, which fetch it at least once a minute."""
    return Revocations(token_ids=await tokens.withdrawn_ids(running))


@router.get("/jwks")
async def jwks(running: Running) -> dict[str, Any]:
    """The public keys that verify tokens (RFC 7517); open to everybody."""
    return await running.signing.public_keys()


def address_of(request: Request) -> str:
    """Where the request comes from, as failed attempts are counted by."""
    return request.client.host if request.client else ""
