"""Excel workbooks (.xlsx), streamed. Formula cells are read as the values that Excel stored beside them."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from cli.importing.cells import is_empty
from cli.importing.tables import SheetRow, Table, Unusable, clean_header

ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_MERGED = re.compile(rb'<mergeCell ref="[A-Z]+(\d+):[A-Z]+(\d+)"')
_CHUNK = 1 << 20
_OVERLAP = 64


@dataclass(frozen=True)
class Markup:
    """What the streamed reader does not tell: rows that are empty because cells above are merged; any formulas."""

    merged: tuple[range, ...]
    formulas: bool

    def covers(self, row: int) -> bool:
        return any(row in rows for rows in self.merged)


def open_excel(path: Path, kind: str) -> Table:
    """The sheet named as the kind, else the first one. Raises Unusable for what is no workbook."""
    with _workbook(path, values=True) as book:
        name = kind if kind in book.sheetnames else book.sheetnames[0]
        header = clean_header(next(_cells(book, name), ()))
        part = book[name]._worksheet_path
    if not any(header):
        raise Unusable(path, f"the sheet {name!r} is empty: its first row names the columns", line=1)
    markup = _markup(path, part)

    def rows() -> Iterator[SheetRow]:
        with _workbook(path, values=True) as book, _workbook(path, values=False) as written:
            formulas = _cells(written, name) if markup.formulas else repeat(())
            both = zip(_cells(book, name), formulas, strict=False)
            for number, (cells, formula) in enumerate(islice(both, 1, None), start=2):
                yield SheetRow(number, cells, _fault(number, cells, formula, markup))

    return Table(path, header, rows)


@contextmanager
def _workbook(path: Path, *, values: bool) -> Iterator[Any]:
    """A workbook opened for streaming: with the values of its formulas, or with the formulas themselves."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=values)
    except OSError as error:
        raise Unusable(path, f"cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, SyntaxError):
        raise Unusable(path, "is not an Excel workbook: save it as .xlsx or as CSV UTF-8") from None
    with closing(book):
        if not book.sheetnames:
            raise Unusable(path, "has no sheet")
        yield book


def _cells(book: Any, sheet: str) -> Iterator[Sequence[Any]]:
    found: Iterator[Sequence[Any]] = book[sheet].iter_rows(values_only=True)
    return found


def _markup(path: Path, part: str) -> Markup:
    """Looks through the sheet's own XML, for merged cells stand at its end."""
    merged: list[range] = []
    formulas = False
    with zipfile.ZipFile(path) as archive, archive.open(part) as xml:
        kept = b""
        while chunk := xml.read(_CHUNK):
            text = kept + chunk
            formulas = formulas or b"<f>" in text or b"<f " in text
            merged += [range(int(low) + 1, int(high) + 1) for low, high in _MERGED.findall(text)]
            kept = text[-_OVERLAP:]
    return Markup(tuple(rows for rows in merged if rows), formulas)


def _fault(number: int, cells: Sequence[Any], formulas: Sequence[Any], markup: Markup) -> str | None:
    if markup.covers(number):
        return "lies in merged cells, of which only the first holds the value: unmerge them and fill each row"
    for value in cells:
        if isinstance(value, str) and value in ERRORS:
            return f"has the error value {value}: correct the formula"
    for value, written in zip(cells, formulas, strict=False):
        if value is None and isinstance(written, str) and written.startswith("=") and not is_empty(written):
            return "has a formula whose value was never calculated: open the file in Excel and save it"
    return None
