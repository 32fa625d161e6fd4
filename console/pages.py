"""The built pages as HTTP answers: who may cache what, and what a page may load."""

import re
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from kit.problems import NotFound, Unavailable

DIST = Path(__file__).with_name("dist")
_PAGES = "report|machines|network|stock|fleet|promises|care|care/money|care/notices"
_PAGES_OF_ONE = "help|orders|machines|replacement|track|report"
_CLIENT_ROUTE = re.compile(rf"/(?:(?:{_PAGES}|(?:{_PAGES_OF_ONE})/[^/]+)/?)?")
"""The addresses that the pages' own router knows; it is the twin of console/src/state/router.svelte.ts."""

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}


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

    @router.get("/assets/{name}")
    async def asset(name: str) -> Response:
        return _file(dist / "assets", name, _FOR_EVER)

    @router.get("/phone/assets/{name}")
    async def phone_asset(name: str) -> Response:
        return _file(dist / "phone" / "assets", name, _FOR_EVER)

    @router.get("/phone")
    async def without_slash() -> Response:
        # The app's service worker covers what lies below /phone/, the address without the slash is not.
        return RedirectResponse("/phone/", status_code=308)

    @router.get("/phone/")
    async def phone() -> Response:
        return _index(dist / "phone")

    @router.get("/phone/{name}")
    async def phone_file(name: str) -> Response:
        """The service worker, the manifest and the icon: their names stay, so a browser must ask again."""
        return _file(dist / "phone", name, _ASK_AGAIN)

    @router.get("/{path:path}")
    async def page(path: str, request: Request) -> Response:
        known = _CLIENT_ROUTE.fullmatch(f"/{path}") is not None
        if not known and "text/html" not in request.headers.get("accept", ""):
            raise NotFound("there is nothing at this address")
        return _index(dist, status=200 if known else 404)

    return router


def _file(folder: Path, name: str, cache: str) -> Response:
    path = folder / name
    # `name` holds no slash, yet it may be "..": only a plain file of the folder itself is served.
    if path.parent != folder or not path.is_file():
        raise NotFound("there is no such file in this build of the pages: reload the page")
    return FileResponse(path, media_type=_TYPES.get(path.suffix), headers={"Cache-Control": cache})


def _index(folder: Path, *, status: int = 200) -> Response:
    index = folder / "index.html"
    if not index.is_file():
        raise Unavailable("the web files are not built: run `make web`")
    return FileResponse(index, status_code=status, headers={"Cache-Control": _ASK_AGAIN})
