"""The built pages, a browser on them, and a scripted server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.built_pages import built
from tests.console.browser import launched
from tests.console.scenery import Scenery
from tests.console.stand_in import StandIn, served


@pytest.fixture(scope="session")
def built_pages() -> Path:
    """console/dist, as new as its sources."""
    return built()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser per file: it may not stay open while other files run event loops of their own."""
    with launched() as browser:
        yield browser


@pytest.fixture
def stand_in(built_pages: Path) -> Iterator[StandIn]:
    """The scripted server with 200 orders."""
    with served(StandIn(Scenery(orders_count=200, now=datetime.now(UTC), seed=7))) as state:
        yield state
