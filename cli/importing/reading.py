"""From a file to the rows of a kind: each either values ready to be sent, or a fault with its column."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any

from cli.importing.cells import BadCell, Cell, is_empty
from cli.importing.csv_file import open_csv
from cli.importing.excel_file import open_excel
from cli.importing.geo_file import open_geo
from cli.importing.kinds import Kind
from cli.importing.tables import SheetRow, Table, Unusable, check_header

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".geojson", ".json", ".gpkg")


@dataclass(frozen=True)
class Fault:
    """Why a row is refused; `column` where the fault is one cell's."""

    reason: str
    column: str | None = None


@dataclass(frozen=True)
class ReadRow:
    """A row of a source (a file's name); `values` is what to send, or None beside the fault."""

    source: str
    number: int
    values: dict[str, Any] | None
    fault: Fault | None = None


def open_table(path: Path, kind: Kind) -> Table:
    """The file's table with its header checked against the kind. Raises Unusable."""
    if not path.is_file():
        raise Unusable(path, "there is no such file")
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        table = open_csv(path)
    elif suffix in (".xlsx", ".xlsm"):
        table = open_excel(path, kind.name)
    elif suffix in (".geojson", ".json", ".gpkg"):
        table = open_geo(path, kind)
    else:
        raise Unusable(path, f"cannot read {suffix or 'a file without a suffix'}: known are {', '.join(SUFFIXES)}")
    check_header(table, known=list(kind.columns), required=kind.required)
    return table


def read_rows(table: Table, kind: Kind, zone: tzinfo | None) -> Iterator[ReadRow]:
    """Every row that is not blank. Raises Unusable when the file breaks off."""
    cells = kind.cells(zone)
    for row in table.rows():
        if row.fault is None and all(is_empty(cell) for cell in row.cells):
            continue
        values, fault = (None, Fault(row.fault)) if row.fault else _values(row, table.header, cells, kind.required)
        yield ReadRow(table.path.name, row.number, values, fault)


def _values(
    row: SheetRow, header: tuple[str, ...], cells: dict[str, Cell], required: frozenset[str]
) -> tuple[dict[str, Any] | None, Fault | None]:
    values: dict[str, Any] = {}
    for at, value in enumerate(row.cells):
        name = header[at] if at < len(header) else ""
        if is_empty(value):
            if name in required:
                return None, Fault("is empty", name)
        elif not name:
            return None, Fault(f"has a value in column {at + 1}, which the header does not name")
        else:
            try:
                values[name] = cells[name].read(value)
            except BadCell as bad:
                return None, Fault(str(bad), name)
    missing = [name for name in header[len(row.cells) :] if name in required]
    return (None, Fault("is empty", missing[0])) if missing else (values, None)
