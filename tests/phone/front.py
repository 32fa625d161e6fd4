"""A small front before a running installation: serves a build of the app that tests can renew, passes on the rest.

Real users have such a front too (the maker's proxy); a test can make it lose an answer or cut a request.
"""

import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response

from console.pages import pages_router

Fate = Callable[[Request], str | None]
Edit = Callable[[Request, bytes], bytes]
DROPPED = {"connection", "transfer-encoding", "content-length", "content-encoding", "date", "server"}


@dataclass
class Front:
    """`fate` says what becomes of a request: None (passed on), "cut" (never arrives), "lost" (its answer is lost),
    "full" (whoever it is for has no room)."""

    upstream: str
    dist: Path
    url: str = ""
    fate: Fate = lambda _: None
    edit: Edit = lambda _, content: content
    """What becomes of a request's content on the way."""
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and length of each request that was passed on."""

    def new_version(self) -> None:
        """A build that differs, as the next release would: its page says so, its service worker lists it anew."""
        index, worker = self.dist / "phone" / "index.html", self.dist / "phone" / "sw.js"
        index.write_text(index.read_text().replace("<body>", '<body data-version="next">'))
        listed = r'(url:"index\.html",revision:")[0-9a-f]+'
        renewed, count = re.subn(listed, r"\g<1>" + "f" * 32, worker.read_text())
        assert count == 1, "the service worker lists the page once, with its revision"
        worker.write_text(renewed)


def _app(front: Front) -> FastAPI:
    app = FastAPI(openapi_url=None)
    client = httpx.AsyncClient(base_url=front.upstream, timeout=60)

    @app.api_route("/{service}/v1/{rest:path}", methods=["GET", "HEAD", "POST", "PATCH", "DELETE"])
    async def passed_on(request: Request, service: str, rest: str) -> Response:
        fate = front.fate(request)
        if fate == "cut":
            return Response(status_code=504)
        if fate == "full":
            return Response(status_code=507)
        content = front.edit(request, await request.body())
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = [(name, value) for name, value in request.headers.items() if name not in (*DROPPED, "host")]
        answer = await client.request(request.method, path, content=content, headers=headers)
        front.seen.append((request.method, request.url.path, len(content)))
        if fate == "lost":
            return Response(status_code=504)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in DROPPED}
        return Response(answer.content, status_code=answer.status_code, headers=kept)

    app.include_router(pages_router(front.dist))
    return app


@contextmanager
def fronted(upstream: str, build: Path, folder: Path) -> Iterator[Front]:
    """The front on a port of its own, with a copy of the build."""
    shutil.copytree(build, folder)
    front = Front(upstream=upstream, dist=folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(_app(front), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    front.url = f"http://127.0.0.1:{port}"
    yield front
    server.should_exit = True
    thread.join(10)
