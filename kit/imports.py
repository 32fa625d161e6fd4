"""Imports: each row is taken or refused for itself, and every row gets its line in the report.

A bad row never stops the good ones. A row is the whole state of its thing: what it leaves out is not there. Sending
the same rows again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError, ValidationInfo, field_validator
from sqlalchemy import Table, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.problems import Invalid, Problem
from kit.values import Datum, Number, Wire, WirePlace

MAX_ROWS = 5000
Status = Literal["created", "updated", "unchanged", "refused"]


class UnknownReference(Problem):
    """The row names something that is not there"""

    status = 422


class RepeatedRow(Problem):
    """An earlier row of this import is about the same thing"""

    status = 422


class ImportBody(Wire):
    """What an import route takes; the columns of a row depend on what is imported."""

    rows: Annotated[list[dict[str, Any]], Field(max_length=MAX_ROWS)]


class RowReport(BaseModel):
    """What became of one row; `row` counts from 0 in the order sent."""

    row: int
    status: Status
    id: str | None = None
    problem: dict[str, Any] | None = None


class ImportReport(BaseModel):
    """What became of every row, in the order sent."""

    rows: list[RowReport]
    counts: dict[Status, int]


# --- row models -------------------------------------------------------------------------------------------------

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day at the place itself, `HH:MM`."""


def plausible(lon: float, lat: float) -> None:
    """Raises ValueError for a point that is out of range, missing or swapped."""
    try:
        WirePlace(lon=lon, lat=lat, datum="WGS-84")
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"]) from None


class PlacedRow(Wire):
    """A row with a point."""

    lon: Number
    lat: Number
    datum: Datum

    @field_validator("lat")
    @classmethod
    def _plausible(cls, lat: float, others: ValidationInfo) -> float:
        plausible(others.data.get("lon", 100.0), lat)
        return lat

    def record(self) -> dict[str, Any]:
        """The row's values with lon and lat in WGS-84 and no datum."""
        place = WirePlace(lon=self.lon, lat=self.lat, datum=self.datum).to_wgs84()
        return self.model_dump(exclude={"datum"}) | {"lon": place.lon, "lat": place.lat}


# --- reading and reporting --------------------------------------------------------------------------------------

RowModel = TypeVar("RowModel", bound=Wire)


class Batch(Generic[RowModel]):
    """The rows of one import on their way to the report; iterating gives the rows that are still good."""

    def __init__(self, model: type[RowModel], raw: Sequence[Mapping[str, Any]]):
        self._lines: dict[int, RowReport] = {}
        self._good: dict[int, RowModel] = {}
        for index, row in enumerate(raw):
            try:
                self._good[index] = model.model_validate(row)
            except ValidationError as error:
                self.refuse(index, _as_problem(error))

    def __iter__(self) -> Iterator[tuple[int, RowModel]]:
        return iter(list(self._good.items()))

    def refuse(self, index: int, problem: Problem) -> None:
        """Take a row out; `problem.pointer` is the column (`/lon`) and becomes `/rows/3/lon`."""
        self._good.pop(index, None)
        document = problem.document() | {"pointer": f"/rows/{index}{problem.pointer or ''}"}
        self._lines[index] = RowReport(row=index, status="refused", problem=document)

    def refuse_repeated(self, *columns: str) -> None:
        """Refuse every row whose `columns` an earlier good row has as well."""
        seen: dict[Hashable, int] = {}
        for index, row in self:
            key = tuple(getattr(row, column) for column in columns)
            if (first := seen.setdefault(key, index)) != index:
                self.refuse(index, RepeatedRow(f"row {first} has the same {' and '.join(columns)}", first_row=first))

    def refuse_unknown(self, column: str, known: set[str], what: str) -> None:
        """Refuse every row whose `column` is given but names none of `known`."""
        for index, row in self:
            value = getattr(row, column)
            if value is not None and value not in known:
                problem = UnknownReference(f"there is no {what} {value!r}: import it first", pointer=f"/{column}")
                self.refuse(index, problem)

    def values(self, column: str) -> set[str]:
        """The given values of a column over the good rows."""
        return {value for _, row in self if (value := getattr(row, column)) is not None}

    def took(self, index: int, status: Status, identity: str) -> None:
        self._lines[index] = RowReport(row=index, status=status, id=identity)

    def leave(self, index: int) -> None:
        """Take a row out that needs no writing; its line was told."""
        self._good.pop(index, None)

    async def merge_into(
        self, tx: AsyncConnection, table: Table, record: Callable[[RowModel], dict[str, Any]]
    ) -> dict[int, Status]:
        """Write the good rows by primary key; each row's id is its key. What became of them, by row."""
        rows = [(index, record(row)) for index, row in self]
        statuses = await merge(tx, table, [values for _, values in rows])
        for (index, values), status in zip(rows, statuses, strict=True):
            self.took(index, status, "/".join(str(values[key.name]) for key in table.primary_key))
        return {index: status for (index, _), status in zip(rows, statuses, strict=True)}

    def report(self) -> ImportReport:
        rows = [self._lines[index] for index in sorted(self._lines)]
        return ImportReport(rows=rows, counts=dict(Counter(row.status for row in rows)))


def _as_problem(error: ValidationError) -> Problem:
    faults = [(str(fault["loc"][0]) if fault["loc"] else "", fault["msg"]) for fault in error.errors()[:10]]
    column, message = faults[0]
    errors = [{"pointer": f"/{name}" if name else "", "detail": detail} for name, detail in faults]
    return Invalid(
        f"{column}: {message}" if column else message, pointer=f"/{column}" if column else None, errors=errors
    )


# --- writing ----------------------------------------------------------------------------------------------------


async def merge(tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Status]:
    """Insert or update `rows` (all with the same columns) by primary key; what became of each, in order."""
    if not rows:
        return []
    keys = [column.name for column in table.primary_key]
    wanted = [tuple(row[key] for key in keys) for row in rows]
    columns = [table.c[name] for name in rows[0]]
    query = select(*columns).where(tuple_(*(table.c[key] for key in keys)).in_(wanted)).with_for_update()
    found = {tuple(getattr(old, key) for key in keys): dict(old._mapping) for old in await tx.execute(query)}
    statuses = [_status(found.get(key), row) for key, row in zip(wanted, rows, strict=True)]
    new = [dict(row) for row, status in zip(rows, statuses, strict=True) if status != "unchanged"]
    if new:
        statement = insert(table)
        kept = {column.name: statement.excluded[column.name] for column in columns if column.name not in keys}
        if kept:
            await tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=kept), new)
        else:
            await tx.execute(statement.on_conflict_do_nothing(), new)
    return statuses


def _status(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> Status:
    if old is None:
        return "created"
    return "unchanged" if old == dict(new) else "updated"
