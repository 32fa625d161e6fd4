"""What the OpenAPI documents of all services say about problems."""

from typing import Any

from fastapi import FastAPI

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
