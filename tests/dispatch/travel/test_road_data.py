"""roads_cn.npz: whole, attributed, and made again exactly by its script."""

import igraph
import numpy as np
import pytest

from data import ROADS_CN
from services.dispatch.travel.roads import RoadNetwork


def test_the_file_is_whole_and_small() -> None:
    with np.load(ROADS_CN, allow_pickle=False) as arrays:
        nodes, edges = len(arrays["lon"]), len(arrays["tail"])
        assert 120_000 < nodes < 125_000
        assert (arrays["tail"] < arrays["head"]).all()
        assert arrays["tail"].min() >= 0
        assert arrays["head"].max() < nodes
        assert len(set(zip(arrays["tail"].tolist(), arrays["head"].tolist(), strict=True))) == edges
        assert (arrays["metres"] > 0).all()
        assert ((arrays["lon"] > 73_000) & (arrays["lon"] < 136_000)).all()
        assert ((arrays["lat"] > 17_000) & (arrays["lat"] < 54_500)).all()
    assert ROADS_CN.stat().st_size < 3_000_000


def test_it_names_its_sources(roads: RoadNetwork) -> None:
    for source in ("OpenStreetMap contributors", "Open Database License", "GeoNames", "CC BY 4.0"):
        assert source in roads.attribution


def test_its_pieces_are_the_ones_that_no_road_joins(roads: RoadNetwork) -> None:
    pieces = igraph.Graph(n=len(roads.nodes), edges=roads.edges).connected_components()
    largest = {tuple(np.rint(roads.nodes[piece].mean(axis=0)).astype(int).tolist()): len(piece) for piece in pieces}
    assert set(largest) == {(114, 32), (121, 24), (114, 22)}  # mainland and Hainan, Taiwan, Hong Kong and Macau
    assert len(pieces) == 4


def test_the_script_makes_the_same_arrays() -> None:
    """Arrays, not bytes: another build of zlib may pack the same arrays differently."""
    pytest.importorskip("scgraph_data", reason="the source of the roads is a development dependency")
    from data.make_roads import ATTRIBUTION, make

    made = {"attribution": np.array(ATTRIBUTION), **vars(make())}
    with np.load(ROADS_CN, allow_pickle=False) as arrays:
        assert set(arrays.files) == set(made)
        for name in arrays.files:
            assert arrays[name].dtype == made[name].dtype
            np.testing.assert_array_equal(arrays[name], made[name])
