"""The embedded network: right against an independent Dijkstra, sensible on the ground, calibrated to real drives."""

from itertools import pairwise

import igraph
import numpy as np
import pytest

from services.dispatch.travel.ground import metres_between
from services.dispatch.travel.roads import RoadNetwork
from services.dispatch.travel.speeds import ACCESS_DETOUR, HourClass, edge_milliseconds, hour_class

SEED = 20_261


@pytest.fixture(scope="module")
def oracle(roads: RoadNetwork) -> igraph.Graph:
    return igraph.Graph(n=len(roads.nodes), edges=roads.edges)


def _weights(roads: RoadNetwork, hours: HourClass) -> np.ndarray:
    return edge_milliseconds(roads.metres, roads._fixed_seconds, hours)


@pytest.mark.parametrize("hour", [3, 8, 12])
def test_seconds_equal_dijkstra_on_the_same_weights(roads: RoadNetwork, oracle: igraph.Graph, hour: int) -> None:
    rng = np.random.default_rng(SEED + hour)
    origins, destinations = rng.integers(0, len(roads.nodes), (2, 12))
    seconds, _ = roads.table(origins, destinations, hour)
    weights = _weights(roads, hour_class(hour)).tolist()
    expected = np.array(oracle.distances(origins.tolist(), destinations.tolist(), weights=weights))
    expected = np.where(np.isinf(expected), -1_000, expected) / 1_000
    assert (expected >= 0).any()
    np.testing.assert_array_equal(seconds, np.rint(expected).astype(np.int32))


def test_metres_are_those_of_the_fastest_way_but_for_near_ties(roads: RoadNetwork, oracle: igraph.Graph) -> None:
    rng = np.random.default_rng(SEED)
    origins, destinations = rng.integers(0, len(roads.nodes), (2, 12))
    _, metres = roads.table(origins, destinations, 12)
    weights = _weights(roads, HourClass.DAY).tolist()
    off = []
    for row, origin in enumerate(origins.tolist()):
        ways = oracle.get_shortest_paths(origin, destinations.tolist(), weights=weights, output="epath")
        for column, way in enumerate(ways):
            if way:
                along = int(roads.metres[way].sum())
                assert metres[row, column] <= along
                off.append(1 - metres[row, column] / along)
    assert len(off) > 100
    assert np.quantile(off, 0.9) < 0.001
    assert max(off) < 0.02


def test_path_takes_as_long_as_the_table_says(roads: RoadNetwork, oracle: igraph.Graph) -> None:
    a, b = roads.nearest_node(116.39, 39.9), roads.nearest_node(117.02, 36.67)
    line = roads.path(a, b)
    assert line[0] == tuple(roads.nodes[a])
    assert line[-1] == tuple(roads.nodes[b])
    weights = _weights(roads, HourClass.DAY)
    number = {tuple(place): index for index, place in enumerate(roads.nodes.tolist())}
    nodes = [number[place] for place in line]
    pairs = list(pairwise(nodes))
    time = sum(int(weights[edge]) for edge in oracle.get_eids(pairs))
    assert round(time / 1000) == roads.table([a], [b], 12)[0][0, 0]


def test_ways_between_sites_equal_dijkstra_with_the_sites_wired_in(roads: RoadNetwork, oracle: igraph.Graph) -> None:
    """Edge snapping: sites become nodes that split their edge, and Dijkstra is asked."""
    rng = np.random.default_rng(SEED)
    picks = roads.nodes[rng.integers(0, len(roads.nodes), 16)] + rng.normal(0, 0.02, (16, 2))
    snaps = roads.snap(picks)
    weights = _weights(roads, HourClass.DAY)
    graph = oracle.copy()
    graph.add_vertices(16)
    extra_edges, extra_weights = [], []
    for site in range(16):
        edge = snaps.edge[site]
        to_tail = round(float(snaps.fraction[site]) * int(weights[edge]))
        for end, weight in zip(roads.edges[edge], (to_tail, int(weights[edge]) - to_tail), strict=True):
            extra_edges.append((len(roads.nodes) + site, int(end)))
            extra_weights.append(weight)
    graph.add_edges(extra_edges)
    number = [len(roads.nodes) + site for site in range(16)]
    between = np.array(graph.distances(number, number, weights=weights.tolist() + extra_weights))
    access = snaps.access_metres[:, None] + snaps.access_metres[None, :]
    expected = (between + access * 120) / 1000  # 30 km/h are 120 ms per metre
    seconds, _ = roads.table_between(snaps, snaps, HourClass.DAY)
    far = metres_between(picks[:, None], picks[None, :]) > 50_000
    assert far.sum() > 200
    reachable = np.isfinite(expected)
    np.testing.assert_allclose(seconds[far & reachable], expected[far & reachable], atol=0.51)
    assert (seconds[~reachable] == -1).all()


def test_a_site_in_the_middle_of_a_long_edge_is_on_the_road(roads: RoadNetwork) -> None:
    edge = int(np.flatnonzero((roads.metres > 20_000) & (roads.metres < 30_000))[0])
    tail, head = roads.nodes[roads.edges[edge]]
    middle = (tail + head) / 2
    snap = roads.snap(middle[None])
    assert snap.access_metres[0] < 50
    assert metres_between(middle, roads.nodes[roads.nearest_node(*middle)]) > 5_000


def test_access_is_the_straight_way_to_the_road_with_a_detour(roads: RoadNetwork) -> None:
    site = np.array([[90.0, 40.0]])  # the Lop Nur desert
    snap = roads.snap(site)
    tail, head = roads.nodes[roads.edges[snap.edge[0]]]
    straight = metres_between(site[0], tail + (head - tail) * snap.fraction[0])
    assert snap.access_metres[0] == pytest.approx(straight * ACCESS_DETOUR)
    samples = tail + (head - tail) * np.linspace(0, 1, 500)[:, None]
    assert straight <= metres_between(site, samples).min() * 1.01  # an edge of 450 km


def test_nearest_edge_is_nearest_on_the_ground(roads: RoadNetwork) -> None:
    """Against brute force over points 1/20 of an edge apart, around one city."""
    rng = np.random.default_rng(SEED)
    sites = np.array([103.83, 36.06]) + rng.normal(0, 0.1, (40, 2))
    ends = roads.nodes[roads.edges]
    close = (np.abs(ends[:, 0] - [103.83, 36.06]) < 1.5).all(axis=1)
    steps = np.linspace(0, 1, 21)[:, None, None]
    samples = (ends[close, 0] + (ends[close, 1] - ends[close, 0]) * steps).reshape(-1, 2)
    brute = np.array([metres_between(site, samples).min() for site in sites])
    ours = roads.snap(sites).access_metres / ACCESS_DETOUR
    assert (ours <= brute * 1.001).all()


def test_both_ways_take_equally_long_and_no_way_round_is_shorter(roads: RoadNetwork) -> None:
    rng = np.random.default_rng(SEED)
    nodes = rng.integers(0, len(roads.nodes), 60)
    seconds, metres = roads.table(nodes, nodes, 12)
    np.testing.assert_array_equal(seconds, seconds.T)
    assert (np.diag(seconds) == 0).all()
    assert (np.diag(metres) == 0).all()
    reach = np.where(seconds < 0, 10**9, seconds).astype(np.int64)
    through = (reach[:, :, None] + reach[None, :, :]).min(axis=1)
    assert (reach <= through + 2).all()  # rounding of two legs


def test_same_place_is_no_way_at_all_and_neighbours_need_no_motorway(roads: RoadNetwork) -> None:
    sites = roads.snap([(117.0, 36.65), (117.001, 36.65)])
    seconds, metres = roads.table_between(sites, sites, HourClass.DAY)
    assert seconds[0, 0] == 0
    assert metres[0, 0] == 0
    assert 0 < seconds[0, 1] < 60


def test_hours_matter_most_on_short_streets(roads: RoadNetwork) -> None:
    sites = roads.snap([(116.39, 39.9), (116.48, 39.99), (117.02, 36.67)])
    night, day, peak = (
        roads.table_between(sites, sites, hours)[0] for hours in (HourClass.NIGHT, HourClass.DAY, HourClass.PEAK)
    )
    assert night[0, 1] < day[0, 1] < peak[0, 1]
    assert peak[0, 1] / day[0, 1] > peak[0, 2] / day[0, 2] > 1


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "night"), (5, "night"), (6, "day"), (7, "peak"), (8, "peak"), (9, "day"), (17, "peak"), (22, "night")],
)
def test_hour_classes(hour: int, expected: str) -> None:
    assert hour_class(hour) == expected


@pytest.mark.parametrize("hour", [-1, 24])
def test_hours_outside_the_day_are_refused(hour: int) -> None:
    with pytest.raises(ValueError, match="0 to 23"):
        hour_class(hour)


def test_islands_without_a_road_are_unreachable_and_hainan_has_its_ferry(roads: RoadNetwork) -> None:
    sites = [(113.26, 23.13), (110.33, 20.03), (121.56, 25.03), (139.7, 35.7)]  # Guangzhou ... Tokyo
    snaps = roads.snap(sites)
    seconds, metres = roads.table_between(snaps, snaps, HourClass.DAY)
    assert 8 * 3600 < seconds[0, 1] < 12 * 3600
    assert seconds[0, 2] == metres[0, 2] == -1
    assert seconds[0, 3] == metres[0, 3] == -1
    assert roads.path_between(roads.snap(sites[:1]), roads.snap(sites[2:3]), HourClass.DAY) == []


def test_a_drawn_line_joins_the_sites_and_follows_the_road(roads: RoadNetwork) -> None:
    jinan, qingdao = (117.02, 36.67), (120.38, 36.07)
    line = np.array(roads.path_between(roads.snap([jinan]), roads.snap([qingdao]), HourClass.DAY))
    assert tuple(line[0]) == jinan
    assert tuple(line[-1]) == qingdao
    _, metres = roads.table_between(roads.snap([jinan]), roads.snap([qingdao]), HourClass.DAY)
    drawn = metres_between(line[:-1], line[1:]).sum()
    assert drawn == pytest.approx(metres[0, 0], rel=0.05)


def test_a_line_within_one_edge_has_no_node_in_it(roads: RoadNetwork) -> None:
    edge = int(np.flatnonzero((roads.metres > 20_000) & (roads.metres < 30_000))[0])
    tail, head = roads.nodes[roads.edges[edge]]
    a, b = tail + (head - tail) * 0.3, tail + (head - tail) * 0.6
    line = np.array(roads.path_between(roads.snap(a[None]), roads.snap(b[None]), HourClass.DAY))
    assert len(line) == 4
    assert metres_between(line[:-1], line[1:]).sum() == pytest.approx(metres_between(a, b), rel=0.01)
