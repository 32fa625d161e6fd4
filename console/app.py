"""Composition of the console: built pages, live changes, and the few settings that the pages ask for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.basemap import map_router
from console.live import Hint, Listener, LiveHub
from console.pages import DIST, pages_router, security_headers
from console.settings import ConsoleSettings
from kit.auth import Principal
from kit.client import NeighbourDown, NeighbourProblem
from kit.context import Context
from kit.loops import running
from kit.problems import Problem
from kit.web import Authentication, allow, answer_with_problems

HEARTBEAT_S = 15.0
Check = Callable[[], Awaitable[None]]


def build(context: Context, *, settings: ConsoleSettings | None = None, dist: Path = DIST) -> FastAPI:
    """The console's application. It keeps nothing: any number of replicas may run."""
    settings = settings or ConsoleSettings()
    hub = LiveHub(clients=context.clients, wakeups=context.wakeups)

    @asynccontextmanager
    async def run(_: FastAPI) -> AsyncIterator[None]:
        async with running(hub.loops):
            yield

    app = FastAPI(title="Roadcall console", lifespan=run, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.context = context
    app.include_router(_live_router(hub, context))
    app.include_router(map_router(settings))
    app.include_router(pages_router(dist))
    app.add_middleware(Authentication, authenticator=context.authenticator)
    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(_Headers, headers=security_headers(settings.tile_origin))
    answer_with_problems(app)
    return app


def _live_router(hub: LiveHub, context: Context) -> APIRouter:
    router = APIRouter()

    @router.get("/console/v1/live")
    async def live(request: Request, reader: Principal = allow("dispatcher", "station", "auditor")) -> Response:
        """Hints of what changed in the reader's branch, as server-sent events; a comment every 15 s."""

        async def still_valid() -> None:
            await context.authenticator.authenticate(request.headers.get("authorization"))

        stream = _events(hub, reader.branch_id, still_valid)
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )

    return router


async def _events(hub: LiveHub, branch_id: str | None, still_valid: Check) -> AsyncIterator[str]:
    """The text of the stream. It ends when the reader's token no longer holds."""
    time = asyncio.get_running_loop().time
    async with hub.listening(branch_id) as listener:
        yield ": hello\n\n"
        beat = time() + HEARTBEAT_S
        while True:
            hint = await _next_until(listener, beat)
            if hint is not None:
                yield f"event: hint\ndata: {hint.model_dump_json()}\n\n"
            if time() >= beat:
                if not await _holds(still_valid):
                    return
                yield ": still here\n\n"
                beat = time() + HEARTBEAT_S


async def _next_until(listener: Listener, deadline: float) -> Hint | None:
    try:
        async with asyncio.timeout_at(deadline):
            return await listener.next()
    except TimeoutError:
        return None


async def _holds(still_valid: Check) -> bool:
    try:
        await still_valid()
    except Problem:
        return False
    except (NeighbourDown, NeighbourProblem):
        return True  # accounts is away for a moment: the pages' own requests will tell
    return True


class _Headers:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, *, headers: dict[str, str]):
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
