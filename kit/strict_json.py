"""JSON bodies are read strictly before anything else sees them.

Python's reader takes NaN, 1e999, duplicate keys and lone surrogates; FastAPI then answers 500 to some of them. Here
they are refused with the reason, as are bodies that are too large or too deep.
"""

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.problems import NotJson, Problem, TooLarge

MAX_DEPTH = 64


class StrictJsonBodies:
    """ASGI middleware: refuses bad JSON bodies, passes on everything else untouched."""

    def __init__(self, app: ASGIApp, *, max_bytes: int):
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_json(Headers(scope=scope)):
            return await self._app(scope, receive, send)
        try:
            body = await self._read(receive)
            if body:
                check(body)
        except Problem as problem:
            answer = JSONResponse(problem.document(), problem.status, media_type="application/problem+json")
            return await answer(scope, receive, send)

        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return next(messages, None) or await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise NotJson("the connection ended in the middle of the body")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_bytes:
                raise TooLarge(f"the body is larger than {self._max_bytes} bytes: send it in parts")
            if not message.get("more_body", False):
                return b"".join(chunks)


def check(body: bytes) -> None:
    """Raises NotJson unless the body is one JSON value that every reader understands alike."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"the body is not UTF-8 (byte {error.start})") from error
    _check_depth(text)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise NotJson(f"the body is nested deeper than {MAX_DEPTH} levels") from error
    except ValueError as error:
        raise NotJson(f"a number is longer than can be read: {error}"[:200]) from error
    _check_texts(value)


def _is_json(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _check_depth(text: str) -> None:
    depth, inside, escaped = 0, False, False
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJson(f"the body is nested deeper than {MAX_DEPTH} levels")
        elif character in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJson(f"the field {twice!r} stands twice in one object")
    return found


def _no_constant(name: str) -> float:
    raise NotJson(f"{name} is not a JSON number: leave the field out or send a number")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise NotJson(f"{digits[:20]} is too large for a number")
    return value


def _check_texts(value: Any, pointer: str = "") -> None:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise NotJson(f"{pointer or 'the body'}: half of a surrogate pair is not text", pointer=pointer)
        if "\x00" in value:
            raise NotJson(f"{pointer or 'the body'}: the character U+0000 is not text", pointer=pointer)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_texts(name, pointer)
            _check_texts(member, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _check_texts(member, f"{pointer}/{index}")
