"""Starts our processes as forks of one that has imported everything: a start costs a second less of processor time.

What runs is what `python -m services` runs. Asked over its standard input, one JSON line per process. With an argument
it plants that bug first, so that every process started here has it.
"""

import ctypes
import gc
import importlib
import json
import os
import random
import signal
import sys
from typing import Any

import services.__main__  # noqa: F401 - what it does at import is part of every start
from kit.packages import package_of
from kit.processes import PR_SET_PDEATHSIG
from services.assembly import SERVICES, WITH_JOBS
from services.serving import serve, work
from tests.chaos.mutants import MUTANTS


def main() -> None:
    """Fork until standard input ends; the children end with us."""
    for module in ("uvicorn.protocols.http.auto", "uvicorn.lifespan.on", "uvicorn.loops.auto", "procrastinate"):
        importlib.import_module(module)
    for name in SERVICES:
        importlib.import_module(f"{package_of(name)}.app")
    for name in WITH_JOBS:
        importlib.import_module(f"{package_of(name)}.jobs")
    if len(sys.argv) > 1 and (plant := MUTANTS[sys.argv[1]].plant) is not None:
        plant()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    print("ready", flush=True)
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            _become(json.loads(line))
        print(pid, flush=True)


def _become(asked: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.environ.update(asked["environment"])
    random.seed()
    code = 1
    try:
        work() if asked["services"] == ["worker"] else serve(asked["services"])
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
