"""A schema of nobody, so that the kit is tested without any service."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import make_url

from kit.db import Database, role_of
from kit.feed import feed_tables
from kit.idempotency import idempotency_table
from kit.journal import journal_table
from kit.migrations import prepare_schema

SERVICE = "nobody"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A database with a journal, a feed's tables and kept answers."""
    make_schema(database_url)
    database = Database(database_url, SERVICE)
    yield database
    await database.close()


def make_schema(url: str) -> None:
    metadata = MetaData()
    journal_table(metadata)
    feed_tables(metadata)
    idempotency_table(metadata)
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        prepare_schema(connection, SERVICE)
        connection.execute(text(f"SET LOCAL ROLE {role_of(SERVICE)}"))
        connection.execute(text(f"SET LOCAL search_path = {SERVICE}"))
        metadata.create_all(connection)
    engine.dispose()
