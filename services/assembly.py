"""The only file that knows all services: builds their contexts, wires them to each other, opens their lifespans."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.auth import Authenticator
from kit.client import Clients, ServiceClient
from kit.clock import Clock, SystemClock
from kit.context import Context
from kit.db import Database
from kit.jobs import Jobs
from kit.journal import written_channel
from kit.journal_reader import Journals
from kit.keys import AccountsKeys
from kit.loops import running
from kit.packages import package_of
from kit.problems import NotFound
from kit.settings import Settings
from kit.wake import Wakeups
from kit.web import problem_answer

SERVICES = ("accounts", "orders", "parts", "stations", "dispatch", "mobile")
"""In the order in which they start."""
CONSOLE = "console"
"""Serves the web pages; it has no schema and no state."""
WITH_JOBS = ("orders", "parts", "stations", "dispatch")


@dataclass
class Assembly:
    """What runs in this process: `app` is the ASGI application of the chosen services (and the console)."""

    settings: Settings
    names: Sequence[str]
    clock: Clock = field(default_factory=SystemClock)

    def __post_init__(self) -> None:
        self.wakeups = Wakeups(self.settings.redis_url)
        self.jobs = Jobs(self.settings.database_url)
        self.journals = Journals()
        self.contexts = {name: self._context(name) for name in (*SERVICES, CONSOLE)}
        self.apps: dict[str, FastAPI] = {}
        self.leaving = asyncio.Event()
        """Set when the process shall end: streams that have no end of their own then end."""
        self.app: ASGIApp = _Doors(self)

    def _context(self, name: str) -> Context:
        clients = {other: self._client(name, other) for other in SERVICES}
        return Context(
            name=name,
            settings=self.settings,
            clock=self.clock,
            db=Database(self.settings.database_url, name),
            clients=Clients(clients),
            wakeups=self.wakeups,
            jobs=self.jobs,
            journals=self.journals,
            authenticator=Authenticator(
                keys=AccountsKeys(client=clients["accounts"], clock=self.clock),
                secret=self.settings.shared_secret,
                clock=self.clock,
            ),
        )

    def _client(self, caller: str, service: str) -> ServiceClient:
        here = service in self.names
        transport = httpx.ASGITransport(app=_Later(self), raise_app_exceptions=False) if here else None
        return ServiceClient(
            caller=caller,
            service=service,
            base_url="http://inside" if here else self.settings.url_of(service),
            secret=self.settings.shared_secret,
            clock=self.clock,
            transport=transport,
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Everything runs inside this block. Mounted applications' lifespans do not run by themselves."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._shared())
            for name in self.names:
                self.apps[name] = import_module(f"{package_of(name)}.app").build(self.contexts[name])
            for app in self.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """The queue of long jobs can be worked on inside this block (`self.jobs.run_worker`)."""
        async with self._shared(), self.working_beside():
            yield

    @asynccontextmanager
    async def working_beside(self) -> AsyncIterator[None]:
        """Like `working`, in a process that serves as well."""
        async with AsyncExitStack() as stack:
            for name in WITH_JOBS:
                register = import_module(f"{package_of(name)}.jobs").register
                await stack.enter_async_context(register(self.contexts[name]))
            yield

    @asynccontextmanager
    async def _shared(self) -> AsyncIterator[None]:
        for name, context in self.contexts.items():
            context.db.after_commit.append(partial(self.wakeups.publish_soon, written_channel(name)))
        try:
            async with running([self.wakeups.run]), self.jobs.app.open_async():
                yield
        finally:
            for context in self.contexts.values():
                await context.clients.close()
                await context.db.close()
            await self.wakeups.close()


class _Doors:
    """Leads a request to the service that its path names; everything else is the console's."""

    def __init__(self, assembly: Assembly):
        self._assembly = assembly

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._lifespan(receive, send)
        apps = self._assembly.apps
        first, _, rest = scope["path"].removeprefix("/").partition("/")
        if scope["path"] in ("/healthz", "/readyz"):
            return await self._health(scope, receive, send)
        # /orders/v1/… is the service, /orders/{id} the board's page of an order.
        app = (apps.get(first) if rest.startswith("v1/") else None) or apps.get("console")
        if app is None:
            answer = problem_answer(NotFound(f"no service of this process answers at {scope['path'][:200]}"))
            return await answer(scope, receive, send)
        if first == CONSOLE:
            receive = partial(self._received, receive)
        await app(scope, receive, send)

    async def _received(self, receive: Receive) -> Message:
        """What comes, or a disconnect when the process shall end: only streams wait for one."""
        message = asyncio.ensure_future(receive())
        leaving = asyncio.ensure_future(self._assembly.leaving.wait())
        try:
            await asyncio.wait({message, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect"}
        finally:
            message.cancel()
            leaving.cancel()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        phase = "startup"
        try:
            async with self._assembly.serving():
                await send({"type": "lifespan.startup.complete"})
                phase = "shutdown"
                await receive()
        except BaseException as error:
            await send({"type": f"lifespan.{phase}.failed", "message": f"{type(error).__name__}: {error}"})
            raise
        await send({"type": "lifespan.shutdown.complete"})

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        from kit.health import alive, ready

        served = next((name for name in self._assembly.names if name in SERVICES), SERVICES[0])
        context = self._assembly.contexts[served]
        answer = alive() if scope["path"] == "/healthz" else await ready(context.db)
        await answer(scope, receive, send)


class _Later:
    """The assembly's application, looked up at each call: services are built after their clients."""

    def __init__(self, assembly: Assembly):
        self._assembly = assembly

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        await self._assembly.app(scope, receive, send)
