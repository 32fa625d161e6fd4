"""What a user of a running installation waits for, and what it costs the machine."""

import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psutil

from bench.path.installation import SECRET, Running, answers, free_port
from kit.ids import new_id

SOLVER = "services.dispatch.child"
SOLVER_ENDS_S = 180.0
"""The solver's process ends a minute after its last question; idle memory is read when it has."""

IDLE_WATCHED_S = 30.0


def territories(running: Running) -> list[str]:
    page = running.ask("GET", "/stations/v1/territories", params={"limit": 200})
    return [item["id"] for item in page["items"]]


def plan_of(running: Running, territory: str) -> dict[str, Any]:
    plan: dict[str, Any] = running.ask("GET", f"/dispatch/v1/territories/{territory}/plan")
    return plan


def first_plans_s(running: Running, wanted: int, limit_s: float = 600) -> float:
    """Seconds until the published plans of all territories together have all `wanted` orders.

    Asking for whole plans all the time would keep the services from making them: it is asked now and then, and the
    newest plan's own moment counts.
    """
    began = datetime.now(UTC)
    every = territories(running)
    while (datetime.now(UTC) - began).total_seconds() < limit_s:
        plans = [plan_of(running, territory) for territory in every]
        if sum(plan["orders"] for plan in plans) >= wanted:
            newest = max(datetime.fromisoformat(plan["published_at"]) for plan in plans if plan["published_at"])
            return max(0.0, (newest - began).total_seconds())
        time.sleep(0.1 * len(every))
    raise SystemExit(f"not all {wanted} orders were planned within {limit_s:.0f} s")


def urgent_order_s(running: Running) -> float:
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


QUIET_S = 5.0
"""How long nothing may happen before a system has settled."""


def settled(running: Running, limit_s: float = 300) -> list[dict[str, Any]]:
    """The plans once nothing newer was planned and nothing improved for some seconds: an improvement gathers first."""
    began = last_busy = time.monotonic()
    while True:
        plans = [plan_of(running, territory) for territory in territories(running)]
        improving = running.ask("GET", "/dispatch/v1/improvements")["items"]
        now = time.monotonic()
        if improving or not all(plan["covers_everything"] for plan in plans):
            last_busy = now
        if now - last_busy > QUIET_S or now - began > limit_s:
            return plans
        time.sleep(0.5)


def api_start_s(running: Running, repeats: int = 3) -> tuple[float, float]:
    """Median wall and CPU seconds of one more process with all services, from nothing to ready."""
    environment = os.environ | {
        "ROADCALL_DATA": str(running.data),
        "ROADCALL_SECRET": SECRET,
        "ROADCALL_DATABASE_URL": f"postgresql://postgres@/postgres?host={running.data}/postgres/socket",
        "ROADCALL_REDIS_URL": f"unix://{running.data}/valkey/socket/valkey.sock",
    }
    walls, cpus = [], []
    for _ in range(repeats):
        port = free_port()
        began = time.monotonic()
        process = subprocess.Popen([sys.executable, "-m", "services"], env=environment | {"ROADCALL_PORT": str(port)})
        while not answers(f"http://127.0.0.1:{port}"):
            time.sleep(0.02)
        walls.append(time.monotonic() - began)
        used = psutil.Process(process.pid).cpu_times()
        cpus.append(used.user + used.system)
        process.terminate()
        process.wait(30)
    return statistics.median(walls), statistics.median(cpus)


def recovery_s(running: Running) -> float:
    """From kill -9 of the process that serves everything until it is ready again."""
    services = next(one for one, command in running.family().items() if command.endswith("-m services"))
    services.kill()
    began = time.monotonic()
    while not answers(running.address):
        time.sleep(0.05)
    return time.monotonic() - began


def idle_memory_mb(running: Running) -> dict[str, float]:
    """Proportional set size by kind of process, after a board has drawn every route and the solver's process has ended.

    Shared pages are counted once: the sum is what the machine lacks because of us.
    """
    for territory in territories(running):
        running.ask("GET", f"/dispatch/v1/territories/{territory}/routes")
    began = time.monotonic()
    while running.child(SOLVER) is not None and time.monotonic() - began < SOLVER_ENDS_S:
        time.sleep(1)
    used: defaultdict[str, float] = defaultdict(float)
    for process, command in running.family().items():
        with suppress(psutil.NoSuchProcess):
            used[_kind(command)] += process.memory_full_info().pss / 1e6
    return {kind: round(mb, 1) for kind, mb in sorted(used.items(), key=lambda one: -one[1])}


def idle_cpu(running: Running) -> float:
    """Share of one core that everything together uses while nobody asks for anything."""

    def used() -> float:
        total = 0.0
        for process in running.family():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    before, began = used(), time.monotonic()
    time.sleep(IDLE_WATCHED_S)
    return max(0.0, used() - before) / (time.monotonic() - began)


def connections(running: Running) -> int:
    """The database connections that are open."""
    return sum(command.startswith("postgres:") and "[local]" in command for command in running.family().values())


def _kind(command: str) -> str:
    kinds = {
        SOLVER: "solver",
        "-m services worker": "worker",
        "-m services": "services",
        "postgres": "PostgreSQL",
        "valkey": "Valkey",
    }
    return next((kind for part, kind in kinds.items() if part in command), "supervisor")
