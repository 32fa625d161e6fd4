"""GeoJSON and GeoPackage as people make them: times, lists and gaps, broken places, other coordinate systems."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas
import pytest
import shapely

from cli.importing.kinds import KINDS
from cli.importing.reading import ReadRow, open_table, read_rows
from cli.importing.tables import Unusable

HERE = {"type": "Point", "coordinates": [116.99, 36.67]}
STATION: dict[str, Any] = {
    "station_id": "S1",
    "territory_id": "T1",
    "name_zh": "济南服务站",
    "name_en": "Jinan Station",
    "level": 1,
    "grade": "AAA",
}
PLACE = {"lon": 116.99, "lat": 36.67, "datum": "WGS-84"}
ENGINEER: dict[str, Any] = {"engineer_id": "E1", "station_id": "S1", "name": "王师傅", "phone": "10000000001"}
AT_8 = "2026-11-05T08:00:00"
ORDER: dict[str, Any] = {"external_id": "O1", "serial": "A1", "reported_at": f"{AT_8}+08:00"}


def read(path: Path, kind: str, zone: ZoneInfo | None = None) -> list[ReadRow]:
    return list(read_rows(open_table(path, KINDS[kind]), KINDS[kind], zone))


def geojson(path: Path, *features: tuple[Any, dict[str, Any]], **members: Any) -> Path:
    made = [{"type": "Feature", "geometry": place, "properties": properties} for place, properties in features]
    path.write_text(json.dumps({"type": "FeatureCollection", **members, "features": made}), encoding="utf-8")
    return path


def geopackage(path: Path, rows: list[dict[str, Any]], points: list[Any], crs: str | None = "EPSG:4326") -> Path:
    geopandas.GeoDataFrame(rows, geometry=points, crs=crs).to_file(path, layer=path.stem)
    return path


def values(rows: list[ReadRow]) -> list[dict[str, Any] | None]:
    return [row.values for row in rows]


def faults(rows: list[ReadRow]) -> list[str | None]:
    return [f"{row.fault.column}: {row.fault.reason}" if row.fault else None for row in rows]


# --- places -----------------------------------------------------------------------------------------------------


def test_geojson_points_give_longitude_and_latitude(tmp_path: Path) -> None:
    assert values(read(geojson(tmp_path / "s.geojson", (HERE, STATION)), "stations")) == [STATION | PLACE]


@pytest.mark.parametrize("write", ["geojson", "gpkg"])
def test_another_system_is_brought_to_wgs_84(tmp_path: Path, write: str) -> None:
    path = tmp_path / f"maker.{write}"
    there = geopandas.GeoSeries([shapely.Point(116.99, 36.67)], crs="EPSG:4326").to_crs("EPSG:3857")[0]
    if write == "gpkg":
        geopackage(path, [STATION], [there], crs="EPSG:3857")
    else:
        crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
        geojson(path, ({"type": "Point", "coordinates": [there.x, there.y]}, STATION), crs=crs)
    assert values(read(path, "stations")) == [STATION | PLACE]


def test_shapes_that_are_no_points_are_refused_row_by_row(tmp_path: Path) -> None:
    line = shapely.LineString([(116, 36), (117, 37)])
    points = [line, shapely.Point(116.99, 36.67), None]
    of_package = read(geopackage(tmp_path / "anything.gpkg", [STATION] * 3, points), "stations")
    of_json = read(
        geojson(tmp_path / "s.json", (line.__geo_interface__, STATION), (HERE, STATION), (None, STATION)), "stations"
    )
    expected = ["None: has a LineString where a point is expected", None, "lon: is empty"]
    assert faults(of_package) == faults(of_json) == expected


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_a_file_without_coordinate_system_is_unusable(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "stations.gpkg", [STATION], [shapely.Point(116.99, 36.67)], crs=None)
    with pytest.raises(Unusable, match="EPSG:4326"):
        read(path, "stations")
    for crs in (None, {"type": "name", "properties": {"name": "EPSG:0"}}):
        with pytest.raises(Unusable, match="no known coordinate system"):
            read(geojson(tmp_path / "s.geojson", (HERE, STATION), crs=crs), "stations")


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": ["east", 36]},
        {"type": "Point", "coordinates": [116]},
        {"type": "Point", "coordinates": [None, None]},
        {"type": "Point", "coordinates": "116,36"},
        {"type": "Point"},
        {"type": "point", "coordinates": [116, 36]},
        {"coordinates": [116, 36]},
        [116, 36],
        {},
    ],
)
def test_a_broken_place_is_a_fault_and_not_no_place(tmp_path: Path, geometry: Any) -> None:
    rows = read(geojson(tmp_path / "o.geojson", (geometry, ORDER), (None, ORDER)), "orders")
    assert [fault and "broken geometry" in fault for fault in faults(rows)] == [True, None]
    assert rows[1].values == ORDER


@pytest.mark.parametrize("names", [("lon", "lat"), ("cargo_dest_lon", "cargo_dest_lat")])
def test_what_the_datum_of_columns_is_the_geometry_does_not_say(tmp_path: Path, names: tuple[str, str]) -> None:
    """GCJ-02 read as WGS-84 would stand half a kilometre beside the road."""
    in_columns = ORDER | dict(zip(names, (116.996, 36.671), strict=True))
    with pytest.raises(Unusable, match=r"coordinates in .*lon, .*lat: say in a column datum"):
        read(geojson(tmp_path / "o.geojson", (HERE, in_columns)), "orders")
    point = shapely.Point(116.99, 36.67)
    with pytest.raises(Unusable, match="say in a column datum"):
        read(geopackage(tmp_path / "o.gpkg", [in_columns], [point]), "orders")
    said = in_columns | {"datum": "GCJ-02"}
    expected = said if "lon" in said else said | {"lon": 116.99, "lat": 36.67}
    assert values(read(geojson(tmp_path / "said.geojson", (HERE, said)), "orders")) == [expected]


def test_a_place_beside_empty_columns_is_a_fault_and_not_no_place(tmp_path: Path) -> None:
    rows = read(geojson(tmp_path / "o.geojson", (HERE, ORDER | PLACE), (HERE, ORDER), (None, ORDER)), "orders")
    assert [fault and "place in the geometry" in fault for fault in faults(rows)] == [None, True, None]


# --- cells ------------------------------------------------------------------------------------------------------


def test_times_without_offset_are_refused_beside_ones_that_have_it(tmp_path: Path) -> None:
    naive = ORDER | {"external_id": "O2", "reported_at": AT_8}
    json_file = geojson(tmp_path / "o.geojson", (HERE, ORDER), (HERE, naive))
    package = geopackage(tmp_path / "o.gpkg", [ORDER, ORDER], [shapely.Point(116.99, 36.67)] * 2)
    _as_times(package, [ORDER["reported_at"], AT_8])
    for path in (json_file, package):
        strict = faults(read(path, "orders"))
        assert strict[0] is None
        assert strict[1] is not None
        assert strict[1].startswith("reported_at: has no time zone")
        in_zone = [row and row["reported_at"] for row in values(read(path, "orders", ZoneInfo("Asia/Urumqi")))]
        assert in_zone == [f"{AT_8}+08:00", f"{AT_8}+06:00"]


def _as_times(package: Path, times: list[str]) -> None:
    """Makes reported_at a column of times, as geographic programs do."""
    with sqlite3.connect(package) as db:
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{trigger}"')
        db.execute(f'ALTER TABLE "{package.stem}" DROP COLUMN reported_at')
        db.execute(f'ALTER TABLE "{package.stem}" ADD COLUMN reported_at DATETIME')
        for at, moment in enumerate(times, start=1):
            db.execute(f'UPDATE "{package.stem}" SET reported_at = ? WHERE fid = ?', (moment, at))  # noqa: S608
    db.close()


def test_lists_and_objects_of_json_are_lists_pairs_and_fault_codes(tmp_path: Path) -> None:
    engineer = ENGINEER | {"brands": ["RC-TRUCK", "RC-MACH"], "skills": {"electric": 2}, "certificates": None}
    found = values(read(geojson(tmp_path / "e.geojson", (HERE, engineer), (HERE, ENGINEER)), "engineers"))
    home = {"home_lon": 116.99, "home_lat": 36.67, "datum": "WGS-84"}
    given = {name: value for name, value in engineer.items() if value is not None}
    assert found == [given | home, ENGINEER | home]
    codes = [{"spn": 100, "fmi": 1}, {"spn": 110, "fmi": 0}]
    for written in (codes, ["100/1", "110/0"], "100/1;110/0"):
        rows = read(geojson(tmp_path / "o.geojson", (HERE, ORDER | {"fault_codes": written})), "orders")
        assert values(rows) == [ORDER | PLACE | {"fault_codes": codes}]


def test_engineers_and_orders_of_a_geopackage(tmp_path: Path) -> None:
    packed = {"brands": "RC-TRUCK;RC-MACH", "skills": "electric:2", "certificates": "crane:2027-01-31"}
    rows = [ENGINEER | packed | {"labour_fen_per_hour": 8000}, ENGINEER | {"engineer_id": "E2"}]
    points = [shapely.Point(116.99, 36.67)] * 2
    home = {"home_lon": 116.99, "home_lat": 36.67, "datum": "WGS-84"}
    assert values(read(geopackage(tmp_path / "e.gpkg", rows, points), "engineers")) == [
        ENGINEER
        | home
        | {"brands": ["RC-TRUCK", "RC-MACH"], "skills": {"electric": 2}, "labour_fen_per_hour": 8000}
        | {"certificates": {"crane": "2027-01-31"}},
        ENGINEER | home | {"engineer_id": "E2"},
    ]
    orders = [ORDER | {"fault_codes": "100/1", "cargo_hazard": True}, ORDER | {"external_id": "O2"}]
    assert values(read(geopackage(tmp_path / "o.gpkg", orders, points), "orders")) == [
        ORDER | PLACE | {"fault_codes": [{"spn": 100, "fmi": 1}], "cargo_hazard": True},
        ORDER | PLACE | {"external_id": "O2"},
    ]


def test_whole_numbers_beside_gaps_stay_whole(tmp_path: Path) -> None:
    known = {"serial": "A1", "customer_id": "C1", "product": "tractor", "brand": "B", "model": "M", "meter_km": 12}
    unknown = {**known, "serial": "A2", "meter_km": None}
    json_file = geojson(tmp_path / "assets.geojson", (HERE, known), (HERE, unknown))
    package = geopackage(tmp_path / "assets.gpkg", [known, unknown], [shapely.Point(116, 36)] * 2)
    for path in (json_file, package):
        meters = [row.get("meter_km") for row in values(read(path, "assets")) if row]
        assert [(meter, type(meter)) for meter in meters] == [(12, int), (None, type(None))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "line 1: is not JSON"),
        ('{"type": "Topology"}', "no FeatureCollection"),
        ("[]", "no FeatureCollection"),
        ('{"features": [1]}', "feature 1 is not one of GeoJSON"),
        ('{"features": [{"properties": {"level": NaN}}]}', "holds NaN"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_geojson_is_unusable_with_the_reason(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "stations.geojson"
    path.write_text(content)
    with pytest.raises(Unusable, match=said):
        read(path, "stations")
