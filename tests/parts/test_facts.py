"""Pickups, usage and returns: booked once, booked even when the records disagree, and always derivable."""

from typing import Any

from sqlalchemy import text

from kit.ids import new_id
from tests.parts.conftest import Parts, line
from tests.running import body, eventually


def pickup(order: str, *lines: tuple[str, int], engineer: str = "E1", place: str = "D-T1") -> dict[str, Any]:
    return {
        "appointment_id": new_id(),
        "order_id": order,
        "engineer_id": engineer,
        "place_id": place,
        "lines": [{"part": part, "quantity": quantity} for part, quantity in lines],
    }


def usage(order: str, *lines: tuple[str, int], returns: tuple[tuple[str, int], ...] = ()) -> dict[str, Any]:
    def pieces(given: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
        return [{"part": part, "quantity": quantity} for part, quantity in given]

    return {
        "order_id": order,
        "engineer_id": "E1",
        "van_place_id": "VAN-E1",
        "lines": pieces(lines),
        "returns": pieces(returns),
    }


async def post(parts: Parts, path: str, sent: dict[str, Any], key: str | None = None) -> list[tuple[str, Any]]:
    headers = {"Idempotency-Key": key or new_id()}
    answer = body(await parts.service.post(f"/parts/v1/{path}", json=sent, headers=headers))
    return [(booked["part"], booked["discrepancy"]) for booked in answer["lines"]]


async def of_order(parts: Parts, order: str) -> dict[str, Any]:
    found: dict[str, Any] = body(await parts.service.get(f"/parts/v1/orders/{order}/parts"))
    return found


async def test_from_reservation_to_the_machine(parts: Parts, order: str) -> None:
    """Reserved at the depot, picked up into the van, used: each step moves the same pieces once."""
    await parts.stock("D-T1", "PUMP", 3)
    await parts.publish("T1", 1, line("a", order, quantity=2, place_id="D-T1"))
    assert [row["quantity"] for row in (await of_order(parts, order))["reservations"]] == [2]
    key, sent = new_id(), pickup(order, ("PUMP", 2))
    assert await post(parts, "pickups", sent, key) == [("PUMP", None)]
    assert await post(parts, "pickups", sent, key) == [("PUMP", None)], "the same operation again"
    assert (await parts.shelf("D-T1", "PUMP"), await parts.shelf("VAN-E1", "PUMP")) == ((1, 0), (2, 2))
    found = await of_order(parts, order)
    assert (found["reservations"], found["picked"]) == ([], [{"place_id": "VAN-E1", "part": "PUMP", "quantity": 2}])
    assert await post(parts, "usage", usage(order, ("PUMP", 2))) == [("PUMP", None)]
    assert await parts.shelf("VAN-E1", "PUMP") == (0, 0)
    found = await of_order(parts, order)
    assert (found["picked"], found["used"]) == ([], {"PUMP": 2})
    assert [row["kind"] for row in found["movements"]] == ["transfer_out", "transfer_in", "issue"]
    assert [(said["quantity"], said["cost_fen"]) for said in await parts.told("parts.used")] == [(2, 24_000)]
    assert [said["van_place_id"] for said in await parts.told("parts.picked_up")] == ["VAN-E1"]


async def test_a_picked_up_piece_stays_with_its_order_through_replans(parts: Parts, order: str) -> None:
    """Neither a plan that did not know, nor one that leaves the order out, frees or doubles it."""
    await parts.stock("D-T1", "PUMP", 2)
    await parts.publish("T1", 1, line("a", order, place_id="D-T1"))
    await parts.hold("T1", 2, line("a", order, place_id="D-T1"))
    await post(parts, "pickups", pickup(order, ("PUMP", 1)))
    await parts.publish("T1", 2, line("a", order, place_id="D-T1"))
    assert (await parts.shelf("D-T1", "PUMP"), await parts.shelf("VAN-E1", "PUMP")) == ((1, 0), (1, 1))
    assert await parts.hold("T1", 3, line("a", order, place_id="D-T1")) == {"a": None}, "it has left already"
    await parts.publish("T1", 3, line("a", order, place_id="D-T1"))
    await parts.publish("T1", 4)
    assert (await parts.shelf("D-T1", "PUMP"), await parts.shelf("VAN-E1", "PUMP")) == ((1, 0), (1, 1))
    asked = {"territory_id": "T1", "parts": ["PUMP"], "order_places": [{"order_id": order, "lon": 117.0, "lat": 36.0}]}
    [moved] = body(await parts.service.post("/parts/v1/plan-stock", json=asked))["moved"]
    assert (moved["order_id"], moved["place_id"], moved["quantity"]) == (order, "VAN-E1", 1)


async def test_use_of_free_stock_that_was_not_planned(parts: Parts, order: str) -> None:
    await parts.stock("VAN-E1", "FILTER", 2)
    assert await post(parts, "usage", usage(order, ("FILTER", 1))) == [("FILTER", None)]
    assert await parts.shelf("VAN-E1", "FILTER") == (1, 0)


async def test_what_the_records_lack_is_booked_and_visible(parts: Parts, order: str) -> None:
    await parts.stock("VAN-E1", "FILTER", 1)
    sent = usage(order, ("FILTER", 3), ("NO-SUCH", 1))
    assert await post(parts, "usage", sent) == [("FILTER", "not_on_record"), ("NO-SUCH", "unknown_part")]
    assert (await of_order(parts, order))["used"] == {"FILTER": 3}
    await post(parts, "pickups", pickup(order, ("PUMP", 1), place="NOWHERE"))
    await post(parts, "pickups", pickup(order, ("PUMP", 1), engineer="NO-VAN"))
    items = body(await parts.service.get("/parts/v1/discrepancies"))["items"]
    assert [(row["reason"], row["part"], row["quantity"]) for row in items] == [
        ("not_on_record", "FILTER", 2),
        ("unknown_part", "NO-SUCH", 1),
        ("unknown_place", "PUMP", 1),
        ("no_van", "PUMP", 1),
    ]


async def test_a_fact_takes_what_another_order_has_reserved_and_tells_so(parts: Parts, order: str) -> None:
    other = new_id()
    await parts.stock("VAN-E1", "PUMP", 1)
    await parts.publish("T1", 1, line("a", other, place_id="VAN-E1"))
    assert await post(parts, "usage", usage(order, ("PUMP", 1))) == [("PUMP", None)]
    assert [said["order_id"] for said in await parts.told("parts.short")] == [other]
    assert await parts.shelf("VAN-E1", "PUMP") == (0, 0)


async def test_a_count_below_what_is_reserved_tells_so(parts: Parts, order: str) -> None:
    await parts.stock("D-T1", "PUMP", 2)
    await parts.publish("T1", 1, line("a", order, quantity=2, place_id="D-T1"))
    await parts.stock("D-T1", "PUMP", 1)
    assert [(said["order_id"], said["quantity"]) for said in await parts.told("parts.short")] == [(order, 2)]


async def test_returns_come_back_into_the_van(parts: Parts, order: str) -> None:
    await parts.stock("VAN-E1", "PUMP", 2)
    await post(parts, "usage", usage(order, ("PUMP", 2)))
    assert await post(parts, "usage", usage(order, returns=(("PUMP", 1),))) == [("PUMP", None)]
    assert (await of_order(parts, order))["used"] == {"PUMP": 1}
    assert await post(parts, "usage", usage(order, returns=(("PUMP", 2),))) == [("PUMP", "not_issued")]
    assert await parts.shelf("VAN-E1", "PUMP") == (3, 0)


async def test_engineers_report_for_themselves_only(parts: Parts, order: str) -> None:
    await parts.stock("VAN-E1", "PUMP", 1)
    own = await parts.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    other = await parts.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E9")
    body(await own.post("/parts/v1/usage", json=usage(order, ("PUMP", 1))))
    body(await other.post("/parts/v1/usage", json=usage(order, ("PUMP", 1))), 404)


async def test_the_ledger_tells_every_figure(parts: Parts, order: str) -> None:
    """The negative control of the check after each test: a balance that was changed behind its back is seen."""
    await parts.stock("VAN-E1", "PUMP", 2)
    await post(parts, "usage", usage(order, ("PUMP", 1)))
    await parts.verify()
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("UPDATE stock SET on_hand = on_hand + 1"))
    noticed = False
    try:
        await parts.verify()
    except AssertionError:
        noticed = True
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("UPDATE stock SET on_hand = on_hand - 1"))
    assert noticed
    ledger = body(await parts.service.get("/parts/v1/places/VAN-E1/movements"))["items"]
    assert [(row["kind"], row["quantity"]) for row in ledger] == [("issue", -1), ("count", 2)]
    await eventually(lambda: parts.shelf("VAN-E1", "PUMP"), lambda shelf: shelf == (1, 0))
