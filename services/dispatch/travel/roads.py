"""The embedded road network of China: tables and lines by customizable contraction hierarchies.

Plain and synchronous; about 0.4 s to load, 100 x 300 in a tenth of a second. Sites are snapped to the
nearest point of the nearest edge, not to a node: on a motorway the nearest node may be 10 km off.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
from routingkit_cch import CCH, CCHMetric, CCHOneToMany, CCHQuery

from data import ROADS_CN
from services.dispatch.travel.ground import Floats, mercator, metres_between
from services.dispatch.travel.nearest import EdgeGrid
from services.dispatch.travel.speeds import (
    ACCESS_DETOUR,
    ACCESS_KMH,
    SHAPE_LOSS,
    HourClass,
    edge_milliseconds,
    hour_class,
)

Ints = npt.NDArray[np.int32]
AnyInts = npt.NDArray[np.integer]
LonLat = tuple[float, float]

FARTHEST_ACCESS_METRES = 100_000
"""A site farther than this (straight) from any road of the network is not reached by it."""
LOCAL_METRES = 3_000
"""Sites this close (plus their ways to the road) are joined by local roads that the network lacks."""


@dataclass(frozen=True)
class Snaps:
    """Where k sites meet the network. site: degrees [k, 2]; edge [k]; fraction of the way from its tail to
    its head [k]; access_metres: the estimated way between site and road [k]; reachable: near enough [k]."""

    site: Floats
    edge: Ints
    fraction: Floats
    access_metres: Floats
    reachable: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Metric:
    """One hour class, customized twice: by time alone, and by time plus one millisecond per metre. The
    difference of the two optima lies between the lengths of the two best ways, which are one and the same
    but for near ties: lengths for the price of a second sweep instead of unpacking every path."""

    hierarchy: CCH
    milliseconds: npt.NDArray[np.int64]
    metres: Ints

    @cached_property
    def by_time(self) -> CCHMetric:
        return CCHMetric(self.hierarchy, np.tile(self.milliseconds, 2).tolist())

    @cached_property
    def by_time_and_metres(self) -> CCHMetric:
        return CCHMetric(self.hierarchy, np.tile(self.milliseconds + self.metres, 2).tolist())


class RoadNetwork:
    """nodes: degrees lon, lat [n, 2]; edges: tail, head [e, 2], open both ways; metres [e], corrected."""

    def __init__(self, *, nodes: Floats, edges: Ints, metres: Ints, fixed_seconds: Ints, attribution: str) -> None:
        self.nodes = nodes
        self.edges = edges
        self.metres = metres
        self.attribution = attribution
        self._fixed_seconds = fixed_seconds
        self._metrics: dict[HourClass, _Metric] = {}
        self._customizing = threading.Lock()
        tail, head = edges.T
        # The file numbers its nodes in contraction order, so the order is 0, 1, 2, ...
        self._hierarchy = CCH(
            list(range(len(nodes))),
            np.concatenate([tail, head]).tolist(),
            np.concatenate([head, tail]).tolist(),
            False,
        )

    @classmethod
    def load(cls, path: Path = ROADS_CN) -> Self:
        """Reads a file made by data.make_roads."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(
                nodes=np.stack([arrays["lon"], arrays["lat"]], axis=1) / 1000.0,
                edges=np.stack([arrays["tail"], arrays["head"]], axis=1),
                metres=np.rint(arrays["metres"] * SHAPE_LOSS).astype(np.int32),
                fixed_seconds=arrays["fixed_seconds"],
                attribution=str(arrays["attribution"]),
            )

    def nearest_node(self, lon: float, lat: float) -> int:
        """The node nearest to a place, as the crow flies."""
        east = (self.nodes[:, 0] - lon) * np.cos(np.radians(lat))
        return int(np.argmin(east**2 + (self.nodes[:, 1] - lat) ** 2))

    def snap(self, sites: Sequence[LonLat] | Floats) -> Snaps:
        """The nearest point of the nearest edge of each site, in degrees lon, lat."""
        site = np.asarray(sites, float).reshape(-1, 2)
        on_plane = mercator(site)
        edge = self._grid.nearest(on_plane)
        tail, head = mercator(self.nodes[self.edges[edge, 0]]), mercator(self.nodes[self.edges[edge, 1]])
        along = head - tail
        fraction = ((on_plane - tail) * along).sum(1) / np.maximum((along**2).sum(1), 1e-18)
        fraction = np.clip(fraction, 0.0, 1.0)
        straight = metres_between(site, self._points_on(edge, fraction))
        return Snaps(site, edge, fraction, straight * ACCESS_DETOUR, straight <= FARTHEST_ACCESS_METRES)

    def table(
        self, origin_nodes: Sequence[int] | AnyInts, dest_nodes: Sequence[int] | AnyInts, hour: int
    ) -> tuple[Ints, Ints]:
        """Seconds and metres [origins, destinations] between nodes at a Chinese local hour; -1: no way."""
        metric = self._metric(hour_class(hour))
        sources = [[(int(node), 0)] for node in origin_nodes]
        targets = [int(node) for node in dest_nodes]
        time = _sweep(metric.by_time, sources, targets)
        return _as_table(time, _sweep(metric.by_time_and_metres, sources, targets) - time)

    def table_between(self, origins: Snaps, destinations: Snaps, hours: HourClass) -> tuple[Ints, Ints]:
        """Seconds and metres [origins, destinations] between sites, access included; -1: no way."""
        metric = self._metric(hours)
        time = self._sweep_between(metric.by_time, metric.milliseconds, origins, destinations)
        blended = self._sweep_between(
            metric.by_time_and_metres, metric.milliseconds + self.metres, origins, destinations
        )
        access = origins.access_metres[:, None] + destinations.access_metres[None, :]
        metres = blended - time + access
        milliseconds = time + access * _MS_PER_ACCESS_METRE

        straight = metres_between(origins.site[:, None, :], destinations.site[None, :, :])
        local = straight * ACCESS_DETOUR
        local_ms = local * _MS_PER_ACCESS_METRE
        is_local = (straight <= LOCAL_METRES + access) & ~(milliseconds <= local_ms)
        reachable = origins.reachable[:, None] & destinations.reachable[None, :]
        milliseconds = np.where(is_local, local_ms, milliseconds)
        return _as_table(np.where(reachable | is_local, milliseconds, np.nan), np.where(is_local, local, metres))

    def nearest(self, origins: Snaps, destinations: Snaps, hours: HourClass) -> Ints:
        """Seconds [destinations] from whichever origin is nearest by road, as `table_between` has them; -1: no way.

        One sweep from all origins at once: a hundred thousand machines cost what one station does. A site that is
        joined by local roads is joined to the origin that is nearest on the map.
        """
        import shapely  # no plan asks this, and it takes memory

        if not len(origins.site) or not len(destinations.site):
            return np.full(len(destinations.site), -1, np.int32)
        metric = self._metric(hours)
        from_road = self._sweep_nearest(metric, origins, destinations)
        milliseconds = from_road + destinations.access_metres * _MS_PER_ACCESS_METRE
        milliseconds = np.where(destinations.reachable, milliseconds, np.nan)
        tree = shapely.STRtree(shapely.points(mercator(origins.site)))
        closest = tree.nearest(shapely.points(mercator(destinations.site)))
        straight = metres_between(origins.site[closest], destinations.site)
        local_ms = straight * ACCESS_DETOUR * _MS_PER_ACCESS_METRE
        near = straight <= LOCAL_METRES + origins.access_metres[closest] + destinations.access_metres
        milliseconds = np.where(near, np.fmin(milliseconds, local_ms), milliseconds)
        return np.where(np.isnan(milliseconds), -1, np.rint(np.nan_to_num(milliseconds) / 1000)).astype(np.int32)

    def _sweep_nearest(self, metric: _Metric, origins: Snaps, destinations: Snaps) -> Floats:
        """Milliseconds [destinations] from the nearest origin to the road at the destination; nan: no way."""
        weights = metric.milliseconds
        access = np.rint(origins.access_metres * _MS_PER_ACCESS_METRE).astype(np.int64).tolist()
        ways = zip(self._ways_on(origins, weights), access, origins.reachable.tolist(), strict=True)
        sources = [(node, weight + extra) for way, extra, reached in ways if reached for node, weight in way]
        ends, at = np.unique(self.edges[destinations.edge], return_inverse=True)
        by_node = _sweep(metric.by_time, [sources], ends.tolist())[0][at.reshape(-1, 2)]
        weight = weights[destinations.edge]
        along = np.rint(destinations.fraction * weight)
        nearest: Floats = np.fmin(by_node[:, 0] + along, by_node[:, 1] + (weight - along))
        for index, edge in enumerate(origins.edge.tolist()):
            same = (destinations.edge == edge) & origins.reachable[index]
            apart = np.rint(np.abs(origins.fraction[index] - destinations.fraction) * weight)
            nearest = np.where(same, np.fmin(nearest, apart + access[index]), nearest)
        return nearest

    def path(self, a: int, b: int, hour: int = 12) -> list[LonLat]:
        """The nodes' places along the fastest way between two nodes; empty when there is none."""
        found = CCHQuery(self._metric(hour_class(hour)).by_time).run(a, b)
        return [(float(lon), float(lat)) for lon, lat in self.nodes[found.node_path]]

    def path_between(self, origins: Snaps, destinations: Snaps, hours: HourClass) -> list[LonLat]:
        """The line from the first origin to the first destination, both included; empty: no way."""
        if not (origins.reachable[0] and destinations.reachable[0]):
            return []
        metric = self._metric(hours)
        weights = metric.milliseconds
        found = CCHQuery(metric.by_time).run_multi(
            self._ways_on(origins, weights)[0], self._ways_on(destinations, weights)[0]
        )
        same_edge = origins.edge[0] == destinations.edge[0]
        on_edge = abs(origins.fraction[0] - destinations.fraction[0]) * weights[origins.edge[0]]
        if same_edge and (found.distance is None or on_edge <= found.distance):
            between: Floats = np.empty((0, 2))
        elif found.distance is None:
            return []
        else:
            between = self.nodes[found.node_path]
        line = np.concatenate(
            [
                origins.site[:1],
                self._points_on(origins.edge[:1], origins.fraction[:1]),
                between,
                self._points_on(destinations.edge[:1], destinations.fraction[:1]),
                destinations.site[:1],
            ]
        )
        return [(float(lon), float(lat)) for lon, lat in line]

    def _metric(self, hours: HourClass) -> _Metric:
        with self._customizing:
            if hours not in self._metrics:
                milliseconds = edge_milliseconds(self.metres, self._fixed_seconds, hours)
                self._metrics[hours] = _Metric(self._hierarchy, milliseconds, self.metres)
            return self._metrics[hours]

    @cached_property
    def _grid(self) -> EdgeGrid:
        tails, heads = np.moveaxis(mercator(self.nodes)[self.edges], 1, 0)
        return EdgeGrid(tails, heads)

    def _points_on(self, edge: Ints, fraction: Floats) -> Floats:
        tail, head = self.nodes[self.edges[edge, 0]], self.nodes[self.edges[edge, 1]]
        points: Floats = tail + (head - tail) * fraction[:, None]
        return points

    def _ways_on(self, snaps: Snaps, weights: npt.NDArray[np.int64]) -> list[list[tuple[int, int]]]:
        """For each snap the two ends of its edge with the weight between it and them."""
        weight = weights[snaps.edge]
        to_tail = np.rint(snaps.fraction * weight).astype(np.int64)
        tails, heads = self.edges[snaps.edge].T.tolist()
        ways = zip(tails, to_tail.tolist(), heads, (weight - to_tail).tolist(), strict=True)
        return [[(tail, a), (head, b)] for tail, a, head, b in ways]

    def _sweep_between(
        self, metric: CCHMetric, weights: npt.NDArray[np.int64], origins: Snaps, destinations: Snaps
    ) -> Floats:
        """Weights [origins, destinations] from road to road; nan: no way."""
        ways = self._ways_on(destinations, weights)
        targets = [node for way in ways for node, _ in way]
        last = np.array([weight for way in ways for _, weight in way], float)
        by_end = _sweep(metric, self._ways_on(origins, weights), targets) + last
        through_nodes = np.fmin(by_end[:, 0::2], by_end[:, 1::2])
        apart = np.abs(origins.fraction[:, None] - destinations.fraction[None, :])
        along = np.rint(apart * weights[origins.edge][:, None])
        same_edge = origins.edge[:, None] == destinations.edge[None, :]
        nearest: Floats = np.where(same_edge, np.fmin(through_nodes, along), through_nodes)
        return nearest


@cache
def china() -> RoadNetwork:
    """The shipped network, once per process: it takes some 100 MB and nobody changes it."""
    return RoadNetwork.load()


_MS_PER_ACCESS_METRE = 3600.0 / ACCESS_KMH


def _sweep(metric: CCHMetric, sources: list[list[tuple[int, int]]], targets: list[int]) -> Floats:
    """Least weights [sources, targets]; a source is some nodes with initial weights; nan: no way."""
    if not targets:  # the library panics
        return np.empty((len(sources), 0))
    query = CCHOneToMany(metric, targets)
    table = np.array([query.distances_from_multi(source) for source in sources], dtype=float)
    return table.reshape(len(sources), len(targets))


def _as_table(milliseconds: Floats, metres: Floats) -> tuple[Ints, Ints]:
    no_way = np.isnan(milliseconds)
    seconds = np.where(no_way, -1, np.rint(milliseconds / 1000)).astype(np.int32)
    return seconds, np.where(no_way, -1, np.rint(np.nan_to_num(metres))).astype(np.int32)
