"""The embedded servers start again after everything that can happen to them, and end with whoever started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kit import processes
from kit.embedded import EmbeddedFailed, EmbeddedPostgres

ROOT = os.geteuid() == 0
OWNER = """
import sys, threading, time
from pathlib import Path
from kit.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
if sys.argv[2] == "tied":
    server.start()
else:
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder(scratch: Path) -> Path:
    """A cluster that has been used and stopped."""
    folder = scratch / "embedded"
    server = EmbeddedPostgres(folder)
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (what text)")
    server.stop()
    return folder


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    yield server
    server.stop()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def owned_elsewhere(folder: Path, how: str) -> tuple[subprocess.Popen[str], int]:
    """A process that starts the cluster; how it is tied to its server is `how`. With the server's pid."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder), how], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    return owner, int(owner.stdout.readline())


def test_a_power_cut_loses_nothing_that_was_acknowledged(folder: Path, server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("INSERT INTO kept VALUES ('before the cut')")
    server.kill()
    assert within(5, lambda: not processes.working_in(folder / "cluster"))
    assert (folder / "cluster/postmaster.pid").exists()
    server.start()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT what FROM kept").fetchall() == [("before the cut",)]


def test_a_postmaster_killed_alone_is_started_again_at_once(server: EmbeddedPostgres) -> None:
    server.start()
    os.kill(server.pid, signal.SIGKILL)
    assert within(5, lambda: not server.running)
    server.start()
    assert server.running


def test_the_server_dies_with_the_process_that_started_it(folder: Path) -> None:
    owner, pid = owned_elsewhere(folder, "tied")
    owner.kill()
    owner.wait()
    assert within(15, lambda: gone(pid))


def test_an_orphan_is_ended_by_the_next_start(folder: Path, server: EmbeddedPostgres) -> None:
    owner, pid = owned_elsewhere(folder, "from a thread")
    owner.kill()
    owner.wait()
    assert not gone(pid), "the kernel ended it: this test then proves nothing"
    server.start()
    assert gone(pid)
    assert server.running


def test_a_cluster_that_somebody_runs_is_left_alone(folder: Path, server: EmbeddedPostgres) -> None:
    server.start()
    with pytest.raises(EmbeddedFailed, match="another process runs PostgreSQL"):
        EmbeddedPostgres(folder).start()
    psycopg.connect(server.url).close()


def test_a_pid_on_disk_may_meanwhile_be_anybodys(folder: Path, server: EmbeddedPostgres, tmp_path: Path) -> None:
    """After the restart of a container the same numbers come back for other processes."""
    bystander = processes.start(
        ["sleep", "60"], log=tmp_path / "log", when_we_die=signal.SIGKILL, as_nobody=ROOT, folder=Path("/")
    )
    try:
        data = folder / "cluster"
        (data / "postmaster.pid").write_text(f"{bystander.pid}\n{data}\n0\n5432\n{folder}/socket\n\n\n")
        server.start()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_an_interrupted_first_start_and_a_path_too_long_for_sockets(scratch: Path) -> None:
    folder = scratch / ("a" * 60) / ("b" * 40)
    (folder / "cluster.new").mkdir(parents=True)
    (folder / "cluster.new/PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        psycopg.connect(server.url).close()
        sockets = Path(server.url.partition("host=")[2])
        assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()
    assert not sockets.exists()


@pytest.mark.skipif(not ROOT, reason="only root's PostgreSQL runs as somebody else")
def test_a_closed_folder_above_is_named_with_the_cure(scratch: Path) -> None:
    closed = scratch / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedFailed, match=rf"chmod o\+x {closed}"):
        EmbeddedPostgres(closed / "data").start()


def test_nobody_else_may_read_the_logs_or_knock(folder: Path, server: EmbeddedPostgres) -> None:
    server.start()
    assert (folder / "postgresql.log").stat().st_mode & 0o077 == 0
    assert (folder / "socket").stat().st_mode & 0o077 == 0
    assert (folder / "cluster").stat().st_mode & 0o077 == 0
