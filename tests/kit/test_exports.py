"""No text of an exported table can act as a formula, and nothing else is lost."""

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.exports import Cell, harmless, table

SHANGHAI = ZoneInfo("Asia/Shanghai")
TRIGGERS = "=+-@\t\r\n＝＋－＠"
WRITTEN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
dangerous = st.tuples(st.sampled_from(["", " ", "   "]), st.sampled_from(TRIGGERS), WRITTEN).map("".join)


@given(dangerous | WRITTEN)
def test_no_text_begins_with_a_trigger_and_the_rest_is_as_it_was(text: str) -> None:
    safe = harmless(text)
    assert not safe.lstrip(" ").startswith(tuple(TRIGGERS))
    assert safe.removeprefix("'") == text or safe == text


@pytest.mark.parametrize("text", ["鲁A12345", "0531-88886666", "SN-1", "a=b", ""])
def test_what_is_no_formula_is_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_a_telephone_number_with_its_country_stays_readable() -> None:
    assert harmless("+86 531 1234") == "'+86 531 1234"


def test_numbers_stay_numbers_and_instants_are_the_wall_clock() -> None:
    rows: list[list[Cell]] = [["=1+1", -3, 2.5, None, datetime(2026, 11, 21, 16, 0, tzinfo=UTC)]]
    columns = ["text", "whole", "real", "none", "at"]
    (line,) = csv.DictReader(io.StringIO(table("csv", columns, rows, zone=SHANGHAI).decode("utf-8-sig")))
    assert line == {"text": "'=1+1", "whole": "-3", "real": "2.5", "none": "", "at": "2026-11-22 00:00:00"}
    book = openpyxl.load_workbook(io.BytesIO(table("xlsx", columns, rows, zone=SHANGHAI)))
    assert book.active is not None
    cells = [cell.value for cell in book.active[2]]
    assert cells == ["'=1+1", -3, 2.5, None, "2026-11-22 00:00:00"]
    assert next(cell.data_type for cell in book.active[2]) == "s", "text, no formula"


def test_control_characters_do_not_break_the_workbook() -> None:
    book = openpyxl.load_workbook(io.BytesIO(table("xlsx", ["a"], [["bad\x01text"]], zone=SHANGHAI)))
    assert book.active is not None
    assert book.active["A2"].value == "badtext"
