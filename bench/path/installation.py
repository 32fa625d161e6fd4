"""One `roadcall run` with a demo network on a folder of its own, spoken to over TCP."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from kit.auth import service_token
from kit.clock import SystemClock

SECRET = "a secret of the benchmark"  # noqa: S105 - of a server that lives for some minutes


@dataclass
class Running:
    """`ready_s` after the command; `imported_s` of it went into `rows` of the demo network."""

    process: subprocess.Popen[bytes]
    data: Path
    address: str
    ready_s: float
    imported_s: float
    rows: int

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """The decoded answer, as a service may have it. Raises httpx.HTTPError."""
        token = service_token(service="bench", secret=SECRET, now=SystemClock().now())
        headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}
        answer = httpx.request(method, f"{self.address}{path}", headers=headers, timeout=60, **request)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def family(self) -> dict[psutil.Process, str]:
        """Everything that runs for this installation, with its command line."""
        parent = psutil.Process(self.process.pid)
        found = {}
        for one in (parent, *parent.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # database connections come and go
                found[one] = " ".join(one.cmdline())
        return found

    def child(self, command: str) -> psutil.Process | None:
        """The process whose command line has this."""
        return next((one for one, line in self.family().items() if command in line), None)


@contextmanager
def installation(data: Path, demo: str) -> Iterator[Running]:
    """`roadcall run` until the block ends."""
    port = free_port()
    began = told = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-u", "-m", "cli.main", "run", "--demo", demo],
        env=os.environ | {"ROADCALL_DATA": str(data), "ROADCALL_PORT": str(port), "ROADCALL_SECRET": SECRET},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    imported_s, rows = 0.0, 0
    for line in process.stdout:
        if found := re.match(rb"\s*(\d+) rows of", line):
            imported_s, rows = time.monotonic() - told, int(found[1])
        told = time.monotonic()
        if b"is ready at" in line:
            break
    else:
        raise SystemExit(f"it did not start, see {data}")
    try:
        yield Running(process, data, f"http://127.0.0.1:{port}", told - began, imported_s, rows)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    """Whether the services there say that they are ready."""
    try:
        return httpx.get(f"{address}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False
