"""What a user waits for a published instance: python -m bench public

Every TRSP and VRPTW file that lies beside the repository (`shared/bench`) is solved once by the command, with its own
defaults, from the start of the process to its end; `roadcall check` then judges the plan. The bar is 10 s of wall time
and a plan that is accepted and serves everybody; the gap to the best known value is told beside it, and CPU seconds for
busy machines. What is measured is kept in files, so that a run that was cut off can be gone on with (`--resume`). The
last line is one JSON object.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

SETS = Path(__file__).parents[2] / "shared" / "bench"
ENDINGS = {"trsp": "*.txt", "vrptw": "*.vrp"}
BAR_S = 10.0
KEPT = Path(__file__).parent / ".public"
"""One JSON file per instance, of the newest run; git ignores them."""


@dataclass
class Solved:
    """One file: wall and CPU seconds of the whole command, objective, gap to the best known in percent."""

    name: str
    wall_s: float
    cpu_s: float
    objective: float
    gap_percent: float | None
    accepted: bool


def roadcall(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own code


def solve(file: Path, best: dict[str, float], plan: Path) -> Solved:
    began, cpu = time.monotonic(), children_cpu()
    said = roadcall("solve", str(file), "--json", "--out", str(plan))
    wall, cpu = time.monotonic() - began, children_cpu() - cpu
    if said.returncode != 0:
        raise SystemExit(f"{file.name}: {said.stderr}")
    line = json.loads(said.stdout)
    objective = float(line["objective"])
    known = best.get(file.stem)
    return Solved(
        name=file.stem,
        wall_s=round(wall, 2),
        cpu_s=round(cpu, 2),
        objective=objective,
        gap_percent=None if known is None else round(100 * (objective / known - 1), 2),
        accepted=not line["unassigned"] and roadcall("check", str(file), str(plan)).returncode == 0,
    )


def solved(file: Path, best: dict[str, float], plan: Path, *, resume: bool) -> Solved:
    """The file's figures; those of the run before when that is resumed."""
    kept = KEPT / f"{file.parent.name}-{file.stem}.json"
    if kept.exists() and resume:
        return Solved(**json.loads(kept.read_text()))
    figures = solve(file, best, plan)
    KEPT.mkdir(exist_ok=True)
    kept.write_text(json.dumps(asdict(figures)))
    return figures


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def best_known(folder: Path) -> dict[str, float]:
    with (folder / "best_known.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    return {row[0]: float(row[1]) for row in rows[1:]}


def told(name: str, rows: list[Solved]) -> Table:
    table = Table(title=f"{name}: {len(rows)} files, load {os.getloadavg()[0]:.1f}")
    for column in ("file", "wall s", "CPU s", "objective", "gap %", "accepted"):
        table.add_column(column, justify="left" if column == "file" else "right")
    for row in rows:
        gap = "" if row.gap_percent is None else f"{row.gap_percent:.2f}"
        late = "[red]" if row.wall_s > BAR_S else ""
        accepted = "yes" if row.accepted else "[red]no"
        table.add_row(row.name, f"{late}{row.wall_s:.2f}", f"{row.cpu_s:.2f}", f"{row.objective:,.1f}", gap, accepted)
    return table


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(ENDINGS), choices=list(ENDINGS))
    parser.add_argument("--folder", type=Path, default=SETS, help="where trsp/ and vrptw/ lie")
    parser.add_argument("--only", help="files whose name begins so")
    parser.add_argument(
        "--resume", action="store_true", help="keep what the run before has measured, with this very code"
    )
    asked = parser.parse_args()
    if not asked.folder.exists():
        raise SystemExit(f"no published instances at {asked.folder}: their licences keep them out of this repository")
    if not asked.resume:
        shutil.rmtree(KEPT, ignore_errors=True)
    figures: dict[str, object] = {"bench": "public", "load_average": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.sets:
            sets = asked.folder / name
            best = best_known(sets)
            files = [file for file in sorted(sets.glob(ENDINGS[name])) if file.stem.startswith(asked.only or "")]
            if not files:
                continue
            rows = [solved(file, best, Path(folder) / "plan.json", resume=asked.resume) for file in files]
            Console().print(told(name, rows))
            figures[name] = {
                "files": len(rows),
                "accepted": sum(row.accepted for row in rows),
                "within_10_s": sum(row.wall_s <= BAR_S for row in rows),
                "wall_s_longest": max(row.wall_s for row in rows),
                "gap_percent_mean": round(statistics.mean(row.gap_percent or 0.0 for row in rows), 2),
                "rows": [asdict(row) for row in rows],
            }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
