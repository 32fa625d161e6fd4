"""Excel as people make it: types, formulas, merged cells."""

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

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
