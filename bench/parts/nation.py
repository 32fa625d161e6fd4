"""`python -m bench parts nation`: the ledger of a nation, in PostgreSQL, asked over HTTP in this process.

3 000 places × 20 000 parts with 2 000 000 stock rows, each with its opening count in the ledger, and 200 000 series of
demand over 36 months. Rows come in by COPY; everything after that goes through the service's own routes.
"""

import asyncio
import io
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
from rich.console import Console
from rich.table import Table

from bench.parts.servers import running, servers
from kit.ids import new_id
from kit.settings import Settings
from services.parts.domain.stock_value import months_back
from services.parts.use_cases import forecasting
from tests.running import System

SERVICES = ("accounts", "orders", "parts")
PLACES, DEPOTS, PARTS = 3_000, 300, 20_000
PER_PLACE = 667
SERIES, MONTHS = 200_000, 36
TERRITORY = 40
"""Depots of the territory whose orders are asked about."""
FACTS, AT_ONCE = 400, 4
RUNS = 5
Figure = tuple[str, float, float, str]
"""Name, wall and CPU time of this process in its unit, and what to know."""


def nation() -> None:
    """A table, and last one JSON line."""
    with servers(SERVICES, shared_buffers="512MB", max_wal_size="4GB") as settings:
        figures = [*_load(settings), *asyncio.run(_ask(settings))]
    table = Table("what", "measured", "CPU", "note")
    for name, wall, cpu, note in figures:
        table.add_row(name, f"{wall:.2f}", f"{cpu:.2f}", note)
    load = round(os.getloadavg()[0], 1)
    Console().print(table, f"load average {load}")
    print(json.dumps({name: round(wall, 2) for name, wall, _, _ in figures} | {"load_average": load}))


# --- rows -----------------------------------------------------------------------------------------------------------


def _load(settings: Settings) -> Iterable[Figure]:
    rng = np.random.default_rng(5)
    url = settings.database_url or ""
    shelves = [
        (place, part)
        for place in range(PLACES)
        for part in np.sort(rng.choice(PARTS, PER_PLACE, replace=False)).tolist()
    ]
    pieces = rng.geometric(0.3, len(shelves)).tolist()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET search_path = parts")
        yield _copied(connection, "part", "part,name_zh,name_en,unit_cost_fen,weight_g,vmrs_system", _parts(rng))
        yield _copied(connection, "place", "place_id,kind,territory_id,station_id,name,lon,lat", _places(rng))
        stock = ((_place(place), _part(part), held) for (place, part), held in zip(shelves, pieces, strict=True))
        yield _copied(connection, "stock", "place_id,part,on_hand", stock)
        now = datetime.now(UTC).isoformat()
        counts = (
            (new_id(), "count", _place(place), _part(part), held, 10_000, "import", now)
            for (place, part), held in zip(shelves, pieces, strict=True)
        )
        columns = "id,kind,place_id,part,quantity,unit_cost_fen,actor,effective_at"
        yield _copied(connection, "movement", columns, counts)
        at_stations = [shelf for shelf in shelves if shelf[0] >= DEPOTS][:: len(shelves) // SERIES][:SERIES]
        yield _copied(connection, "past_demand", "place_id,part,month,imported", _demand(rng, at_stations))
        connection.execute("ANALYZE")


def _place(number: int) -> str:
    return f"L-{number:04}"


def _part(number: int) -> str:
    return f"P-{number:05}"


def _parts(rng: np.random.Generator) -> Iterable[tuple[Any, ...]]:
    for number, cost in enumerate((1000 * (1 + rng.gamma(1, 40, PARTS))).astype(int).tolist()):
        yield _part(number), f"配件 {number}", f"part {number}", cost, 500, f"{number % 60:03}"


def _places(rng: np.random.Generator) -> Iterable[tuple[Any, ...]]:
    """Depots first, 40 of them in the territory that is asked about; then the shelves of stations."""
    for number, (lon, lat) in enumerate(rng.uniform((100, 25), (122, 42), (PLACES, 2)).tolist()):
        depot = number < DEPOTS
        territory = f"T-{number // TERRITORY}" if depot else f"T-{number % 75}"
        station = None if depot else f"S-{number}"
        yield _place(number), "depot" if depot else "station", territory, station, f"place {number}", lon, lat


def _demand(rng: np.random.Generator, shelves: list[tuple[int, int]]) -> Iterable[tuple[Any, ...]]:
    this = date.today().replace(day=1)  # noqa: DTZ011
    months = [months_back(this, back) for back in range(MONTHS, 0, -1)]
    chance = np.minimum(0.95, rng.gamma(0.5, 0.4, len(shelves)))
    for (place, part), of_month in zip(shelves, chance.tolist(), strict=True):
        for month in np.flatnonzero(rng.random(MONTHS) < of_month).tolist():
            yield _place(place), _part(part), months[month].isoformat(), int(rng.geometric(0.6))


def _copied(connection: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> Figure:
    wall, cpu, count = time.perf_counter(), time.process_time(), 0
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        text = io.StringIO()
        for row in rows:
            text.write("\t".join("\\N" if value is None else str(value) for value in row) + "\n")
            count += 1
            if count % 20_000 == 0:
                copy.write(text.getvalue())
                text = io.StringIO()
        copy.write(text.getvalue())
    wall = time.perf_counter() - wall
    return f"copy_{table}_s", wall, time.process_time() - cpu, f"{count} rows, {count / wall:.0f}/s"


# --- questions ------------------------------------------------------------------------------------------------------


async def _ask(settings: Settings) -> list[Figure]:
    async with running(settings, SERVICES) as system:
        found = [await _median(system, name, path, params) for name, path, params in PAGES]
        found.append(await _availability(system))
        found.append(await _movements(system))
        found.append(await _forecasts(system))
        late = [("forecast_page_ms", "forecasts", {"place_id": _place(PLACES - 1)})]
        return [*found, *[await _median(system, name, path, params) for name, path, params in late]]


PAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("stock_page_ms", f"places/{_place(5)}/stock", {"limit": 50}),
    ("ledger_page_ms", f"places/{_place(5)}/movements", {"limit": 50}),
    ("part_by_number_ms", "parts", {"q": "P-01999"}),
    ("part_by_name_ms", "parts", {"q": "part 1999"}),
    ("fast_movers_ms", "fast-movers", {"limit": 12}),
    ("structure_s_all_places", "structure", {"quarter": "2026-Q4"}),
    ("kpis_s_all_places", "kpis", {"month": date.today().isoformat()[:7]}),  # noqa: DTZ011
]


async def _median(system: System, name: str, path: str, params: dict[str, Any]) -> Figure:
    """After one call to warm up; figures over the whole network in seconds, once."""
    unit, runs = (1000, RUNS) if name.endswith("_ms") else (1, 1)
    client = system.service

    async def ask() -> None:
        answer = await client.get(f"/parts/v1/{path}", params=params, timeout=600)
        answer.raise_for_status()

    return await _timed(name, ask, unit=unit, runs=runs)


async def _timed(name: str, ask: Callable[[], Awaitable[None]], *, unit: int, runs: int) -> Figure:
    if runs > 1:
        await ask()
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        await ask()
        walls.append((time.perf_counter() - wall) * unit)
        cpus.append((time.process_time() - cpu) * unit)
    return name, statistics.median(walls), statistics.median(cpus), f"median of {runs}"


async def _availability(system: System) -> Figure:
    """500 orders of three lines against the 40 depots of one territory, in the tables of the nation."""
    rng = np.random.default_rng(7)
    orders = [
        {
            "order_id": new_id(),
            "place": {"lon": rng.uniform(110, 120), "lat": rng.uniform(30, 38), "datum": "WGS-84"},
            "lines": [{"part": _part(number), "quantity": 1} for number in rng.choice(400, 3, replace=False).tolist()],
        }
        for _ in range(500)
    ]

    async def ask() -> None:
        asked = {"territory_id": "T-0", "orders": orders}
        (await system.service.post("/parts/v1/availability", json=asked)).raise_for_status()

    return await _timed("availability_500x40_ms", ask, unit=1000, runs=RUNS)


async def _movements(system: System) -> Figure:
    """Facts from phones: two pieces of what lies there, some facts at once, each with its own key."""
    rng = np.random.default_rng(9)
    places = [_place(number) for number in rng.choice(np.arange(DEPOTS, PLACES), 40, replace=False).tolist()]
    held = {place: await _parts_at(system, place) for place in places}

    async def tell(place: str) -> None:
        lines = [{"part": part, "quantity": 1} for part in rng.choice(held[place], 2, replace=False).tolist()]
        fact = {"order_id": new_id(), "engineer_id": "E1", "van_place_id": place, "lines": lines}
        answer = await system.service.post("/parts/v1/usage", json=fact, headers={"Idempotency-Key": new_id()})
        answer.raise_for_status()

    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, FACTS, AT_ONCE):
        await asyncio.gather(*(tell(places[number % len(places)]) for number in range(start, start + AT_ONCE)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    note = f"{1000 * cpu / (2 * FACTS):.1f} ms of CPU each; 100 000 a day are 1.2/s"
    return "movements_per_s", 2 * FACTS / wall, 2 * FACTS / cpu, note


async def _parts_at(system: System, place: str) -> list[str]:
    answer = await system.service.get(f"/parts/v1/places/{place}/stock", params={"limit": 200})
    return [row["part"] for row in answer.raise_for_status().json()["items"]]


async def _forecasts(system: System) -> Figure:
    """The job of the worker: read 200 000 series, forecast, write them back."""
    month = date.today().replace(day=1)  # noqa: DTZ011
    context = system.assembly.contexts["parts"]
    return await _timed("forecast_200k_with_database_s", lambda: forecasting.refresh(context, month), unit=1, runs=1)
