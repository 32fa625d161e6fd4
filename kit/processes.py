"""Child processes that end with us, however we end."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

NOBODY = 65534
LONGEST_LOG_BYTES = 50_000_000
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start(
    command: Sequence[str],
    *,
    log: Path,
    when_we_die: signal.Signals,
    as_nobody: bool = False,
    umask: int = 0o077,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that appends to `log` (mode 600).

    A Ctrl-C in the terminal does not reach it; on Linux the kernel sends it `when_we_die` if we end without stopping
    it. The kernel means the thread that started it: only the main thread's children are tied so.
    """
    tied = _LIBC is not None and threading.current_thread() is threading.main_thread()
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own programs
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment,
            start_new_session=True,
            umask=umask,
            user=NOBODY if as_nobody else None,
            group=NOBODY if as_nobody else None,
            extra_groups=[] if as_nobody else None,
            preexec_fn=_tie(when_we_die) if tied else None,  # noqa: PLW1509 - it calls nothing that takes a lock
        )


def end_session(leader: int) -> None:
    """End at once what is left of a child's session; nothing happens when nothing is left."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def shorten(log: Path) -> None:
    """Move what a log of more than `LONGEST_LOG_BYTES` says to `….1`; whoever writes it goes on at its beginning."""
    if log.stat().st_size > LONGEST_LOG_BYTES:
        shutil.copy(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)


def working_in(folder: Path) -> list[int]:
    """The processes whose working directory is `folder`, as far as we may see them; none outside of Linux."""
    wanted, found = str(folder.resolve()), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == wanted:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _tie(when_we_die: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def tie() -> None:
        assert _LIBC is not None  # noqa: S101 - asked before
        _LIBC.prctl(PR_SET_PDEATHSIG, int(when_we_die))
        if os.getppid() != parent:
            os._exit(1)  # we died before the kernel knew

    return tie
