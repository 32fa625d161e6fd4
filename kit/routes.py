"""Where a service's routes lie."""

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from kit.answers import PROBLEM_JSON

_CONTENT = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused: the document says what is wrong, where, and what to do", "content": _CONTENT},
    503: {"description": "A part of the system is out of reach: nothing was taken, try again", "content": _CONTENT},
    507: {"description": "There is no space left: nothing was taken, try again later", "content": _CONTENT},
}


def prefix_of(service: str) -> str:
    """What the paths of all routes of a service begin with."""
    return f"/{service}/v1"


def service_router(service: str, *, tag: str) -> APIRouter:
    """A router whose routes are put into the application as they are, see `kit.web.service_app`.

    Routes of a router that is included by `include_router` are built twice, and looked through twice for each request.
    """
    return APIRouter(
        prefix=prefix_of(service),
        tags=[tag],
        responses=_PROBLEM_RESPONSES,
        generate_unique_id_function=_operation_id,
    )


def _operation_id(route: APIRoute) -> str:
    return route.name
