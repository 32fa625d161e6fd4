"""One installation for all journeys of a worker; each journey lives in a branch of its own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from kit.embedded import EmbeddedValkey
from tests.journeys.installation import Installation, start
from tests.journeys.world import World

_numbers = count(1)


@pytest.fixture(scope="session")
def installation(valkey: EmbeddedValkey, scratch: Path) -> Iterator[Installation]:
    """Everything over TCP with a PostgreSQL of its own that keeps what it acknowledges, and the run's Valkey, which a
    journey may kill."""
    running = start(scratch / "journeys", ROADCALL_REDIS_URL=valkey.url)
    yield running
    assert running.stop() == [], "something was left running"


@pytest.fixture
def world(installation: Installation) -> World:
    """An empty branch with one territory."""
    return World(installation, name=f"J{next(_numbers)}")
