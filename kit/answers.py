"""Every refusal and every failure as a problem document that names what, where and what to do (RFC 9457)."""

import errno
from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg import errors as pg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from kit.client import NeighbourDown, NeighbourProblem
from kit.problems import (
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    StorageFull,
    TooLarge,
    TooSlow,
    Unauthenticated,
    Unavailable,
    Unexpected,
    UnsupportedMedia,
    pointer_of,
)

log = structlog.get_logger()
PROBLEM_JSON = "application/problem+json"
MOST_FAULTS = 50


def problem_answer(problem: Problem) -> Response:
    """The problem as an HTTP answer."""
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.document(), status_code=problem.status, headers=headers, media_type=PROBLEM_JSON)


def answer_with_problems(app: FastAPI) -> None:
    """Let every refusal and every failure of `app` be answered as a problem document."""

    async def on_problem(_: Request, error: Exception) -> Response:
        return problem_answer(as_problem(error))

    async def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
        return problem_answer(_from_validation(error))

    async def on_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        answer = problem_answer(_from_http(error))
        answer.headers.update(error.headers or {})  # a 405 says which methods there are
        return answer

    for known in (Problem, NeighbourDown, NeighbourProblem, DBAPIError, PoolTimeout, OSError, Exception):
        app.add_exception_handler(known, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def as_problem(error: Exception) -> Problem:
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
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("the disk is full: nothing was taken, try again later", retry_after=60)
    if isinstance(error, TimeoutError):
        return Unavailable("this took too long and was given up, nothing was changed", retry_after=2)
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


def invalid_of(error: ValidationError) -> Invalid:
    """What a model says about a body that FastAPI does not read itself, such as a form."""
    fault = error.errors()[0]
    pointer = pointer_of(fault["loc"])
    return Invalid(f"{pointer or 'body'}: {_detail(fault)}", pointer=pointer)


def _from_validation(error: RequestValidationError) -> Problem:
    """Names each fault by JSON pointer and never echoes the input."""
    faults = [
        {"pointer": _pointer(fault, error.body), "where": str(fault["loc"][0]), "detail": _detail(fault)}
        for fault in error.errors()[:MOST_FAULTS]
    ]
    first = faults[0]
    return Invalid(f"{first['pointer'] or first['where']}: {first['detail']}", pointer=first["pointer"], errors=faults)


def _detail(fault: Mapping[str, Any]) -> str:
    """The fault in words; pydantic's own quote the caller's text in one case."""
    if fault["type"] == "union_tag_invalid":
        return f"{fault['ctx']['discriminator']} must be one of {fault['ctx']['expected_tags']}"
    return str(fault["msg"])


def _pointer(fault: Mapping[str, Any], body: Any) -> str:
    """Where in the body; pydantic's own location also names the alternatives that it tried there."""
    where, *location = fault["loc"]
    if where != "body":
        return pointer_of(location)
    steps: list[str | int] = []
    for step in location:
        there = _member(body, step)
        if there is not _NOT_THERE or (fault["type"] == "missing" and step == location[-1]):
            steps.append(step)
            body = there
    return pointer_of(steps)


_NOT_THERE = object()


def _member(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _NOT_THERE)
    inside = isinstance(value, list) and isinstance(step, int) and step < len(value)
    return value[step] if inside else _NOT_THERE


def _from_http(error: HTTPException) -> Problem:
    kinds: dict[int, type[Problem]] = {
        401: Unauthenticated,
        403: Forbidden,
        404: NotFound,
        405: MethodNotAllowed,
        408: TooSlow,
        413: TooLarge,
        415: UnsupportedMedia,
    }
    kind = kinds.get(error.status_code, Invalid if error.status_code < 500 else Unexpected)
    return kind({404: "there is nothing at this address"}.get(error.status_code, str(error.detail)))
