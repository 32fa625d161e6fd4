"""Two engineers for one order: asked for by the kind of work, a caller or a person; the lead answers for the order."""

from typing import Any

from kit.ids import new_id
from services.messages import AppointmentMoved, AppointmentPlanned, HelpRequested
from tests.orders.conftest import World
from tests.orders.test_imports import order_row
from tests.running import body

Json = dict[str, Any]
HELPER = {"skill": "engine", "level": 2}


async def test_an_overhaul_takes_two_and_a_caller_may_say_otherwise(world: World) -> None:
    usual = await world.report(work_type="overhaul")
    assert usual["crew"] == {"size": 2, "second_skills": [HELPER]}
    alone = await world.report(work_type="overhaul", asset={"serial": world.other["serial"]}, crew={"size": 1})
    assert alone["crew"] == {"size": 1, "second_skills": []}
    told = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    assert [(one["crew_size"], one["second_skills"]) for one in told if one["id"] == usual["id"]] == [(2, [HELPER])]


async def test_a_crew_that_means_nothing_is_refused(world: World) -> None:
    await world.report(status=422, crew={"size": 3})
    await world.report(status=422, crew={"size": 1, "second_skills": [HELPER]})
    await world.report(status=422, crew={"size": 2, "second_skills": [HELPER | {"level": 6}]})


async def test_a_file_asks_for_two(world: World) -> None:
    report = await world.load("orders", order_row(world, world.serial, crew_size=2))
    assert (await world.order(report["rows"][0]["id"]))["crew"]["size"] == 2


async def test_a_person_sends_two_and_the_plan_hears_of_it(world: World) -> None:
    order = await world.report()
    path, headers = f"/orders/v1/orders/{order['id']}/crew", {"If-Match": f'"{order["version"]}"'}
    changed = body(await world.hotline.put(path, json={"size": 2, "second_skills": [HELPER]}, headers=headers))
    assert changed["crew"] == {"size": 2, "second_skills": [HELPER]}
    assert "order.changed" in await world.kinds(order["id"])
    body(await world.hotline.put(path, json={"size": 1}, headers=headers), 412)


async def second_sent(world: World, order: Json, engineer_id: str = "E2") -> str:
    appointment_id = new_id()
    names = {"order_id": order["id"], "appointment_id": appointment_id, "engineer_id": engineer_id, "role": "second"}
    now = world.clock.now()
    await world.tell(
        "dispatch",
        AppointmentPlanned(**names, territory_id="T1", version=1, scheduled_start=now, scheduled_end=now),
    )
    await step(world, order, appointment_id, "dispatched", engineer_id)
    return appointment_id


async def step(world: World, order: Json, appointment_id: str, state: Any, engineer_id: str = "E2") -> None:
    names = {"order_id": order["id"], "appointment_id": appointment_id, "engineer_id": engineer_id}
    await world.tell("dispatch", AppointmentMoved(**names, territory_id="T1", state=state, role="second"))


async def test_the_second_moves_neither_the_order_nor_its_clocks(world: World) -> None:
    order = await world.report(crew={"size": 2})
    lead, second = await world.sent(order), await second_sent(world, order)
    for state in ("acknowledged", "travelling", "on_site"):
        await step(world, order, second, state)
    now = await world.order(order["id"])
    assert (now["state"], now["appointment_id"], now["engineer_id"]) == ("accepted", lead, "E1")
    assert (now["times"]["arrived_at"], now["times"]["departed_at"]) == (None, None)
    await world.moved(order, lead, "on_site")
    assert (await world.order(order["id"]))["state"] == "in_progress"
    await step(world, order, second, "cancelled")
    assert (await world.order(order["id"]))["engineer_id"] == "E1"


async def test_the_second_sees_the_order_and_the_lead_completes_it(world: World) -> None:
    order = await world.report(crew={"size": 2})
    lead, second = await world.sent(order), await second_sent(world, order)
    helper = await world.system.sign_in("engineer", engineer_id="E2", branch_id="B1")
    body(await helper.get(f"/orders/v1/orders/{order['id']}"))
    await world.moved(order, lead, "on_site")
    await world.fact(order, lead, "diagnosed")
    await world.fact(order, second, "work_started")
    refused = await world.complete(order, second, status=409)
    assert refused["type"].endswith("lead-completes")
    assert (await world.complete(order, lead))["state"] == "confirmed"


async def test_advice_asks_for_an_expert_in_what_the_fault_asks_for_first(world: World) -> None:
    told = await world.report(work_type="advice", fault_codes=[{"spn": 157, "fmi": 18}])
    assert told["expert"] == {"skill": told["skills"][0]["skill"], "level": 4}
    other = {"serial": world.other["serial"]}
    assert (await world.report(work_type="recovery", asset=other))["expert"] is None


async def test_a_person_asks_for_an_expert_and_lets_him_go(world: World) -> None:
    order = await world.report(expert=HELPER)
    assert order["expert"] == HELPER
    path = f"/orders/v1/orders/{order['id']}/expert"
    gone = body(await world.hotline.put(path, json={"expert": None}, headers={"If-Match": f'"{order["version"]}"'}))
    assert gone["expert"] is None
    told = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    assert [one["expert"] for one in told if one["id"] == order["id"]] == [None]


async def test_who_asks_for_advice_at_the_machine_gets_somebody_who_knows_more(world: World) -> None:
    """The order asks its engineer for level 2 and above; whoever joins knows more. A tow is no expert's business, and
    what a dispatcher has asked for stays."""
    order = await world.report(fault_codes=[{"spn": 157, "fmi": 18}])
    first = order["skills"][0]
    appointment = await world.sent(order)

    async def call(wanted: Any) -> Json:
        names = {"order_id": order["id"], "appointment_id": appointment, "engineer_id": "E1"}
        await world.tell("mobile", HelpRequested(**names, wanted=wanted, note="ECU 不响应"))
        return await world.order(order["id"])

    await world.moved(order, appointment, "on_site")
    assert (await call("tow"))["expert"] is None
    wanted = {"skill": first["skill"], "level": first["level"] + 1}
    assert (await call("advice"))["expert"] == wanted
    told = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    assert [one["expert"] for one in told if one["id"] == order["id"]] == [wanted]
    assert {"help.requested", "order.changed"} <= set(await world.kinds(order["id"]))
    before = (await world.order(order["id"]))["version"]
    assert (await call("advice"))["version"] == before, "asked once is enough"


async def test_advice_on_what_is_done_asks_for_nobody(world: World) -> None:
    order = await world.report(fault_codes=[{"spn": 157, "fmi": 18}])
    appointment = await world.sent(order)
    await world.moved(order, appointment, "on_site")
    for fact in ("work_started", "diagnosed"):
        await world.fact(order, appointment, fact)
    await world.complete(order, appointment)
    names = {"order_id": order["id"], "appointment_id": appointment, "engineer_id": "E1"}
    await world.tell("mobile", HelpRequested(**names, wanted="advice"))
    assert (await world.order(order["id"]))["expert"] is None
