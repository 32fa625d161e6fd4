"""What all tables of stations are made with."""

from sqlalchemy import DateTime, MetaData

from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table

metadata = MetaData()
journal_table(metadata)
feed_tables(metadata)
idempotency_table(metadata)

Moment = DateTime(timezone=True)
