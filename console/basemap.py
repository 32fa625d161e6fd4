"""What the pages need to draw a map: the operator's tiles, or the shipped road network."""

import gzip
from functools import cache

from fastapi import APIRouter, Request, Response

from console.settings import ConsoleSettings
from data import BASEMAP_CN


def map_router(settings: ConsoleSettings) -> APIRouter:
    """Both answers are the same for everybody and need no token."""
    router = APIRouter()

    @router.get("/console/v1/config")
    async def config() -> dict[str, str | None]:
        """What the pages must know before anybody has signed in."""
        return {"tile_url": settings.tile_url or None, "tile_attribution": settings.tile_attribution or None}

    @router.get("/console/v1/basemap")
    def basemap(request: Request) -> Response:
        """Main roads and city names (data/basemap_cn.json), for a map without tiles."""
        packed = _packed()
        headers = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type="application/json", headers=headers | {"Content-Encoding": "gzip"})
        return Response(gzip.decompress(packed), media_type="application/json", headers=headers)

    return router


@cache
def _packed() -> bytes:
    """The file as most browsers want it: packed once, when the first of them asks."""
    return gzip.compress(BASEMAP_CN.read_bytes(), mtime=0)
