"""Excel, GeoJSON and GeoPackage as people make them: types, formulas, merged cells, other coordinate systems."""

import json
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pytest
import shapely

from cli.importing.kinds import KINDS
from cli.importing.reading import ReadRow, open_table, read_rows
from cli.importing.tables import Unusable

STATION: list[Any] = ["S1", "T1", "济南服务站", "Jinan Station", 116.99, 36.67, "WGS-84", 1, "AAA"]
HEADER: list[Any] = ["station_id", "territory_id", "name_zh", "name_en", "lon", "lat", "datum", "level", "grade"]


def read(path: Path, kind: str) -> list[ReadRow]:
    return list(read_rows(open_table(path, KINDS[kind]), KINDS[kind], None))


def workbook(path: Path, rows: list[list[Any]], *, sheet: str = "Sheet1", merge: str | None = None) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    if merge:
        page.merge_cells(merge)
    book.save(path)
    return path


def test_cells_of_a_workbook_keep_their_types(tmp_path: Path) -> None:
    rows = [[*HEADER, "opens", "brands", "phone"], [*STATION, time(8, 30), "RC-TRUCK;RC-MACH", 10000000001]]
    found = read(workbook(tmp_path / "stations.xlsx", rows), "stations")
    assert [row.fault for row in found] == [None]
    assert found[0].values == {
        **dict(zip(HEADER, STATION, strict=True)),
        "opens": "08:30",
        "brands": ["RC-TRUCK", "RC-MACH"],
        "phone": "10000000001",
    }


def test_dates_are_dates_and_instants_need_an_offset(tmp_path: Path) -> None:
    plans: list[list[Any]] = [
        ["plan_id", "serial", "work_type", "next_due_on", "every_days", "tolerance_days"],
        ["P1", "A1", "inspection", date(2026, 11, 5), 90, 5],
        ["P2", "A1", "inspection", datetime(2026, 11, 5), 90.0, 5],  # noqa: DTZ001
    ]
    found = read(workbook(tmp_path / "plans.xlsx", plans), "maintenance_plans")
    assert [row.values["next_due_on"] for row in found if row.values] == ["2026-11-05", "2026-11-05"]
    absences: list[list[Any]] = [
        ["engineer_id", "start", "end"],
        ["E1", datetime(2026, 11, 5, 8), datetime(2026, 11, 6, 8)],  # noqa: DTZ001
    ]
    refused = read(workbook(tmp_path / "absences.xlsx", absences), "absences")[0].fault
    assert refused is not None
    assert refused.column == "start"
    assert "--zone" in refused.reason


def test_blank_rows_are_skipped_and_row_numbers_are_the_sheets(tmp_path: Path) -> None:
    rows = [HEADER, STATION, [None] * 9, ["  "], [*STATION[:4], "east", *STATION[5:]]]
    found = read(workbook(tmp_path / "stations.xlsx", rows), "stations")
    assert [row.number for row in found] == [2, 5]
    assert found[1].fault is not None
    assert found[1].fault.column == "lon"


def test_rows_under_merged_cells_are_refused_and_the_first_is_taken(tmp_path: Path) -> None:
    rows = [HEADER, STATION, ["S2", *STATION[1:]], ["S3", *STATION[1:]]]
    found = read(workbook(tmp_path / "stations.xlsx", rows, merge="B2:B3"), "stations")
    assert [row.fault is None for row in found] == [True, False, True]
    assert found[1].fault is not None
    assert "unmerge" in found[1].fault.reason


def test_a_formula_that_was_never_calculated_is_refused(tmp_path: Path) -> None:
    rows = [HEADER, STATION, ["S2", *STATION[1:4], "=E2+1", *STATION[5:]]]
    found = read(workbook(tmp_path / "stations.xlsx", rows), "stations")
    assert found[0].fault is None
    assert found[1].fault is not None
    assert "never calculated" in found[1].fault.reason


def test_a_formulas_stored_value_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "stations.xlsx", [HEADER, ["S2", *STATION[1:4], "=E9", *STATION[5:]]])
    _store_value(path, formula="E9", value="117.5")
    found = read(path, "stations")
    assert found[0].values is not None
    assert found[0].values["lon"] == 117.5


def test_error_values_are_refused(tmp_path: Path) -> None:
    found = read(workbook(tmp_path / "s.xlsx", [HEADER, [*STATION[:8], "#N/A"]]), "stations")
    assert found[0].fault is not None
    assert "#N/A" in found[0].fault.reason


def test_the_sheet_named_as_the_kind_is_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "all.xlsx", [["notes"]], sheet="notes")
    book = openpyxl.load_workbook(path)
    book.create_sheet("stations").append(HEADER)
    book["stations"].append(STATION)
    book.save(path)
    assert len(read(path, "stations")) == 1
    with pytest.raises(Unusable, match="unknown column 'notes'"):
        read(path, "branches")


def _store_value(path: Path, *, formula: str, value: str) -> None:
    """Writes the value of a formula into the workbook, as Excel does when it saves."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    before, after = f"<f>{formula}</f><v />".encode(), f"<f>{formula}</f><v>{value}</v>".encode()
    assert before in parts[sheet]
    parts[sheet] = parts[sheet].replace(before, after)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def frame(points: list[Any], crs: str | None = "EPSG:4326") -> geopandas.GeoDataFrame:
    columns = {name: [value] * len(points) for name, value in zip(HEADER, STATION, strict=True)}
    for name in ("lon", "lat", "datum"):
        del columns[name]
    columns["station_id"] = [f"S{at + 1}" for at in range(len(points))]
    return geopandas.GeoDataFrame(columns, geometry=points, crs=crs)


def test_geojson_points_give_longitude_and_latitude(tmp_path: Path) -> None:
    path = tmp_path / "stations.geojson"
    frame([shapely.Point(116.99, 36.67)]).to_file(path)
    values = read(path, "stations")[0].values
    assert values == dict(zip(HEADER, STATION, strict=True))


def test_a_geopackage_in_another_system_is_brought_to_wgs_84(tmp_path: Path) -> None:
    path = tmp_path / "maker.gpkg"
    frame([shapely.Point(116.99, 36.67)]).to_crs("EPSG:3857").to_file(path, layer="stations")
    values = read(path, "stations")[0].values
    assert values is not None
    assert (values["lon"], values["lat"], values["datum"]) == (116.99, 36.67, "WGS-84")


def test_shapes_that_are_no_points_are_refused_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "stations.gpkg"
    line = shapely.LineString([(116, 36), (117, 37)])
    frame([line, shapely.Point(116.99, 36.67), None]).to_file(path, layer="anything")
    found = read(path, "stations")
    assert [row.fault and row.fault.reason for row in found] == [
        "has a LineString where a point is expected",
        None,
        "is empty",
    ]


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_a_file_without_coordinate_system_is_unusable(tmp_path: Path) -> None:
    path = tmp_path / "stations.gpkg"
    frame([shapely.Point(116.99, 36.67)], crs=None).to_file(path, layer="stations")
    with pytest.raises(Unusable, match="EPSG:4326"):
        read(path, "stations")


def test_missing_numbers_of_a_geographic_file_are_empty_cells(tmp_path: Path) -> None:
    path = tmp_path / "assets.geojson"
    known = {"serial": "A1", "customer_id": "C1", "product": "tractor", "brand": "B", "model": "M", "meter_km": 12}
    unknown = {**known, "serial": "A2", "meter_km": None}
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [116, 36]}, "properties": properties}
        for properties in (known, unknown)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    values = [row.values for row in read(path, "assets")]
    assert [row.get("meter_km") for row in values if row] == [12, None]
