"""One cell is one run of one engine; what it gave is kept in a file, so that a bench can be resumed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / ".cells"
"""One JSON file per cell; git ignores them. --fresh measures anew."""
PATIENCE = 20
"""A run that takes this many times its budget of wall time, and a minute, is given up."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`seconds`: budget of CPU time."""

    set: str
    instance: str
    engine: str
    seconds: float
    seed: int

    @property
    def path(self) -> Path:
        """Where its figures are kept."""
        return KEPT / f"{self.set}-{self.instance}-{self.engine}-{self.seconds:g}s-{self.seed}.json"


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run gave: `value` of the objective by our judge (None: no acceptable plan, `note` says why), CPU seconds
    of the solve, load average of the machine when it ended."""

    value: float | None
    cpu: float
    load: float
    note: str = ""


def measured(cell: Cell, *, fresh: bool) -> Figures:
    """The cell's figures, kept ones unless `fresh`; the run has a process of its own with one thread."""
    if cell.path.exists() and not fresh:
        return Figures(**json.loads(cell.path.read_text()))
    try:
        figures = Figures(**answer("bench.solver.public_cell", asdict(cell).values(), seconds=cell.seconds))
    except NoAnswer as failure:
        figures = _none(str(failure))
    KEPT.mkdir(exist_ok=True)
    cell.path.write_text(json.dumps(asdict(figures)))
    return figures


class NoAnswer(Exception):
    """A run that failed or took too long; says why."""


def answer(module: str, arguments: Iterable[object], *, seconds: float) -> dict[str, Any]:
    """The JSON object on the last line that the module prints, run in a process of its own with one thread.

    Raises NoAnswer when it fails or is far over its budget of `seconds` of CPU time.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    patience = 60 + PATIENCE * seconds
    try:
        done = subprocess.run(  # noqa: S603 (our own module)
            command, check=False, env=os.environ | one_thread, capture_output=True, text=True, timeout=patience
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"given up after {patience:.0f} s of wall time") from None
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise NoAnswer((done.stderr.strip().splitlines()[-1:] or ["no answer"])[0])
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _none(note: str) -> Figures:
    return Figures(None, 0.0, os.getloadavg()[0], note[:200])
