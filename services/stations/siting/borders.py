"""Borders of territories: proposed from who is reached first, judged before they are kept. Pure.

Shapes are GeoJSON in WGS-84, longitude first. Areas are those on the sphere, good to a per cent.
"""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

import h3
import numpy as np
import numpy.typing as npt

RESOLUTION = 5
"""H3 cells of about 250 km²."""
AROUND = 2
"""Cells so many steps around machines belong to a territory as well, so that borders have no holes."""
KM_PER_DEGREE = 111.195
SLIVER_KM2 = 1.0
"""Two borders that were drawn along each other overlap a little."""
Geometry = dict[str, Any]


def cells_of(places: npt.NDArray[np.float64]) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The cells around machines, and their centres [cells, 2] as lon, lat."""
    with_machines = {h3.latlng_to_cell(lat, lon, RESOLUTION) for lon, lat in places.tolist()}
    cells = sorted({cell for one in with_machines for cell in h3.grid_disk(one, AROUND)})
    centres = np.array([h3.cell_to_latlng(cell)[::-1] for cell in cells], float).reshape(-1, 2)
    return cells, centres


def proposed(cells: Sequence[str], seconds: npt.NDArray[np.int32], territories: Sequence[str]) -> dict[str, Geometry]:
    """A border for each territory: the cells that one of its stations reaches first.

    `seconds` [stations, cells], -1 where there is no way: a cell that nobody reaches belongs to nobody. `territories`:
    of each station.
    """
    never = np.iinfo(np.int32).max
    ways = np.where(seconds < 0, never, seconds)
    nearest = ways.argmin(axis=0)
    mine: dict[str, list[str]] = {}
    for cell, station, way in zip(cells, nearest.tolist(), ways.min(axis=0).tolist(), strict=True):
        if way < never:
            mine.setdefault(territories[station], []).append(cell)
    return {territory: h3.cells_to_geo(own) for territory, own in sorted(mine.items())}


def fault(geometry: Geometry) -> str | None:
    """Why a shape cannot be a border, None when it can."""
    from shapely.errors import ShapelyError
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    try:
        drawn = shape(geometry)
    except (ShapelyError, ValueError, TypeError, IndexError, KeyError):
        return "the coordinates do not make rings of points"
    if not drawn.is_valid:
        return str(explain_validity(drawn))
    return "it encloses nothing" if drawn.area == 0 else None


def overlaps(geometry: Geometry, others: Mapping[str, Geometry]) -> dict[str, float]:
    """Square kilometres that a border shares with each of the others, where it is more than a sliver."""
    from shapely.geometry import shape
    from shapely.strtree import STRtree

    mine, names = shape(geometry), list(others)
    shapes = [shape(others[name]) for name in names]
    found = {}
    for index in STRtree(shapes).query(mine).tolist():
        shared = mine.intersection(shapes[index])
        if (area := _km2(shared)) > SLIVER_KM2:
            found[names[index]] = round(area, 1)
    return dict(sorted(found.items()))


def outside(geometry: Geometry, places: Mapping[str, tuple[float, float]]) -> list[str]:
    """Which of the places (lon, lat by name) lie outside of a border."""
    from shapely.geometry import Point, shape

    drawn = shape(geometry)
    return sorted(name for name, place in places.items() if not drawn.covers(Point(place)))


def _km2(drawn: Any) -> float:
    if drawn.is_empty:
        return 0.0
    return float(drawn.area) * KM_PER_DEGREE**2 * cos(radians(drawn.centroid.y))
