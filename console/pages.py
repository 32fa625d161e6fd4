"""The built pages as HTTP answers: who may cache what, and what a page may load."""

import re
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from kit.problems import NotFound, Unavailable

DIST = Path(__file__).with_name("dist")
_CLIENT_ROUTE = re.compile(r"/(?:(?:orders|replacement|track|report)/[^/]+/?|report/?|network/?)?")
"""The addresses that the pages' own router knows; it is the twin of console/src/state/router.svelte.ts."""


def security_headers(tile_origin: str) -> dict[str, str]:
    """Headers of every answer: everything is loaded from here, but for the operator's map tiles."""
    policy = {
        "default-src": "'self'",
        "img-src": f"'self' data: {tile_origin}".strip(),
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        # The address of a partner driver's page is a secret: it must not travel in a Referer header.
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def pages_router(dist: Path = DIST) -> APIRouter:
    """Serves the built files; an address of the client's router gets the page itself."""
    router = APIRouter(include_in_schema=False)
    assets = dist / "assets"

    @router.get("/assets/{name}")
    async def asset(name: str) -> Response:
        path = assets / name
        # `name` holds no slash, yet it may be "..": only a plain file of the folder itself is served.
        if path.parent != assets or not path.is_file():
            raise NotFound("there is no such file in this build of the pages: reload the page")
        return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    @router.get("/{path:path}")
    async def page(path: str, request: Request) -> Response:
        known = _CLIENT_ROUTE.fullmatch(f"/{path}") is not None
        if not known and "text/html" not in request.headers.get("accept", ""):
            raise NotFound("there is nothing at this address")
        index = dist / "index.html"
        if not index.is_file():
            raise Unavailable("the web files are not built: run `make web`")
        return FileResponse(index, status_code=200 if known else 404, headers={"Cache-Control": "no-cache"})

    return router
