"""Transfers in two steps, count sheets and cores: what people do with stock beside orders."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.ids import new_id
from services.parts.use_cases import transfers
from tests.days import today
from tests.parts.conftest import Parts, line
from tests.parts.test_facts import post, usage
from tests.running import body

SOON = (datetime.now(UTC) + timedelta(hours=6)).isoformat()


async def ordered(parts: Parts, *lines: tuple[str, int], to: str = "SHELF-S1", client: Any = None) -> str:
    sent: dict[str, Any] = {"from_place_id": "CENTRAL", "to_place_id": to, "reason": "补货"}
    sent |= {"lines": [{"part": part, "quantity": quantity} for part, quantity in lines]}
    made = await (client or parts.service).post("/parts/v1/transfers", json=sent)
    return str(body(made, 201)["id"])


async def move(parts: Parts, transfer: str, step: str, status: int = 200, **sent: Any) -> Any:
    answer = await parts.service.post(f"/parts/v1/transfers/{transfer}/{step}", json=sent)
    return body(answer, status)


# --- transfers ------------------------------------------------------------------------------------------------------


async def test_a_transfer_leaves_one_shelf_and_arrives_on_the_other_in_two_steps(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    transfer = await ordered(parts, ("PUMP", 3))
    assert await parts.shelf("CENTRAL", "PUMP") == (5, 0), "ordering takes nothing"
    shipped = await move(parts, transfer, "shipped", expected_at=SOON)
    assert (shipped["state"], shipped["late"]) == ("shipped", False)
    assert shipped["in_transit_s"] >= 0
    assert await parts.shelf("CENTRAL", "PUMP") == (2, 0)
    received = await move(parts, transfer, "received")
    assert received["lines"] == [{"part": "PUMP", "quantity": 3, "received": 3}]
    assert await parts.shelf("SHELF-S1", "PUMP") == (3, 0)
    ledger = body(await parts.service.get("/parts/v1/places/SHELF-S1/movements"))["items"]
    assert [(row["kind"], row["quantity"], row["transfer_id"]) for row in ledger] == [("transfer_in", 3, transfer)]
    told = [said["place_id"] for said in await parts.told("stock.changed")]
    assert told == ["CENTRAL", "CENTRAL", "SHELF-S1"]


async def test_a_transfer_received_twice_is_told_so_and_books_nothing(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    transfer = await ordered(parts, ("PUMP", 2))
    early = await move(parts, transfer, "received", 409)
    assert "ordered, not shipped" in early["detail"]
    await move(parts, transfer, "shipped", expected_at=SOON)
    await move(parts, transfer, "received")
    again = await move(parts, transfer, "received", 409)
    assert (again["state"], again["detail"]) == ("received", "the transfer is received, not shipped")
    await move(parts, transfer, "cancelled", 409)
    assert await parts.shelf("SHELF-S1", "PUMP") == (2, 0)


async def test_what_is_lost_on_the_way_stays_visible_and_more_than_was_shipped_is_refused(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    await parts.stock("CENTRAL", "VALVE", 5)
    transfer = await ordered(parts, ("PUMP", 4), ("VALVE", 1))
    await move(parts, transfer, "shipped", expected_at=SOON)
    more = await move(parts, transfer, "received", 422, lines=[{"part": "PUMP", "quantity": 5}])
    assert more["pointer"] == "/lines/0/quantity"
    got = await move(parts, transfer, "received", lines=[{"part": "PUMP", "quantity": 3}])
    assert {row["part"]: row["received"] for row in got["lines"]} == {"PUMP": 3, "VALVE": 0}
    assert await parts.shelf("SHELF-S1", "PUMP") == (3, 0)


async def test_promised_pieces_are_not_shipped_elsewhere(parts: Parts, order: str) -> None:
    """All lines or none; the answer names what is free."""
    await parts.stock("CENTRAL", "PUMP", 5)
    await parts.stock("CENTRAL", "VALVE", 5)
    await parts.hold("T1", 1, line("a", order, quantity=3))
    transfer = await ordered(parts, ("PUMP", 3), ("VALVE", 1))
    refused = await move(parts, transfer, "shipped", 409, expected_at=SOON)
    assert refused["type"] == "/problems/not-enough-free"
    assert refused["short"] == [{"part": "PUMP", "quantity": 3, "free": 2}]
    assert await parts.shelf("CENTRAL", "VALVE") == (5, 0)


async def test_late_transfers_are_told_once_and_listed(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    late, punctual = await ordered(parts, ("PUMP", 1)), await ordered(parts, ("PUMP", 1))
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await move(parts, late, "shipped", expected_at=yesterday)
    await move(parts, punctual, "shipped", expected_at=SOON)
    assert [await transfers.tell_late(parts.context) for _ in range(3)].count(1) <= 1
    assert [said["transfer_id"] for said in await parts.told("transfer.late")] == [late]
    listed = body(await parts.service.get("/parts/v1/transfers", params={"late": True}))["items"]
    assert [(row["id"], row["late"]) for row in listed] == [(late, True)]
    for branch, there in (("B1", {late, punctual}), ("B2", set())):
        of_branch = body(await parts.service.get("/parts/v1/transfers", params={"branch_id": branch}))["items"]
        assert {row["id"] for row in of_branch} == there


async def test_transfers_are_for_the_keepers_of_the_places(parts: Parts) -> None:
    await parts.stock("CENTRAL", "PUMP", 5)
    station = await parts.system.sign_in("station", branch_id="B1", station_id="S1")
    other = await parts.system.sign_in("station", branch_id="B2", station_id="S2")
    transfer = await ordered(parts, ("PUMP", 1), client=station)
    foreign = {"from_place_id": "CENTRAL", "to_place_id": "D-T2", "lines": [{"part": "PUMP", "quantity": 1}]}
    told = body(await station.post("/parts/v1/transfers", json=foreign), 422)
    assert told["pointer"] == "/to_place_id"
    body(await station.post(f"/parts/v1/transfers/{transfer}/shipped", json={"expected_at": SOON}), 404)
    body(await other.get(f"/parts/v1/transfers/{transfer}"), 404)
    await move(parts, transfer, "shipped", expected_at=SOON)
    body(await other.post(f"/parts/v1/transfers/{transfer}/received", json={}), 404)
    body(await station.post(f"/parts/v1/transfers/{transfer}/received", json={}))


BAD_TRANSFERS: list[tuple[dict[str, Any], str]] = [
    ({"to_place_id": "CENTRAL"}, "/to_place_id"),
    ({"from_place_id": "NOWHERE"}, "/from_place_id"),
    ({"lines": [{"part": "PUMP", "quantity": 0}]}, "/lines/0/quantity"),
    ({"lines": [{"part": "PUMP", "quantity": -1}]}, "/lines/0/quantity"),
    ({"lines": [{"part": "PUMP", "quantity": 1.5}]}, "/lines/0/quantity"),
    ({"lines": [{"part": "PUMP", "quantity": 1}, {"part": "PUMP", "quantity": 1}]}, "/lines/1/part"),
    ({"lines": [{"part": "NO-SUCH", "quantity": 1}]}, "/lines/0/part"),
    ({"lines": []}, "/lines"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD_TRANSFERS, ids=[str(index) for index in range(len(BAD_TRANSFERS))])
async def test_bad_transfers_are_told_what_is_wrong(parts: Parts, wrong: dict[str, Any], pointer: str) -> None:
    good = {"from_place_id": "CENTRAL", "to_place_id": "D-T1", "lines": [{"part": "PUMP", "quantity": 1}]}
    told = body(await parts.service.post("/parts/v1/transfers", json=good | wrong), 422)
    assert told["pointer"] == pointer


# --- count sheets ---------------------------------------------------------------------------------------------------


async def sheet(parts: Parts, place: str = "D-T1", /, status: int = 201, **given: Any) -> Any:
    sent = {"place_id": place, "day": today().isoformat(), **given}
    return body(await parts.service.post("/parts/v1/count-sheets", json=sent), status)


async def counted(parts: Parts, sheet_id: str, *lines: tuple[str, int], status: int = 200) -> Any:
    sent = {"lines": [{"part": part, "quantity": quantity} for part, quantity in lines]}
    return body(await parts.service.put(f"/parts/v1/count-sheets/{sheet_id}/lines", json=sent), status)


async def posted(parts: Parts, sheet_id: str, status: int = 200) -> Any:
    return body(await parts.service.post(f"/parts/v1/count-sheets/{sheet_id}/posted"), status)


async def test_a_count_sheet_posts_its_differences(parts: Parts) -> None:
    await parts.stock("D-T1", "PUMP", 5)
    await parts.stock("D-T1", "VALVE", 2)
    opened = await sheet(parts)
    assert [row["part"] for row in opened["lines"]] == ["PUMP", "VALVE"]
    told = await posted(parts, opened["id"], 409)
    assert (told["type"], told["parts"]) == ("/problems/not-all-counted", ["PUMP", "VALVE"])
    await counted(parts, opened["id"], ("PUMP", 4), ("VALVE", 2), ("FILTER", 1))
    await posted(parts, opened["id"])
    shelves = [(await parts.shelf("D-T1", part))[0] for part in ("PUMP", "VALVE", "FILTER")]
    assert shelves == [4, 2, 1]
    ledger = body(await parts.service.get("/parts/v1/places/D-T1/movements"))["items"]
    booked = {(row["part"], row["quantity"]) for row in ledger if row["sheet_id"] == opened["id"]}
    assert booked == {("PUMP", -1), ("FILTER", 1)}
    assert (await posted(parts, opened["id"], 409))["state"] == "posted"


async def test_what_moves_between_counting_and_posting_stays_moved(parts: Parts, order: str) -> None:
    await parts.stock("VAN-E1", "PUMP", 5)
    opened = await sheet(parts, "VAN-E1")
    await counted(parts, opened["id"], ("PUMP", 4))
    await post(parts, "usage", usage(order, ("PUMP", 3)))
    await posted(parts, opened["id"])
    assert await parts.shelf("VAN-E1", "PUMP") == (1, 0), "five on record, four counted, three used since"


async def test_more_missing_than_is_left_is_counted_again(parts: Parts, order: str) -> None:
    await parts.stock("VAN-E1", "PUMP", 5)
    opened = await sheet(parts, "VAN-E1")
    await counted(parts, opened["id"], ("PUMP", 2))
    await post(parts, "usage", usage(order, ("PUMP", 3)))
    told = await posted(parts, opened["id"], 409)
    assert (told["type"], told["parts"]) == ("/problems/count-again", ["PUMP"])
    await counted(parts, opened["id"], ("PUMP", 2))
    await posted(parts, opened["id"])
    assert await parts.shelf("VAN-E1", "PUMP") == (2, 0)


async def test_counted_away_pieces_are_told_to_the_plan_that_counts_on_them(parts: Parts, order: str) -> None:
    await parts.stock("D-T1", "PUMP", 2)
    await parts.publish("T1", 1, line("a", order, quantity=2, place_id="D-T1"))
    opened = await sheet(parts)
    await counted(parts, opened["id"], ("PUMP", 1))
    await posted(parts, opened["id"])
    assert [said["order_id"] for said in await parts.told("parts.short")] == [order]


async def test_a_sheet_of_another_day_is_not_counted(parts: Parts) -> None:
    await parts.stock("D-T1", "PUMP", 5)
    past = await sheet(parts, status=422, day=(today() - timedelta(days=1)).isoformat())
    assert past["pointer"] == "/day"
    tomorrow = await sheet(parts, day=(today() + timedelta(days=1)).isoformat())
    for told in (
        await counted(parts, tomorrow["id"], ("PUMP", 1), status=409),
        await posted(parts, tomorrow["id"], 409),
    ):
        assert told["type"] == "/problems/sheet-of-another-day"
    assert await parts.shelf("D-T1", "PUMP") == (5, 0)
    await sheet(parts, status=409)
    body(await parts.service.post(f"/parts/v1/count-sheets/{tomorrow['id']}/cancelled"))
    await sheet(parts)


async def test_bad_counts_are_refused(parts: Parts) -> None:
    await sheet(parts, "NOWHERE", status=422)
    await sheet(parts, status=422, parts=["NO-SUCH"])
    opened = await sheet(parts)
    for wrong in (-1, 1.5, True):
        told = await counted(parts, opened["id"], ("PUMP", wrong), status=422)  # type: ignore[arg-type]
        assert told["pointer"] == "/lines/0/quantity"
    assert (await counted(parts, opened["id"], ("NO-SUCH", 1), status=422))["pointer"] == "/lines/0/part"
    foreign = await parts.system.sign_in("station", branch_id="B2", station_id="S2")
    body(await foreign.get(f"/parts/v1/count-sheets/{opened['id']}"), 404)
    body(await foreign.post(f"/parts/v1/count-sheets/{opened['id']}/cancelled"), 404)


# --- cores ----------------------------------------------------------------------------------------------------------


async def test_the_core_of_a_part_with_a_deposit_is_owed_until_it_is_returned(parts: Parts, order: str) -> None:
    made = {"name_zh": "增压器", "name_en": "turbo", "unit_cost_fen": 90_000, "weight_g": 9000}
    await parts.import_rows("parts", [{"part": "TURBO", **made, "core_deposit_fen": 20_000}])
    await parts.stock("VAN-E1", "TURBO", 3)
    await parts.stock("VAN-E1", "PUMP", 3)
    await post(parts, "usage", usage(order, ("TURBO", 3), ("PUMP", 1)))
    await post(parts, "usage", usage(order, returns=(("TURBO", 1),)))
    [core] = body(await parts.service.get("/parts/v1/cores", params={"owed": True}))["items"]
    assert (core["part"], core["owed"], core["returned"], core["deposit_fen"]) == ("TURBO", 2, 0, 20_000)
    handed = {"place_id": "SHELF-S1", "quantity": 2, "condition": "rebuildable"}
    where = f"/parts/v1/cores/{core['id']}/returns"
    told = body(await parts.service.post(where, json=handed | {"quantity": 3}), 422)
    assert told["pointer"] == "/quantity"
    key = {"Idempotency-Key": new_id()}
    for _ in range(2):
        assert body(await parts.service.post(where, json=handed, headers=key))["returned"] == 2
    body(await parts.service.post(where, json=handed), 422)
    assert body(await parts.service.get("/parts/v1/cores", params={"owed": True}))["items"] == []
