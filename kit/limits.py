"""How many requests one caller may make: who asks for far more than the others must not make them wait.

Each person, phone or key has a bucket that refills at an even pace; an empty one is answered 429, with the time after
which it pays to come again. Guests have no account: each signed link has a bucket, whoever holds it. Every process
counts for itself. The services' own calls are not counted.
"""

import math
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.answers import problem_answer
from kit.problems import TooManyRequests
from kit.routes import prefix_of

FULL_AFTER_S = 10.0
"""An empty bucket is full again after this: so many seconds' worth may come at once."""
GUEST = "guest"
SHARES = {"system": 4.0, GUEST: 0.04}
"""Of a person's bucket: keys of other systems speak for many people, a link is looked at by a few."""
MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request has left of its caller's bucket of `most`; `wait_s` is 0 when it may go on."""

    most: int
    left: int
    wait_s: float


class Buckets:
    """The buckets of all callers; `per_s` requests a second for each person, 0 for as many as come.

    A bucket holds at least one request, however slowly it refills.
    """

    def __init__(self, per_s: float, now: Callable[[], float] = time.monotonic):
        self._per_s = per_s
        self._now = now
        self._full_at: dict[tuple[str, str], float] = {}

    def take(self, role: str, subject: str) -> Taken | None:
        """Takes one request out of the caller's bucket, if there is one; None for those who have no limit."""
        if not self._per_s or role == "service":
            return None
        per_s = self._per_s * SHARES.get(role, 1.0)
        most = max(1, math.floor(per_s * FULL_AFTER_S))
        now, caller = self._now(), (role, subject)
        missing_s = max(0.0, self._full_at.get(caller, 0.0) - now) + 1 / per_s
        left = math.floor(most - missing_s * per_s + 1e-6)
        if left < 0:
            return Taken(most, 0, missing_s - most / per_s)
        if len(self._full_at) >= MOST_REMEMBERED:
            self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        self._full_at[caller] = now + missing_s
        return Taken(most, left, 0.0)


class RateLimit:
    """ASGI middleware behind the authentication. Answers say what is left (draft-ietf-httpapi-ratelimit-headers).

    `links` are the kinds of signed links of the service: what stands before the token in their paths.
    """

    def __init__(self, app: ASGIApp, *, per_s: float, service: str, links: Sequence[str] = ()):
        self._app = app
        self._buckets = Buckets(per_s)
        self._link = re.compile(f"{prefix_of(service)}/(?:{'|'.join(links)})/([^/]+)") if links else None

    def _take(self, scope: Scope) -> Taken | None:
        if (principal := scope.get("state", {}).get("principal")) is not None:
            return self._buckets.take(principal.role, principal.subject)
        link = self._link.match(scope["path"]) if self._link and scope["type"] == "http" else None
        return self._buckets.take(GUEST, link[1]) if link else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = self._take(scope)
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
