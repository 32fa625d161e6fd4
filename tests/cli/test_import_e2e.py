"""The import against the real services: everything arrives, twice is once, and bad rows are named by their owner."""

import asyncio
import json
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pytest
import uvicorn
from typer.testing import CliRunner

from cli.demo import write_tables
from cli.importing.kinds import KINDS
from cli.importing.report import Report
from cli.importing.sending import import_network
from cli.main import app as command_line
from demo.network import Tables, make
from kit.auth import service_token
from tests.running import System, body


def small_network() -> Tables:
    """A branch with a tenth of its machines, orders and stock, still whole in itself."""
    tables = make("branch", 5, datetime.now(UTC))
    assets = tables["assets"][::10]
    machines = {row[by] for row in assets for by in ("serial", "vin", "plate") if row[by]}
    tables["assets"] = assets
    tables["maintenance_plans"] = [row for row in tables["maintenance_plans"] if row["serial"] in machines]
    tables["orders"] = [row for row in tables["orders"] if (row["serial"] or row["vin"] or row["plate"]) in machines]
    tables["campaign_machines"] = [row for row in tables["campaign_machines"] if row["serial"] in machines]
    certified = tables["operator_certificates"]
    tables["operator_certificates"] = [row for row in certified if row["serial"] in machines]
    tables["stock"] = tables["stock"][::20]
    tables["shifts"] = tables["shifts"][::10]
    return tables


async def listed(system: System, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = body(await system.service.get(path, params={"limit": 200} | ({"cursor": cursor} if cursor else {})))
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def statuses(report: Report) -> set[str]:
    return {status for _, status in report.counts}


async def test_the_demo_network_arrives_whole_and_twice_is_once(system: System) -> None:
    tables = small_network()
    first = await import_network(tables, system.service)
    assert [str(line) for line in first.refused] == []
    assert {kind: first.counts[kind, "created"] for kind in KINDS} == {kind: len(tables[kind]) for kind in KINDS}
    assert len(await listed(system, "/stations/v1/stations")) == len(tables["stations"])
    assert len(await listed(system, "/stations/v1/engineers")) == len(tables["engineers"])
    assert len(await listed(system, "/parts/v1/places")) == len(tables["places"])
    assert len(await listed(system, "/orders/v1/orders")) == len(tables["orders"])
    second = await import_network(tables, system.service)
    assert [str(line) for line in second.refused] == []
    assert statuses(second) == {"unchanged"}


async def test_what_an_owner_refuses_is_named_and_the_rest_arrives(system: System) -> None:
    tables = {kind: small_network()[kind] for kind in ("branches", "territories", "stations", "parts", "customers")}
    tables["stations"][3] = tables["stations"][3] | {"territory_id": "NOWHERE"}
    tables["stations"][4] = tables["stations"][4] | {"lon": 36.67, "lat": 116.99}
    tables["parts"][0] = tables["parts"][0] | {"unit_cost_fen": -1}
    tables["customers"][0] = tables["customers"][0] | {"customer_id": "with a blank"}
    report = await import_network(tables, system.service)
    found = {(line.kind, line.row, line.column) for line in report.refused}
    assert found >= {
        ("stations", 4, "territory_id"),
        ("parts", 1, "unit_cost_fen"),
        ("customers", 1, "customer_id"),
    }
    assert {(kind, row) for kind, row, _ in found} == {("stations", 4), ("stations", 5), ("parts", 1), ("customers", 1)}
    assert all(line.reason for line in report.refused)
    assert report.counts["stations", "created"] == len(tables["stations"]) - 2


README_LINE = "roadcall import stations.csv engineers.xlsx orders.geojson"


async def test_files_of_every_type_go_through_the_command_to_the_services(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = small_network()
    before = ("territories", "stations", "customers", "assets", "route_reference")
    write_tables({kind: tables[kind] for kind in before}, tmp_path)
    _geopackage(tmp_path / "branches.gpkg", tables["branches"])
    _workbook(tmp_path / "engineers.xlsx", "engineers", tables["engineers"])
    _geojson(tmp_path / "orders.geojson", tables["orders"])
    monkeypatch.chdir(tmp_path)
    assert README_LINE in (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
    async with over_tcp(system) as environment:
        for line in (f"roadcall import branches.gpkg {' '.join(f'{kind}.csv' for kind in before)}", README_LINE):
            words = shlex.split(line)[1:]
            result = await asyncio.to_thread(CliRunner().invoke, command_line, words, env=environment)
            assert result.exit_code == 0, result.output
    assert {row["id"] for row in await listed(system, "/stations/v1/branches")} == ids(tables, "branches", "branch_id")
    engineers = {row["id"]: row for row in await listed(system, "/stations/v1/engineers")}
    assert engineers.keys() == ids(tables, "engineers", "engineer_id")
    for row in tables["engineers"]:
        assert set(engineers[row["engineer_id"]]["brands"]) == set(row["brands"])
    assert len(await listed(system, "/orders/v1/orders")) == len(tables["orders"])


def ids(tables: Tables, kind: str, column: str) -> set[str]:
    return {row[column] for row in tables[kind]}


@asynccontextmanager
async def over_tcp(system: System) -> AsyncIterator[dict[str, str]]:
    """The system on a port of its own; what the command is told of it."""
    server = uvicorn.Server(uvicorn.Config(system.assembly.app, port=0, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    token = service_token(service="tests", secret=system.assembly.settings.shared_secret, now=datetime.now(UTC))
    try:
        yield {"ROADCALL_URL": f"http://127.0.0.1:{port}", "ROADCALL_TOKEN": token}
    finally:
        server.should_exit = True
        await serving


def _workbook(path: Path, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(kind)
    cells = KINDS[kind].columns
    sheet.append(list(cells))
    for row in rows:
        sheet.append([None if row.get(name) is None else cell.write(row[name]) for name, cell in cells.items()])
    book.save(path)


def _geopackage(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Points instead of the columns lon, lat and datum, in another coordinate system."""
    points = geopandas.points_from_xy([row["lon"] for row in rows], [row["lat"] for row in rows], crs="EPSG:4326")
    properties = [{name: value for name, value in row.items() if name not in PLACE} for row in rows]
    geopandas.GeoDataFrame(properties, geometry=points).to_crs("EPSG:3857").to_file(path, layer=path.stem)


def _geojson(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Points and a column datum: the cargo's destination stands in columns."""
    features = [
        {
            "type": "Feature",
            "geometry": row["lon"] and {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {name: value for name, value in row.items() if name not in PLACE[:2]},
        }
        for row in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")


PLACE = ("lon", "lat", "datum")
