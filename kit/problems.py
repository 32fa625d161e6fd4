"""One catalogue of everything that can be answered instead of a result (RFC 9457, application/problem+json).

A problem says what is wrong, where, and what to do. Services add their own by subclassing: the first line of the
docstring is the title, the class name gives the slug, extra keyword arguments become members of the answer.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

LONGEST_STEP = 60
"""A pointer names unknown fields, and their names are the caller's own text: no more than so much of it."""


def pointer_of(steps: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a value, by the names and indexes that lead to it."""
    return "".join("/" + str(step)[:LONGEST_STEP].replace("~", "~0").replace("/", "~1") for step in steps)


class Problem(Exception):
    """Something went wrong"""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "problem"
    catalogue: ClassVar[dict[str, type["Problem"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "slug" not in cls.__dict__:
            cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        Problem.catalogue[cls.slug] = cls

    def __init__(
        self,
        detail: str,
        *,
        pointer: str | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ):
        """`pointer` is a JSON pointer into the request body, `retry_after` is in seconds, `headers` are added."""
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.detail = detail
        self.pointer = pointer
        self.retry_after = retry_after
        self.members = members

    def document(self) -> dict[str, Any]:
        """The answer's JSON document."""
        document: dict[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": (type(self).__doc__ or "").strip().splitlines()[0].rstrip("."),
            "status": self.status,
            "detail": self.detail,
        }
        if self.pointer is not None:
            document["pointer"] = self.pointer
        return document | self.members


class Invalid(Problem):
    """The request does not fit its schema"""

    status = 422


class NotJson(Problem):
    """The body is not acceptable JSON"""

    status = 400


class Unauthenticated(Problem):
    """A valid token is needed"""

    status = 401


class Forbidden(Problem):
    """Your role may not do this"""

    status = 403


class NotFound(Problem):
    """There is no such thing, or it is not yours to see"""

    status = 404


class MethodNotAllowed(Problem):
    """This address does not take that method"""

    status = 405


class TooSlow(Problem):
    """The request did not arrive in time"""

    status = 408


class Conflict(Problem):
    """The state of things does not allow this"""

    status = 409


class Stale(Problem):
    """Somebody changed it since you read it"""

    status = 412


class TooLarge(Problem):
    """The request is too large"""

    status = 413


class UnsupportedMedia(Problem):
    """This kind of content is not taken here"""

    status = 415


class KeyReused(Problem):
    """The idempotency key was used for a different request"""

    status = 422


class Locked(Problem):
    """Somebody else is at this at the moment, nothing was done"""

    status = 423


class PreconditionRequired(Problem):
    """Say which version you mean to change"""

    status = 428


class TooManyRequests(Problem):
    """Too many requests"""

    status = 429


class Unavailable(Problem):
    """A part of the system is out of reach, try again"""

    status = 503


class StorageFull(Problem):
    """There is no space left to keep this, nothing was taken"""

    status = 507


class Unexpected(Problem):
    """A fault of ours"""

    status = 500
