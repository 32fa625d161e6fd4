"""The pages are built once per run when they are older than their sources."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from console.pages import DIST
from tests.console.browser import launched
from tests.console.scenery import Scenery
from tests.console.stand_in import StandIn, served

WORKSPACE = DIST.parent
_SOURCES = ("src/**/*", "index.html", "package-lock.json", "vite.config.ts")


def _is_stale() -> bool:
    built = DIST / "index.html"
    if not built.exists():
        return True
    newest = max(path.stat().st_mtime for pattern in _SOURCES for path in WORKSPACE.glob(pattern))
    return newest > built.stat().st_mtime


@pytest.fixture(scope="session")
def built_pages() -> Path:
    """console/dist, as new as its sources."""
    if not _is_stale():
        return DIST
    npm = shutil.which("npm")
    assert npm is not None, "Node is needed to build the pages: see CONTRIBUTING"
    quiet = os.environ | {"npm_config_loglevel": "error"}
    if not (WORKSPACE / "node_modules").exists():
        subprocess.run([npm, "ci"], cwd=WORKSPACE, env=quiet, check=True)
    subprocess.run([npm, "run", "build"], cwd=WORKSPACE, env=quiet, check=True, stdout=subprocess.DEVNULL)
    return DIST


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
