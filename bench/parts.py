"""`make bench AREA=parts`: what parts and stations must answer quickly, at the size of a nation.

Prints a table and, last, one JSON line. Times are medians in process, without HTTP transport; CPU time and the load
average stand beside them, for other work may share the machine.
"""

import asyncio
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from kit.auth import service_token
from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.ids import new_id
from kit.migrations import migrate
from kit.settings import Settings
from services.assembly import Assembly
from tests.running import System

ORDERS, PLACES, PARTS, LINES = 500, 40, 400, 3
RUNS = 7
Measured = tuple[float, float]
"""Wall and CPU time."""


def main() -> None:
    """Measure everything of this area."""
    table = Table("what", "median", "CPU", "bar")
    figures: dict[str, float] = {}
    for name, bar, measured in (("availability_500x40_ms", 300.0, _availability()),):
        wall, cpu = measured
        figures[name] = round(wall, 1)
        table.add_row(name, f"{wall:.0f}", f"{cpu:.0f}", f"{bar:.0f}")
    load = round(os.getloadavg()[0], 1)
    Console().print(table, f"load average {load}")
    print(json.dumps(figures | {"load_average": load}))


async def _median_ms(ask: Callable[[], Awaitable[Any]]) -> Measured:
    """Wall and CPU milliseconds, after one call to warm up."""
    await ask()
    walls, cpus = [], []
    for _ in range(RUNS):
        wall, cpu = time.perf_counter(), time.process_time()
        await ask()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return statistics.median(walls), statistics.median(cpus)


@contextmanager
def _servers() -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="roadcall-bench-"))
    folder.chmod(0o755)
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    postgres.start(settings={})
    valkey.start()
    try:
        migrate(postgres.url, ["accounts", "parts"])
        yield Settings(data=folder, database_url=postgres.url, redis_url=valkey.url, secret=new_id())
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _availability() -> Measured:
    """One HTTP question for 500 orders of three lines against 40 places with 400 parts, answer written out."""
    with _servers() as settings:
        return asyncio.run(_ask_availability(settings))


async def _ask_availability(settings: Settings) -> Measured:
    assembly = Assembly(settings=settings, names=["accounts", "parts"])
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="bench", secret=settings.shared_secret, now=assembly.clock.now())
        client = system.client(token)
        await _fill(client)
        question = json.dumps(_question(Random(7)))

        async def ask() -> None:
            sent: dict[str, Any] = {"content": question, "headers": {"Content-Type": "application/json"}}
            answer = await client.post("/parts/v1/availability", **sent)
            answer.raise_for_status()
            if len(answer.json()["orders"]) != ORDERS:
                raise SystemExit("an order was not answered")

        measured = await _median_ms(ask)
        await system.close()
        return measured


async def _fill(client: Any) -> None:
    rng = Random(5)
    parts = [f"P-{number:04}" for number in range(PARTS)]
    made = {"name_zh": "件", "name_en": "part", "unit_cost_fen": 1000, "weight_g": 100}
    places = [
        {"place_id": f"D-{number:02}", "kind": "depot", "territory_id": "T1", "name": "depot"} | _place(rng)
        for number in range(PLACES)
    ]
    lanes = {"fee_fen": 3500, "fen_per_km": 45, "km_per_hour": 55, "cutoff": "19:00", "ready_s": 2700}
    rows: dict[str, list[dict[str, Any]]] = {
        "parts": [made | {"part": part} for part in parts],
        "substitutes": [{"part": a, "substitute": b, "approved": True} for a, b in list(pairwise(parts))[::3]],
        "places": places,
        "courier_lanes": [lanes | {"place_id": place["place_id"]} for place in places],
        "stock": [
            {"place_id": place["place_id"], "part": part, "quantity": rng.randint(0, 5)}
            for place in places
            for part in parts
        ],
    }
    for kind, these in rows.items():
        for start in range(0, len(these), 4000):
            answer = await client.post(
                f"/parts/v1/import/{kind}", json={"rows": these[start : start + 4000]}, timeout=300
            )
            if "refused" in answer.json()["counts"]:
                raise SystemExit(answer.text[:500])


def _place(rng: Random) -> dict[str, Any]:
    return {"lon": rng.uniform(115, 120), "lat": rng.uniform(35, 38), "datum": "WGS-84"}


def _question(rng: Random) -> dict[str, Any]:
    def line() -> list[dict[str, Any]]:
        return [{"part": f"P-{number:04}", "quantity": rng.randint(1, 2)} for number in rng.sample(range(PARTS), LINES)]

    return {
        "territory_id": "T1",
        "orders": [{"order_id": new_id(), "place": _place(rng), "lines": line()} for _ in range(ORDERS)],
    }
