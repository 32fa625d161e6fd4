"""From the appointment to the closed order: times, states, clocks, gates, the machine's record."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text

from kit.events import Event
from kit.ids import new_id
from services.messages import AppointmentMoved, OrderUnassigned, PartsUsed, PromiseRiskChanged
from services.orders.use_cases.appointments import follow
from tests.orders.conftest import Json, World
from tests.running import body, eventually

pytestmark = pytest.mark.anyio


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def started(world: World) -> tuple[Json, str]:
    """An order with an engineer on site, work begun and diagnosed."""
    order = await world.report()
    appointment = await world.sent(order)
    for state in ("acknowledged", "travelling", "on_site"):
        world.clock.move(minutes=10)
        await world.moved(order, appointment, state)
    await world.fact(order, appointment, "work_started")
    await world.fact(order, appointment, "diagnosed")
    return order, appointment


async def test_what_many_engineers_tell_costs_no_more_than_what_one_tells(world: World) -> None:
    """Each order is judged in the name of its own engineer, and all of them by the same statements."""
    orders = [await world.report(), await world.report(asset={"serial": world.other["serial"]})]
    sent = {order["id"]: await world.sent(order) for order in orders}
    arrivals = [arrival(world, order["id"], sent[order["id"]], f"engineer:{order['id']}") for order in orders]
    counts = []
    for events in (arrivals[:1], arrivals):
        statements: list[str] = []
        with suppress(ZeroDivisionError):
            async with world.orders.db.transaction() as tx:
                event.listen(
                    tx.sync_connection, "before_cursor_execute", lambda *args, to=statements: to.append(args[2])
                )
                await follow(tx, events, now=world.clock.now())
                raise ZeroDivisionError  # nothing of this is kept
        counts.append(len(statements))
    assert counts[0] == counts[1]
    async with world.orders.db.transaction() as tx:
        await follow(tx, arrivals, now=world.clock.now())
    for order in orders:
        met = [entry for entry in await world.timeline(order["id"]) if entry["kind"] == "promise.state_changed"]
        assert met[-1]["actor"] == f"engineer:{order['id']}"


def arrival(world: World, order_id: str, appointment_id: str, actor: str) -> Event:
    names = {"order_id": order_id, "appointment_id": appointment_id, "engineer_id": "E1", "territory_id": "T1"}
    message = AppointmentMoved.model_validate(names | {"state": "on_site"})
    now = world.clock.now()
    return Event(
        publisher="dispatch",
        seq=1,
        id=new_id(),
        kind=message.kind,
        subject=appointment_id,
        order_id=order_id,
        actor=actor,
        effective_at=now,
        recorded_at=now,
        payload=message.model_dump(mode="json"),
    )


async def test_the_steps_of_the_appointment_stamp_the_order(world: World) -> None:
    order, appointment = await started(world)
    now = await world.order(order["id"])
    stamped = [name for name, at in now["times"].items() if at]
    assert stamped == [
        "reported_at",
        "accepted_at",
        "responded_at",
        "assigned_at",
        "dispatched_at",
        "acknowledged_at",
        "departed_at",
        "arrived_at",
        "work_started_at",
        "diagnosed_at",
    ]
    assert instant(now["times"]["arrived_at"]) - instant(now["times"]["departed_at"]) == timedelta(minutes=10)
    assert (now["state"], now["appointment_id"], now["engineer_id"]) == ("in_progress", appointment, "E1")
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "met"


async def test_the_whole_way_to_the_closed_order_and_the_grown_record(world: World) -> None:
    order, appointment = await started(world)
    world.clock.move(minutes=30)
    answer = await world.complete(order, appointment)
    assert answer["status"] == "applied"
    assert answer["warnings"] == []
    confirmed = await world.order(order["id"])
    assert confirmed["state"] == "confirmed"
    assert {name: clock["state"] for name, clock in (await world.clocks(order["id"])).items()} == {
        "respond": "met",
        "arrive": "met",
        "restore": "met",
    }
    used = PartsUsed(order_id=order["id"], part="FU-3001", quantity=1, place_id="VAN-E1", cost_fen=9800)
    await world.tell("parts", used)
    world.clock.move(seconds=31)
    await world.fire()
    assert (await world.order(order["id"]))["state"] == "closed"
    record = body(await world.service.get(f"/orders/v1/assets/{world.serial}"))
    assert record["meter_km"] == 100_500
    (entry,) = record["history"]
    assert (entry["number"], entry["meter_km"], entry["meter_plausible"]) == (order["number"], 100_500, True)
    assert entry["parts"] == [{"part": "FU-3001", "quantity": 1, "cost_fen": 9800}]
    kinds = await eventually(lambda: world.kinds(order["id"]), lambda kinds: "order.closed" in kinds)
    assert kinds.count("order.completed") == kinds.count("order.closed") == kinds.count("parts.used") == 1
    assert "order.confirmed" in kinds
    entries = await world.timeline(order["id"])
    assert [entry["effective_at"] for entry in entries] == sorted(entry["effective_at"] for entry in entries)


async def test_an_open_gate_is_told_and_nothing_is_completed(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    problem = await world.complete(order, appointment, checklist={"no_leaks": "ok"}, test_result="failed", status=409)
    assert problem["type"] == "/problems/gate-not-met"
    assert problem["missing"] == [
        {"gate": "work_started"},
        {"gate": "diagnosed"},
        {"gate": "checklist", "item": "fault_cleared"},
        {"gate": "checklist", "item": "road_or_function_test"},
        {"gate": "test_passed"},
    ]
    assert (await world.order(order["id"]))["state"] == "accepted"
    await world.fact(order, appointment, "work_started")
    await world.fact(order, appointment, "diagnosed")
    assert (await world.complete(order, appointment))["status"] == "applied"


async def test_the_same_operation_has_one_effect(world: World) -> None:
    order, appointment = await started(world)
    operation = new_id()
    first = await world.complete(order, appointment, operation_id=operation)
    at = (await world.order(order["id"]))["times"]["completed_at"]
    again = await world.service.post(
        f"/orders/v1/orders/{order['id']}/completion",
        json=world.operation(appointment)
        | {
            "operation_id": operation,
            "at": at,
            "checklist": dict.fromkeys(("fault_cleared", "no_leaks", "road_or_function_test"), "ok"),
            "meter_reading": {"km": 100_500},
            "test_result": "passed",
            "signature_photo": "a" * 64,
        },
    )
    assert body(again) == first
    other = await world.complete(order, appointment, operation_id=operation, meter_reading={"km": 1}, status=422)
    assert other["pointer"] == "/operation_id"


async def test_a_second_engineers_completion_is_kept_and_changes_nothing(world: World) -> None:
    order, appointment = await started(world)
    await world.complete(order, appointment)
    before = await world.order(order["id"])
    world.clock.move(seconds=1)
    assert (await world.complete(order, new_id()))["status"] == "superseded"
    after = await world.order(order["id"])
    assert after["times"]["completed_at"] == before["times"]["completed_at"]
    assert after["appointment_id"] == appointment


async def test_work_that_was_done_beats_a_cancellation(world: World) -> None:
    order, appointment = await started(world)
    version = (await world.order(order["id"]))["version"]
    cancelled = await world.hotline.post(
        f"/orders/v1/orders/{order['id']}/cancel", json={"reason": "called off"}, headers={"If-Match": f'"{version}"'}
    )
    assert body(cancelled)["state"] == "cancelled"
    assert (await world.clocks(order["id"]))["restore"]["state"] == "waived"
    assert (await world.complete(order, appointment))["state"] == "confirmed"
    assert (await world.clocks(order["id"]))["restore"]["state"] == "met"


async def test_a_device_cannot_backdate_its_facts(world: World) -> None:
    order = await world.report()
    world.clock.move(minutes=5)
    sent_at = world.clock.now()
    appointment = await world.sent(order)
    world.clock.move(minutes=5)
    early = await world.fact(order, appointment, "work_started", at=(sent_at - timedelta(hours=3)).isoformat())
    assert instant(early["effective_at"]) == sent_at
    late = await world.fact(order, appointment, "restored", at=(sent_at + timedelta(days=2)).isoformat())
    assert instant(late["effective_at"]) == world.clock.now()


async def test_a_fact_that_arrives_late_withdraws_the_breach(world: World) -> None:
    """The phone had no signal: the machine worked after two hours, we heard of it after thirty."""
    order = await world.report()
    appointment = await world.sent(order)
    restored_at = world.clock.now() + timedelta(hours=2)
    world.clock.move(hours=30)
    await world.fire()
    assert (await world.clocks(order["id"]))["restore"]["state"] == "breached"
    await world.fact(order, appointment, "restored", at=restored_at.isoformat())
    clock = (await world.clocks(order["id"]))["restore"]
    assert (clock["state"], instant(clock["stopped_at"]), clock["late_fen"]) == ("withdrawn", restored_at, 0)

    async def told() -> list[str]:
        entries = await world.timeline(order["id"])
        changes = [entry["payload"] for entry in entries if entry["kind"] == "promise.state_changed"]
        return sorted(change["state"] for change in changes if change["clock"] == "restore")

    await eventually(told, lambda states: states == ["breached", "withdrawn"])


async def test_a_diagnosis_changes_what_the_visit_needs(world: World) -> None:
    order = await world.report(symptom="爆胎")
    appointment = await world.sent(order)
    needed = [{"part": "CH-9006", "quantity": 2}, {"part": "CH-9003", "quantity": 1}]
    await world.fact(order, appointment, "diagnosed", parts_needed=needed, service_s=9000)
    after = await world.order(order["id"])
    assert after["service_s"] == 9000
    assert [(line["part"], line["quantity"], line["probability"]) for line in after["kit"]] == [
        ("CH-9006", 2, 1.0),
        ("CH-9003", 1, 1.0),
    ]
    await eventually(lambda: world.kinds(order["id"]), lambda kinds: "order.changed" in kinds)


async def test_tasks_are_those_of_the_kind_of_work(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    await world.fact(order, appointment, "task_done", task="reception")
    assert [task["task"] for task in (await world.order(order["id"]))["tasks_done"]] == ["reception"]
    problem = await world.fact(order, appointment, "task_done", task="dancing", status=422)
    assert problem["pointer"] == "/task"


async def test_a_failed_checklist_item_makes_a_follow_up_order(world: World) -> None:
    order, appointment = await started(world)
    checklist = {"fault_cleared": "ok", "no_leaks": "failed", "road_or_function_test": "ok"}
    answer = await world.complete(order, appointment, checklist=checklist)
    follow_up = await world.order(answer["follow_up"]["order_id"])
    assert (follow_up["source"], follow_up["work_type"], follow_up["follow_up_of"]) == (
        "follow_up",
        "maintenance",
        order["id"],
    )
    assert "no_leaks" in follow_up["symptom"]
    assert follow_up["latest_start"] is not None


async def test_an_implausible_meter_is_kept_and_does_not_move_the_machines(world: World) -> None:
    order, appointment = await started(world)
    answer = await world.complete(order, appointment, meter_reading={"km": 99_000})
    assert answer["warnings"] == ["meter_reading"]
    record = body(await world.service.get(f"/orders/v1/assets/{world.serial}"))
    assert record["meter_km"] == 100_000
    assert (record["history"][0]["meter_km"], record["history"][0]["meter_plausible"]) == (99_000, False)


async def test_a_flagged_arrival_waits_for_a_person(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    arrived_at = world.clock.now()
    await world.moved(order, appointment, "on_site", flagged=True)
    waiting = await world.order(order["id"])
    assert waiting["times"]["arrived_at"] is None
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "running"
    world.clock.move(minutes=20)
    fact_id = waiting["flagged"][0]["fact_id"]
    path = f"/orders/v1/orders/{order['id']}/flagged-facts/{fact_id}/decision"
    decided = body(await world.hotline.post(path, json={"accepted": True}))
    assert instant(decided["times"]["arrived_at"]) == arrived_at
    assert (await world.clocks(order["id"]))["arrive"]["state"] == "met"
    assert (await world.hotline.post(path, json={"accepted": False})).status_code == 409


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_backdated_restoration_moves_the_promise_only_when_a_person_says_so(
    world: World, accepted: bool
) -> None:
    order, appointment = await started(world)
    claimed = world.clock.now()
    world.clock.move(hours=30)
    await world.fire()
    told = world.clock.now()
    backdated: Json = {"at": claimed.isoformat(), "received_at": told.isoformat(), "doubts": ["backdated"]}
    await world.fact(order, appointment, "restored", **backdated)
    await world.complete(order, appointment, **backdated)
    waiting = await world.order(order["id"])
    assert (waiting["state"], waiting["times"]["restored_at"], waiting["times"]["completed_at"]) == (
        "confirmed",
        None,
        None,
    )
    assert (await world.clocks(order["id"]))["restore"]["state"] == "breached"
    assert [fact["field"] for fact in waiting["flagged"]] == ["restored_at", "completed_at", "restored_at"]
    world.clock.move(minutes=5)
    for fact in waiting["flagged"]:
        path = f"/orders/v1/orders/{order['id']}/flagged-facts/{fact['fact_id']}/decision"
        decided = body(await world.hotline.post(path, json={"accepted": accepted}))
    counts = claimed if accepted else told
    assert [instant(decided["times"][name]) for name in ("restored_at", "completed_at")] == [counts, counts]
    assert (await world.clocks(order["id"]))["restore"]["state"] == ("withdrawn" if accepted else "breached")


@pytest.mark.parametrize("accepted", [True, False])
async def test_doubted_work_is_told_for_the_gates_and_waits_for_a_person(world: World, accepted: bool) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    await world.moved(order, appointment, "on_site")
    claimed = world.clock.now()
    told = []
    for kind in ("work_started", "diagnosed"):
        world.clock.move(minutes=30)
        told.append(world.clock.now())
        doubted: Json = {"at": claimed.isoformat(), "received_at": told[-1].isoformat(), "doubts": ["backdated"]}
        await world.fact(order, appointment, kind, **doubted)
    waiting = await world.order(order["id"])
    fields = ["work_started_at", "diagnosed_at"]
    assert (waiting["state"], [waiting["times"][field] for field in fields]) == ("in_progress", [None, None])
    assert [(fact["field"], fact["accepted"]) for fact in waiting["flagged"]] == [(field, None) for field in fields]
    assert (await world.complete(order, appointment))["state"] == "confirmed", "nothing is missing"
    for fact in waiting["flagged"]:
        path = f"/orders/v1/orders/{order['id']}/flagged-facts/{fact['fact_id']}/decision"
        decided = body(await world.hotline.post(path, json={"accepted": accepted}))
    assert [instant(decided["times"][field]) for field in fields] == ([claimed, claimed] if accepted else told)


async def test_an_engineer_who_declines_is_forgotten_and_remembered(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    await world.moved(order, appointment, "travelling")
    await world.moved(order, appointment, "declined", reason="flat tyre")
    after = await world.order(order["id"])
    assert (after["engineer_id"], after["times"]["dispatched_at"], after["times"]["departed_at"]) == (None, None, None)
    listed = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    assert next(one for one in listed if one["id"] == order["id"])["declined_by"] == ["E1"]


async def test_the_plans_prediction_marks_a_clock_at_risk_and_back(world: World) -> None:
    order = await world.report()
    due = instant((await world.clocks(order["id"]))["restore"]["due"])
    late, early = due + timedelta(minutes=1), due - timedelta(minutes=1)
    for predicted, chance, state in ((late, 0.4, "at_risk"), (early, 0.6, "running")):
        message = PromiseRiskChanged(
            order_id=order["id"], territory_id="T1", clock="restore", predicted=predicted, due=due, chance=chance
        )
        await world.tell("dispatch", message)
        clock = (await world.clocks(order["id"]))["restore"]
        assert (clock["state"], clock["chance"]) == (state, chance)
    async with world.orders.db.read() as tx:
        query = text("SELECT first_chance FROM clocks WHERE order_id = :order AND clock = 'restore'")
        assert await tx.scalar(query, {"order": order["id"]}) == 0.4, "the first word is the one to be judged"


async def test_why_the_plan_left_an_order_out_is_shown_until_it_does_not(world: World) -> None:
    order = await world.report()
    await world.tell("dispatch", OrderUnassigned(order_id=order["id"], territory_id="T1", reason="no_skill"))
    assert (await world.order(order["id"]))["unassigned_reason"] == "no_skill"
    await world.sent(order)
    assert (await world.order(order["id"]))["unassigned_reason"] is None


async def test_an_event_that_is_read_twice_has_one_effect(world: World) -> None:
    """The cursor is put back by hand, as after a restored backup of this service."""
    order = await world.report()
    await world.sent(order)
    await world.tell("dispatch", OrderUnassigned(order_id=order["id"], territory_id="T1", reason="x"))
    before = await world.timeline(order["id"])
    other = await world.report(asset={"serial": world.other["serial"]})
    async with world.orders.db.transaction() as tx:
        await tx.execute(text("UPDATE feed_cursor SET after = after - 3 WHERE publisher = 'dispatch'"))
    await world.tell("dispatch", OrderUnassigned(order_id=other["id"], territory_id="T1", reason="x"))
    assert [entry["id"] for entry in await world.timeline(order["id"])] == [entry["id"] for entry in before]


async def test_facts_about_nothing_are_refused(world: World) -> None:
    order = await world.report()
    other = await world.report(asset={"serial": world.other["serial"]})
    appointment = await world.sent(other)
    assert (await world.fact({"id": new_id()}, appointment, "restored", status=404))["status"] == 404
    wrong = await world.fact(order, appointment, "restored", status=422)
    assert wrong["pointer"] == "/appointment_id"
    assert (await world.hotline.post(f"/orders/v1/orders/{order['id']}/facts", json={})).status_code in (403, 422)
