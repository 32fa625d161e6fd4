"""Where one matrix would be too large: the area cut into territories that overlap at their borders."""

from typing import Any

import numpy as np
import numpy.typing as npt

from services.dispatch.documents.travel import Block
from services.dispatch.travel.ground import metres_between

from .ground import Ground, LonLat, ways

Json = dict[str, Any]

BORDER_M = 15_000
"""A site belongs to every territory that has a station no more than this farther away than the nearest one."""


def blocks(area: Ground, count: int) -> list[Block]:
    """One block of matrices per territory."""
    names, places = list(area.named()), list(area.named().values())
    found = []
    for members in _members(area, count):
        seconds, metres = ways([places[index] for index in members])
        found.append(Block(places=[names[index] for index in members], seconds=seconds, metres=metres))
    return found


def _members(area: Ground, count: int) -> list[list[int]]:
    """Places of each territory, by index in `named()`."""
    stations = np.array(area.stations)
    home = _of_stations(stations, count)
    found: list[list[int]] = [[] for _ in range(count)]
    for index, (name, place) in enumerate(area.named().items()):
        for territory in _territories(area, home, stations, name, place):
            found[territory].append(index)
    return found


def _territories(
    area: Ground, home: npt.NDArray[np.int64], stations: npt.NDArray[np.float64], name: str, place: LonLat
) -> set[int]:
    """Homes belong where their station does; everything else to the nearest station's, and across near borders."""
    if name.startswith("home"):
        return {int(home[area.station[int(name.removeprefix("home"))]])}
    away = metres_between(stations, np.array(place))
    return set(home[away <= away.min() + (0 if name.startswith("station") else BORDER_M)].tolist())


def _of_stations(stations: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """Territory of each station: columns from west to east, cut from south to north, all with as many stations."""
    columns = max(1, round(count**0.5))
    home = np.empty(len(stations), np.int64)
    sizes = [len(part) for part in np.array_split(np.arange(count), columns)]
    first = np.cumsum([0, *sizes])
    shares = np.round(first * len(stations) / count).astype(int)
    by_longitude = np.argsort(stations[:, 0], kind="stable")
    for column in range(columns):
        members = by_longitude[shares[column] : shares[column + 1]]
        members = members[np.argsort(stations[members, 1], kind="stable")]
        for row, part in enumerate(np.array_split(members, sizes[column])):
            home[part] = first[column] + row
    return home


def deliver_nearby(orders: list[Json], area: Ground) -> list[Json]:
    """The orders with cargo that goes to the destination nearest to its truck: no way leads far across territories."""
    destinations, sites = np.array(area.destinations), np.array(area.sites)
    found = []
    for order, site in zip(orders, sites, strict=True):
        nearest = int(metres_between(destinations, site).argmin())
        cargo = order.get("cargo")
        found.append(order | {"cargo": cargo | {"destination": f"to{nearest}"}} if cargo else order)
    return found
