"""What became of every row, and how that is shown and kept."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal, Protocol

Status = Literal["created", "updated", "unchanged", "refused"]
STATUSES: tuple[Status, ...] = ("created", "updated", "unchanged", "refused")


@dataclass(frozen=True)
class Line:
    """One row's fate. `source` is its file, `row` its number there; `column` and `reason` tell why it was refused."""

    kind: str
    source: str
    row: int
    status: Status
    id: str | None = None
    column: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"{self.source}, row {self.row}{column}: {self.reason or self.status}"


@dataclass
class Report:
    """Counts of everything, and the refused rows themselves."""

    counts: Counter[tuple[str, Status]] = field(default_factory=Counter)
    refused: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        self.counts[line.kind, line.status] += 1
        if line.status == "refused":
            self.refused.append(line)

    def of(self, kind: str) -> str:
        """A kind in one line: "stations: 20 created, 1 refused"."""
        told = [f"{self.counts[kind, s]} {s}" for s in STATUSES if self.counts[kind, s]]
        return f"{kind}: {', '.join(told) or 'no rows'}"

    def __str__(self) -> str:
        """Everything in one line: "3162 rows of 18 kinds imported, none refused"."""
        kinds = {kind for kind, _ in self.counts}
        taken = sum(self.counts.values()) - len(self.refused)
        return f"{taken} rows of {len(kinds)} kinds imported, {len(self.refused) or 'none'} refused"


class Sink(Protocol):
    """Takes lines as they come."""

    def write(self, line: Line) -> None: ...


@contextmanager
def report_file(path: Path) -> Iterator[Sink]:
    """A file of every line, written as they come: CSV, or JSON lines in an array when the name ends in .json.

    Raises OSError when it cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix.lower() == ".json":
            sink = _JsonArray(file.write)
            yield sink
            sink.end()
        else:
            yield _CsvLines(csv.DictWriter(file, [column.name for column in fields(Line)], lineterminator="\n"))


class _CsvLines:
    def __init__(self, writer: "csv.DictWriter[str]"):
        self._writer = writer
        writer.writeheader()

    def write(self, line: Line) -> None:
        self._writer.writerow(asdict(line))


class _JsonArray:
    def __init__(self, put: "_Put"):
        self._put, self._before = put, "[\n"

    def write(self, line: Line) -> None:
        self._put(self._before + json.dumps(asdict(line), ensure_ascii=False))
        self._before = ",\n"

    def end(self) -> None:
        self._put("[]\n" if self._before == "[\n" else "\n]\n")


class _Put(Protocol):
    def __call__(self, text: str, /) -> int: ...
