"""The processes of one installation, each of which can be killed, stopped and started again."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import psutil

from kit import processes
from kit.embedded import EmbeddedPostgres, EmbeddedValkey

REPOSITORY = Path(__file__).parent.parent.parent
START_DEADLINE_S = 60.0
END_DEADLINE_S = 30.0
SERVED_PORTS = (20_000, 32_768)
"""Below those that Linux gives to connections."""


class Component(Protocol):
    """Something that runs, and that a nemesis may end or stop at any moment."""

    name: str

    def start(self) -> None:
        """Start it; it may answer only later."""

    def answers(self) -> bool:
        """Whether it does its work."""

    def last_words(self) -> str:
        """What it says of itself, for whoever waited in vain."""

    def kill(self) -> None:
        """kill -9."""

    def signal(self, what: signal.Signals) -> None:
        """SIGSTOP or SIGCONT to all of its processes."""


class Launcher:
    """The process that ours are forked from, with a planted bug or without."""

    def __init__(self, mutant: str | None, log: Path):
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.launcher", *([mutant] if mutant else [])],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        self._said()

    def fork(self, services: Sequence[str], environment: dict[str, str], log: Path) -> int:
        """A new process of ours; its pid."""
        assert self._process.stdin is not None
        asked = {"services": list(services), "environment": environment, "log": str(log)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._said())

    def _said(self) -> str:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise AssertionError("the launcher ended, see its log")
        return line.strip()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Ours:
    """A process of ours: some services, or the worker (which has no port and takes jobs once it has a database)."""

    name: str
    services: Sequence[str]
    launcher: Launcher
    environment: dict[str, str]
    folder: Path
    pid: int = 0

    @property
    def port(self) -> int:
        return int(self.environment["ROADCALL_PORT"])

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        environment = self.environment | {"ROADCALL_DATA": str(self.folder)}
        self.pid = self.launcher.fork(self.services, environment, self.folder / "log")

    def answers(self) -> bool:
        if not psutil.pid_exists(self.pid):
            return False
        if self.services == ["worker"]:
            return _connected(self.pid)
        with suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).is_success
        return False

    def last_words(self) -> str:
        state = "it runs" if psutil.pid_exists(self.pid) else "it has ended"
        return f"{state}; its log ends with {(self.folder / 'log').read_text()[-500:]!r}"

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        while psutil.pid_exists(self.pid):
            time.sleep(0.005)

    def end(self) -> float:
        """SIGTERM, as before an update; after how many seconds it was gone."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        while psutil.pid_exists(self.pid):
            if time.monotonic() - began > END_DEADLINE_S:
                raise AssertionError(f"{self.name} did not end within {END_DEADLINE_S:.0f} s of SIGTERM")
            time.sleep(0.03)
        return time.monotonic() - began

    def signal(self, what: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, what)


@dataclass
class Server:
    """PostgreSQL or Valkey."""

    name: str
    server: EmbeddedPostgres | EmbeddedValkey
    folder: Path
    settings: dict[str, str]

    def start(self) -> None:
        if isinstance(self.server, EmbeddedPostgres):
            self.server.start(settings=self.settings)
        else:
            self.server.start()

    def answers(self) -> bool:
        return self.server.running  # starting waits until it answers

    def last_words(self) -> str:
        return "it is silent"

    def kill(self) -> None:
        self.server.kill()

    def signal(self, what: signal.Signals) -> None:
        cluster = self.folder / "cluster"
        for pid in processes.working_in(cluster) if cluster.exists() else [self.server.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, what)


def wait_until_answering(component: Component) -> float:
    """Waits; how many seconds it took."""
    began = time.monotonic()
    while not component.answers():
        if time.monotonic() - began > START_DEADLINE_S:
            within = f"in {START_DEADLINE_S:.0f} s"
            raise AssertionError(f"{component.name} did not come back {within}: {component.last_words()}")
        time.sleep(0.03)
    return time.monotonic() - began


def _connected(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return any(one.status == psutil.CONN_ESTABLISHED for one in psutil.Process(pid).net_connections("tcp"))
    return False


def free_port() -> int:
    """One that no connection is given by the system: whoever was killed finds it free when it comes back."""
    while True:
        port = random.SystemRandom().randrange(*SERVED_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
