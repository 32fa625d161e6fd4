"""The bank of replacement vehicles: held, booked, on the road, paid, and never used twice."""

import asyncio
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kit.ids import new_id
from services.stations.domain import Span, VehicleClaim
from services.stations.store import bank as store
from services.stations.use_cases import bank, published
from tests.days import this_hour, today
from tests.running import body
from tests.stations.conftest import Stations, hour, line, vehicle


async def test_a_vehicle_is_held_or_refused_with_its_reason(stations: Stations, order: str) -> None:
    await stations.must_import("vehicles", vehicle("V3", available_until=hour(2)))
    asked = [
        line("a", order),
        line("b", order, start=4, end=8),
        line("c", order, "NO-SUCH"),
        line("d", order, "V3"),
        line("e", order, start=5, end=8),
    ]
    answers = await stations.hold("T1", 1, *asked)
    assert answers == {"a": None, "b": "taken", "c": "unknown_vehicle", "d": "not_offered", "e": None}
    assert answers == await stations.hold("T1", 1, *asked)


async def test_a_vehicle_past_its_contract_is_not_offered(stations: Stations, order: str) -> None:
    ended = (this_hour() - timedelta(days=2)).date().isoformat()
    row = {"partner_id": "P2", "branch_id": "B1", "name": "物流", "contract_until": ended}
    await stations.must_import("partners", row)
    await stations.must_import("vehicles", vehicle("V4", partner_id="P2"))
    assert await stations.hold("T1", 1, line("a", order, "V4")) == {"a": "not_offered"}
    assert "V4" not in await stations.fleet("T1")


async def test_a_vehicle_is_offered_up_to_the_last_day_of_its_licence(stations: Stations, order: str) -> None:
    """The day belongs to it, in the zone of the branch; the contract goes on."""
    last = today() + timedelta(days=2)
    await stations.must_import("vehicles", vehicle("V4", licence_until=last.isoformat()))
    ends = datetime.combine(last + timedelta(days=1), time(), ZoneInfo("Asia/Shanghai"))
    left = (ends - this_hour()).total_seconds() / 3600
    assert await stations.hold("T1", 1, line("a", order, "V4", start=left - 2, end=left)) == {"a": None}
    assert await stations.hold("T1", 1, line("a", order, "V4", start=left - 2, end=left + 1)) == {"a": "not_offered"}
    told = (await stations.fleet("T1", end=240))["V4"][0][1]
    assert datetime.fromisoformat(told) == ends


async def test_other_territories_compete_and_the_next_plan_of_the_same_one_does_not(
    stations: Stations, order: str
) -> None:
    await stations.hold("T1", 1, line("a", order))
    await stations.publish("T1", 1, line("a", order))
    assert await stations.hold("T2", 1, line("x", new_id(), start=2, end=3)) == {"x": "taken"}
    assert (await stations.fleet("T1"))["V1"] == [(_z(hour(0)), _z(hour(48)))]
    assert (await stations.fleet("T2"))["V1"] == [(_z(hour(0)), _z(hour(1))), (_z(hour(5)), _z(hour(48)))]
    other = new_id()
    assert await stations.hold("T1", 2, line("a", other)) == {"a": None}
    await stations.publish("T1", 2, line("a", other))
    assert [said["order_id"] for said in await stations.told("vehicle.booked")] == [order, other]
    assert [said["order_id"] for said in await stations.told("vehicle.released")] == [order]


def _z(instant: str) -> str:
    return instant.replace("+00:00", "Z")


async def test_a_vehicle_on_the_road_stays_with_its_order(stations: Stations, order: str) -> None:
    """No later plan, and no end of the order, takes it away; delivery frees it."""
    case_id = new_id()
    await stations.publish("T1", 1, line("a", order))
    await stations.step(order, "V1", "accept", case_id=case_id)
    await stations.publish("T1", 2)
    async with stations.context.db.transaction() as tx:
        await bank.end_order(tx, order, actor="service:orders")
    assert await stations.hold("T1", 3, line("b", new_id())) == {"b": "taken"}
    assert (await stations.fleet("T1"))["V1"] == [(_z(hour(0)), _z(hour(1))), (_z(hour(5)), _z(hour(48)))]
    assert await stations.hold("T1", 3, line("b", order)) == {"b": None}
    await stations.publish("T1", 3, line("b", order))
    await stations.step(order, "V1", "delivered", case_id=case_id, kilometres=100)
    assert await stations.hold("T2", 1, line("x", new_id())) == {"x": None}


async def test_delivery_books_the_cost_once(stations: Stations, order: str) -> None:
    case_id = new_id()
    await stations.publish("T1", 1, line("a", order))
    for _ in range(2):
        await stations.step(order, "V1", "delivered", case_id=case_id, kilometres=240)
    assert [said["cost_fen"] for said in await stations.told("replacement.cost_booked")] == [80_000 + 240 * 700]
    costs = (await stations.get("replacement-costs"))["items"]
    assert [(cost["case_id"], cost["cost_fen"], cost["kilometres"]) for cost in costs] == [(case_id, 248_000, 240)]


async def test_the_end_of_an_order_frees_its_vehicle(stations: Stations, order: str) -> None:
    await stations.publish("T1", 1, line("a", order))
    async with stations.context.db.transaction() as tx:
        await bank.end_order(tx, order, actor="service:orders")
    assert await stations.hold("T2", 1, line("x", new_id())) == {"x": None}
    assert [said["vehicle_id"] for said in await stations.told("vehicle.released")] == ["V1"]


async def test_a_published_line_that_another_territory_has_is_told_short(stations: Stations, order: str) -> None:
    await stations.publish("T2", 1, line("x", new_id()))
    await stations.publish("T1", 1, line("a", order))
    assert [said["order_id"] for said in await stations.told("vehicle.short")] == [order]


async def test_a_plan_published_twice_or_late_changes_nothing(stations: Stations, order: str) -> None:
    await stations.publish("T1", 2, line("a", order))
    await stations.publish("T1", 1)
    await stations.publish("T1", 2)
    assert len(await stations.told("vehicle.booked")) == 1
    assert await stations.told("vehicle.released") == []
    asked = {"lines": [line("b", order)], "lifetime_s": 60}
    problem = body(await stations.service.put("/stations/v1/holds/T1/2", json=asked), 409)
    assert problem["type"] == "/problems/stale-epoch"


async def test_orphaned_holds_are_swept_and_stand_in_nobodys_way(stations: Stations, order: str) -> None:
    await stations.hold("T1", 1, line("a", order))
    async with stations.context.db.transaction() as tx:
        await tx.execute(text("UPDATE vehicle_claim SET expires_at = now() - interval '1 s'"))
    assert await stations.hold("T2", 1, line("x", new_id())) == {"x": None}
    await stations.hold("T1", 1, line("b", order, "V2"))
    async with stations.context.db.transaction() as tx:
        await tx.execute(text("UPDATE vehicle_claim SET expires_at = now() - interval '1 s'"))
    assert await published.sweep(stations.context) == 2


def _claim(territory: str, name: str, *, booked: bool, **given: Any) -> VehicleClaim:
    span = Span(this_hour(), this_hour() + timedelta(hours=1))
    expires = None if booked else this_hour() + timedelta(hours=1)
    made = {"epoch": 1, "line": name, "order_id": name, "vehicle_id": "V1", "span": span, "expires_at": expires}
    return VehicleClaim(**{"territory_id": territory, **made, **given})


@pytest.mark.parametrize(
    ("first", "second", "constraint"),
    [
        (_claim("T1", "a", booked=False), _claim("T2", "b", booked=False), "claim_of_one_territory"),
        (_claim("T1", "a", booked=True), _claim("T2", "b", booked=False), "claim_of_one_territory"),
        (_claim("T1", "a", booked=True), _claim("T1", "b", booked=True), "booking_once"),
        (None, _claim("T1", "b", booked=True, span=Span(this_hour(), this_hour())), "claim_window"),
    ],
)
async def test_the_database_itself_refuses_double_use(
    stations: Stations, first: VehicleClaim | None, second: VehicleClaim, constraint: str
) -> None:
    """Whatever the code above decides wrongly."""
    async with stations.context.db.transaction() as tx:
        if first is not None:
            await store.put_claim(tx, first)
        with pytest.raises(IntegrityError, match=constraint):
            await store.put_claim(tx, second)
        await tx.rollback()


async def race(stations: Stations, territories: int) -> int:
    """Territories hold one vehicle for the same hours at once; how many got it."""
    answers = await asyncio.gather(
        *(stations.hold(f"R{number}", 1, line("a", new_id())) for number in range(territories))
    )
    return sum(answer["a"] is None for answer in answers)


async def test_many_territories_race_for_one_vehicle_and_one_gets_it(stations: Stations) -> None:
    assert await race(stations, 30) == 1


async def test_without_lock_and_constraint_the_race_has_many_winners(
    stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the race test sees double use when nothing guards against it."""

    looking = asyncio.Barrier(2)
    claims_on = store.claims_on

    async def unlocked(tx: Any, vehicles: Any) -> Any:
        return {row.vehicle_id: row for row in await store.vehicles_of_branch(tx, "B1") if row.vehicle_id in vehicles}

    async def both_look(*given: Any, **more: Any) -> Any:
        found = await claims_on(*given, **more)
        await looking.wait()  # nobody writes before another has looked as well
        return found

    async with stations.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE vehicle_claim DROP CONSTRAINT claim_of_one_territory"))
    monkeypatch.setattr(store, "lock_vehicles", unlocked)
    monkeypatch.setattr(store, "claims_on", both_look)
    assert await race(stations, 2) == 2
