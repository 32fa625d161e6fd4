"""The whole path at its real size: python -m bench path

Starts `roadcall run` with the demo network on a folder of its own and measures, from outside, what a user would:
ready the second time, an API process's start, idle memory of everything together, the first published plan after the
orders are in, and what the background improvement adds. The last line is one JSON object.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from kit.auth import service_token
from kit.clock import SystemClock
from kit.ids import new_id

SECRET = "a secret of the benchmark"  # noqa: S105 - of a server that lives for a minute
SETTLE_S = 20.0
"""Idle memory is read this long after the last plan."""


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    address: str
    ready_s: float

    def ask(self, method: str, path: str, **request: Any) -> Any:
        token = service_token(service="bench", secret=SECRET, now=SystemClock().now())
        headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}
        answer = httpx.request(method, f"{self.address}{path}", headers=headers, timeout=60, **request)
        answer.raise_for_status()
        return answer.json()

    def memory_mb(self) -> float:
        """Proportional set size of the whole family: shared pages are counted once."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return sum(process.memory_full_info().pss for process in family if process.is_running()) / 1e6


@contextmanager
def installation(data: Path, demo: str) -> Iterator[Running]:
    """`roadcall run` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"ROADCALL_DATA": str(data), "ROADCALL_PORT": str(port), "ROADCALL_SECRET": SECRET}
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-m", "cli.main", "run", "--demo", demo],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    for line in process.stdout:
        if b"is ready at" in line:
            break
    else:
        raise SystemExit(f"it did not start, see {data}")
    try:
        yield Running(process, f"http://127.0.0.1:{port}", time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def api_start_seconds(repeats: int) -> float:
    """Median time from nothing to every service imported, in a process of its own."""
    services = ("accounts", "orders", "parts", "stations", "dispatch")
    modules = [
        "services.serving",
        "uvicorn",
        "mobile_api.app",
        "console.app",
        *(f"services.{one}.app" for one in services),
    ]
    code = f"import {', '.join(modules)}"
    times = []
    for _ in range(repeats):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own code
        times.append(time.monotonic() - began)
    return statistics.median(times)


def territories(running: Running) -> list[str]:
    page = running.ask("GET", "/stations/v1/territories", params={"limit": 200})
    return [item["id"] for item in page["items"]]


def plan_of(running: Running, territory: str) -> dict[str, Any]:
    plan: dict[str, Any] = running.ask("GET", f"/dispatch/v1/territories/{territory}/plan")
    return plan


def first_plans_seconds(running: Running, wanted: int, limit_s: float = 180) -> float:
    """Seconds until every territory together has plans that cover all `wanted` orders."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        plans = [plan_of(running, territory) for territory in territories(running)]
        if sum(plan["orders"] for plan in plans) >= wanted:
            return time.monotonic() - began
        time.sleep(0.1)
    raise SystemExit(f"not all {wanted} orders were planned within {limit_s:.0f} s")


def replan_seconds(running: Running) -> float:
    """From one more breakdown call, in a planned territory, to the published plan that has it."""
    orders = running.ask("GET", "/orders/v1/orders", params={"limit": 1, "state": "accepted"})["items"]
    like = orders[0]
    call = {"source": "hotline", "asset": {"serial": like["asset"]["serial"]}, "place": like["place"]}
    call |= {"symptom": "皮带断裂", "not_duplicate_of": [like["id"]], "work_type": "recovery"}
    made = running.ask("POST", "/orders/v1/orders", json=call, headers={"Idempotency-Key": new_id()})
    began = time.monotonic()
    while time.monotonic() - began < 60:
        plan = plan_of(running, made["territory_id"])
        known = {stop["order_id"] for route in plan["routes"] for stop in route["stops"]}
        if made["id"] in known | {left["order_id"] for left in plan["unassigned"]}:
            return time.monotonic() - began
        time.sleep(0.05)
    raise SystemExit("the urgent order was not planned within 60 s")


def settled(running: Running, limit_s: float = 120) -> list[dict[str, Any]]:
    """The plans once nothing newer is being planned."""
    began = time.monotonic()
    while True:
        plans = [plan_of(running, territory) for territory in territories(running)]
        if all(plan["covers_everything"] for plan in plans) or time.monotonic() - began > limit_s:
            return plans
        time.sleep(0.5)


def measure(size: str) -> dict[str, Any]:
    wanted = {"branch": 200, "region": 1500}[size]
    with tempfile.TemporaryDirectory(prefix="roadcall-bench-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        with installation(data, size) as running:
            first = first_plans_seconds(running, wanted)
            greedy = sum(plan["cost_fen"] for plan in settled(running))
            time.sleep(15)
            plans = settled(running)
            urgent = replan_seconds(running)
            settled(running)
            time.sleep(SETTLE_S)
            memory = running.memory_mb()
            loaded = running.ready_s
        with installation(data, size) as running:
            again = running.ready_s
    kept, clocks = (sum(plan[name] for plan in plans) for name in ("clocks_kept", "clocks"))
    return {
        "size": size,
        "first_start_and_import_s": round(loaded, 1),
        "ready_again_s": round(again, 1),
        "first_plan_s": round(first, 2),
        "urgent_order_planned_s": round(urgent, 2),
        "cost_first_fen": greedy,
        "cost_improved_fen": sum(plan["cost_fen"] for plan in plans),
        "promises_kept": f"{kept}/{clocks}",
        "unassigned": sum(len(plan["unassigned"]) for plan in plans),
        "idle_memory_mb": round(memory),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["branch"], choices=["branch", "region"])
    asked = parser.parse_args()
    figures = {"load_average": round(os.getloadavg()[0], 1), "api_process_start_s": round(api_start_seconds(5), 2)}
    rows = [measure(size) for size in asked.sizes]
    table = Table(title=f"The whole path, {os.cpu_count()} cores, load before {figures['load_average']}")
    table.add_column("figure")
    for row in rows:
        table.add_column(str(row["size"]), justify="right")
    for name in list(rows[0])[1:]:
        table.add_row(name, *(str(row[name]) for row in rows))
    table.add_row("api_process_start_s", str(figures["api_process_start_s"]))
    Console().print(table)
    print(json.dumps(figures | {row["size"]: row for row in rows}))


if __name__ == "__main__":
    main()
