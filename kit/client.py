"""How services call each other: one client, in one process over ASGI, otherwise over TCP."""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx

from kit.auth import service_token
from kit.clock import Clock

DEADLINE_S = 10.0
TOKEN_RENEWED = timedelta(minutes=1)
"""How long one token serves; the other side then need not compute a signature for every call."""


class NeighbourProblem(Exception):
    """The neighbour understood and refused (4xx): its problem document says why."""

    def __init__(self, *, service: str, status: int, problem: dict[str, Any]):
        super().__init__(f"{service} answered {status}: {problem.get('detail', problem)}")
        self.service = service
        self.status = status
        self.problem = problem


class NeighbourDown(Exception):
    """The neighbour is out of reach, too slow, or failed (5xx): try again later."""

    def __init__(self, service: str, reason: str):
        super().__init__(f"{service} is out of reach: {reason}")
        self.service = service


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that we trust, read once: a context of its own cost each client a megabyte and 20 ms."""
    return httpx.create_ssl_context()


class ServiceClient:
    """Calls one service as another one.

    `transport` is an ASGI transport inside one process, or None for TCP.
    """

    def __init__(
        self,
        *,
        caller: str,
        service: str,
        base_url: str,
        secret: str,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ):
        self.service = service
        self._caller = caller
        self._secret = secret
        self._clock = clock
        self._token: tuple[datetime, str] | None = None
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=DEADLINE_S,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            verify=_trusted() if base_url.startswith("https:") else False,
            trust_env=False,
        )

    async def get(self, path: str, *, params: Mapping[str, Any] | None = None, deadline_s: float = DEADLINE_S) -> Any:
        """The decoded answer. Raises NeighbourProblem or NeighbourDown."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        return await self._call("GET", path, params=given, deadline_s=deadline_s)

    async def post(
        self,
        path: str,
        *,
        json: Any = None,
        idempotency_key: str | None = None,
        on_behalf_of: str | None = None,
        deadline_s: float = DEADLINE_S,
        repeatable: bool = False,
    ) -> Any:
        """The decoded answer. `on_behalf_of` is the actor that the neighbour's journal names; `repeatable`: without a
        key too the neighbour knows the request again."""
        headers = {"Idempotency-Key": idempotency_key, "X-On-Behalf-Of": on_behalf_of}
        repeatable = repeatable or idempotency_key is not None
        return await self._call("POST", path, json=json, headers=headers, deadline_s=deadline_s, repeatable=repeatable)

    async def put(self, path: str, *, json: Any, deadline_s: float = DEADLINE_S) -> Any:
        """The decoded answer."""
        return await self._call("PUT", path, json=json, deadline_s=deadline_s)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        deadline_s: float,
        headers: Mapping[str, str | None] | None = None,
        repeatable: bool = True,
        **request: Any,
    ) -> Any:
        given = {name: value for name, value in (headers or {}).items() if value is not None}
        sent = {"headers": {"Authorization": f"Bearer {self._fresh_token()}", **given}, **request}
        try:
            # The ASGI transport ignores httpx's own timeouts.
            async with asyncio.timeout(deadline_s):
                answer = await self._answer(method, path, sent, tries=2 if repeatable else 1)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise NeighbourDown(self.service, type(error).__name__) from error
        return self._decoded(answer)

    async def _answer(self, method: str, path: str, sent: Mapping[str, Any], *, tries: int) -> httpx.Response:
        """A connection that ends without an answer says only that its process went, as with every update: another one
        may be there already."""
        try:
            return await self._http.request(method, path, **sent)
        except httpx.RemoteProtocolError:
            if tries == 1:
                raise
            return await self._answer(method, path, sent, tries=tries - 1)

    def _fresh_token(self) -> str:
        now = self._clock.now()
        if self._token is None or not timedelta(0) <= now - self._token[0] < TOKEN_RENEWED:
            self._token = now, service_token(service=self._caller, secret=self._secret, now=now)
        return self._token[1]

    def _decoded(self, answer: httpx.Response) -> Any:
        try:
            body = answer.json() if answer.content else None
        except ValueError as error:
            raise NeighbourDown(self.service, f"{answer.status_code} with a body that is not JSON") from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise NeighbourDown(self.service, str(answer.status_code))
        if not answer.is_success:
            raise NeighbourProblem(
                service=self.service,
                status=answer.status_code,
                problem=body if isinstance(body, dict) else {},
            )
        return body

    async def close(self) -> None:
        await self._http.aclose()


class Clients:
    """The neighbours of one service: `clients.orders`, `clients.parts`, …"""

    def __init__(self, by_name: Mapping[str, ServiceClient]):
        self._by_name = dict(by_name)

    def __getattr__(self, service: str) -> ServiceClient:
        try:
            return self._by_name[service]
        except KeyError:
            raise AttributeError(f"there is no service {service!r}") from None

    async def close(self) -> None:
        for client in self._by_name.values():
            await client.close()
