"""Tables as files hold them: a header and rows of cells, read one after another, never all at once.

Readers differ by file type; what they promise is the same. A file that cannot be read at all is Unusable, with the
line and the cure; a row that cannot be read is a row with a fault.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any


class Unusable(Exception):
    """A file of which nothing can be imported; says file, line where there is one, and cure."""

    def __init__(self, path: Path, reason: str, *, line: int | None = None):
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {reason}")


@dataclass(frozen=True)
class SheetRow:
    """A row as it stands in the file; `number` counts from 1 with the header, as a spreadsheet shows it."""

    number: int
    cells: Sequence[Any]
    fault: str | None = None


@dataclass(frozen=True)
class Table:
    """A header, and a way to go through the rows (again from the start with each call).

    rows may raise Unusable when the file breaks off in the middle.
    """

    path: Path
    header: tuple[str, ...]
    rows: Callable[[], Iterator[SheetRow]]


def check_header(table: Table, *, known: Sequence[str], required: frozenset[str]) -> None:
    """Raises Unusable when a column is unknown, named twice, or missing."""
    named = [name for name in table.header if name]
    unknown = [name for name in named if name not in known]
    if unknown:
        near = get_close_matches(unknown[0].lower(), known, n=1, cutoff=0.6)
        hint = f", do you mean {near[0]}?" if near else ","
        raise Unusable(table.path, f"unknown column {unknown[0]!r}{hint} known are {', '.join(known)}", line=1)
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise Unusable(table.path, f"the column {twice[0]} stands twice in the header: remove one", line=1)
    missing = sorted(required - set(named))
    if missing:
        raise Unusable(table.path, f"the header lacks {', '.join(missing)}: add what is missing", line=1)


def clean_header(cells: Sequence[Any]) -> tuple[str, ...]:
    """Names as they are meant: trimmed, without a byte order mark; an unnamed column is ""."""
    return tuple("" if cell is None else str(cell).strip().strip("\ufeff") for cell in cells)
