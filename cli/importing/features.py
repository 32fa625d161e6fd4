"""What the readers of geographic files give: columns, and features with a place."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
"""Longitude and latitude in degrees, WGS-84."""
Feature = tuple[Sequence[Any], Point | None, str | None]
"""The cells; the place, None where none is given; what is wrong with the geometry."""


@dataclass(frozen=True)
class Features:
    """A layer; `rows` goes through it, again from the start with each call."""

    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Feature]]


def point(lon: float, lat: float) -> Point:
    """To the centimetre: what a change of coordinate system leaves behind that is cut off."""
    return round(lon, 7), round(lat, 7)


def no_point(shape: str) -> str:
    """The fault of a geometry of another type."""
    return f"has a {shape} where a point is expected"
