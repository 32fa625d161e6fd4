"""One way to build a service's HTTP application: tokens, strict JSON, problems, journal, health.

Nothing that a caller sends may end in a 500: bodies are read strictly before FastAPI sees them, and every refusal is a
problem document that names what, where and what to do.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from kit import journal
from kit.auth import Authenticator, Principal, Role, principal_of, require
from kit.client import NeighbourDown, NeighbourProblem
from kit.context import Context
from kit.db import Database
from kit.feed import Consumer, Subscription, event_to_wire, parked_events
from kit.loops import Loop, running
from kit.problems import (
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    PreconditionRequired,
    Problem,
    Stale,
    StorageFull,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unexpected,
    UnsupportedMedia,
)
from kit.strict_json import StrictJsonBodies

log = structlog.get_logger()
PROBLEM_JSON = "application/problem+json"
JOURNAL_PAGE = 500


def service_app(
    *,
    routers: Sequence[APIRouter],
    context: Context,
    subscriptions: Sequence[Subscription] = (),
    loops: Sequence[Loop] = (),
    max_body_bytes: int = 20_000_000,
) -> FastAPI:
    """The application of a service, all routes under `/{name}/v1`; `routers` carry paths below that prefix.

    While it runs it seals its journal, follows its `subscriptions` and runs its own `loops`.
    """

    @asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        async with running([*_standard_loops(context, subscriptions), *loops]):
            yield

    name = context.name
    prefix = f"/{name}/v1"
    app = FastAPI(
        title=f"Roadcall {name}",
        version="1",
        lifespan=run,
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    for router in [*routers, _journal_router(name)]:
        app.include_router(router, prefix=prefix, responses=_PROBLEM_RESPONSES)
    app.add_middleware(StrictJsonBodies, max_bytes=max_body_bytes)
    app.add_middleware(Authentication, authenticator=context.authenticator)
    answer_with_problems(app)
    return app


def _standard_loops(context: Context, subscriptions: Sequence[Subscription]) -> list[Loop]:
    consumers = [
        Consumer(
            db=context.db,
            client=getattr(context.clients, subscription.publisher),
            wakeups=context.wakeups,
            subscription=subscription,
        )
        for subscription in subscriptions
    ]
    return [journal.Sealer(context.db, context.wakeups).run, *(consumer.run for consumer in consumers)]


class Authentication:
    """Puts the principal on the request. Routes that need none (sign-in, signed links) just do not ask for it."""

    def __init__(self, app: ASGIApp, *, authenticator: Authenticator):
        self._app = app
        self._authenticator = authenticator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            if given := headers.get(b"authorization"):
                try:
                    behalf = headers.get(b"x-on-behalf-of")
                    principal = await self._authenticator.authenticate(given, behalf)
                except Problem as problem:
                    return await problem_answer(problem)(scope, receive, send)
                except (NeighbourDown, NeighbourProblem) as error:
                    return await problem_answer(_as_problem(error))(scope, receive, send)
                scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


async def principal(request: Request) -> Principal:
    """FastAPI dependency: the caller, or 401."""
    return principal_of(request)


Caller = Annotated[Principal, Depends(principal)]


def allow(*roles: Role) -> Any:
    """FastAPI dependency: the caller, or 401, or 403 unless it has one of the roles (services and admins always)."""

    async def check(request: Request) -> Principal:
        caller = principal_of(request)
        require(caller, *roles)
        return caller

    return Depends(check)


def context(request: Request) -> Any:
    """FastAPI dependency: the service's context."""
    return request.app.state.context


def if_match(request: Request) -> int:
    """FastAPI dependency: the version that the caller read. Raises PreconditionRequired without If-Match."""
    given = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if not given:
        raise PreconditionRequired("send If-Match with the ETag that you read, so that nobody's change is lost")
    if not given.isdecimal() or len(given) > 18:
        raise Stale("the If-Match header is not an ETag of ours: read the thing again")
    return int(given)


def problem_answer(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after is not None else {}
    if problem.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.document(), status_code=problem.status, headers=headers, media_type=PROBLEM_JSON)


def _journal_router(name: str) -> APIRouter:
    router = APIRouter(tags=["journal"])

    @router.get("/journal")
    async def read_journal(
        request: Request, after: int = 0, limit: int = JOURNAL_PAGE, _: Principal = allow("auditor")
    ) -> dict[str, Any]:
        """Sealed journal rows with seq > after, in order; `head` is the newest row's seq, whatever `after` is."""
        db: Database = request.app.state.context.db
        after, limit = max(0, min(after, 2**62)), max(1, min(limit, JOURNAL_PAGE))
        async with db.read() as tx:
            events = await journal.read(tx, publisher=name, after=after, limit=limit)
            newest = await journal.head(tx)
        return {"items": [event_to_wire(event) for event in events], "head": newest}

    @router.get("/journal/verification")
    async def verify_journal(request: Request, _: Principal = allow("auditor")) -> dict[str, Any]:
        """Whether the hash chain holds, and the first row where it does not."""
        db: Database = request.app.state.context.db
        async with db.read() as tx:
            return {"head": await journal.head(tx), "first_bad_seq": await journal.verify(tx)}

    @router.get("/parked-events")
    async def read_parked(request: Request, _: Principal = allow("auditor")) -> dict[str, Any]:
        """Events that this service could not apply, with the reason."""
        db: Database = request.app.state.context.db
        async with db.read() as tx:
            return {"items": await parked_events(tx)}

    return router


_PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "A problem document (RFC 9457)", "content": {PROBLEM_JSON: {}}},
}


def answer_with_problems(app: FastAPI) -> None:
    """Let every refusal and every failure of `app` be answered as a problem document."""

    async def on_problem(_: Request, error: Exception) -> Response:
        return problem_answer(_as_problem(error))

    async def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        return problem_answer(_from_validation(error))

    async def on_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        return problem_answer(_from_http(error))

    for known in (Problem, NeighbourDown, NeighbourProblem, DBAPIError, PoolTimeout, OSError, Exception):
        app.add_exception_handler(known, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, NeighbourProblem):
        return Unavailable(
            f"{error.service} refused what was asked of it: {error.problem.get('detail')}", retry_after=5
        )
    if isinstance(error, NeighbourDown):
        return Unavailable(f"{error.service} is out of reach, nothing was changed", retry_after=2)
    if isinstance(error, PoolTimeout):
        return Unavailable("the database is busy, nothing was changed", retry_after=2)
    if isinstance(error, DBAPIError):
        return _from_database(error)
    log.exception("unexpected", exc_info=error)
    return Unexpected("something went wrong on our side; it was logged")


def _from_database(error: DBAPIError) -> Problem:
    cause = error.orig
    if isinstance(cause, pg.DiskFull):
        return StorageFull("the database's disk is full: nothing was taken, try again later", retry_after=60)
    if isinstance(cause, pg.SerializationFailure | pg.DeadlockDetected | pg.LockNotAvailable):
        return Unavailable("two changes collided, nothing was changed", retry_after=1)
    if isinstance(cause, pg.DataError):
        return Invalid("a value is out of the range that can be stored")
    if isinstance(cause, pg.IntegrityError):
        name = getattr(cause.diag, "constraint_name", None)
        return Conflict("this contradicts what is already recorded", constraint=name)
    if isinstance(cause, pg.OperationalError | pg.InterfaceError):
        return Unavailable("the database is out of reach, nothing was taken", retry_after=2)
    log.exception("database", exc_info=error)
    return Unexpected("something went wrong on our side; it was logged")


def _from_validation(error: RequestValidationError) -> Problem:
    """Names each fault by JSON pointer and never echoes the input."""
    faults = [
        {"pointer": _pointer(fault["loc"]), "where": str(fault["loc"][0]), "detail": fault["msg"]}
        for fault in error.errors()[:50]
    ]
    first = faults[0]
    return Invalid(f"{first['pointer'] or first['where']}: {first['detail']}", pointer=first["pointer"], errors=faults)


def _pointer(location: Sequence[str | int]) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in location[1:])
    return "".join(f"/{step}" for step in steps)


def _from_http(error: HTTPException) -> Problem:
    kinds: dict[int, type[Problem]] = {
        401: Unauthenticated,
        403: Forbidden,
        404: NotFound,
        405: MethodNotAllowed,
        413: TooLarge,
        415: UnsupportedMedia,
    }
    kind = kinds.get(error.status_code, Invalid if error.status_code < 500 else Unexpected)
    return kind({404: "there is nothing at this address"}.get(error.status_code, str(error.detail)))
