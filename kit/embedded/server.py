"""A server that is our child, alone in its folder."""

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from kit import processes
from kit.processes import NOBODY

SOCKET_PATH_MAX = 90
"""Unix socket paths end at 107 bytes; `.s.PGSQL.5432` and a margin are taken off."""
START_DEADLINE_S = 120.0
"""After a power cut PostgreSQL first repeats what it had acknowledged; on a slow disk that takes its time."""
STOP_DEADLINE_S = 10.0


class EmbeddedFailed(Exception):
    """An embedded server did not start; the message quotes its log or says what to do."""


class Embedded:
    """A server in a folder of its own, alone there: a lock says so, and falls when we end."""

    def __init__(self, folder: Path, *, name: str, stop_signal: signal.Signals, as_nobody: bool):
        self._folder = folder
        self._sockets = _socket_folder(folder)
        self._as_nobody = as_nobody
        self._name = name
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process. Raises EmbeddedFailed when none was started."""
        if self._process is None:
            raise EmbeddedFailed(f"{self._name} was not started")
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end; after 10 s end it by force."""
        if self._process is not None and self.running:
            self._process.send_signal(self._stop_signal)
            try:
                self._process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.kill()
        self._leave()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            processes.end_session(self._process.pid)
            self._process.wait()
        self._leave()

    def _enter(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._give(self._sockets)
        if self._lock is not None:
            return
        lock = (self._folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise EmbeddedFailed(f"another process runs {self._name} in {self._folder}: stop it first") from None
        self._lock = lock

    def _leave(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self._sockets.parent != self._folder:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _give(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self._as_nobody:
            os.chown(folder, NOBODY, NOBODY)

    def _run(self, command: list[str], answers: Callable[[], bool]) -> None:
        log = self._folder / f"{self._name.lower()}.log"
        process = processes.start(
            command, log=log, when_we_die=self._stop_signal, as_nobody=self._as_nobody, folder=self._folder
        )
        self._process = process
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and process.poll() is None:
            if answers():
                return
            time.sleep(0.03)
        self.stop()
        tail = log.read_text(errors="replace")[-2000:]
        raise EmbeddedFailed(f"{self._name} did not start, its log {log} ends:\n{tail}")


def _socket_folder(folder: Path) -> Path:
    wanted = folder / "socket"
    if len(str(wanted)) <= SOCKET_PATH_MAX:
        return wanted
    return Path(tempfile.mkdtemp(prefix="roadcall-"))
