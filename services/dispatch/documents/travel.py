# ruff: noqa: RUF012 (pydantic copies mutable defaults per instance)
"""How far everything is: travel matrices, kept as arrays, and what changes them over the day."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from .fields import Document, Id
from .resources import Window

MATRIX_PLACES = 4000
"""Places of one matrix; larger problems come in blocks, one per territory."""

Way = Callable[[int, int], tuple[int, int]]
"""(seconds, metres) between two places by index, -1 where there is no way."""

Cell = Annotated[int, Field(ge=-1, le=2**31 - 1)]


class _AsArray:
    """Rows of numbers in JSON, one int32 array in memory: a tenth of the room of Python's lists of ints."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        rows = core_schema.no_info_after_validator_function(_array, handler.generate_schema(list[list[Cell]]))
        return core_schema.json_or_python_schema(
            json_schema=rows,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(np.ndarray), rows]),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda array: array.tolist()),
        )


def _array(rows: list[list[int]]) -> NDArray[np.int32]:
    widths = [len(row) for row in rows]
    for index, width in enumerate(widths):
        if width != widths[0]:
            raise ValueError(f"row {index} has {width} columns, row 0 has {widths[0]}; give all rows the same")
    return np.array(rows, np.int32).reshape(len(rows), widths[0] if rows else 0)


def matrices_early(record: dict[str, Any]) -> dict[str, Any]:
    """For `json.loads(object_hook=...)`: matrices become arrays as soon as they are read, so that the lists of no more
    than one block are in memory. What is no matrix stays as it is, for validation to say what is wrong with it."""
    for name in ("seconds", "metres"):
        rows = record.get(name)
        if isinstance(rows, list) and rows and all(map(_is_row, rows)) and len(set(map(len, rows))) == 1:
            record[name] = np.array(rows, np.int32)
    return record


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and set(map(type, row)) == {int} and -1 <= min(row) <= max(row) < 2**31


Matrix = Annotated[NDArray[np.int32], _AsArray]
"""[from, to] whole numbers; -1 = no way."""


class TravelFactor(Document):
    """Driving inside [start, end) of the window takes `permille` / 1000 times as long."""

    window: Window
    permille: Annotated[int, Field(ge=100, le=10_000)]


class Block(Document):
    """Matrices over some of the places, in their order: those of one territory."""

    places: list[Id]
    seconds: Matrix
    metres: Matrix


def _nothing() -> NDArray[np.int32]:
    return np.zeros((0, 0), np.int32)


class Travel(Document):
    """Full matrices in the order of `places`, row = from, column = to; or `blocks` in their place.

    Heavy vehicles make no way inside [start, end) of `bans`; they stand and drive on.
    """

    seconds: Matrix = Field(default_factory=_nothing)
    metres: Matrix = Field(default_factory=_nothing)
    blocks: list[Block] = []
    factors: list[TravelFactor] = []
    bans: list[Window] = []
