"""Where machines break down: on motorways between posts, on other long roads, and on sites near cities."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from random import Random

import numpy as np

from demo.geography import Ground, Ints, kilometres
from demo.motorways import Post
from demo.stations import Layout, Territory

ROAD_EDGE_METRES = (2_000, 25_000)
"""Edges of this length are roads between towns; a longer one is too straight to stand for its road."""
NEAR_STATION_KM = 25.0
OFF_ROAD_DEG = 0.007
"""A building site lies up to about 700 m off its road node."""
MOTORWAY_SHARE = 0.7


@dataclass(frozen=True)
class Breakdown:
    """Where it stands; `stake` is set on a motorway ("G2 K412+300")."""

    lon: float
    lat: float
    stake: str | None = None


class Roadside:
    """Draws places inside a territory."""

    def __init__(self, ground: Ground, layout: Layout, posts: list[Post]) -> None:
        self._nodes = ground.roads.nodes
        self._edges = ground.roads.edges
        self._metres = ground.roads.metres
        owner = np.full(len(self._nodes), -1)
        for at, territory in enumerate(layout.territories):
            owner[territory.nodes] = at
        tail, head = self._edges.T
        low, high = ROAD_EDGE_METRES
        inside = (owner[tail] == owner[head]) & (self._metres >= low) & (self._metres <= high)
        ids = [territory.territory_id for territory in layout.territories]
        self._roads: dict[str, Ints] = {
            name: np.flatnonzero(inside & (owner[tail] == at)) for at, name in enumerate(ids)
        }
        self._sections: dict[str, list[tuple[Post, Post]]] = defaultdict(list)
        for before, post in itertools.pairwise(posts):
            if post.follows and owner[before.node] == owner[post.node] >= 0:
                self._sections[ids[owner[post.node]]].append((before, post))

    def on_the_road(self, territory: Territory, rng: Random) -> Breakdown:
        """A truck's breakdown: mostly on a motorway, else on another road between towns."""
        sections = self._sections[territory.territory_id]
        if sections and rng.random() < MOTORWAY_SHARE:
            return _between(*rng.choice(sections), rng.random())
        roads = self._roads[territory.territory_id]
        edge = int(rng.choices(roads.tolist(), self._metres[roads].tolist())[0])
        (lon_a, lat_a), (lon_b, lat_b) = self._nodes[self._edges[edge]].tolist()
        part = rng.random()
        return Breakdown(round(lon_a + (lon_b - lon_a) * part, 5), round(lat_a + (lat_b - lat_a) * part, 5))

    def near_a_town(self, territory: Territory, rng: Random) -> Breakdown:
        """A machine's place of work: near a station's city, off the road."""
        site = rng.choice(territory.stations).site
        places = self._nodes[territory.nodes]
        near = np.flatnonzero(kilometres(places[:, 0], places[:, 1], site.lon, site.lat) <= NEAR_STATION_KM)
        lon, lat = places[near[rng.randrange(len(near))]].tolist()
        return Breakdown(
            round(lon + rng.uniform(-OFF_ROAD_DEG, OFF_ROAD_DEG), 5),
            round(lat + rng.uniform(-OFF_ROAD_DEG, OFF_ROAD_DEG), 5),
        )


def _between(before: Post, after: Post, part: float) -> Breakdown:
    """The place between two posts, and its stake to 100 m."""
    hectometres = round((before.km + (after.km - before.km) * part) * 10)
    return Breakdown(
        round(before.lon + (after.lon - before.lon) * part, 5),
        round(before.lat + (after.lat - before.lat) * part, 5),
        f"{before.motorway} K{hectometres // 10}+{hectometres % 10}00",
    )
