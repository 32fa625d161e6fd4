"""`make bench AREA=orders`: what orders must do quickly with 500 000 closed orders in the database.

Prints a table and, last, one JSON line. Everything runs in this process against a real PostgreSQL that keeps what it
acknowledges; the load generator of intake shares the process. Medians; CPU time of this process and the load average
stand beside them, for other work may share the machine. `--orders 20000` makes a quick look, `--only intake_per_s`
measures one thing.
"""

import argparse
import asyncio
import itertools
import json
import logging
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from kit.auth import service_token
from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.ids import new_id
from kit.kpis import figures as sums
from kit.migrations import migrate
from kit.months import month_span
from kit.settings import Settings
from services.assembly import Assembly
from services.orders.catalogue import shipped
from services.orders.context import Orders
from services.orders.domain.told import ZONE
from services.orders.store.clocks import documents_of
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.measuring import figures
from services.orders.store.kpis.sums import SUMS
from tests.running import System

SERVICES = ["accounts", "stations", "orders"]
MACHINES, OPEN, TIMERS, PAGES = 50_000, 2_000, 10_000, 40
WARM_UP_S, INTAKE_S, SLOW_S = 2.0, 10.0, 1.0
BARS = {
    "order_page_ms": 100.0,
    "queue_page_ms": 150.0,
    "month_kpis_s": 10.0,
    "timers_10000_s": 60.0,
    "intake_per_s": 100.0,
}
_MACHINES = """
INSERT INTO customers SELECT 'C' || i, 'Customer ' || i, (ARRAY['standard', 'gold', 'platinum'])[1 + i % 3]
FROM generate_series(0, 999) i;
INSERT INTO assets (asset_id, customer_id, product, brand, model, station_id, territory_id, branch_id, in_service_on,
    lon, lat)
SELECT 'M' || i, 'C' || i % 1000, (ARRAY['tractor', 'excavator'])[1 + i % 2], 'RC', 'T7', 'S' || i % 20, 'T' || i % 5,
       'B' || i % 5, '2024-01-01', 117 + i % 100 / 100.0, 36 + i % 70 / 100.0
FROM generate_series(0, {machines} - 1) i;
"""
_CLOSED = """
INSERT INTO orders (order_id, number, source, state, work_type, asset_id, branch_id, territory_id, station_id,
    engineer_id, lon, lat, vmrs_system, service_s, drop_fen, interruptible, replacement_eligible, warranty, told,
    template_id,
    template_version, reported_at, accepted_at, responded_at, assigned_at, departed_at, arrived_at, work_started_at,
    diagnosed_at, restored_at, completed_at, confirmed_at, closed_at, appointment_id, fix_chance, control_points)
SELECT 'O' || lpad(i::text, 9, '0'), 'WO-' || i, 'hotline', 'closed', 'breakdown', 'M' || i % {machines}, 'B' || i % 5,
    'T' || i % 5, 'S' || i % 20, 'E' || i % 300, 117, 36, lpad((i % 9)::text, 3, '0'), 7200, 5000000, false, i % 2 = 0,
    '{{"decision": "covered", "reason": "within_warranty"}}', '{{"zh": "", "en": ""}}', '24H', 1,
    at, at, at + interval '5 minutes', at + interval '10 minutes', at + interval '20 minutes',
    at + interval '2 hours' * (0.5 + i % 97 / 97.0), at + interval '4 hours', at + interval '5 hours',
    at + interval '20 hours' * (0.5 + i % 89 / 89.0), at + interval '31 hours', at + interval '31 hours',
    at + interval '32 hours', 'A' || i, i % 100 / 100.0,
    jsonb_build_object('in_order', i % 50 > 0, 'skipped', CASE WHEN i % 9 = 0 THEN '["test"]' ELSE '[]' END::jsonb)
FROM (SELECT i, CAST(:until AS timestamptz) - interval '400 days' * (i::float8 / {orders}) AS at
      FROM generate_series(1, {orders}) i) made;
INSERT INTO appointments (appointment_id, order_id, engineer_id, state, scheduled_start)
SELECT appointment_id, order_id, engineer_id, 'done', arrived_at - interval '10 minutes' FROM orders;
INSERT INTO clocks (order_id, clock, rule, started_at, first_chance, state, due, stopped_at, late_fen)
SELECT order_id, 'restore', CAST(:rule AS jsonb), reported_at, 1 - fix_chance,
       CASE WHEN restored_at > reported_at + interval '24 hours' THEN 'breached' ELSE 'met' END,
       reported_at + interval '24 hours', restored_at,
       CASE WHEN restored_at > reported_at + interval '24 hours' THEN 400000 ELSE 0 END FROM orders;
"""
_OPEN = """
INSERT INTO orders (order_id, number, source, state, work_type, asset_id, branch_id, territory_id, station_id, lon, lat,
    service_s, drop_fen, interruptible, replacement_eligible, warranty, told, reported_at, accepted_at, responded_at,
    risk_rank, risk_due)
SELECT :name || lpad(i::text, 8, '0'), :name || i, 'hotline', 'accepted', 'breakdown', 'M' || i % {machines},
    'B0', 'T0', 'S0', 117, 36, 7200, 5000000, false, false,
    '{{"decision": "covered", "reason": "within_warranty"}}',
    '{{"zh": "", "en": ""}}', CAST(:now AS timestamptz) - interval '1 day',
    CAST(:now AS timestamptz) - interval '1 day', CAST(:now AS timestamptz) - interval '1 day', 2,
    CAST(:due AS timestamptz) + interval '1 second' * i
FROM generate_series(1, :count) i;
INSERT INTO clocks (order_id, clock, rule, started_at, state, due)
SELECT order_id, 'restore', CAST(:rule AS jsonb), reported_at, 'running', reported_at + interval '24 hours'
FROM orders WHERE order_id LIKE :name || '%';
"""
_DUE = """
INSERT INTO due_at (order_id, timer, at) SELECT order_id, 'breach:restore', CAST(:now AS timestamptz)
FROM orders WHERE order_id LIKE :name || '%'
"""


def main() -> None:
    """Measure everything of this area."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=500_000)
    options.add_argument("--only", choices=tuple(BARS))
    given = options.parse_args()
    count = given.orders
    # The neighbours are not running: that their feeds wait is no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with _servers() as settings:
        measured = asyncio.run(_measure(settings, count, given.only))
    table = Table("what", "measured", "CPU s", "bar")
    for name, (value, cpu) in measured.items():
        table.add_row(name, f"{value:.1f}", f"{cpu:.1f}", f"{BARS[name]:.0f}")
    load = round(os.getloadavg()[0], 1)
    Console().print(table, f"{count} closed orders, load average {load}")
    told = {name: round(value, 1) for name, (value, _) in measured.items()}
    print(json.dumps({"bench": "orders", "orders": count, **told, "load_average": load}))


@contextmanager
def _servers() -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="roadcall-bench-"))
    folder.chmod(0o755)
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    postgres.start(settings={})
    valkey.start()
    try:
        migrate(postgres.url, SERVICES)
        yield Settings(data=folder, database_url=postgres.url, redis_url=valkey.url, secret=new_id())
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(settings: Settings, count: int, only: str | None) -> dict[str, tuple[float, float]]:
    assembly = Assembly(settings=settings, names=SERVICES)
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        client = system.client(service_token(service="bench", secret=settings.shared_secret, now=assembly.clock.now()))
        orders: Orders = assembly.apps["orders"].state.context
        await _stations(client)
        await _fill(orders, count)
        work: dict[str, Callable[[], Awaitable[tuple[float, float]]]] = {
            "order_page_ms": lambda: _pages(lambda number: client.get(f"/orders/v1/orders/{_name(number, count)}")),
            "queue_page_ms": lambda: _pages(lambda _: client.get("/orders/v1/orders", params=QUEUE)),
            "month_kpis_s": lambda: _clocked(lambda: _month(orders)),
            "timers_10000_s": lambda: _timers(orders),
            "intake_per_s": lambda: _intake(client),
        }
        measured = {name: await measure() for name, measure in work.items() if only in (None, name)}
        await system.close()
        return measured


QUEUE = {"branch_id": "B0", "state": "open", "order": "risk", "limit": "50"}


async def _stations(client: httpx.AsyncClient) -> None:
    names = {"name_zh": "站", "name_en": "station"}
    place = {"lon": 117.2, "lat": 36.3, "datum": "WGS-84"}
    kind_of_station = names | place | {"level": 1, "grade": "AA", "brands": ["RC"], "capabilities": []}
    rows: dict[str, list[dict[str, Any]]] = {
        "branches": [names | place | {"branch_id": f"B{number}"} for number in range(5)],
        "territories": [names | {"territory_id": f"T{number}", "branch_id": f"B{number}"} for number in range(5)],
        "stations": [
            kind_of_station | {"station_id": f"S{number}", "territory_id": f"T{number % 5}"} for number in range(20)
        ],
    }
    for kind, given in rows.items():
        answer = await client.post(f"/stations/v1/import/{kind}", json={"rows": given})
        if "refused" in answer.raise_for_status().json()["counts"]:
            raise SystemExit(f"stations refuses {kind}: {answer.text[:500]}")


async def _fill(orders: Orders, count: int) -> None:
    began, now = time.perf_counter(), orders.clock.now()
    month_end = month_span(f"{now.astimezone(ZONE):%Y-%m}")[0]
    given = {"until": month_end, "rule": _rule()}
    await _run(orders, _MACHINES, count, {})
    await _run(orders, _CLOSED, count, given)
    await _run(orders, _OPEN, count, given | {"name": "Q", "now": now, "due": now, "count": OPEN})
    # What filling left to be written and counted is not part of what is measured.
    with psycopg.connect(orders.settings.database_url or "", autocommit=True) as connection:
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            connection.execute(statement)
    print(f"{count} closed orders made in {time.perf_counter() - began:.0f} s")


def _rule() -> str:
    template = next(one for one in shipped().templates if one.template_id == "24H")
    return json.dumps(documents_of([rule for rule in template.clocks if rule.clock == "restore"])[0])


async def _run(orders: Orders, script: str, count: int, given: dict[str, Any]) -> None:
    """Each statement in a transaction of its own."""
    for statement in script.format(machines=MACHINES, orders=count).split(";"):
        if statement.strip():
            async with orders.db.transaction() as tx:
                await tx.execute(text("SET LOCAL statement_timeout = 0"))
                named = {name: value for name, value in given.items() if f":{name}" in statement}
                await tx.execute(text(statement), named)


def _name(number: int, count: int) -> str:
    return f"O{1 + number * 7919 % count:09}"


async def _pages(ask: Callable[[int], Awaitable[httpx.Response]]) -> tuple[float, float]:
    """Median milliseconds of a page, and CPU seconds of all of them."""
    times, cpu = [], time.process_time()
    for number in range(PAGES + 1):
        began = time.perf_counter()
        (await ask(number)).raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[1:]), time.process_time() - cpu


async def _clocked(work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    await work()
    return time.perf_counter() - began, time.process_time() - cpu


async def _month(orders: Orders) -> None:
    """Every KPI of the last full month, for every scope."""
    now = orders.clock.now()
    until = month_span(f"{now.astimezone(ZONE):%Y-%m}")[0]
    begin, until = month_span(f"{until - timedelta(days=1):%Y-%m}")
    async with orders.db.read() as tx:
        for kpi in KPIS.values():
            began = time.perf_counter()
            await figures(tx, kpi, begin=begin, until=until, now=now)
            if (took := time.perf_counter() - began) > SLOW_S:
                print(f"{kpi.kpi} alone took {took:.1f} s")
        await sums(tx, SUMS, begin=begin, until=until, now=now)


async def _timers(orders: Orders) -> tuple[float, float]:
    """10 000 orders whose clock runs out at the same moment, until the last one is told."""
    now = orders.clock.now()
    await _run(orders, _OPEN, 1, {"name": "Z", "now": now, "due": now, "count": TIMERS, "rule": _rule()})
    left = text("SELECT count(*) FROM due_at WHERE at <= clock_timestamp() AND order_id LIKE 'Z%'")

    async def fired() -> None:
        await _run(orders, _DUE, 1, {"name": "Z", "now": now})
        while True:
            async with orders.db.read() as tx:
                if (await tx.execute(left)).scalar_one() == 0:
                    return
            await asyncio.sleep(0.1)

    return await _clocked(fired)


async def _intake(client: httpx.AsyncClient, callers: int = 8) -> tuple[float, float]:
    """Accepted orders per second, each for another machine, by callers that wait for their answers."""
    numbers, taken = itertools.count(MACHINES // 2), 0
    deadline = time.perf_counter() + WARM_UP_S
    place = {"lon": 117.2, "datum": "WGS-84"}

    async def caller() -> None:
        nonlocal taken
        while time.perf_counter() < deadline:
            number = next(numbers)
            at = place | {"lat": 36 + number % 997 / 1000}
            call = {"source": "hotline", "asset": {"serial": f"M{number}"}, "place": at, "symptom": "爆胎"}
            (await client.post("/orders/v1/orders", json=call)).raise_for_status()
            taken += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    taken, began, cpu = 0, time.perf_counter(), time.process_time()
    deadline = began + INTAKE_S
    await asyncio.gather(*(caller() for _ in range(callers)))
    spent = time.process_time() - cpu
    print(f"{taken} orders taken, {spent / taken * 1000:.1f} ms CPU each with load generator, sealing and feeds")
    return taken / (time.perf_counter() - began), spent


if __name__ == "__main__":
    main()
