"""Phones at their real rate: python -m bench phone

Starts `roadcall run` with an empty network on a folder of its own, gives 60 engineers phones and appointments that are
under way, and sends from this process, on the same cores: single check-ins (sign-in, audit, outbox, fsync all on; each
is applied by dispatch before it is answered), positions in batches of 20, and what a phone brings that was 72 hours
without signal. Beside the rates stands what survives a busy machine: the processor's milliseconds per request of the
whole installation. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from bench.path.installation import Running, installation
from bench.phone import offline
from bench.phone.network import ENGINEERS, SITE, build, phones
from kit.ids import new_id

BATCH = 20
ARRIVALS_OFFLINE = 40
BARS = {
    "checkins_per_s": 150,
    "checkin_p99_ms": 300,
    "positions_per_s": 2_000,
    "offline_taken_s": 60,
    "others_p99_ratio": 2,
}
Send = Callable[[int], Awaitable[None]]


async def measure(running: Running, *, checkins: int, batches: int, at_once: int) -> dict[str, Any]:
    """All figures."""
    appointments = build(running, checkins + ENGINEERS * ARRIVALS_OFFLINE)
    clients = [
        httpx.AsyncClient(base_url=running.address, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        for token in phones(running)
    ]
    numbers = [0] * ENGINEERS

    async def post(phone: int, operation: dict[str, Any]) -> None:
        numbers[phone] += 1
        made = {"id": new_id(), "seq": numbers[phone], "at": _now(), **operation}
        body = {"device": "bench", "sent_at": _now(), "operations": [made]}
        answer = await clients[phone].post("/mobile/v1/operations", json=body)
        (result,) = answer.raise_for_status().json()["results"]
        if result["status"] != "applied":
            raise SystemExit(f"not applied: {result}")

    async def check_in(i: int) -> None:
        appointment_id, order_id = appointments[i]
        about = {"appointment_id": appointment_id, "order_id": order_id}
        place = {"lon": SITE[0], "lat": SITE[1], "datum": "WGS-84"}
        await post(i % ENGINEERS, {"kind": "check_in", **about, "payload": {"place": place, "accuracy_m": 9.0}})

    async def positions(i: int) -> None:
        # Each point has a moment of its own, a second apart over the last hours: known moments would not be kept twice.
        newest = time.time() - (i // ENGINEERS) * BATCH
        moments = [datetime.fromtimestamp(newest - n, UTC).isoformat() for n in range(BATCH)]
        points = [{"lon": SITE[0], "lat": SITE[1], "datum": "WGS-84", "at": at} for at in moments]
        await post(i % ENGINEERS, {"kind": "position", "payload": {"points": points}})

    arrived = await _run(running, check_in, checkins, at_once)
    tracked = await _run(running, positions, batches, at_once)
    own = [visit for i, visit in enumerate(appointments) if i >= checkins and i % ENGINEERS == 0]
    returned = await offline.measure(clients[0], clients[1:], own)
    for client in clients:
        await client.aclose()
    return {
        "checkins_per_s": round(arrived["rate"], 1),
        "checkin_p50_ms": round(arrived["p50_ms"], 1),
        "checkin_p99_ms": round(arrived["p99_ms"], 1),
        "checkin_cpu_ms": round(arrived["cpu_ms"], 1),
        "positions_per_s": round(tracked["rate"] * BATCH),
        "position_batch_p99_ms": round(tracked["p99_ms"], 1),
        "position_cpu_ms": round(tracked["cpu_ms"] / BATCH, 2),
        **returned,
        "phones_at_once": at_once,
        "load_average": round(os.getloadavg()[0], 1),
    }


async def _run(running: Running, send: Send, count: int, at_once: int) -> dict[str, float]:
    """`count` requests, `at_once` under way at any time: rate, latencies and the installation's processor time."""
    took: list[float] = []
    todo = iter(range(count))

    async def sender() -> None:
        for i in todo:
            began = time.perf_counter()
            await send(i)
            took.append((time.perf_counter() - began) * 1000)

    used, began = _cpu_s(running), time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(at_once)))
    wall = time.perf_counter() - began
    cpu = (_cpu_s(running) - used) * 1000 / count
    cuts = statistics.quantiles(took, n=100)
    return {"rate": count / wall, "p50_ms": cuts[49], "p99_ms": cuts[98], "cpu_ms": cpu}


def _cpu_s(running: Running) -> float:
    """Processor seconds of everything that belongs to the installation."""
    total = 0.0
    for process in running.family():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _now() -> str:
    return datetime.now(UTC).isoformat()


def shown(figures: dict[str, Any]) -> Table:
    """The figures as a table; what misses its bar is red."""
    table = Table("figure", "measured", "bar", title=f"Phones, {os.cpu_count()} cores shared with the load")
    for name, value in figures.items():
        bar = BARS.get(name)
        most = name.endswith(("_ms", "_s", "_ratio")) and not name.endswith("per_s")
        missed = bar is not None and (value > bar if most else value < bar)
        sign = "" if bar is None else ("≤ " if most else "≥ ") + str(bar)
        table.add_row(name, f"[red]{value}[/red]" if missed else str(value), sign)
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench phone", description=__doc__)
    parser.add_argument("--checkins", type=int, default=3_000)
    parser.add_argument("--batches", type=int, default=2_000, help="of 20 positions each")
    parser.add_argument("--at-once", type=int, default=16, help="requests under way at any time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roadcall-bench-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        with installation(data, "none") as running:
            work = measure(running, checkins=asked.checkins, batches=asked.batches, at_once=asked.at_once)
            figures = asyncio.run(work)
    Console().print(shown(figures))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
