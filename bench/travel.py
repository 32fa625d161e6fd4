"""How fast travel times come: python -m bench.travel

Median of repeats on random places of China, ways to and from the road included; loading measured in a fresh process.
The last line is one JSON object, for machines.
"""

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import numpy as np

from kit.values import Place
from services.dispatch.travel.embedded import EmbeddedRoads

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
TABLES = ((100, 300), (320, 320))
ROUTES = 100

_LOAD = """
import time
began = time.perf_counter()
from services.dispatch.travel.roads import RoadNetwork
from services.dispatch.travel.speeds import HourClass
roads = RoadNetwork.load()
sites = roads.snap([(116.39, 39.9), (117.02, 36.67)])
roads.table_between(sites, sites, HourClass.DAY)
print(time.perf_counter() - began)
"""


def fresh_load_seconds() -> float:
    """From nothing imported to the first answer, in a process of its own."""
    run = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)  # noqa: S603
    return float(run.stdout)


async def median_seconds(work: Callable[[], Awaitable[object]], repeats: int) -> float:
    """Median wall time of the repeats, after one unmeasured run."""
    await work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        await work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def measure(repeats: int, seed: int) -> dict[str, float]:
    """Figures by name: seconds, but for memory_mb."""
    roads = EmbeddedRoads()
    nodes = (await roads.network()).nodes
    rng = np.random.default_rng(seed)

    def places(count: int) -> list[Place]:
        chosen = nodes[rng.integers(0, len(nodes), count)] + rng.normal(0, 0.02, (count, 2))
        return [Place(lon, lat) for lon, lat in chosen.tolist()]

    figures = {"load_to_first_answer": statistics.median(fresh_load_seconds() for _ in range(min(repeats, 3)))}
    for rows, columns in TABLES:
        origins, destinations = places(rows), places(columns)

        async def table(origins: list[Place] = origins, destinations: list[Place] = destinations) -> None:
            await roads.matrix(origins=origins, destinations=destinations, at=NOON)

        figures[f"table_{rows}x{columns}"] = await median_seconds(table, repeats)

    ends = list(zip(places(ROUTES), places(ROUTES), strict=True))

    async def routes() -> None:
        for origin, destination in ends:
            await roads.route(origin, destination, NOON)

    figures["one_route"] = await median_seconds(routes, repeats) / ROUTES
    figures["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def main() -> None:
    """Prints a table and one JSON line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=7)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    figures = asyncio.run(measure(chosen.repeats, chosen.seed))
    for name, value in figures.items():
        print(f"{name:24} {value:10.0f} MB" if name == "memory_mb" else f"{name:24} {value * 1000:10.1f} ms")
    rounded = {name: round(value, 5) for name, value in figures.items()}
    print(json.dumps({"bench": "travel", "repeats": chosen.repeats, "seed": chosen.seed, **rounded}))


if __name__ == "__main__":
    main()
