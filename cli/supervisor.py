"""Starts the servers and our processes, watches them, and leaves nothing behind."""

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
from typing import IO, Any, Self

import httpx

from cli.kept import Kept
from kit import processes
from kit.auth import service_token
from kit.clock import SystemClock
from kit.embedded import EmbeddedFailed, EmbeddedPostgres, EmbeddedValkey
from kit.settings import Settings

FIRST_RUN_DEADLINE_S = 10.0
READY_DEADLINE_S = 300.0
LONG_S = 15.0
"""After so long it is said why it may take longer, once: kernels of changed code are compiled when they are needed."""
STOP_DEADLINE_S = 15.0
PORT_DEADLINE_S = 3.0
"""What a killed run left behind dies with it, but not in the same instant."""
LOGS_LOOKED_AT_S = 30.0
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what they mean for a caller


class Failed(Exception):
    """The installation cannot start; the message says what to do."""


class Supervisor:
    """One installation on this machine. Leaving the `with` block stops everything that was started in it."""

    def __init__(self, settings: Settings, *, say: Callable[[str], None]):
        self._settings = settings
        self._say = say
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._servers: list[EmbeddedPostgres | EmbeddedValkey] = []
        self._kept: list[Kept] = []
        self._lock: IO[str] | None = None
        host = ANY_ADDRESS.get(settings.host, settings.host)
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        self._http = httpx.Client(base_url=self.address, verify=False, trust_env=False)  # noqa: S501 - it is plain HTTP
        # Threads that share two heaps instead of having many waste a fifth less memory; nothing here is faster by more.
        self._environment = {"MALLOC_ARENA_MAX": "2"} | dict(os.environ)

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
        self._say("schemas")
        if self._run("migrate", ["services", "migrate"], stopping) is None:
            return
        self._say("services and worker")
        self._keep("services")
        self._keep("worker")
        self._wait_until_ready(stopping)

    def load_demo(self, *, size: str, seed: int, stopping: Sequence[int]) -> None:
        """Fill an empty installation with the demo network; one that has branches is left alone. Raises Failed."""
        from cli import first_demo

        marker = self._settings.data / "demo-loading"
        wanted = first_demo.begun(marker)
        if wanted is None:
            if self._get("/stations/v1/branches", limit=1)["items"]:
                return
            wanted = first_demo.Wanted(size=size, seed=seed, now=SystemClock().now().isoformat())
            first_demo.begin(marker, wanted)
        self._say(f"demo network ({wanted.size}, seed {wanted.seed}): from real places and roads, through the import")
        said = self._run("demo", ["cli.first_demo", str(marker), self.address], stopping)
        self._say(said or "stopped before the demo network was complete: the next start goes on with it")

    def first_run_token(self) -> str | None:
        """The token of the first sign-in, None once there is an administrator."""
        file = self._settings.data / "first-run-token"
        deadline = time.monotonic() + FIRST_RUN_DEADLINE_S
        while self._get("/accounts/v1/first-run")["open"] and time.monotonic() < deadline:
            if file.exists():  # accounts writes it right after its start
                return file.read_text().strip()
            time.sleep(0.05)
        return None

    def watch(self, stopping: Sequence[int]) -> None:
        """Until asked to stop: start again what ended by itself, and keep the logs short."""
        logs_due = 0.0
        while not stopping:
            for kept in self._kept:
                kept.look(self._say)
            if time.monotonic() >= logs_due:
                logs_due = time.monotonic() + LOGS_LOOKED_AT_S
                for log in (*self._settings.data.glob("*.log"), *self._settings.data.glob("*/*.log")):
                    processes.shorten(log)
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
        deadline = time.monotonic() + PORT_DEADLINE_S
        while (reason := self._port_refused()) is not None:
            if time.monotonic() > deadline:
                raise Failed(f"cannot listen on {self.address} ({reason}): set ROADCALL_PORT to a free port")
            time.sleep(0.1)

    def _port_refused(self) -> str | None:
        host, port = self._settings.host, self._settings.port
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            return error.strerror or str(error)
        return None

    def _start_servers(self) -> tuple[str, str]:
        database, redis = self._settings.database_url, self._settings.redis_url
        if not database:
            database = self._keep_server(EmbeddedPostgres, "PostgreSQL", self._settings.data / "postgres")
        if not redis:
            redis = self._keep_server(EmbeddedValkey, "Valkey", self._settings.data / "valkey")
        return database, redis

    def _keep_server(self, kind: type[EmbeddedPostgres | EmbeddedValkey], name: str, folder: Path) -> str:
        server = kind(folder)

        def start() -> str | None:
            try:
                server.start()
            except EmbeddedFailed as error:
                return str(error)
            return None

        self._say(name)
        self._servers.append(server)
        server.start()
        self._kept.append(Kept(name, start=start, running=lambda: server.running, log=folder))
        return server.url

    def _keep(self, name: str) -> None:
        self._spawn(name)
        self._kept.append(
            Kept(
                f"the {name} process",
                start=lambda: self._spawn(name),
                running=lambda: self._children[name].poll() is None,
                log=self._log(name),
            )
        )

    def _spawn(self, name: str) -> None:
        if (former := self._children.get(name)) is not None:
            processes.end_session(former.pid)
        if name == "worker":
            self._settings.worker_ready.unlink(missing_ok=True)
        self._children[name] = self._child(name, ["services", *(["worker"] if name == "worker" else [])])

    def _child(self, name: str, module: Sequence[str]) -> subprocess.Popen[bytes]:
        return processes.start(
            [sys.executable, "-m", *module],
            log=self._log(name),
            when_we_die=signal.SIGKILL,
            environment=self._environment,
            folder=Path(__file__).parent.parent,
        )

    def _run(self, name: str, module: Sequence[str], stopping: Sequence[int]) -> str | None:
        """Run a module to its end, apart: its memory goes with it. What it said; None when asked to stop meanwhile.

        Raises Failed with what it said.
        """
        self._log(name).unlink(missing_ok=True)
        child = self._children[name] = self._child(name, module)
        while child.poll() is None and not stopping:
            time.sleep(0.02)
        if child.poll() is None:
            return None  # the end of our block ends it
        del self._children[name]
        said = self._log(name).read_text(errors="replace")[-1500:].strip()
        if child.returncode != 0:
            raise Failed(said)
        return said

    def _wait_until_ready(self, stopping: Sequence[int]) -> None:
        began = time.monotonic()
        child, told = self._children["services"], False
        while time.monotonic() - began < READY_DEADLINE_S and not stopping:
            if child.poll() is not None:
                tail = self._log("services").read_text(errors="replace")[-1500:]
                raise Failed(f"the services ended with {child.returncode}:\n{tail}")
            if self._answers() and self._settings.worker_ready.exists():
                return
            if not told and time.monotonic() - began > LONG_S:
                self._say(f"not ready yet: {self._why_not()}")
                told = True
            time.sleep(0.05)
        if not stopping:
            logs = " and ".join(str(self._log(name)) for name in ("services", "worker"))
            raise Failed(f"not ready after {READY_DEADLINE_S:.0f} s, see {logs}")

    def _why_not(self) -> str:
        with contextlib.suppress(httpx.HTTPError, ValueError, KeyError):
            answer = self._http.get("/readyz", timeout=2)
            if not answer.is_success:
                return str(answer.json()["detail"])
        return "the solver's kernels are compiled first where this code has not run before"

    def _answers(self) -> bool:
        try:
            return self._http.get("/readyz", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def _get(self, path: str, **params: int) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}"}
        answer = self._http.get(path, params=params, headers=headers, timeout=30)
        return answer.raise_for_status().json()

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
            processes.end_session(child.pid)
            child.wait()
        for server in reversed(self._servers):
            server.stop()
        self._http.close()
