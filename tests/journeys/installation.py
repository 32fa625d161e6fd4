"""A whole installation as a user has it: `roadcall run` in a process of its own, spoken to over TCP."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from kit.auth import service_token
from kit.clock import SystemClock

SECRET = "a secret of the tests"
START_DEADLINE_S = 90.0


@dataclass
class Installation:
    """One `roadcall run`. `admin` may do everything, as the services themselves may."""

    process: subprocess.Popen[str]
    address: str
    data: Path
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=self.address, headers=headers, timeout=30)
        self._clients.append(client)
        return client

    @property
    def admin(self) -> httpx.Client:
        """Service tokens live for five minutes: a fresh one each time."""
        return self.client(service_token(service="tests", secret=SECRET, now=SystemClock().now()))

    def sign_in(self, role: str, **scope: str) -> httpx.Client:
        """A client for a new person of this role and scope (branch_id, station_id, engineer_id)."""
        admin = self.admin
        made = admin.post("/accounts/v1/people", json={"name": f"a {role}", "role": role, **scope})
        made.raise_for_status()
        token = admin.post(f"/accounts/v1/people/{made.json()['id']}/tokens", json={"device": "a test"})
        token.raise_for_status()
        return self.client(token.json()["access_token"])

    def family(self) -> list[psutil.Process]:
        """Every process that this installation started, directly or not."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def member(self, part: str) -> psutil.Process:
        """The first living process of the family whose command line has `part`."""
        for process in self.family():
            with suppress(psutil.NoSuchProcess):  # ended, or a zombie, since it was listed
                if part in " ".join(process.cmdline()):
                    return process
        raise LookupError(part)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> list[psutil.Process]:
        """Ask it to stop; the processes of its family that are still there afterwards."""
        for client in self._clients:
            client.close()
        family = self.family() if self.process.poll() is None else []
        self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _, alive = psutil.wait_procs(family, timeout=3)
        return list(alive)


def start(data: Path, *, demo: str = "none", **environment: str) -> Installation:
    """Start and wait until it says that it is ready."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (data / "run.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "run", "--demo", demo],
        env=os.environ
        | {"ROADCALL_DATA": str(data), "ROADCALL_PORT": str(port), "ROADCALL_SECRET": SECRET, "PYTHONUNBUFFERED": "1"}
        | environment,
        cwd=Path(__file__).parent.parent.parent,
        stdout=log,
        stderr=log,
        text=True,
    )
    deadline = time.monotonic() + START_DEADLINE_S
    while "is ready at" not in (said := (data / "run.log").read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"it did not start:\n{said}\n{_logs(data)}")
        time.sleep(0.1)
    return Installation(process=process, address=f"http://127.0.0.1:{port}", data=data)


def _logs(data: Path) -> str:
    return "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(data.glob("*.log")))
