"""What the OpenAPI documents of all services say about problems."""

from typing import Any

from fastapi import FastAPI

from kit.answers import PROBLEM_JSON

_CONTENT = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused: the document says what is wrong, where, and what to do", "content": _CONTENT},
    503: {"description": "A part of the system is out of reach: nothing was taken, try again", "content": _CONTENT},
    507: {"description": "There is no space left: nothing was taken, try again later", "content": _CONTENT},
}
_PROBLEM = {
    "title": "Problem",
    "description": "A problem document (RFC 9457). A kind of problem may add members of its own.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "The kind of problem"},
        "title": {"type": "string", "description": "The kind in a few words, always the same"},
        "status": {"type": "integer", "description": "The HTTP status"},
        "detail": {"type": "string", "description": "What is wrong here and what to do"},
        "pointer": {"type": "string", "description": "Where in the request, as a JSON pointer"},
    },
    "additionalProperties": True,
}


def describe_problems(app: FastAPI) -> None:
    """Add the schema of problem documents to the application's OpenAPI document."""
    build = app.openapi

    def openapi() -> dict[str, Any]:
        document = build()
        document.setdefault("components", {}).setdefault("schemas", {}).setdefault("Problem", _PROBLEM)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
