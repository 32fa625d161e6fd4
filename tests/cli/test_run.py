"""`roadcall run` on a machine without servers: ready, then stopped with nothing left running."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app as command_line
from kit.embedded import EmbeddedPostgres
from tests.journeys.installation import Installation, start

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.journey
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_starts_with_servers_of_its_own_and_leaves_nothing(scratch: Path, how: signal.Signals) -> None:
    running = start(scratch / f"run-{how.name}")
    assert httpx.get(f"{running.address}/readyz").json() == {"status": "ready"}
    assert len(running.family()) >= 4  # PostgreSQL with its children, Valkey, services, worker
    assert (running.data / "secret").exists() is False  # given from outside, not written down
    link = re.search(rf"{running.address}/#first-run=(\S+)", (running.data / "run.log").read_text())
    assert link is not None, "the first sign-in has no link"
    first = {"token": link[1], "name": "First", "login": "first", "password": "a long enough password"}
    assert httpx.post(f"{running.address}/accounts/v1/first-run", json=first).status_code == 201
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


@pytest.mark.journey
def test_ctrl_c_while_the_first_cluster_is_made_is_no_failure(scratch: Path) -> None:
    """A terminal sends it to every process of its session: initdb, which would die of it, has one of its own."""
    data = scratch / "interrupted"
    data.mkdir(mode=0o755)
    command = [sys.executable, "-m", "cli.main", "run", "--demo", "none"]
    environment = os.environ | {"ROADCALL_DATA": str(data), "ROADCALL_PORT": "0"}
    sessions: list[int] = []

    def is_seen() -> bool:
        sessions[:] = sessions_of_initdb(run.pid)
        return bool(sessions)

    with (data / "run.log").open("w") as log:
        run = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        assert within(60, is_seen)
        assert run.pid not in sessions
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(60) == 0, (data / "run.log").read_text()
    finally:
        run.kill()
        run.wait()
    assert "nothing is left running" in (data / "run.log").read_text()


def sessions_of_initdb(pid: int) -> list[int]:
    with suppress(psutil.NoSuchProcess, ProcessLookupError):
        return [os.getsid(child.pid) for child in psutil.Process(pid).children() if "initdb" in child.name()]
    return []


@pytest.mark.journey
def test_a_server_of_ones_own_with_an_ordinary_user(scratch: Path) -> None:
    """CREATEROLE and a database are enough."""
    server = EmbeddedPostgres(scratch / "own-server")
    server.start()
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE maker LOGIN NOSUPERUSER CREATEROLE")
            connection.execute("CREATE DATABASE maker OWNER maker")
        running = start(scratch / "own", ROADCALL_DATABASE_URL=server.url.replace("postgres@/postgres", "maker@/maker"))
        try:
            assert answers(running)
            assert not (running.data / "postgres").exists()
        finally:
            assert running.stop() == []
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ROADCALL_PORT", "abc", "valid integer"),
        ("ROADCALL_PORT", "70000", "65535"),
        ("ROADCALL_DATABASE_URL", "db.example secret", "postgresql://user:password@host:5432/database"),
        ("ROADCALL_DATABASE_URL", "postgresql://u:secret@h:x/d", "postgresql://user:password@host:5432/database"),
        ("ROADCALL_DATABASE_URL", "mysql://u:secret@h/d", "postgresql://user:password@host:5432/database"),
        ("ROADCALL_REDIS_URL", "localhost:6379", "redis://host:6379"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    result = CliRunner().invoke(command_line, ["run"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert f"roadcall: {name}: " in result.output
    assert said in result.output
    assert "secret" not in result.output


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
