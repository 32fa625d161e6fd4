"""Starts the servers and our processes, watches them, and leaves nothing behind."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from kit.auth import service_token
from kit.clock import SystemClock
from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.migrations import migrate
from kit.settings import Settings

READY_DEADLINE_S = 60.0
STOP_DEADLINE_S = 15.0
RESTART_PAUSE_S = 1.0


class Failed(Exception):
    """The installation cannot start; the message says what to do."""


class Supervisor:
    """One installation on this machine. Leaving the `with` block stops everything that was started in it."""

    def __init__(self, settings: Settings, *, say: Callable[[str], None]):
        self._settings = settings
        self._say = say
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._servers: list[EmbeddedPostgres | EmbeddedValkey] = []
        self._lock: IO[str] | None = None
        self.address = f"http://{settings.host}:{settings.port}"
        self._environment = dict(os.environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def start(self, stopping: Sequence[int]) -> None:
        """Start everything and wait until it is ready. Raises Failed or EmbeddedFailed."""
        self._take_folder()
        self._check_port()
        urls = self._start_servers()
        self._environment |= {
            "ROADCALL_DATABASE_URL": urls[0],
            "ROADCALL_REDIS_URL": urls[1],
            "ROADCALL_DATA": str(self._settings.data),
            "ROADCALL_SECRET": self._settings.shared_secret,
        }
        from services.assembly import SERVICES

        self._say("schemas")
        migrate(urls[0], list(SERVICES))
        self._say("services and worker")
        self._spawn("services")
        self._spawn("worker")
        self._wait_until_ready(stopping)

    def load_demo(self, *, size: str, seed: int) -> None:
        """Fill an empty installation with the demo network; one that has branches is left alone."""
        with self._client() as client:
            if client.get("/stations/v1/branches", params={"limit": 1}).raise_for_status().json()["items"]:
                return
        self._say(f"demo network ({size}, seed {seed}): made from real places and roads, loaded through the import")
        from cli.importing.sending import ServerProblem
        from cli.loading import load
        from demo.network import make

        tables = make(size, seed, SystemClock().now())
        try:
            report = asyncio.run(load(tables, address=self.address, token=self._token))
        except ServerProblem as error:
            raise Failed(str(error)) from None
        self._say(str(report))

    def watch(self, stopping: Sequence[int]) -> None:
        """Until asked to stop: start again what ended by itself."""
        while not stopping:
            for name, child in list(self._children.items()):
                if child.poll() is not None:
                    self._say(f"{name} ended with {child.returncode}: starting it again, see {self._log(name)}")
                    time.sleep(RESTART_PAUSE_S)
                    self._spawn(name)
            time.sleep(0.2)

    def _take_folder(self) -> None:
        folder = self._settings.data
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "run.lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed(f"another `roadcall run` uses {folder}: stop it, or set ROADCALL_DATA") from None
        except OSError as error:
            raise Failed(
                f"cannot write to {folder} ({error.strerror}): set ROADCALL_DATA to a folder of yours"
            ) from None

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._settings.host, self._settings.port))
            except OSError:
                raise Failed(f"port {self._settings.port} is taken: set ROADCALL_PORT to a free one") from None

    def _start_servers(self) -> tuple[str, str]:
        database, redis = self._settings.database_url, self._settings.redis_url
        if not database:
            self._say("PostgreSQL")
            postgres = EmbeddedPostgres(self._settings.data / "postgres")
            self._servers.append(postgres)
            postgres.start()
            database = postgres.url
        if not redis:
            self._say("Valkey")
            valkey = EmbeddedValkey(self._settings.data / "valkey")
            self._servers.append(valkey)
            valkey.start()
            redis = valkey.url
        return database, redis

    def _spawn(self, name: str) -> None:
        arguments = ["worker"] if name == "worker" else []
        with self._log(name).open("ab") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-m", "services", *arguments],
                env=self._environment,
                cwd=Path(__file__).parent.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_ready(self, stopping: Sequence[int]) -> None:
        deadline = time.monotonic() + READY_DEADLINE_S
        child = self._children["services"]
        while time.monotonic() < deadline and not stopping:
            if child.poll() is not None:
                tail = self._log("services").read_text(errors="replace")[-1500:]
                raise Failed(f"the services ended with {child.returncode}:\n{tail}")
            try:
                answer = httpx.get(f"{self.address}/readyz", timeout=2)
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            if answer.is_success:
                return
            time.sleep(0.2)
        if not stopping:
            raise Failed(f"not ready after {READY_DEADLINE_S:.0f} s, see {self._log('services')}")

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {self._token()}"}, timeout=30)

    def _token(self) -> str:
        return service_token(service="run", secret=self._settings.shared_secret, now=SystemClock().now())

    def _log(self, name: str) -> Path:
        return self._settings.data / f"{name}.log"

    def _stop(self) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_DEADLINE_S
        for child in self._children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            # The whole session: a worker's solver is a child of its own.
            _end_session(child.pid)
            child.wait()
        for server in reversed(self._servers):
            server.stop()


def _end_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
