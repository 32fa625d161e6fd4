"""`roadcall run` on a machine without servers: ready, then stopped with nothing left running."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from tests.journeys.installation import Installation, start


@pytest.mark.journey
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_starts_with_servers_of_its_own_and_leaves_nothing(scratch: Path, how: signal.Signals) -> None:
    running = start(scratch / f"run-{how.name}")
    assert httpx.get(f"{running.address}/readyz").json() == {"status": "ready"}
    assert len(running.family()) >= 4  # PostgreSQL with its children, Valkey, services, worker
    assert (running.data / "secret").exists() is False  # given from outside, not written down
    assert running.stop(how) == []
    assert running.process.returncode == 0


@pytest.mark.journey
def test_what_dies_comes_back_and_a_killed_run_leaves_nothing(scratch: Path) -> None:
    """PostgreSQL, Valkey, services and worker come back; a killed run takes all with it and starts again."""
    running = start(scratch / "killed")
    try:
        for part in ("/bin/postgres", "valkey", "-m services worker", "-m services"):
            running.member(part).kill()
            assert within(60, lambda: answers(running)), f"not ready after {part} was killed"
        family = running.family()
        running.process.kill()
        running.process.wait()
        _, alive = psutil.wait_procs(family, timeout=15)
        assert alive == []
    finally:
        running.stop()
    again = start(running.data)
    assert answers(again)
    assert again.stop() == []


def answers(running: Installation) -> bool:
    """Ready, and accounts reads its database."""
    try:
        asked = [httpx.get(f"{running.address}/{path}", timeout=5) for path in ("readyz", "accounts/v1/jwks")]
    except httpx.HTTPError:
        return False
    return all(answer.is_success for answer in asked)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
