"""What dispatch needs of the made network: repairable faults, parts mostly at hand, cargo that must change trucks."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from demo.network import Tables
from services.dispatch.domain.problem_resources import CARGO_OF_VEHICLE
from services.orders.catalogue import shipped
from services.orders.domain.faults import Diagnosis, FaultCode, diagnose
from tests.demo.test_network import NOW, network

Row = dict[str, Any]


def machines(tables: Tables) -> dict[str, Row]:
    return {row[by]: row for row in tables["assets"] for by in ("serial", "vin", "plate") if row[by]}


def diagnosed(order: Row, product: str) -> Diagnosis:
    codes = [FaultCode(code["spn"], code["fmi"]) for code in order["fault_codes"]]
    known = shipped()
    return diagnose(known.faults, known.unknown_fault, codes=codes, symptom=order["symptom"], product=product)


def needed(diagnosis: Diagnosis) -> set[str]:
    """Every part that a cause of these faults needs."""
    faults = {fault.fault for fault in diagnosis.faults}
    return {part for cause in shipped().causes.causes if cause.fault in faults for part in cause.parts}


def breakdowns(tables: Tables) -> list[tuple[Row, Row, Diagnosis]]:
    machine = machines(tables)
    found = []
    for order in tables["orders"]:
        asset = machine[order["serial"] or order["vin"] or order["plate"]]
        if order["work_type"] == "breakdown":
            found.append((order, asset, diagnosed(order, asset["product"])))
    return found


def test_every_breakdown_is_a_known_fault_by_code_or_by_the_callers_words() -> None:
    for order, _, diagnosis in breakdowns(network("region")):
        assert diagnosis.faults[0].fault != "unknown", order
        assert not diagnosis.unknown_codes, order


@pytest.mark.parametrize("size", ["branch", "region", "nation"])
def test_every_territory_has_a_master_of_every_fault(size: str) -> None:
    tables = network(size)
    territory = {row["station_id"]: row["territory_id"] for row in tables["stations"]}
    authorised = {row["station_id"]: {*row["brands"]} for row in tables["stations"]}
    best: dict[tuple[str, str, str], int] = {}
    for engineer in tables["engineers"]:
        for skill, level in engineer["skills"].items():
            for brand in {*engineer["brands"]} & authorised[engineer["station_id"]]:
                key = territory[engineer["station_id"]], skill, brand
                best[key] = max(level, best.get(key, 0))
    for row in tables["territories"]:
        for fault in shipped().faults:
            for brand in ("RC-TRUCK", "RC-MACH", "RC-ENGINE"):
                assert best[row["territory_id"], fault.skill, brand] >= fault.level, (row, fault.fault)


@pytest.mark.parametrize("size", ["branch", "region"])
def test_parts_are_mostly_near_and_sometimes_only_far(size: str) -> None:
    tables = network(size)
    home = {row["place_id"]: row["territory_id"] for row in tables["places"]}
    stocked: dict[str | None, set[str]] = {}
    for row in tables["stock"]:
        stocked.setdefault(home[row["place_id"]], set()).add(row["part"])
    territory = {row["station_id"]: row["territory_id"] for row in tables["stations"]}
    near = far = nowhere = 0
    for _, asset, diagnosis in breakdowns(tables):
        for part in needed(diagnosis):
            if part in stocked[territory[asset["station_id"]]]:
                near += 1
            elif part in stocked[None]:
                far += 1
            else:
                nowhere += 1
    lines = near + far + nowhere
    assert nowhere == 0
    assert near / lines > 0.85
    assert far >= 3


def test_a_van_alone_does_not_hold_everything() -> None:
    tables = network("branch")
    vans: dict[str, set[str]] = {}
    for row in tables["stock"]:
        if row["place_id"].startswith("VAN-"):
            vans.setdefault(row["place_id"], set()).add(row["part"])
    complete = [
        sum(needed(diagnosis) <= van for van in vans.values()) / len(vans)
        for _, _, diagnosis in breakdowns(tables)
        if needed(diagnosis)
    ]
    assert 0.02 < sum(complete) / len(complete) < 0.5


@pytest.mark.parametrize("size", ["branch", "region", "nation"])
def test_a_handful_of_loaded_tractors_cannot_be_repaired_in_24_hours(size: str) -> None:
    tables = network(size)
    late = [
        order
        for order, _, diagnosis in breakdowns(tables)
        if order["cargo_class"]
        and datetime.fromisoformat(order["reported_at"]) < NOW - timedelta(hours=12)
        and diagnosis.service_s >= 200 * 60
    ]
    assert 3 <= len(late) <= max(3, len(tables["orders"]) // 50)


def test_most_cargo_finds_a_vehicle_of_its_branch_that_fits() -> None:
    tables = network("region")
    machine = machines(tables)
    branch = {row["station_id"]: row["station_id"][:2] for row in tables["stations"]}
    loaded = [order for order in tables["orders"] if order["cargo_class"]]
    assert len(loaded) > 100
    fitting = 0
    for order in loaded:
        asset = machine[order["serial"] or order["vin"] or order["plate"]]
        fitting += any(
            vehicle["branch_id"] == branch[asset["station_id"]]
            and order["cargo_class"] in CARGO_OF_VEHICLE[vehicle["vehicle_class"]]
            and order["cargo_coupling"] in vehicle["couplings"]
            and order["cargo_mass_kg"] <= vehicle["max_mass_kg"]
            and (vehicle["hazard_allowed"] or not order["cargo_hazard"])
            for vehicle in tables["vehicles"]
        )
    assert fitting / len(loaded) > 0.9


def test_cargo_deadlines_can_be_kept_by_leaving_now() -> None:
    for order in network("region")["orders"]:
        if order["cargo_deadline"]:
            assert datetime.fromisoformat(order["cargo_deadline"]) > NOW + timedelta(hours=4)


def test_some_inspections_fall_due_within_the_horizon() -> None:
    plans = network("branch")["maintenance_plans"]
    due = [plan for plan in plans if plan["next_due_on"] <= "2026-11-10"]
    assert 20 <= len(due) <= 80
