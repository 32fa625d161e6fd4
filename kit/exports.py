"""Tables for spreadsheets: CSV and Excel, in which no text can act as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Cell = str | int | float | bool | datetime | None
Format = Literal["csv", "xlsx"]
MEDIA: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What a workbook cannot hold."""
BOM = "\ufeff"
"""Without it Excel reads UTF-8 as something else and garbles Chinese."""


def harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_TRIGGERS) else text


def table(form: Format, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, zone: ZoneInfo) -> bytes:
    """The file of a table; instants are written as the wall clock of `zone` shows them."""
    lines = [[_cell(cell, zone) for cell in row] for row in rows]
    return _csv(columns, lines) if form == "csv" else _xlsx(columns, lines)


def _cell(cell: Cell, zone: ZoneInfo) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return harmless(_UNWRITABLE.sub("", cell)) if isinstance(cell, str) else cell


def _csv(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    out = io.StringIO(BOM)
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def _xlsx(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Roadcall")
    for row in (columns, *rows):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
