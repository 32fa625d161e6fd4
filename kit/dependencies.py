"""What a route may ask for: the caller, the service's context, the version that the caller read.

All are coroutines, also those that wait for nothing: FastAPI calls plain functions in another thread, which costs more
than they do.
"""

from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer

from kit.auth import Principal, Role, principal_of, require
from kit.problems import PreconditionRequired, Stale

_TOKEN = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token of a person or a device, or an API key (`rk_…`)"
)
"""Only for the OpenAPI document: the middleware has judged the token before."""


async def principal(request: Request, _: Annotated[object, Depends(_TOKEN)]) -> Principal:
    """FastAPI dependency: the caller, or 401."""
    return principal_of(request)


Caller = Annotated[Principal, Depends(principal)]


def allow(*roles: Role) -> Any:
    """FastAPI dependency: the caller, or 401, or 403 unless it has one of the roles (services and admins always)."""

    async def check(request: Request, _: Annotated[object, Depends(_TOKEN)]) -> Principal:
        caller = principal_of(request)
        require(caller, *roles)
        return caller

    return Depends(check)


async def context(request: Request) -> Any:
    """FastAPI dependency: the service's context."""
    return request.app.state.context


async def if_match(request: Request, if_match: Annotated[str | None, Header()] = None) -> int:
    """FastAPI dependency: the version that the caller read. Raises PreconditionRequired without If-Match."""
    principal_of(request)  # a stranger is told that first
    given = (if_match or "").strip().removeprefix("W/").strip('"')
    if not given:
        raise PreconditionRequired("send If-Match with the ETag that you read, so that nobody's change is lost")
    if not given.isdecimal() or len(given) > 18:
        raise Stale("the If-Match header is not an ETag of ours: read the thing again")
    return int(given)
