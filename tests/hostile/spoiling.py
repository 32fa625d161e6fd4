"""Bodies as an OpenAPI document describes them, with faults planted in their fields."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kit.problems import pointer_of

DEPTH = 4
"""So deep go the fields that are spoilt."""
MOST = 40
"""So many faults are planted in one body; an answer lists 50."""
NAIVE = "2026-11-26T10:00:00"
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Spoilt:
    """A body with faults at these pointers."""

    how: str
    content: bytes
    at: frozenset[str]
    body: Any

    def has(self, pointer: str | None) -> bool:
        """Whether a pointer leads to something in the body, or to a member that something in it lacks."""
        if pointer is None:
            return False
        value = self.body
        *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")]
        for step in steps[1:]:
            value = _inside(value, step)
        return not pointer or isinstance(value, dict | list) or _inside(value, last) is not None


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, list):
        return value[int(step)] if step.isdecimal() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


@dataclass
class BodySchema:
    """A JSON schema within its document."""

    document: dict[str, Any]
    schema: dict[str, Any]
    leaves: list[Path] = field(default_factory=list)
    """Whatever is no object and may not be one."""
    moments: list[Path] = field(default_factory=list)
    texts: list[Path] = field(default_factory=list)
    numbers: list[Path] = field(default_factory=list)
    objects: list[Path] = field(default_factory=list)

    @cached_property
    def sample(self) -> Any:
        """A body with every field, good in its shape; notes where which kinds of values are."""
        return self._sample(self.schema, ())

    def spoilt(self) -> Iterator[Spoilt]:
        """The sample with one kind of fault each, in as many fields as have it."""
        if self.sample is not None and self.leaves:
            yield self._with("values of another kind", {leaf: {"no": "such"} for leaf in self.leaves[:MOST]})
        if self.moments:
            yield self._with("times without a zone", dict.fromkeys(self.moments[:MOST], NAIVE))
        closed = [(*path, "no_such_field") for path in self.objects]
        if closed:
            yield self._with("unknown fields", dict.fromkeys(closed[:MOST], 1))
        for literal, paths in (("NaN", self.numbers), ("1e999", self.numbers[-1:]), ('"\\ud800"', self.texts)):
            if paths:
                yield self._literal(literal, paths[-1])

    def _with(self, how: str, values: dict[Path, Any]) -> Spoilt:
        body = json.loads(json.dumps(self.sample))
        for path, value in values.items():
            _put(body, path, value)
        return Spoilt(how, json.dumps(body).encode(), frozenset(map(pointer_of, values)), body)

    def _literal(self, literal: str, path: Path) -> Spoilt:
        """What `json` would not write."""
        mark = "the place of the literal"
        spoilt = self._with(literal, {path: mark})
        return Spoilt(
            literal, spoilt.content.replace(json.dumps(mark).encode(), literal.encode()), spoilt.at, spoilt.body
        )

    def _sample(self, schema: dict[str, Any], path: Path) -> Any:
        schema, alone = self._resolved(schema)
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, path)
        if path and alone and kind and "const" not in schema:  # a constant chooses among alternatives
            self.leaves.append(path)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][0]
        if kind == "array":
            return self._array(schema, path)
        if kind == "string":
            return self._text(schema, path)
        if kind in ("integer", "number"):
            self.numbers.append(path)
            return schema.get("minimum", 1)
        return True if kind == "boolean" else None

    def _array(self, schema: dict[str, Any], path: Path) -> list[Any]:
        if "items" not in schema or len(path) >= DEPTH:
            return []
        if path in self.leaves:
            self.leaves.remove(path)  # its item is spoilt
        return [self._sample(schema["items"], (*path, 0))]

    def _object(self, schema: dict[str, Any], path: Path) -> dict[str, Any]:
        if schema.get("additionalProperties") is False:
            self.objects.append(path)
        fields = schema.get("properties", {}) if len(path) < DEPTH else {}
        return {name: self._sample(one, (*path, name)) for name, one in fields.items()}

    def _text(self, schema: dict[str, Any], path: Path) -> str:
        if schema.get("format") == "date-time":
            self.moments.append(path)
            return f"{NAIVE}+08:00"
        if schema.get("format") == "date":
            return NAIVE[:10]
        self.texts.append(path)
        return "x" * int(schema.get("minLength", 1))

    def _resolved(self, schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Follow references; of alternatives the first, and whether there is no other but null."""
        alone = True
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                continue
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if options is None:
                return schema, alone
            schema, *others = [one for one in options if one.get("type") != "null"]
            alone = alone and not others


def _put(body: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        body = body[step]
    body[path[-1]] = value
