"""An order is given to somebody else while the first engineer works on it without signal."""

from tests.journeys.test_planning import override
from tests.journeys.world import BROKEN_BELT, Json, Phone, World, at, near, wait_for

WORK = ("work_started", "diagnosed", "restored")


def test_who_finished_without_signal_is_believed_and_the_other_one_is_recalled(world: World) -> None:
    first, second = world.add_engineer("NEAR", near(0.1), EN_1012=2), world.add_engineer("FAR", near(-0.5), EN_1012=2)
    site = near(0.2)
    order = world.report(world.add_truck("TRUCK1"), site, symptom=BROKEN_BELT)
    appointment = world.appointment_of(order["id"])
    assert appointment["engineer_id"] == first.engineer_id
    signature = first.photograph(appointment, "signature")
    first.online = False
    first.do("acknowledge", appointment)
    first.do("depart", appointment)
    first.do("check_in", appointment, place=at(site), accuracy_m=8.0)
    for kind in WORK:
        first.do(kind, appointment)
    first.complete(appointment, signature)

    # Nobody hears of it: the dispatcher sends somebody else, who sets out.
    override(world, order["id"], {"engineer_id": second.engineer_id, "pin": "resource", "reason": "cannot reach NEAR"})
    other = world.appointment_of(order["id"])
    assert (other["engineer_id"], other["id"] != appointment["id"]) == (second.engineer_id, True)
    wait_for(second.day, lambda day: other["id"] in shown(day))
    wait_for(first.day, lambda day: appointment["id"] not in shown(day))
    assert status_of(second.do("acknowledge", other)) == "applied"
    cursor = second.day()["cursor"]

    results = first.send()
    assert [result["status"] for result in results[:3]] == ["superseded"] * 3, results[:3]
    assert [result["status"] for result in results[3:]] == ["applied"] * 4, results[3:]
    wait_for(lambda: world.order(order["id"]), lambda now: now["state"] == "confirmed")

    # The other phone loses the visit, and what it still does there changes nothing.
    wait_for(lambda: second.since(cursor), lambda news: other["id"] in news["removed"])
    assert status_of(second.do("depart", other)) == "superseded"
    told = wait_for(
        lambda: world.timeline(order["id"]), lambda told: recalled(told) and len(answers_of(first, told)) == 7
    )
    assert [entry["kind"] for entry in told].count("order.completed") == 1
    ended = next(entry for entry in told if recalled([entry]))
    assert ended["payload"]["engineer_id"] == second.engineer_id
    assert sorted(answers_of(first, told)) == ["applied"] * 4 + ["superseded"] * 3


def answers_of(phone: Phone, timeline: list[Json]) -> list[str]:
    """What the order's timeline says of the operations of an engineer."""
    facts = [entry["payload"] for entry in timeline if entry["kind"] == "operation.answered"]
    return [fact["status"] for fact in facts if fact["engineer_id"] == phone.engineer_id]


def status_of(result: Json | None) -> str:
    assert result is not None
    return str(result["status"])


def shown(day: Json) -> list[str]:
    return [one["id"] for one in day["appointments"]]


def recalled(timeline: list[Json]) -> bool:
    """Whether the dispatcher can read there that an engineer was called back, and why."""
    return any(entry["payload"].get("reason") == "done_by_another" for entry in timeline)
