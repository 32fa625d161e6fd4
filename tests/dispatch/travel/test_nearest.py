"""The grid finds the nearest edge, wherever a place lies; shapely's tree of geometries is the oracle."""

import numpy as np
import pytest
import shapely

from services.dispatch.travel import nearest
from services.dispatch.travel.ground import Floats, mercator
from services.dispatch.travel.nearest import EdgeGrid
from services.dispatch.travel.roads import RoadNetwork

PLACES = {
    "in the east": ((110.0, 22.0), (122.0, 40.0), 400),
    "in the far west": ((75.0, 29.0), (95.0, 47.0), 100),
    "in the sea and beyond the border": ((60.0, 10.0), (150.0, 60.0), 60),
}


def distances(points: Floats, edges: Floats, chosen: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Floats:
    found: Floats = shapely.distance(shapely.points(points), shapely.linestrings(edges[chosen]))
    return found


@pytest.mark.parametrize(("low", "high", "number"), PLACES.values(), ids=PLACES)
def test_no_edge_of_the_network_is_nearer(
    roads: RoadNetwork, low: tuple[float, float], high: tuple[float, float], number: int
) -> None:
    edges = mercator(roads.nodes)[roads.edges]
    points = mercator(np.random.default_rng(1).uniform(low, high, (number, 2)))
    grid = EdgeGrid(edges[:, 0], edges[:, 1])
    oracle = shapely.STRtree(shapely.linestrings(edges)).nearest(shapely.points(points)).astype(np.int32)
    expected = distances(points, edges, oracle)
    assert np.allclose(distances(points, edges, grid.nearest(points)), expected, atol=1e-12)
    assert distances(points, edges, grid.nearest(points[::-1])).max() > expected.min()  # the comparison can fail


def test_many_places_at_once_are_answered_as_one_by_one(roads: RoadNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    edges = mercator(roads.nodes)[roads.edges]
    points = mercator(np.random.default_rng(2).uniform((110.0, 22.0), (122.0, 40.0), (200, 2)))
    grid = EdgeGrid(edges[:, 0], edges[:, 1])
    expected = distances(points, edges, grid.nearest(points))
    monkeypatch.setattr(nearest, "MANY", 1)
    assert np.allclose(distances(points, edges, grid.nearest(points)), expected, atol=1e-12)


def test_an_edge_across_many_cells_and_one_without_length() -> None:
    """The long edge is found from places far from both of its ends."""
    tails = np.array([[0.0, 0.0], [3.0, 1.0]])
    heads = np.array([[5.0, 2.5], [3.0, 1.0]])
    grid = EdgeGrid(tails, heads)
    assert grid.nearest(np.array([[2.0, 1.1], [3.0, 0.9], [3.05, 1.0], [-40.0, 0.0], [4.9, 2.6]])).tolist() == [
        0,
        1,
        1,
        0,
        0,
    ]
