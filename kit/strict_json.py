"""JSON bodies are read strictly before anything else sees them.

Python's reader takes NaN, 1e999, duplicate keys and lone surrogates; FastAPI then answers 500 to some of them. Here
they are refused with the reason, as are bodies that are too large, too deep or never end.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from math import isinf
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.problems import NotJson, Problem, TooLarge, TooSlow, pointer_of

MAX_DEPTH = 64
ANONYMOUS_BYTES = 100_000
"""What somebody without a token may send: enough to sign in or to follow a signed link."""
STALL_S = 30.0
"""A body of which nothing came for so long is given up."""
LONG_BYTES = 200_000
"""Longer bodies are checked in a thread, so that other requests go on."""

_PERHAPS_NOT_TEXT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_PERHAPS_INFINITE = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{200}")
_NOT_TEXT = re.compile("[\ud800-\udfff\x00]")


class StrictJsonBodies:
    """ASGI middleware: refuses bad JSON bodies and bodies that are too large, passes on everything else untouched."""

    def __init__(self, app: ASGIApp, *, max_bytes: int):
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        known = "principal" in scope.get("state", {})
        body = _Body(receive, limit=self._max_bytes if known else min(ANONYMOUS_BYTES, self._max_bytes))
        headers = Headers(scope=scope)
        try:
            body.announced(headers.get("content-length", ""))
            if not _is_json(headers):
                return await self._app(scope, body.receive, send)
            content = await body.whole()
            if len(content) > LONG_BYTES:
                await asyncio.to_thread(check, content)
            elif content:
                check(content)
        except Problem as problem:
            answer = JSONResponse(problem.document(), problem.status, media_type="application/problem+json")
            return await answer(scope, receive, send)

        messages = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def replay() -> Message:
            return next(messages, None) or await receive()

        await self._app(scope, replay, send)


class _Body:
    """A body on its way in: counted, and given up when it stalls."""

    def __init__(self, receive: Receive, *, limit: int):
        self._receive = receive
        self._limit = limit
        self._size = 0
        self._ended = False

    def announced(self, length: str) -> None:
        """Raises TooLarge for a Content-Length beyond the limit."""
        if length.isdecimal() and (len(length) > 18 or int(length) > self._limit):
            raise self._too_large()

    async def whole(self) -> bytes:
        """Everything. Raises TooLarge, TooSlow, and NotJson when the connection ends before the body."""
        chunks: list[bytes] = []
        while not self._ended:
            message = await self._next()
            if message["type"] == "http.disconnect":
                raise NotJson("the connection ended in the middle of the body")
            chunks.append(message.get("body", b""))
        return b"".join(chunks)

    async def receive(self) -> Message:
        """For the application's own reading; FastAPI lets HTTPException through and hides every other reason."""
        try:
            return await self._next()
        except Problem as problem:
            raise HTTPException(problem.status, problem.detail) from problem

    async def _next(self) -> Message:
        if self._ended:  # what follows is the end of the connection, which may take its time
            return await self._receive()
        try:
            async with asyncio.timeout(STALL_S):
                message = await self._receive()
        except TimeoutError:
            raise TooSlow(f"nothing of the body came for {STALL_S:.0f} s: send it again") from None
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise self._too_large()
        self._ended = not message.get("more_body", False)
        return message

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._limit} bytes: send it in parts")


def check(body: bytes) -> None:
    """Raises NotJson unless the body is one JSON value that every reader understands alike."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"the body is not UTF-8 (byte {error.start})") from error
    reader = _Reader()
    finite = reader.finite if _PERHAPS_INFINITE.search(body) else None
    try:
        value = json.loads(text, object_pairs_hook=reader.unique, parse_constant=reader.constant, parse_float=finite)
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise NotJson(f"the body is nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:
        raise NotJson(f"a number is longer than can be read: {error}"[:200]) from error
    _check_depth(value)
    if reader.found_faults or _PERHAPS_NOT_TEXT.search(body):
        _check_values(value, ())


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        inside = (node.values() if isinstance(node, dict) else node for node in level)
        level = [child for children in inside for child in children if isinstance(child, (dict, list))]
    if level:
        raise NotJson(f"the body is nested deeper than {MAX_DEPTH} levels")


@dataclass(frozen=True, slots=True)
class _Fault:
    """Stands in a value for what no reader should take, so that its place can be told; `field` is one inside of it."""

    why: str
    field: tuple[str, ...] = ()


class _Reader:
    """The hooks of Python's reader, which know what they read and not where."""

    def __init__(self) -> None:
        self.found_faults = False

    def unique(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        return self._fault("the field stands twice in one object", twice)

    def constant(self, name: str) -> _Fault:
        return self._fault(f"{name} is not a JSON number: leave the field out or send a number")

    def finite(self, digits: str) -> float | _Fault:
        value = float(digits)
        return self._fault(f"{digits[:20]} is too large for a number") if isinf(value) else value

    def _fault(self, why: str, *field: str) -> _Fault:
        self.found_faults = True
        return _Fault(why, field)


def _check_values(value: Any, path: tuple[str | int, ...]) -> None:
    """Raises NotJson with the pointer to what no reader should take."""
    if isinstance(value, _Fault):
        for name in value.field:
            _check_values(name, path)
        raise _at((*path, *value.field), value.why)
    if isinstance(value, str):
        if (found := _NOT_TEXT.search(value)) is not None:
            what = "the character U+0000" if found[0] == "\x00" else "half of a surrogate pair"
            raise _at(path, f"{what} is not text")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_values(name, path)
            _check_values(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _check_values(member, (*path, index))


def _at(path: tuple[str | int, ...], why: str) -> NotJson:
    pointer = pointer_of(path)
    return NotJson(f"{pointer or 'the body'}: {why}", pointer=pointer)
