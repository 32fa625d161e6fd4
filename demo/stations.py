"""Branches, territories and stations, placed in real cities beside real roads."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from random import Random
from typing import Any

import numpy as np
import shapely

from demo.geography import City, Ground, Ints, Province, kilometres
from demo.sizes import ORDERS_PER_TERRITORY, Size, apportion
from demo.words import person

Row = dict[str, Any]
LEVEL_SHARES = (0.2, 0.4, 0.4)
"""Shares of the stations of a branch at level 1, 2 and 3, the largest cities first."""
GRADES = {1: ("AAA", "AAA", "AA"), 2: ("AAA", "AA", "AA", "A"), 3: ("AA", "A", "A")}
BRANDS = {
    "AAA": ["RC-TRUCK", "RC-MACH", "RC-ENGINE"],
    "AA": ["RC-TRUCK", "RC-MACH", "RC-ENGINE"],
    "A": ["RC-TRUCK", "RC-ENGINE"],
}
CAPABILITIES = {
    1: [
        "breakdown",
        "inspection",
        "maintenance",
        "campaign",
        "commissioning",
        "training",
        "overhaul",
        "recovery",
    ],
    2: ["breakdown", "inspection", "maintenance", "campaign", "commissioning", "recovery"],
    3: ["breakdown", "inspection", "maintenance"],
}
_ALWAYS = ("station_manager", "service_manager", "parts_manager")
POSTS = {
    1: (*_ALWAYS, "technical_manager", "warranty_clerk", "information_clerk"),
    2: (*_ALWAYS, "technical_manager", "warranty_clerk"),
    3: _ALWAYS,
}
"""Key posts that are held; small stations have fewer people than posts."""


@dataclass(frozen=True)
class Site:
    """A station before it has a territory: the `nth` of its city, at a road node."""

    city: City
    nth: int
    lon: float
    lat: float


@dataclass(frozen=True)
class Station:
    """What the rest of the network hangs on. level 1 is the highest."""

    station_id: str
    site: Site
    level: int
    grade: str

    @property
    def brands(self) -> list[str]:
        return BRANDS[self.grade]


@dataclass(frozen=True)
class Territory:
    """Stations that plan together, with the road nodes nearest to them and their share of engineers and orders."""

    territory_id: str
    branch_id: str
    stations: tuple[Station, ...]
    nodes: Ints
    engineers: int
    orders: int


@dataclass(frozen=True)
class Layout:
    """The whole network's skeleton."""

    branches: tuple[Province, ...]
    territories: tuple[Territory, ...]

    def of_branch(self, branch_id: str) -> list[Territory]:
        return [territory for territory in self.territories if territory.branch_id == branch_id]

    @cached_property
    def namesakes(self) -> frozenset[str]:
        """Names of cities, in either language, that several provinces have."""
        cities = {station.site.city for territory in self.territories for station in territory.stations}
        named = {(name, city.branch_id) for city in cities for name in (city.name_zh, city.name_en)}
        provinces = Counter(name for name, _ in named)
        return frozenset(name for name, count in provinces.items() if count > 1)

    def names_of(self, city: City) -> tuple[str, str]:
        """Chinese and English; namesakes are told apart by their province."""
        province = next(branch for branch in self.branches if branch.branch_id == city.branch_id)
        zh = f"{province.name_zh}{city.name_zh}" if city.name_zh in self.namesakes else city.name_zh
        en = f"{province.name_en} {city.name_en}" if city.name_en in self.namesakes else city.name_en
        return zh, en


def lay_out(ground: Ground, size: Size, rng: Random) -> Layout:
    """Shares stations, engineers and orders among provinces by population, and groups stations into territories."""
    branches = [ground.provinces[code] for code in size.branches or sorted(ground.provinces)]
    weights = [branch.population**0.8 for branch in branches]
    station_counts = apportion(size.stations, weights, least=3)
    order_counts = apportion(size.orders, weights, least=20)
    territories: list[Territory] = []
    for branch, stations, orders in zip(branches, station_counts, order_counts, strict=True):
        territories += _territories(ground, branch, stations, orders, rng)
    engineers = apportion(size.engineers, [t.orders for t in territories])
    staffed = [replace(t, engineers=count) for t, count in zip(territories, engineers, strict=True)]
    return Layout(tuple(branches), tuple(staffed))


def _territories(ground: Ground, branch: Province, count: int, orders: int, rng: Random) -> list[Territory]:
    stations = _stations(branch, _sites(ground, branch.branch_id, count))
    groups = [_graded(group, rng) for group in _bisect(stations, ceil(orders / ORDERS_PER_TERRITORY))]
    nodes = ground.nodes_of(branch.branch_id)
    tree = shapely.STRtree([shapely.Point(s.site.lon, s.site.lat) for group in groups for s in group])
    owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    node_owner = owner[tree.nearest(shapely.points(ground.roads.nodes[nodes]))]
    shares = apportion(orders, [len(group) for group in groups])
    return [
        Territory(f"{branch.branch_id}-T{at + 1}", branch.branch_id, tuple(group), nodes[node_owner == at], 0, share)
        for at, (group, share) in enumerate(zip(groups, shares, strict=True))
    ]


def _sites(ground: Ground, branch_id: str, count: int) -> list[Site]:
    """Gives stations to cities one by one, each to where most trade is still unserved (highest averages)."""
    cities = ground.cities_of(branch_id)
    served: dict[City, int] = defaultdict(int)
    for _ in range(count):
        served[max(cities, key=lambda city: city.weight / (2 * served[city] + 1))] += 1
    nodes = ground.nodes_of(branch_id)
    taken: list[int] = []
    sites: list[Site] = []
    for city in cities:
        for nth in range(1, served[city] + 1):
            node = _free_node(ground, nodes, city, nth, taken)
            taken.append(node)
            lon, lat = ground.roads.nodes[node].tolist()
            sites.append(Site(city, nth, lon, lat))
    return sites


def _free_node(ground: Ground, nodes: Ints, city: City, nth: int, taken: Sequence[int]) -> int:
    """The node nearest to the centre for a city's first station, else one far from every other station."""
    places = ground.roads.nodes[nodes]
    from_centre = kilometres(places[:, 0], places[:, 1], city.lon, city.lat)
    from_centre[np.isin(nodes, taken)] = np.inf
    if nth == 1:
        return int(nodes[from_centre.argmin()])
    within = from_centre <= max(5.0 + 5.0 * nth, from_centre.min())
    others = ground.roads.nodes[list(taken)]
    apart = np.min([kilometres(places[within, 0], places[within, 1], lon, lat) for lon, lat in others.tolist()], axis=0)
    return int(nodes[within][apart.argmax()])


def _stations(branch: Province, sites: list[Site]) -> list[Station]:
    """Numbers the sites and gives them their level by the size of the city."""
    by_size = sorted(range(len(sites)), key=lambda at: (-sites[at].city.weight / sites[at].nth, at))
    levels = [0] * len(sites)
    first, second, _ = apportion(len(sites), LEVEL_SHARES, least=1)
    for rank, at in enumerate(by_size):
        levels[at] = 1 if rank < first else 2 if rank < first + second else 3
    return [Station(f"{branch.branch_id}-S{at + 1:03}", site, levels[at], grade="A") for at, site in enumerate(sites)]


def _graded(group: list[Station], rng: Random) -> list[Station]:
    """Grades by level and luck; the first station of every territory is AAA, so that each product has a home."""
    best = min(group, key=lambda station: (station.level, station.station_id))
    return [
        replace(station, grade="AAA" if station is best else rng.choice(GRADES[station.level])) for station in group
    ]


def _bisect(stations: list[Station], groups: int) -> list[list[Station]]:
    """Halves again and again across the longer side: groups of equal size that lie together."""
    if groups == 1:
        return [sorted(stations, key=lambda station: station.station_id)]
    lon = [s.site.lon for s in stations]
    lat = [s.site.lat for s in stations]
    wide = (max(lon) - min(lon)) * 0.85 > max(lat) - min(lat)
    ordered = sorted(stations, key=lambda s: (s.site.lon if wide else s.site.lat, s.station_id))
    left = groups // 2
    cut = round(len(ordered) * left / groups)
    return _bisect(ordered[:cut], left) + _bisect(ordered[cut:], groups - left)


def branch_rows(layout: Layout, ground: Ground) -> list[Row]:
    """The branch's office stands in the capital."""
    rows = []
    for branch in layout.branches:
        capital = next(c for c in ground.cities_of(branch.branch_id) if c.name_en == branch.capital)
        names = {"name_zh": f"{branch.name_zh}分公司", "name_en": f"{branch.name_en} Branch"}
        rows.append({"branch_id": branch.branch_id, **names, "lon": capital.lon, "lat": capital.lat, "datum": "WGS-84"})
    return rows


LANDMARK_M = 1_000
"""How far around a station a caller is who says to be there."""


def territory_rows(layout: Layout) -> list[Row]:
    """Each named after the largest city of its stations that no other territory is named after."""
    rows: list[Row] = []
    named: set[City] = set()
    for territory in layout.territories:
        cities = [station.site.city for station in territory.stations]
        city = max(cities, key=lambda c: (c not in named, c.population))
        named.add(city)
        rows.append(
            {
                "territory_id": territory.territory_id,
                "branch_id": territory.branch_id,
                "name_zh": f"{city.name_zh}服务区",
                "name_en": f"{city.name_en} Territory",
            }
        )
    return rows


def station_rows(layout: Layout, rng: Random, trades: Mapping[str, set[str]]) -> list[Row]:
    """`trades`: brands by station for which its engineers are authorised; the station is, too."""
    return [
        _station_row(layout, territory, station)
        | {"brands": sorted({*station.brands, *trades.get(station.station_id, ())}, key=BRANDS["AAA"].index)}
        | {"posts": {post: person(rng) for post in POSTS[station.level]}}
        for territory in layout.territories
        for station in territory.stations
    ]


def _station_row(layout: Layout, territory: Territory, station: Station) -> Row:
    site = station.site
    name_zh, name_en = layout.names_of(site.city)
    ordinal_zh, ordinal_en = ("", "") if site.nth == 1 else (f"第{_ordinal(site.nth)}", f" {site.nth}")
    return {
        "station_id": station.station_id,
        "territory_id": territory.territory_id,
        "name_zh": f"{name_zh}{ordinal_zh}服务站",
        "name_en": f"{name_en} Station{ordinal_en}",
        "lon": site.lon,
        "lat": site.lat,
        "datum": "WGS-84",
        "level": station.level,
        "grade": station.grade,
        "capabilities": CAPABILITIES[station.level],
        "opens": "08:00",
        "closes": "20:00",
        "phone": f"400000{int(station.station_id[-3:]):04}",
    }


def landmark_rows(layout: Layout) -> list[Row]:
    """The stations themselves: callers say that they stand near one."""
    rows = [_station_row(layout, within, station) for within in layout.territories for station in within.stations]
    return [
        {
            "name": row["name_zh"],
            "aliases": [row["name_en"]],
            **{name: row[name] for name in ("lon", "lat", "datum")},
            "radius_m": LANDMARK_M,
        }
        for row in rows
    ]


def _ordinal(nth: int) -> str:
    """2 to 99 in Chinese numerals."""
    tens, ones = divmod(nth, 10)
    digits = " 一二三四五六七八九"
    return (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
