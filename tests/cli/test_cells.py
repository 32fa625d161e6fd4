"""Cells become JSON values or are refused with a cure; what is written reads back as the same."""

import json
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.importing.cells import DAY, FLAG, HOUR, NUMBER, TEXT, WHOLE, BadCell, Cell, instant_cell, is_empty
from cli.importing.packed import DAY_PAIRS, FAULTS, TEXT_PAIRS, TEXTS, WHOLE_PAIRS

INSTANT = instant_cell(None)
SHANGHAI = instant_cell(ZoneInfo("Asia/Shanghai"))
BERLIN = instant_cell(ZoneInfo("Europe/Berlin"))

READS: list[tuple[Cell, Any, Any]] = [
    (TEXT, "  SD-S001 ", "SD-S001"),
    (TEXT, 1007.0, "1007"),
    (TEXT, 13800138000, "13800138000"),
    (TEXT, "济南服务站", "济南服务站"),
    (NUMBER, "116.4", 116.4),
    (NUMBER, "-1.5e3", -1500.0),
    (NUMBER, 7, 7.0),
    (WHOLE, "12", 12),
    (WHOLE, "12.0", 12),
    (WHOLE, 12.0, 12),
    (WHOLE, "-3", -3),
    (FLAG, "是", True),
    (FLAG, "FALSE", False),
    (FLAG, 1.0, True),
    (FLAG, True, True),
    (INSTANT, "2026-11-05T08:00:00+08:00", "2026-11-05T08:00:00+08:00"),
    (INSTANT, "2026-11-05T00:00:00Z", "2026-11-05T00:00:00+00:00"),
    (INSTANT, datetime(2026, 11, 5, tzinfo=UTC), "2026-11-05T00:00:00+00:00"),
    (SHANGHAI, "2026-11-05 08:00", "2026-11-05T08:00:00+08:00"),
    (SHANGHAI, datetime(2026, 11, 5, 8), "2026-11-05T08:00:00+08:00"),  # noqa: DTZ001 - as Excel gives it
    (SHANGHAI, "2026-11-05T08:00:00Z", "2026-11-05T08:00:00+00:00"),
    (DAY, "2026-02-28", "2026-02-28"),
    (DAY, date(2026, 11, 5), "2026-11-05"),
    (DAY, datetime(2026, 11, 5), "2026-11-05"),  # noqa: DTZ001 - as Excel gives it
    (HOUR, "8:30", "08:30"),
    (HOUR, time(8, 30), "08:30"),
    (TEXTS, "RC-TRUCK; RC-MACH;", ["RC-TRUCK", "RC-MACH"]),
    (TEXTS, ["a", "b"], ["a", "b"]),
    (WHOLE_PAIRS, "engine:3;brakes: 2", {"engine": 3, "brakes": 2}),
    (DAY_PAIRS, "welder:2027-03-17", {"welder": "2027-03-17"}),
    (TEXT_PAIRS, "engine:RC-E12;note:a:b", {"engine": "RC-E12", "note": "a:b"}),
    (FAULTS, "100/1; 3226/4", [{"spn": 100, "fmi": 1}, {"spn": 3226, "fmi": 4}]),
    (FAULTS, [{"spn": 100, "fmi": 1}], [{"spn": 100, "fmi": 1}]),
]
REFUSES: list[tuple[Cell, Any, str]] = [
    (TEXT, True, "true or false"),
    (TEXT, "a\x00b", r"U\+0000"),
    (TEXT, "a\ud800b", r"U\+D800"),
    (TEXT, "\x1b[2J", r"U\+001B"),
    (TEXT, "x" * 4001, "4001 characters"),
    (TEXT, datetime(2026, 11, 5, tzinfo=UTC), "type datetime"),
    (NUMBER, "1,234.5", "thousands separator"),
    (NUMBER, "12 km", "without unit"),
    (NUMBER, "nan", "not a number"),
    (NUMBER, "Infinity", "not a number"),
    (NUMBER, "1e999", "finite"),
    (NUMBER, math.inf, "finite"),
    (NUMBER, "１２", "not a number"),
    (NUMBER, False, "not a number"),
    (WHOLE, "1.5", "whole"),
    (WHOLE, "9" * 19, "18 digits"),
    (WHOLE, True, "not a number"),
    (FLAG, "maybe", "neither"),
    (FLAG, "2", "neither"),
    (INSTANT, "2026-11-05T08:00:00", "--zone Asia/Shanghai"),
    (INSTANT, datetime(2026, 11, 5, 8), "no time zone"),  # noqa: DTZ001
    (INSTANT, "yesterday", "2026-11-05T08:00:00"),
    (INSTANT, "0001-01-01T00:00:00+08:00", "not plausible"),
    (SHANGHAI, "9999-12-31T23:59:59", "not plausible"),
    (BERLIN, "2026-03-29T02:30:00", "skipped or comes twice"),
    (BERLIN, "2026-10-25T02:30:00", "skipped or comes twice"),
    (DAY, "2026/11/5", "2026-11-05"),
    (DAY, "2026-02-30", "calendar"),
    (DAY, datetime(2026, 11, 5, 8), "time of day"),  # noqa: DTZ001
    (HOUR, "24:00", "at most 23:59"),
    (HOUR, "8", "08:00"),
    (TEXT_PAIRS, "engine", "name:value"),
    (TEXT_PAIRS, "engine:", "name:value"),
    (WHOLE_PAIRS, "engine:3;engine:4", "twice"),
    (WHOLE_PAIRS, "engine:high", "not a number"),
    (FAULTS, "100-1", "spn/fmi"),
    (FAULTS, "P0340", "spn/fmi"),
]


@pytest.mark.parametrize(("cell", "given", "value"), READS)
def test_reads(cell: Cell, given: Any, value: Any) -> None:
    read = cell.read(given)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(("cell", "given", "cure"), REFUSES)
def test_refuses_with_a_cure(cell: Cell, given: Any, cure: str) -> None:
    with pytest.raises(BadCell, match=cure):
        cell.read(given)


TEXTUAL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool)
ENTRY = TEXTUAL.filter(lambda text: not set(text) & {";", ":"} and text.strip() == text)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=OFFSETS)  # noqa: DTZ001
WHOLES = st.integers(-(10**18) + 1, 10**18 - 1)
DAYS = st.dates().map(date.isoformat)
VALUES: list[tuple[Cell, st.SearchStrategy[Any]]] = [
    (TEXT, TEXTUAL),
    (NUMBER, st.floats(allow_nan=False, allow_infinity=False)),
    (WHOLE, WHOLES),
    (FLAG, st.booleans()),
    (DAY, DAYS),
    (HOUR, st.times().map(lambda moment: moment.strftime("%H:%M"))),
    (TEXTS, st.lists(ENTRY, min_size=1)),
    (TEXT_PAIRS, st.dictionaries(ENTRY, ENTRY, min_size=1)),
    (WHOLE_PAIRS, st.dictionaries(ENTRY, WHOLES, min_size=1)),
    (DAY_PAIRS, st.dictionaries(ENTRY, DAYS, min_size=1)),
    (FAULTS, st.lists(st.fixed_dictionaries({"spn": st.integers(0, 524287), "fmi": st.integers(0, 31)}), min_size=1)),
]


@given(st.sampled_from(VALUES).flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1])))
def test_what_is_written_reads_back_as_the_same(pair: tuple[Cell, Any]) -> None:
    cell, value = pair
    assert cell.read(cell.write(value)) == value


@given(INSTANTS)
def test_an_instant_keeps_its_moment(moment: datetime) -> None:
    assert datetime.fromisoformat(INSTANT.read(moment.isoformat())) == moment


ANY_CELL = (
    st.text(st.characters())
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.datetimes()
    | st.times()
    | st.dates()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
)
CELLS = [TEXT, NUMBER, WHOLE, FLAG, INSTANT, SHANGHAI, DAY, HOUR, TEXTS, TEXT_PAIRS, WHOLE_PAIRS, DAY_PAIRS, FAULTS]


@given(st.sampled_from(CELLS), ANY_CELL)
def test_nothing_passes_but_valid_json_and_nothing_fails_but_as_a_bad_cell(cell: Cell, given: Any) -> None:
    try:
        value = cell.read(given)
    except BadCell as bad:
        str(bad).encode()
    else:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize("cell", [None, "", "  \t", "　", math.nan])
def test_blank_cells_are_empty(cell: Any) -> None:
    assert is_empty(cell)


@pytest.mark.parametrize("cell", [0, False, "0", 0.0])
def test_zero_is_not_empty(cell: Any) -> None:
    assert not is_empty(cell)
