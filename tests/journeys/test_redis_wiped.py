"""Redis is only a wake-up call and a cache: gone in mid-flow, nothing is lost, only slower for a second."""

import pytest

from kit.embedded import EmbeddedValkey
from tests.journeys.world import BELT, BROKEN_BELT, World, near, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_redis_is_killed_wiped_and_comes_back(world: World, valkey: EmbeddedValkey) -> None:
    phone = world.add_engineer("E1", near(0.1), EN_1012=3, EN_1013=3)
    first = world.report(world.add_truck("TRUCK1"), near(0.2), symptom=BROKEN_BELT)
    valkey.kill()
    try:
        # Everything in between happens without Redis.
        second = world.report(world.add_truck("TRUCK2"), near(0.3), symptom=BROKEN_BELT)
        visit = world.appointment_of(first["id"], within_s=40)
        results = phone.repair(visit, site=near(0.2), used={BELT: 1})
        assert {result["status"] for result in results} == {"applied"}, results
    finally:
        valkey.start()  # empty: it keeps nothing on disk
    wait_for(lambda: world.order(first["id"])["state"], lambda state: state in ("confirmed", "closed"))
    assert world.appointment_of(second["id"], within_s=40)["engineer_id"] == phone.engineer_id
    told = wait_for(
        lambda: [entry["kind"] for entry in world.timeline(first["id"])],
        lambda kinds: {"parts.used", "order.completed"} <= set(kinds),
    )
    assert told.count("parts.used") == 1
