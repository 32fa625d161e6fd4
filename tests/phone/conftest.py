"""The app in a real browser, on a real installation over TCP."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kit.embedded import EmbeddedValkey
from tests.built_pages import built
from tests.console.browser import launched
from tests.journeys.installation import Installation, start
from tests.phone.field import FieldWorld
from tests.phone.front import Front, fronted

_numbers = count(1)


@pytest.fixture(scope="session")
def built_pages() -> Path:
    return built()


@pytest.fixture(scope="session")
def installation(built_pages: Path, valkey: EmbeddedValkey, scratch: Path) -> Iterator[Installation]:
    told = {"ROADCALL_REDIS_URL": valkey.url, "ROADCALL_PUSH_CONTACT": "mailto:ops@maker.example"}
    running = start(scratch / "phone", **told)
    yield running
    assert running.stop() == [], "something was left running"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def field(installation: Installation) -> FieldWorld:
    """A branch with one engineer and one broken truck, which are about to meet."""
    return FieldWorld(installation, f"A{next(_numbers)}")


@pytest.fixture
def front(installation: Installation, built_pages: Path, tmp_path: Path) -> Iterator[Front]:
    with fronted(installation.address, built_pages, tmp_path / "dist") as front:
        yield front
