"""Visits that depend on each other, over the real servers."""

from datetime import datetime

import pytest

from tests.journeys.world import BROKEN_BELT, Json, World, at, near, ok, wait_for

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
    assert ok(world.dispatcher.get(f"/orders/v1/orders/{repair['id']}"))["links"] == []


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


def test_two_engineers_repair_one_truck(world: World) -> None:
    """Both phones have it; the second checks in, the lead completes for both. An expert joins from afar."""
    expert = f"{world.name}-X"
    head_office = {"resource_id": expert, "kind": "expert", "name": "Expert", "skills": {"engine": 5}, "seats": 2}
    world.load("stations", "resources", head_office)
    phones = [world.add_engineer(code, near(0.1), EN_1012=2, EN_1013=2) for code in ("E1", "E2")]
    site = near(0.2)
    both = {"crew": {"size": 2}, "expert": {"skill": "engine", "level": 5}}
    order = world.report(world.add_truck("TRUCK1"), site, symptom=BROKEN_BELT, **both)
    crew = wait_for(lambda: crew_of(world, order), lambda found: len(found) == 2)
    lead, second = crew["lead"], crew["second"]
    assert (lead["scheduled_start"], lead["scheduled_end"]) == (second["scheduled_start"], second["scheduled_end"])
    assert (lead["expert_id"], second["expert_id"]) == (expert, None)
    wait_for(lambda: [one["kind"] for one in world.timeline(order["id"])], lambda told: "expert.booked" in told)
    phone_of = {phone.engineer_id: phone for phone in phones}
    assert {lead["engineer_id"], second["engineer_id"]} == set(phone_of)
    helper, master = phone_of[second["engineer_id"]], phone_of[lead["engineer_id"]]
    (shown,) = wait_for(lambda: helper.day()["appointments"], bool)
    assert (shown["appointment"]["role"], shown["order"]["number"]) == ("second", order["number"])

    for kind in ("acknowledge", "depart"):
        applied(helper.do(kind, second))
    applied(helper.do("check_in", second, place=at(site), accuracy_m=12.0))
    assert world.order(order["id"])["state"] == "accepted", "the second alone repairs nothing"
    refused = helper.complete(second)
    assert refused is not None
    assert (refused["status"], refused["reason"]) == ("rejected", "lead-completes")
    for result in master.repair(lead, site=site):
        applied(result)
    ended = wait_for(lambda: crew_of(world, order, live=False), lambda found: found["second"]["state"] == "done")
    assert ended["lead"]["state"] == "done"


def crew_of(world: World, order: Json, *, live: bool = True) -> dict[str, Json]:
    """The order's appointments by role."""
    found = ok(world.dispatcher.get("/dispatch/v1/appointments", params={"order_id": order["id"]}))["items"]
    over = ("declined", "cancelled") if live else ()
    return {one["role"]: one for one in found if one["state"] not in over}


def applied(result: Json | None) -> None:
    assert result is not None
    assert result["status"] == "applied", result
