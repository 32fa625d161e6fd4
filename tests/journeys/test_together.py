"""Visits that depend on each other, over the real servers."""

from datetime import datetime

import pytest

from tests.journeys.world import BROKEN_BELT, Json, World, near, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_a_truck_is_brought_in_before_it_is_repaired(world: World) -> None:
    """Both have an engineer at the door: only the link keeps the repair waiting. It is let go again."""
    world.add_engineer("E1", near(0.0), EN_1012=2, EN_1013=2)
    world.add_engineer("E2", near(0.3), EN_1012=2, EN_1013=2)
    recovery = world.report(world.add_truck("TRUCK1"), near(0.0), work_type="recovery")
    wait = [{"order": recovery["number"], "gap_s": 1800}]
    repair = world.report(world.add_truck("TRUCK2"), near(0.3), symptom=BROKEN_BELT, links=wait)
    first, second = world.appointment_of(recovery["id"]), world.appointment_of(repair["id"])
    assert (start(second) - end(first)).total_seconds() >= 1800
    assert first["engineer_id"] != second["engineer_id"]

    shown = ok(world.dispatcher.get(f"/orders/v1/orders/{repair['id']}"))
    assert [one["number"] for one in shown["links"]] == [recovery["number"]]
    path = f"/orders/v1/orders/{repair['id']}/links"
    headers = {"If-Match": f'"{shown["version"]}"'}
    wait_for(lambda: put(world, path, {"links": []}, headers, repair), bool)
    wait_for(lambda: world.appointment_of(repair["id"]), lambda one: start(one) < end(first), within_s=40)


def put(world: World, path: str, body: Json, headers: Json, order: Json) -> bool:
    """Read again when a plan was faster."""
    answer = world.dispatcher.put(path, json=body, headers=headers)
    if answer.status_code == 412:
        shown = ok(world.dispatcher.get(f"/orders/v1/orders/{order['id']}"))
        headers["If-Match"] = f'"{shown["version"]}"'
        return False
    ok(answer)
    return True


def start(appointment: Json) -> datetime:
    return datetime.fromisoformat(appointment["scheduled_start"])


def end(appointment: Json) -> datetime:
    return datetime.fromisoformat(appointment["scheduled_end"])
