"""What all tables of orders are made with."""

from sqlalchemy import DateTime, MetaData

from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table

metadata = MetaData()
journal = journal_table(metadata)
feed_tables(metadata)
idempotency_table(metadata)

Moment = DateTime(timezone=True)


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The condition that a column holds one of a closed list."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
