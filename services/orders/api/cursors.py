"""Cursors of lists: the key of the last row, so that pages stay whole while rows come and go."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from kit.problems import Invalid


def encode(key: list[Any]) -> str:
    """A key as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode(cursor: str, kinds: tuple[type, ...]) -> list[Any]:
    """The key again. Raises Invalid for a cursor that is not one of this list's."""
    try:
        key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        key = None
    fits = isinstance(key, list) and len(key) == len(kinds)
    if not fits or not all(isinstance(value, kind) for value, kind in zip(key, kinds, strict=True)):
        raise Invalid("this cursor is not one of this list: start again without it")
    return list(key)


def moment(text: str) -> datetime:
    """An instant of a key. Raises Invalid for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid("this cursor is not one of this list: start again without it")
    return found
