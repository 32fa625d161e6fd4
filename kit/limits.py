"""How many requests one caller may make: who asks for far more than the others must not make them wait.

Each person, phone or key has a bucket that refills at an even pace; an empty one is answered 429, with the time after
which it pays to come again. Every process counts for itself. The services' own calls are not counted.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.answers import problem_answer
from kit.auth import Principal
from kit.problems import TooManyRequests

FULL_AFTER_S = 10.0
"""An empty bucket is full again after this: so many seconds' worth may come at once."""
SYSTEM_MAY = 4
"""Keys of other systems speak for many people: they have buckets so many times as large."""
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request has left of its caller's bucket of `most`; `wait_s` is 0 when it may go on."""

    most: int
    left: int
    wait_s: float


class Buckets:
    """The buckets of all callers; `per_s` requests a second for each person, 0 for as many as come."""

    def __init__(self, per_s: float, now: Callable[[], float] = time.monotonic):
        self._per_s = per_s
        self._now = now
        self._full_at: dict[tuple[str, str], float] = {}

    def take(self, principal: Principal) -> Taken | None:
        """Takes one request out of the caller's bucket, if there is one; None for those who have no limit."""
        if not self._per_s or principal.role == "service":
            return None
        per_s = self._per_s * (SYSTEM_MAY if principal.role == "system" else 1)
        most = max(1, math.floor(per_s * FULL_AFTER_S))
        now, caller = self._now(), (principal.role, principal.subject)
        missing_s = max(0.0, self._full_at.get(caller, 0.0) - now) + 1 / per_s
        left = math.floor(most - missing_s * per_s + 1e-6)
        if left < 0:
            return Taken(most, 0, missing_s - most / per_s)
        if len(self._full_at) >= MOST_REMEMBERED:
            self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        self._full_at[caller] = now + missing_s
        return Taken(most, left, 0.0)


class RateLimit:
    """ASGI middleware behind the authentication. Answers say what is left (draft-ietf-httpapi-ratelimit-headers)."""

    def __init__(self, app: ASGIApp, *, per_s: float):
        self._app = app
        self._buckets = Buckets(per_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal = scope.get("state", {}).get("principal")
        taken = self._buckets.take(principal) if principal is not None else None
        if taken is None:
            return await self._app(scope, receive, send)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f'"caller";q={taken.most};w={FULL_AFTER_S:.0f}'
                headers["RateLimit"] = f'"caller";r={taken.left};t={math.ceil(taken.wait_s)}'
            await send(message)

        if taken.wait_s:
            wait_s, most = math.ceil(taken.wait_s), f"{taken.most} requests in {FULL_AFTER_S:.0f} s"
            problem = TooManyRequests(
                f"this is more than {most}: nothing was done, come again in {wait_s} s", retry_after=wait_s
            )
            return await problem_answer(problem)(scope, receive, telling)
        return await self._app(scope, receive, telling)
