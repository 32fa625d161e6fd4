"""Holds, their confirmation by a published plan, and their end."""

from sqlalchemy import text

from kit.ids import new_id
from services.parts.use_cases import plans
from tests.parts.conftest import Parts, line
from tests.running import body, eventually


async def test_a_line_is_held_or_refused_with_its_reason(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    asked = [
        line("a", order),
        line("b", order),
        line("c", order, part="NO-SUCH"),
        line("d", order, place_id="NOWHERE"),
        line("e", order, part="VALVE"),
    ]
    answers = await parts.hold("T1", 1, *asked)
    assert answers == {"a": None, "b": "no_stock", "c": "unknown_part", "d": "unknown_place", "e": "no_stock"}
    assert await parts.shelf("CENTRAL", "PUMP") == (1, 1)


async def test_the_same_hold_again_has_one_effect_and_one_answer(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 3)
    first = await parts.hold("T1", 1, line("a", order, quantity=2), line("b", order, quantity=2))
    again = await parts.hold("T1", 1, line("a", order, quantity=2), line("b", order, quantity=2))
    assert first == again == {"a": None, "b": "no_stock"}
    assert await parts.shelf("CENTRAL", "PUMP") == (3, 2)


async def test_a_line_that_changes_its_mind_frees_what_it_held(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.stock("D-T1", "PUMP", 1)
    await parts.hold("T1", 1, line("a", order))
    assert await parts.hold("T1", 1, line("a", order, place_id="D-T1")) == {"a": None}
    assert (await parts.shelf("CENTRAL", "PUMP"), await parts.shelf("D-T1", "PUMP")) == ((1, 0), (1, 1))


async def test_other_territories_compete_and_the_next_plan_of_the_same_one_does_not(parts: Parts, order: str) -> None:
    """A replan takes over what its territory has reserved, for the same order or another; others are refused."""
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.hold("T1", 1, line("a", order))
    await parts.publish("T1", 1, line("a", order))
    assert await parts.hold("T2", 1, line("x", new_id())) == {"x": "no_stock"}
    assert await parts.hold("T1", 2, line("a", order)) == {"a": None}
    urgent = new_id()
    assert await parts.hold("T1", 3, line("a", urgent)) == {"a": None}
    assert await parts.shelf("CENTRAL", "PUMP") == (1, 1)
    await parts.publish("T1", 3, line("a", urgent))
    reserved = [(said["order_id"], said["quantity"]) for said in await parts.told("parts.reserved")]
    released = [(said["order_id"], said["quantity"]) for said in await parts.told("parts.released")]
    assert reserved == [(order, 1), (urgent, 1)]
    assert released == [(order, 1)]


async def test_publication_switches_to_the_new_plan_in_one_step(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    await parts.stock("D-T1", "PUMP", 5)
    await parts.hold("T1", 1, line("a", order, quantity=2), line("b", order, quantity=1))
    await parts.publish("T1", 1, line("a", order, quantity=2), line("b", order, quantity=1))
    assert await parts.shelf("CENTRAL", "PUMP") == (5, 3)
    await parts.hold("T1", 2, line("a", order, quantity=1, place_id="D-T1"))
    await parts.publish("T1", 2, line("a", order, quantity=1, place_id="D-T1"))
    assert (await parts.shelf("CENTRAL", "PUMP"), await parts.shelf("D-T1", "PUMP")) == ((5, 0), (5, 1))


async def test_a_plan_published_twice_or_late_changes_nothing(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    await parts.publish("T1", 2, line("a", order, quantity=2))
    await parts.publish("T1", 2, line("a", order, quantity=4))
    await parts.publish("T1", 1, line("a", order, quantity=4))
    assert await parts.shelf("CENTRAL", "PUMP") == (5, 2)


async def test_holds_for_a_plan_that_can_no_longer_be_published_are_refused(parts: Parts, order: str) -> None:
    await parts.publish("T1", 7)
    asked = {"lines": [line("a", order) | {"source": "van"}], "lifetime_s": 60}
    problem = body(await parts.service.put("/parts/v1/holds/T1/7", json=asked), 409)
    assert (problem["type"], problem["published_epoch"]) == ("/problems/stale-epoch", 7)


async def test_a_published_line_whose_hold_is_gone_takes_what_is_free_or_is_told_short(parts: Parts) -> None:
    first, second = new_id(), new_id()
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.publish("T1", 1, line("a", first), line("b", second))
    assert await parts.shelf("CENTRAL", "PUMP") == (1, 1)
    assert [said["order_id"] for said in await parts.told("parts.short")] == [second]


async def test_the_sweeper_frees_orphans_and_nothing_else(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 3)
    await parts.publish("T2", 1, line("r", new_id()))
    await parts.hold("T1", 1, line("a", order))
    await parts.hold("T1", 1, line("b", order), lifetime_s=1)
    assert await parts.shelf("CENTRAL", "PUMP") == (3, 3)
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("UPDATE claim SET expires_at = now() - interval '1 s' WHERE line = 'b'"))
    await plans.sweep(parts.context)
    assert await parts.shelf("CENTRAL", "PUMP") == (3, 2)


async def test_the_running_service_sweeps_by_itself(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.hold("T1", 1, line("a", order), lifetime_s=1)
    await eventually(lambda: parts.shelf("CENTRAL", "PUMP"), lambda shelf: shelf == (1, 0), within_s=12)


async def test_an_expired_hold_does_not_stand_in_the_way(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 1)
    await parts.hold("T1", 1, line("a", order))
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("UPDATE claim SET expires_at = now() - interval '1 s'"))
    assert await parts.hold("T2", 1, line("x", new_id())) == {"x": None}


async def test_the_end_of_an_order_frees_its_parts(parts: Parts, order: str) -> None:
    await parts.stock("CENTRAL", "PUMP", 3)
    await parts.publish("T1", 1, line("a", order, quantity=2), line("b", new_id()))
    async with parts.context.db.transaction() as tx:
        await plans.end_order(tx, order, clock=parts.context.clock, actor="service:orders")
    assert await parts.shelf("CENTRAL", "PUMP") == (3, 1)
    released = await parts.told("parts.released")
    assert [(said["order_id"], said["quantity"]) for said in released] == [(order, 2)]


async def test_plan_stock_shows_what_a_new_plan_may_count_on(parts: Parts, order: str) -> None:
    """Own reservations of the planned orders are free; those of others, and holds of other territories, are not."""
    other = new_id()
    await parts.import_rows("substitutes", [{"part": "PUMP", "substitute": "VALVE", "approved": True}])
    lane = {"fee_fen": 100, "fen_per_km": 2, "km_per_hour": 60, "cutoff": "18:00", "ready_s": 600}
    await parts.import_rows("courier_lanes", [{"place_id": "CENTRAL", **lane}])
    await parts.stock("CENTRAL", "PUMP", 10)
    await parts.stock("CENTRAL", "VALVE", 2)
    await parts.stock("D-T2", "PUMP", 9)
    await parts.stock("VAN-E1", "PUMP", 1)
    await parts.publish("T1", 1, line("a", order, quantity=3), line("b", other, quantity=2))
    await parts.hold("T2", 1, line("x", new_id(), quantity=1))
    asked = {"territory_id": "T1", "parts": ["PUMP"], "order_places": [{"order_id": order, "lon": 117.0, "lat": 36.0}]}
    answer = body(await parts.service.post("/parts/v1/plan-stock", json=asked))
    stock = {place["id"]: place["stock"] for place in answer["places"]}
    assert stock == {"CENTRAL": {"PUMP": 10 - 2 - 1, "VALVE": 2}, "VAN-E1": {"PUMP": 1}}
    assert answer["substitutes"] == {"PUMP": [{"part": "VALVE", "approved": True}]}
    assert answer["couriers"] == [{"place_id": "CENTRAL", **lane}]
    assert answer["unit_cost"] == {"PUMP": 12_000, "VALVE": 12_000}
