"""Imports: good rows are taken, bad ones named; the same file again changes nothing."""

import time
from datetime import timedelta

import pytest

from kit.ids import new_id
from services.orders.domain.told import ZONE
from tests.orders.conftest import CUSTOMER, JINAN, SHANGHAI, Json, World, new_truck
from tests.running import body

pytestmark = pytest.mark.anyio


def order_row(world: World, serial: str, **more: object) -> Json:
    reported = (world.clock.now() - timedelta(hours=1)).isoformat()
    return {"external_id": new_id(), "serial": serial, "reported_at": reported, **JINAN} | more


def told(report: Json) -> list[tuple[str, str | None]]:
    """Status and pointer of each row."""
    return [(row["status"], (row["problem"] or {}).get("pointer")) for row in report["rows"]]


async def test_machines_row_by_row(world: World) -> None:
    good, taken_vin, no_customer = new_truck(), new_truck(), new_truck()
    taken_vin["vin"] = world.truck["vin"]
    no_customer["customer_id"] = "NOBODY"
    half_placed = new_truck() | {"datum": None}
    report = await world.load(
        "assets",
        good,
        taken_vin,
        no_customer,
        new_truck() | {"station_id": "S-unknown"},
        half_placed,
        good,
        {"serial": "x"},
        world.truck,
        world.truck | {"serial": world.other["serial"], "vin": world.other["vin"], "model": "T9"},
    )
    assert told(report) == [
        ("created", None),
        ("refused", "/rows/1/vin"),
        ("refused", "/rows/2/customer_id"),
        ("refused", "/rows/3/station_id"),
        ("refused", "/rows/4"),
        ("refused", "/rows/5"),
        ("refused", "/rows/6/customer_id"),
        ("unchanged", None),
        ("updated", None),
    ]
    assert (await world.load("assets", good))["counts"] == {"unchanged": 1}


async def test_an_import_never_turns_a_meter_back(world: World) -> None:
    await world.load("assets", world.truck | {"meter_km": 5, "model": "T8"})
    record = body(await world.service.get(f"/orders/v1/assets/{world.serial}"))
    assert (record["meter_km"], record["model"]) == (100_000, "T8")


async def test_orders_row_by_row_by_the_rules_of_a_call(world: World) -> None:
    cargo = {
        "cargo_class": "general",
        "cargo_coupling": "kingpin-50",
        "cargo_mass_kg": 20_000,
        "cargo_dest_lon": SHANGHAI["lon"],
        "cargo_dest_lat": SHANGHAI["lat"],
        "cargo_deadline": (world.clock.now() + timedelta(days=2)).isoformat(),
        "cargo_hazard": False,
    }
    first = order_row(world, world.serial, fault_codes=[{"spn": 157, "fmi": 18}], **cargo)
    report = await world.load(
        "orders",
        first,
        order_row(world, world.serial),
        order_row(world, world.other["serial"], lat=None, lon=None, datum=None),
        order_row(world, "NOBODY"),
        order_row(world, world.other["serial"], datum=None),
        order_row(world, world.other["serial"], reported_at="2026-01-01T00:00:00"),
        order_row(world, world.other["serial"], symptom="爆胎"),
    )
    assert told(report) == [
        ("created", None),
        ("refused", "/rows/1/not_duplicate_of"),
        ("refused", "/rows/2/place"),
        ("refused", "/rows/3/asset/serial"),
        ("refused", "/rows/4"),
        ("refused", "/rows/5/reported_at"),
        ("created", None),
    ]
    order = await world.order(report["rows"][0]["id"])
    assert (order["source"], order["cargo"]["mass_kg"]) == ("import", 20_000)
    assert {clock["name"] for clock in order["clocks"]} == {"respond", "arrive", "restore"}
    again = await world.load("orders", first)
    assert told(again) == [("unchanged", None)]
    assert again["rows"][0]["id"] == order["id"]


async def test_five_hundred_orders_in_one_request(world: World) -> None:
    """The goal is a second on a quiet machine; the test only refuses what is of another order."""
    trucks = [new_truck() for _ in range(500)]
    assert (await world.load("assets", *trucks))["counts"] == {"created": 500}
    rows = [order_row(world, truck["serial"], fault_codes=[{"spn": 157, "fmi": 18}]) for truck in trucks]
    began = time.perf_counter()
    assert (await world.load("orders", *rows))["counts"] == {"created": 500}
    assert time.perf_counter() - began < 15


async def test_a_key_of_one_branch_imports_no_records(world: World) -> None:
    made = body(await world.service.post("/accounts/v1/keys", json={"name": "crm", "branch_id": "B1"}), 201)
    key = world.system.client(made["key"])
    refused = await key.post("/orders/v1/import/customers", json={"rows": [CUSTOMER]})
    assert body(refused, 403)["type"] == "/problems/outside-your-scope"
    rows = [order_row(world, world.serial, **SHANGHAI), order_row(world, world.other["serial"])]
    report = body(await key.post("/orders/v1/import/orders", json={"rows": rows}))
    assert [row["status"] for row in report["rows"]] == ["refused", "created"]


async def test_rows_of_the_wrong_shape_are_refused_one_by_one(world: World) -> None:
    for kind in ("customers", "assets", "orders", "maintenance_plans", "route_reference"):
        rows: list[Json] = [{}, {"unknown": 1}, {"lon": True}, {"serial": ["x"], "customer_id": {}, "external_id": 5}]
        report = await world.load(kind, *rows)
        assert {row["status"] for row in report["rows"]} == {"refused"}, kind
        answer = await world.service.post(f"/orders/v1/import/{kind}", json={"rows": ["x"]})
        assert answer.status_code == 422


async def test_who_may_operate_a_machine_and_until_when(world: World) -> None:
    """A certificate holds through its last day; one of a machine that nobody knows is refused alone."""
    today = world.clock.now().astimezone(ZONE).date()
    named = {"operator_id": "OP-1", "name": "Sun Li", "serial": world.serial}
    rows = [
        named | {"certificate": "crane-Q2", "valid_until": today.isoformat()},
        named | {"certificate": "hazmat", "valid_until": (today - timedelta(days=1)).isoformat()},
        named | {"certificate": "crane-Q2", "serial": "NOBODYS"},
    ]
    report = await world.load("operator_certificates", *rows)
    assert [row["status"] for row in report["rows"]] == ["created", "created", "refused"]
    assert report["rows"][2]["problem"]["pointer"] == "/rows/2/serial"
    record = body(await world.hotline.get(f"/orders/v1/assets/{world.serial}"))
    assert [(one["certificate"], one["valid"]) for one in record["operators"]] == [
        ("crane-Q2", True),
        ("hazmat", False),
    ]


async def test_a_certificate_is_put_on_the_record_renewed_and_taken_off(world: World) -> None:
    """It holds through its last day; a branch changes nothing on the machines of another."""
    today = world.clock.now().astimezone(ZONE).date()
    path = f"/orders/v1/assets/{world.serial}/operators/OP-9/certificates/crane-Q2"

    async def on_record() -> list[tuple[str, bool]]:
        record = body(await world.hotline.get(f"/orders/v1/assets/{world.serial}"))
        return [(one["name"], one["valid"]) for one in record["operators"] if one["operator_id"] == "OP-9"]

    yesterday = {"name": "Zhao Min", "valid_until": (today - timedelta(days=1)).isoformat()}
    assert body(await world.hotline.put(path, json=yesterday))["valid"] is False
    renewed = {"name": "Zhao Min", "valid_until": today.isoformat()}
    assert body(await world.hotline.put(path, json=renewed))["valid"] is True
    assert await on_record() == [("Zhao Min", True)]
    foreign = await world.system.sign_in("dispatcher", branch_id="B2")
    for answer in (await foreign.put(path, json=renewed), await foreign.delete(path)):
        assert "not yours to see" in body(answer, 404)["detail"]
    engineer = await world.system.sign_in("engineer", engineer_id="E1", branch_id="B1")
    assert (await engineer.put(path, json=renewed)).status_code == 403
    body(await world.hotline.put(path, json={"name": "", "valid_until": "tomorrow"}), 422)
    assert (await world.hotline.delete(path)).status_code == 204
    assert await on_record() == []
    assert "no such certificate" in body(await world.hotline.delete(path), 404)["detail"]


async def test_a_machine_is_found_by_any_of_its_names(world: World) -> None:
    for name in (world.serial, world.truck["plate"], world.truck["vin"].lower()):
        found = body(await world.hotline.get("/orders/v1/assets", params={"name": name}))["items"]
        assert [one["serial"] for one in found] == [world.serial]
    assert body(await world.hotline.get("/orders/v1/assets", params={"name": "NOBODYS"}))["items"] == []
