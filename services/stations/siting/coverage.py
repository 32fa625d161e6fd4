"""Which machines are reached within how many minutes, and the gaps between, as polygons of hexagonal cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import h3
import numpy as np
import numpy.typing as npt

GAP_RESOLUTION = 5
"""H3 cells of about 250 square kilometres, 9 km from centre to corner."""
Seconds = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Demand:
    """Machines by place: lon, lat in degrees (WGS-84) [n, 2] and how many stand there [n]."""

    places: npt.NDArray[np.float64]
    machines: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Share:
    """Of `machines` so many are `reached` within `minutes` (the last second included)."""

    minutes: int
    reached: int
    machines: int


def shares(demand: Demand, seconds: Seconds, minutes: Sequence[int]) -> list[Share]:
    """`seconds` [n] to the nearest station, -1 where there is no way."""
    total = int(demand.machines.sum())
    return [Share(limit, int(demand.machines[reached(seconds, limit)].sum()), total) for limit in minutes]


def reached(seconds: Seconds, minutes: int) -> npt.NDArray[np.bool_]:
    """Which places are reached within the minutes."""
    return (seconds >= 0) & (seconds <= minutes * 60)


def gaps(demand: Demand, covered: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
    """GeoJSON features of the areas whose machines are not reached, the most machines first.

    Cells with machines out of reach that touch each other are one area; `machines` counts those out of reach.
    """
    cells: dict[str, int] = {}
    for (lon, lat), machines in zip(demand.places[~covered].tolist(), demand.machines[~covered].tolist(), strict=True):
        cell = h3.latlng_to_cell(lat, lon, GAP_RESOLUTION)
        cells[cell] = cells.get(cell, 0) + machines
    areas = [(sum(cells[cell] for cell in area), area) for area in _connected(cells)]
    return [
        {"type": "Feature", "geometry": h3.cells_to_geo(area), "properties": {"machines": machines}}
        for machines, area in sorted(areas, key=lambda one: (-one[0], one[1]))
    ]


def _connected(cells: Mapping[str, int]) -> list[list[str]]:
    left, areas = set(cells), []
    for start in sorted(cells):
        if start not in left:
            continue
        left.discard(start)
        area, border = [start], [start]
        while border:
            touching = left.intersection(h3.grid_disk(border.pop(), 1))
            left -= touching
            border += sorted(touching)
            area += touching
        areas.append(sorted(area))
    return areas
