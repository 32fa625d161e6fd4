"""Kilometre posts along the road graph: made, and labelled so, for no public package ships the real ones.

A motorway joins its real cities by the fastest way on the graph; kilometre 0 is its first city. The real road runs
elsewhere in places and counts other kilometres.
"""

import itertools
from dataclasses import dataclass
from typing import Any

from demo.geography import Ground, Motorway, kilometres

Row = dict[str, Any]
LEAST_SPACING_KM = 2.0


@dataclass(frozen=True)
class Post:
    """A kilometre post at a road node; `follows` tells that the previous post of the list is the one before it."""

    motorway: str
    name: str
    km: float
    lon: float
    lat: float
    node: int
    follows: bool


def posts(ground: Ground, branches: frozenset[str]) -> list[Post]:
    """The posts of every motorway inside the branches, along each motorway."""
    return [post for motorway in ground.motorways for post in _along(ground, motorway, branches)]


def _along(ground: Ground, motorway: Motorway, branches: frozenset[str]) -> list[Post]:
    made: list[Post] = []
    travelled, last_km, inside = 0.0, -LEAST_SPACING_KM, False
    line = _line(ground, motorway)
    for at, (lon, lat) in enumerate(line):
        if at:
            travelled += float(kilometres(lon, lat, *line[at - 1]))
        if travelled - last_km < LEAST_SPACING_KM:
            continue
        last_km = travelled
        node = ground.node_at[lon, lat]
        was_inside, inside = inside, str(ground.node_branch[node]) in branches
        if inside:
            made.append(Post(motorway.motorway, motorway.name, round(travelled, 3), lon, lat, node, was_inside))
    return made


def _line(ground: Ground, motorway: Motorway) -> list[tuple[float, float]]:
    """The places along the fastest way from city to city."""
    cities = [ground.city_by_name[name] for name in motorway.cities]
    nodes = [ground.roads.nearest_node(city.lon, city.lat) for city in cities]
    line: list[tuple[float, float]] = []
    for start, end in itertools.pairwise(nodes):
        line += ground.roads.path(start, end)[1 if line else 0 :]
    return line


def route_reference_rows(made: list[Post]) -> list[Row]:
    """One line counts for both carriageways."""
    return [
        {
            "motorway": post.motorway,
            "name": post.name,
            "line": "both",
            "km": post.km,
            "lon": post.lon,
            "lat": post.lat,
            "datum": "WGS-84",
            "made": True,
        }
        for post in made
    ]
