"""The whole path at its real size: python -m bench path

Starts `roadcall run` with the demo network on a folder of its own and measures, from outside, what a user would: ready
the second time, an API process's start and its return after kill -9, idle memory and CPU of everything together, the
first published plan after the orders are in, and what the background improvement adds; each beside its bar. The last
line is one JSON object. Times are of this machine as busy as it is: the load average is told with them.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.path import figures
from bench.path.installation import installation

ORDERS = {"branch": 200, "region": 1_500, "nation": 20_000}
BARS = {
    "ready_again_s": dict.fromkeys(ORDERS, 15.0),
    "first_plan_s": {"branch": 2.0, "region": 10.0},
    "api_start_s": dict.fromkeys(ORDERS, 3.0),
    "recovery_s": dict.fromkeys(ORDERS, 5.0),
    "idle_memory_mb": {"branch": 700.0},
}
"""At most so much."""


def measure(size: str) -> dict[str, Any]:
    """All figures of one size."""
    with tempfile.TemporaryDirectory(prefix="roadcall-bench-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        with installation(data, size) as running:
            first = figures.first_plans_s(running, ORDERS[size])
            before = sum(plan["cost_fen"] for plan in figures.settled(running))
            urgent = figures.urgent_order_s(running)
            plans = figures.settled(running)
            memory = figures.idle_memory_mb(running)
            told = {
                "rows_imported_per_s": round(running.rows / running.imported_s),
                "first_plan_s": round(first, 2),
                "urgent_order_planned_s": round(urgent, 2),
                "cost_first_fen": before,
                "connections": figures.connections(running),
                "idle_cpu_percent": round(100 * figures.idle_cpu(running), 1),
            }
            wall, cpu = figures.api_start_s(running)
        with installation(data, size) as again:
            ready, recovery = again.ready_s, figures.recovery_s(again)
    kept, clocks = (sum(plan[name] for plan in plans) for name in ("clocks_kept", "clocks"))
    return told | {
        "cost_improved_fen": sum(plan["cost_fen"] for plan in plans),
        "promises_kept": f"{kept}/{clocks}",
        "unassigned": sum(len(plan["unassigned"]) for plan in plans),
        "ready_again_s": round(ready, 1),
        "api_start_s": round(wall, 2),
        "api_start_cpu_s": round(cpu, 2),
        "recovery_s": round(recovery, 1),
        "idle_memory_mb": round(sum(memory.values())),
        "idle_memory_by_process_mb": memory,
        "load_average": round(os.getloadavg()[0], 1),
    }


def shown(rows: dict[str, dict[str, Any]]) -> Table:
    """The figures as a table; what misses its bar is red."""
    table = Table(title=f"The whole path, {os.cpu_count()} cores")
    table.add_column("figure")
    for size in rows:
        table.add_column(size, justify="right")
        table.add_column("at most", justify="right", style="dim")
    for name in next(iter(rows.values())):
        cells = []
        for size, row in rows.items():
            bar, value = BARS.get(name, {}).get(size), row[name]
            text = (
                "\n".join(f"{kind} {mb:.0f}" for kind, mb in value.items()) if isinstance(value, dict) else str(value)
            )
            cells += [f"[red]{text}" if bar is not None and value > bar else text, "" if bar is None else f"{bar:g}"]
        table.add_row(name, *cells)
    return table


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["branch", "region"], choices=list(ORDERS))
    rows = {size: measure(size) for size in parser.parse_args().sizes}
    Console().print(shown(rows))
    print(json.dumps({"bench": "path", **rows}))


if __name__ == "__main__":
    main()
