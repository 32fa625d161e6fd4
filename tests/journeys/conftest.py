"""One installation for all journeys of a worker; each journey lives in a branch of its own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.journeys.installation import Installation, start
from tests.journeys.world import World

_numbers = count(1)


@pytest.fixture(scope="session")
def installation(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, scratch: Path) -> Iterator[Installation]:
    """Everything over TCP, on the run's own PostgreSQL and Valkey, which a journey may wipe or stop."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE journeys")
    running = start(
        scratch / "journeys",
        ROADCALL_DATABASE_URL=postgres.url.replace("/postgres?", "/journeys?"),
        ROADCALL_REDIS_URL=valkey.url,
    )
    yield running
    assert running.stop() == [], "something was left running"


@pytest.fixture
def world(installation: Installation) -> World:
    """An empty branch with one territory."""
    return World(installation, name=f"J{next(_numbers)}")
