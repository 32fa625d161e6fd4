"""`roadcall run` on a machine without servers: ready, then stopped with nothing left running."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.journeys.installation import start


@pytest.mark.journey
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_starts_with_servers_of_its_own_and_leaves_nothing(scratch: Path, how: signal.Signals) -> None:
    running = start(scratch / f"run-{how.name}")
    assert httpx.get(f"{running.address}/readyz").json() == {"status": "ready"}
    assert len(running.family()) >= 4  # PostgreSQL with its children, Valkey, services, worker
    assert (running.data / "secret").exists() is False  # given from outside, not written down
    assert running.stop(how) == []
    assert running.process.returncode == 0
