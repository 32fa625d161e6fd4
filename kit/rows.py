"""Many rows in one statement whose text never changes, so that the server plans it once.

They travel as one JSON text: an array for each column would have to be built and escaped value by value.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, bindparam, cast, column, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine


def given_rows(columns: Mapping[str, TypeEngine[Any]]) -> TableValuedAlias:
    """The statement's parameter `rows` as a table of these columns; what a row leaves out is NULL in it."""
    rows = func.jsonb_to_recordset(cast(bindparam("rows", type_=Text()), JSONB))
    typed = [column(name, kind) for name, kind in columns.items()]
    return rows.table_valued(*typed).render_derived(name="given", with_types=True)


def among_ids(named: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column is one of the statement's parameter `ids`, a list of texts."""
    return named == any_(bindparam("ids", type_=ARRAY(Text())))


def as_rows(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The parameter `rows`."""
    return {"rows": json.dumps(list(rows), default=_written)}


def types_of(table: Any, names: Sequence[str]) -> dict[str, TypeEngine[Any]]:
    """The types of some of a table's columns."""
    return {name: table.c[name].type for name in names}


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of a row")
