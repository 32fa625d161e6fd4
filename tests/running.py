"""The whole system inside a test: real services, real database, callers with real tokens."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from kit.auth import service_token
from kit.clock import Clock, SystemClock
from kit.ids import new_id
from kit.loops import end
from kit.settings import Settings
from services.assembly import SERVICES, WITH_JOBS, Assembly

T = TypeVar("T")


@dataclass
class System:
    """A running assembly and clients for it. `system.service` may do everything, as the services themselves may."""

    assembly: Assembly
    service: httpx.AsyncClient
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    async def sign_in(self, role: str, **scope: str) -> httpx.AsyncClient:
        """A client with a token of a new person, made by accounts. Scope: branch_id, station_id, engineer_id."""
        person = {"name": f"{role} {new_id()[-4:]}", "role": role, **scope}
        made = await self.service.post("/accounts/v1/people", json=person)
        assert made.status_code == 201, made.text
        token = await self.service.post(f"/accounts/v1/people/{made.json()['id']}/tokens", json={"device": "a test"})
        assert token.status_code == 201, token.text
        return self.client(token.json()["access_token"])

    def client(self, token: str | None) -> httpx.AsyncClient:
        """A client with this bearer token, or none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.assembly.app, raise_app_exceptions=False),
            base_url="http://roadcall",
            headers=headers,
            timeout=30,
        )
        self._clients.append(client)
        return client

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """A worker of the queue, in this process, while the block lasts."""
        async with self.assembly.working_beside():
            working = asyncio.create_task(self.assembly.jobs.run_worker(queues=list(WITH_JOBS)))
            try:
                yield
            finally:
                await end([working])

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def running_system(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[System]:
    """Start every service."""
    assembly = Assembly(settings=settings, names=SERVICES, clock=clock or SystemClock())
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        try:
            yield system
        finally:
            await system.close()


async def eventually(ask: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], *, within_s: float = 10.0) -> T:
    """Ask until the answer is wanted. Fails with the last answer after `within_s`."""
    deadline = time.monotonic() + within_s
    while True:
        answer = await ask()
        if wanted(answer):
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s; the last answer was {answer!r:.2000}")
        await asyncio.sleep(0.05)


def body(answer: httpx.Response, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
    return answer.json()
