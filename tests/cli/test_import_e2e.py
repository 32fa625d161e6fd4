"""The import against the real services: everything arrives, twice is once, and bad rows are named by their owner."""

from datetime import UTC, datetime
from typing import Any

from cli.importing.kinds import KINDS
from cli.importing.report import Report
from cli.importing.sending import import_network
from demo.network import Tables, make
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
