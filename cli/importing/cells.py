"""From the cells of a table to JSON values and back. Pure; every fault is a BadCell that says what to write instead.

A cell is what a reader gives: text from CSV, a typed value from Excel or a geographic file. An empty cell is None.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

Json = Any
MOST_DIGITS = 18
LONGEST_TEXT = 4000
YEARS = range(1970, 2200)
YES = frozenset({"true", "yes", "1", "是"})
NO = frozenset({"false", "no", "0", "否"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


class BadCell(Exception):
    """A cell that cannot be read; the message names the fault and its cure."""


@dataclass(frozen=True)
class Cell:
    """How a column is read and written. `read` gets a cell that is not empty and may raise BadCell; `write` gives
    the text that reads as the same value."""

    what: str
    read: Callable[[Any], Json]
    write: Callable[[Json], str]


def is_empty(cell: object) -> bool:
    """None, blank text and a lone NaN (how data frames write "nothing") are empty."""
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


# --- text -------------------------------------------------------------------------------------------------------


def read_text(cell: Any) -> str:
    if isinstance(cell, bool):
        raise BadCell("is true or false where text is expected")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # a spreadsheet turns the code 1007 into the number 1007.0
    if not isinstance(cell, str | int | float):
        raise BadCell(f"is of the type {type(cell).__name__} where text is expected: format the column as text")
    text = str(cell).strip()
    for character in "" if text.isprintable() else text:
        if character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cs"):
            raise BadCell(f"has the character U+{ord(character):04X}, which is not allowed in text")
    if len(text) > LONGEST_TEXT:
        raise BadCell(f"has {len(text)} characters; at most {LONGEST_TEXT} are possible")
    return text


def write_text(value: Json) -> str:
    return str(value)


# --- numbers ----------------------------------------------------------------------------------------------------


def _number(cell: Any) -> float:
    if isinstance(cell, str):
        if not _NUMBER.fullmatch(cell.strip()):
            raise BadCell(f"{shown(cell)} is not a number: write it as 1234.5, without unit or thousands separator")
        cell = float(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        raise BadCell(f"{shown(cell)} is not a number")
    try:
        number = float(cell)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadCell("is not a finite number")
    return number


def read_whole(cell: Any) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool):
        whole = cell
    elif isinstance(cell, str) and re.fullmatch(r"[+-]?\d+", cell.strip(), re.ASCII):
        digits = cell.strip()
        whole = int(digits) if len(digits) <= MOST_DIGITS + 1 else 10**MOST_DIGITS
    else:
        number = _number(cell)
        if not number.is_integer():
            raise BadCell(f"{shown(cell)} is not a whole number")
        whole = int(number)
    if abs(whole) >= 10**MOST_DIGITS:
        raise BadCell(f"has more than {MOST_DIGITS} digits")
    return whole


def _flag(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    word = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip().lower()
    if word in YES | NO:
        return word in YES
    raise BadCell(f"{shown(cell)} is neither true nor false")


# --- times ------------------------------------------------------------------------------------------------------


def instant_cell(zone: tzinfo | None) -> Cell:
    """Instants; one without an offset is read in `zone`, or refused when there is none."""

    def read(cell: Any) -> str:
        moment = _datetime(cell)
        if moment.utcoffset() is None:
            moment = _in_zone(moment, zone)
        if moment.year not in YEARS or moment.astimezone(UTC).year not in YEARS:
            raise BadCell(f"the year {moment.year} is not plausible")
        return moment.isoformat()

    return Cell("instant, 2026-11-05T08:00:00+08:00", read, write_text)


def _datetime(cell: Any) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, str):
        try:
            return datetime.fromisoformat(cell.strip())
        except ValueError:
            pass
    raise BadCell(f"{shown(cell)} is not an instant: write 2026-11-05T08:00:00+08:00")


def _in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    if zone is None:
        raise BadCell("has no time zone: write 2026-11-05T08:00:00+08:00, or say --zone Asia/Shanghai for all of them")
    if moment.year not in YEARS:
        raise BadCell(f"the year {moment.year} is not plausible")
    local = moment.replace(tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise BadCell(f"{moment} is skipped or comes twice in {zone}: write it with its offset")
    return local


def _day(cell: Any) -> str:
    if isinstance(cell, datetime):
        if cell.time() != time(0):
            raise BadCell(f"{cell} has a time of day where a date is expected")
        cell = cell.date()
    if isinstance(cell, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell.strip(), re.ASCII):
        try:
            cell = date.fromisoformat(cell.strip())
        except ValueError:
            raise BadCell(f"{shown(cell)} is no day of the calendar") from None
    if not isinstance(cell, date):
        raise BadCell(f"{shown(cell)} is not a date: write 2026-11-05")
    return cell.isoformat()


def _hour(cell: Any) -> str:
    if isinstance(cell, time) and cell.tzinfo is None:
        return cell.strftime("%H:%M")
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(:00)?", str(cell).strip(), re.ASCII)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise BadCell(f"{shown(cell)} is not a time of day: write 08:00, at most 23:59")
    return f"{int(found[1]):02}:{found[2]}"


def shown(cell: object) -> str:
    """A cell as a message may quote it: short, and without what a terminal would obey."""
    text = ascii(cell) if isinstance(cell, str) and not cell.isprintable() else repr(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."


TEXT = Cell("text", read_text, write_text)
NUMBER = Cell("number", _number, repr)
WHOLE = Cell("whole number", read_whole, str)
FLAG = Cell("true or false", _flag, lambda value: "true" if value else "false")
DAY = Cell("date, 2026-11-05", _day, write_text)
HOUR = Cell("time of day, 08:00", _hour, write_text)
