"""CSV: UTF-8 (with or without mark), UTF-16 with a mark, or GB 18030 as Chinese spreadsheets save it."""

import codecs
import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from cli.importing.tables import SheetRow, Table, Unusable, clean_header

LONGEST_LINE = 1_000_000
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BROKEN_SHARE = 0.1
"""Text of another encoding is nearly all invalid as UTF-8; with fewer bad bytes than this it is broken UTF-8."""


def open_csv(path: Path) -> Table:
    """Raises Unusable for an unreadable, empty, wrongly encoded or wrongly separated file."""
    encoding = _encoding(path)
    separator = _separator(path, encoding)

    def records() -> Iterator[list[str]]:
        with path.open(encoding=encoding, newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            try:
                yield from reader
            except csv.Error as error:
                cure = "a quoted cell must end with a quote, and a quote inside it is doubled"
                raise Unusable(path, f"broken CSV ({error}): {cure}", line=reader.line_num) from None

    def rows() -> Iterator[SheetRow]:
        for number, cells in enumerate(islice(records(), 1, None), start=2):
            yield SheetRow(number, cells)

    header = clean_header(next(records(), []))
    for _ in records():
        pass  # a file that breaks off in the middle is refused before any of it is sent
    if not any(header):
        raise Unusable(path, "is empty: the first line names the columns", line=1)
    return Table(path, header, rows)


def _encoding(path: Path) -> str:
    """Reads the whole file once, line by line."""
    mark = _first_bytes(path)
    if mark[:2] in UTF_16_MARKS:
        return _decodes(path, "utf-16") or _refused(path, 1, "is not valid UTF-16: save it as CSV UTF-8")
    bad_line = _first_bad_line(path)
    if bad_line is None:
        return "utf-8-sig"
    if mark == codecs.BOM_UTF8 or _mostly_utf_8(path):
        return _refused(path, bad_line, "has bytes that are not UTF-8: save it again as CSV UTF-8")
    return _decodes(path, "gb18030") or _refused(path, bad_line, "is neither UTF-8 nor GB 18030: save it as CSV UTF-8")


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(3)
    except OSError as error:
        raise Unusable(path, f"cannot be read ({error.strerror})") from None


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise Unusable(path, f"has a line of more than {LONGEST_LINE} bytes: is it a CSV file?", line=number)
            yield number, line


def _first_bad_line(path: Path) -> int | None:
    for number, line in _lines(path):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return number
    return None


def _mostly_utf_8(path: Path) -> bool:
    good = bad = 0
    for _, line in _lines(path):
        foreign = [character for character in line.decode("utf-8", "replace") if character > "\x7f"]
        bad += foreign.count("\ufffd")
        good += len(foreign) - foreign.count("\ufffd")
    return bad < BROKEN_SHARE * (good + bad)


def _decodes(path: Path, encoding: str) -> str | None:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(LONGEST_LINE):
                pass
    except UnicodeError:
        return None
    return encoding


def _refused(path: Path, line: int, reason: str) -> str:
    raise Unusable(path, reason, line=line)


def _separator(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(LONGEST_LINE)
    if "," in first or not ("\t" in first or ";" in first):
        return ","
    if "\t" in first:
        return "\t"
    raise Unusable(path, "the columns are separated by ';', which separates the entries of a list: use ','", line=1)
