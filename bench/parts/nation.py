"""`python -m bench parts nation`: the ledger of a nation, in PostgreSQL, asked over HTTP in this process.

Stock rows, each with its opening count in the ledger, and series of demand come in by COPY; everything after that goes
through the service's own routes.
"""

import asyncio
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
from rich.console import Console
from rich.table import Table

from bench.parts.measuring import Measured, median, once
from bench.parts.servers import running, servers
from kit.ids import new_id
from kit.settings import Settings
from services.parts.domain.stock_value import months_back
from services.parts.use_cases import forecasting
from tests.running import System

SERVICES = ("accounts", "orders", "parts")
MONTHS = 36
TERRITORY = 40
"""Depots of the territory whose orders are asked about, as far as there are so many."""
AT_ONCE = 4
RUNS = 5
Figure = tuple[str, Measured]


@dataclass(frozen=True)
class Sizes:
    """`series` of them, on shelves of stations, have a past; `facts` are told by phones."""

    places: int
    depots: int
    parts: int
    parts_per_place: int
    series: int
    orders: int
    facts: int


NATION = Sizes(places=3_000, depots=300, parts=20_000, parts_per_place=667, series=200_000, orders=500, facts=400)


def nation(sizes: Sizes) -> None:
    """A table, and last one JSON line."""
    with servers(SERVICES, shared_buffers="512MB", max_wal_size="4GB") as settings:
        figures = [*_load(settings, sizes), *asyncio.run(_ask(settings, sizes))]
    table = Table("what", "measured", "CPU", "note")
    for name, (wall, cpu, note) in figures:
        table.add_row(name, f"{wall:.2f}", f"{cpu:.2f}", note)
    load = round(os.getloadavg()[0], 1)
    Console().print(table, f"load average {load}")
    print(json.dumps({name: round(wall, 2) for name, (wall, _, _) in figures} | {"load_average": load}))


# --- rows -----------------------------------------------------------------------------------------------------------


def _load(settings: Settings, sizes: Sizes) -> Iterable[Figure]:
    rng = np.random.default_rng(5)
    url = settings.database_url or ""
    shelves = [
        (place, part)
        for place in range(sizes.places)
        for part in np.sort(rng.choice(sizes.parts, sizes.parts_per_place, replace=False)).tolist()
    ]
    pieces = rng.geometric(0.3, len(shelves)).tolist()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET search_path = parts")
        columns = "part,name_zh,name_en,unit_cost_fen,weight_g,vmrs_system"
        yield _copied(connection, "part", columns, _parts(rng, sizes.parts))
        columns = "place_id,kind,territory_id,station_id,name,lon,lat"
        yield _copied(connection, "place", columns, _places(rng, sizes))
        stock = ((_place(place), _part(part), held) for (place, part), held in zip(shelves, pieces, strict=True))
        yield _copied(connection, "stock", "place_id,part,on_hand", stock)
        now = datetime.now(UTC).isoformat()
        counts = (
            (new_id(), "count", _place(place), _part(part), held, 10_000, "import", now)
            for (place, part), held in zip(shelves, pieces, strict=True)
        )
        columns = "id,kind,place_id,part,quantity,unit_cost_fen,actor,effective_at"
        yield _copied(connection, "movement", columns, counts)
        past = _demand(rng, with_a_past(shelves, sizes))
        yield _copied(connection, "past_demand", "place_id,part,month,imported", past)
        connection.execute("ANALYZE")


def with_a_past(shelves: list[tuple[int, int]], sizes: Sizes) -> list[tuple[int, int]]:
    """`series` shelves of stations, evenly over all of them. Raises ValueError when there are not so many."""
    at_stations = [shelf for shelf in shelves if shelf[0] >= sizes.depots]
    if len(at_stations) < sizes.series:
        raise ValueError(f"{len(at_stations)} shelves at stations are fewer than {sizes.series} series")
    return [at_stations[index * len(at_stations) // sizes.series] for index in range(sizes.series)]


def _place(number: int) -> str:
    return f"L-{number:04}"


def _part(number: int) -> str:
    return f"P-{number:05}"


def _parts(rng: np.random.Generator, count: int) -> Iterable[tuple[Any, ...]]:
    for number, cost in enumerate((1000 * (1 + rng.gamma(1, 40, count))).astype(int).tolist()):
        yield _part(number), f"配件 {number}", f"part {number}", cost, 500, f"{number % 60:03}"


def _places(rng: np.random.Generator, sizes: Sizes) -> Iterable[tuple[Any, ...]]:
    """Depots first, 40 of them in the territory that is asked about; then the shelves of stations."""
    for number, (lon, lat) in enumerate(rng.uniform((100, 25), (122, 42), (sizes.places, 2)).tolist()):
        depot = number < sizes.depots
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
    def copy_in() -> str:
        count = 0
        with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        return f"{count} rows"

    return f"copy_{table}_s", once(copy_in)


# --- questions ------------------------------------------------------------------------------------------------------


async def _ask(settings: Settings, sizes: Sizes) -> list[Figure]:
    async with running(settings, SERVICES) as system:
        found = [await _page(system, *page) for page in _pages()]
        found.append(await _availability(system, sizes))
        found.append(await _movements(system, sizes))
        found.append(await _forecasts(system, sizes))
        late = await _page(system, "forecast_page_ms", "forecasts", {"place_id": _place(sizes.places - 1)})
        return [*found, late]


def _pages() -> Iterable[tuple[str, str, dict[str, Any]]]:
    today = date.today()  # noqa: DTZ011
    yield "stock_page_ms", f"places/{_place(5)}/stock", {"limit": 50}
    yield "ledger_page_ms", f"places/{_place(5)}/movements", {"limit": 50}
    yield "part_by_number_ms", "parts", {"q": _part(19)}
    yield "part_by_name_ms", "parts", {"q": "part 19"}
    yield "fast_movers_ms", "fast-movers", {"limit": 12}
    yield "structure_s_all_places", "structure", {"quarter": f"{today.year}-Q{(today.month + 2) // 3}"}
    yield "kpis_s_all_places", "kpis", {"month": f"{today:%Y-%m}"}


async def _page(system: System, name: str, path: str, params: dict[str, Any]) -> Figure:
    """After one call to warm up; figures over the whole network in seconds, once."""

    async def ask() -> None:
        answer = await system.service.get(f"/parts/v1/{path}", params=params, timeout=600)
        answer.raise_for_status()

    often = name.endswith("_ms")
    return name, await median(ask, runs=RUNS if often else 1, unit=1000 if often else 1)


async def _availability(system: System, sizes: Sizes) -> Figure:
    """Orders of three lines against the depots of one territory, in the tables of the nation."""
    rng = np.random.default_rng(7)
    kinds = min(400, sizes.parts)
    orders = [
        {
            "order_id": new_id(),
            "place": {"lon": rng.uniform(110, 120), "lat": rng.uniform(30, 38), "datum": "WGS-84"},
            "lines": [
                {"part": _part(number), "quantity": 1} for number in rng.choice(kinds, 3, replace=False).tolist()
            ],
        }
        for _ in range(sizes.orders)
    ]

    async def ask() -> None:
        asked = {"territory_id": "T-0", "orders": orders}
        (await system.service.post("/parts/v1/availability", json=asked)).raise_for_status()

    return "availability_ms", await median(ask, runs=RUNS, unit=1000)


async def _movements(system: System, sizes: Sizes) -> Figure:
    """Facts from phones: two pieces of what lies there, some facts at once, each with its own key."""
    rng = np.random.default_rng(9)
    stations = np.arange(sizes.depots, sizes.places)
    places = [_place(number) for number in rng.choice(stations, min(40, len(stations)), replace=False).tolist()]
    held = {place: await _parts_at(system, place) for place in places}

    async def tell(place: str) -> None:
        lines = [{"part": part, "quantity": 1} for part in rng.choice(held[place], 2, replace=False).tolist()]
        fact = {"order_id": new_id(), "engineer_id": "E1", "van_place_id": place, "lines": lines}
        answer = await system.service.post("/parts/v1/usage", json=fact, headers={"Idempotency-Key": new_id()})
        answer.raise_for_status()

    async def tell_all() -> None:
        for start in range(0, sizes.facts, AT_ONCE):
            await asyncio.gather(*(tell(places[number % len(places)]) for number in range(start, start + AT_ONCE)))

    wall, cpu, _ = await median(tell_all, runs=1)
    note = f"{1000 * cpu / (2 * sizes.facts):.1f} ms of CPU each; 100 000 a day are 1.2/s"
    return "movements_per_s", (2 * sizes.facts / wall, 2 * sizes.facts / cpu, note)


async def _parts_at(system: System, place: str) -> list[str]:
    answer = await system.service.get(f"/parts/v1/places/{place}/stock", params={"limit": 200})
    return [row["part"] for row in answer.raise_for_status().json()["items"]]


async def _forecasts(system: System, sizes: Sizes) -> Figure:
    """The job of the worker: read every series, forecast, write them back."""
    month = date.today().replace(day=1)  # noqa: DTZ011
    wall, cpu, _ = await median(lambda: forecasting.refresh(system.assembly.contexts["parts"], month), runs=1)
    return "forecast_with_database_s", (wall, cpu, f"{sizes.series} series")
