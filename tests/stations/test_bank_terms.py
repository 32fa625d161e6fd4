"""What vehicles of the bank cost from which day, who has one on rent, and what was signed when it changed hands."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from kit.ids import new_id
from services.stations.domain import Span, days_begun
from services.stations.store import bank
from tests.days import this_hour, today
from tests.running import body
from tests.stations.conftest import Stations, hour, line

DAILY = {"base_fen": 100, "fen_per_km": 10, "day_fen": 50_000}


async def price(stations: Stations, day: Any = None, status: int = 204, client: Any = None, **given: Any) -> Any:
    path = f"/stations/v1/vehicles/V1/prices/{day or today()}"
    answer = await (client or stations.service).put(path, json=DAILY | given)
    return body(answer, status) if status != 204 else answer.status_code == 204


async def rent(stations: Stations, order: str, start: float = 1, end: float = 25, status: int = 201) -> Any:
    sent = {"order_id": order, "start": hour(start), "end": hour(end)}
    return body(await stations.service.post("/stations/v1/vehicles/V1/rentals", json=sent), status)


@given(hours=st.integers(1, 1000))
def test_every_day_begun_counts(hours: int) -> None:
    days = days_begun(Span(this_hour(), this_hour() + timedelta(hours=hours)))
    assert (days - 1) * 24 < hours <= days * 24


# --- prices ---------------------------------------------------------------------------------------------------------


async def test_a_price_holds_from_its_day_until_the_next_one(stations: Stations, order: str) -> None:
    assert await price(stations, base_fen=90_000, fen_per_km=800)
    assert await price(stations, today() + timedelta(days=1), base_fen=99_000, fen_per_km=900)
    span = {"territory_id": "T1", "from": hour(0), "to": hour(5)}
    [shown] = [one for one in (await stations.get("fleet", **span))["vehicles"] if one["id"] == "V1"]
    assert (shown["base_fen"], shown["fen_per_km"]) == (90_000, 800)
    await stations.publish("T1", 1, line("v", order))
    await stations.step(order, "V1", "delivered", case_id=new_id(), kilometres=100)
    [cost] = (await stations.get("replacement-costs"))["items"]
    assert cost["cost_fen"] == 90_000 + 100 * 800


async def test_a_price_of_a_day_that_has_passed_is_never_changed(stations: Stations) -> None:
    yesterday = today() - timedelta(days=1)
    assert (await price(stations, yesterday, 422))["pointer"] == "/valid_from"
    tomorrow = today() + timedelta(days=1)
    await price(stations, tomorrow)
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    body(await other.get("/stations/v1/vehicles/V1/prices"), 404)
    await price(stations, tomorrow, 404, other)
    assert (await stations.service.delete(f"/stations/v1/vehicles/V1/prices/{tomorrow}")).status_code == 204
    assert (await stations.get("vehicles/V1/prices"))["items"] == []


# --- rentals --------------------------------------------------------------------------------------------------------


async def test_a_rented_vehicle_is_not_sent_and_costs_every_day_begun(stations: Stations, order: str) -> None:
    assert "no price by the day" in (await rent(stations, order, status=409))["detail"]
    await price(stations)
    async with stations.context.db.transaction() as tx:  # it was agreed a week ago
        await tx.execute(text("UPDATE vehicle_price SET valid_from = valid_from - 7"))
    rented = await rent(stations, order, start=-30, end=40)
    assert (await stations.fleet("T1", 0, 40)).keys() == {"V2"}
    assert await stations.hold("T1", 1, line("v", new_id())) == {"v": "taken"}
    await stations.publish("T1", 1)  # a plan that does not list it leaves it out on rent
    assert "is promised until" in (await rent(stations, new_id(), 30, 60, status=409))["detail"]
    back = body(await stations.service.post(f"/stations/v1/rentals/{rented['id']}/ended", json={}))
    assert (back["state"], back["cost_fen"]) == ("returned", 2 * 50_000)
    assert "V1" in await stations.fleet("T1", 0, 40)
    again = await stations.service.post(f"/stations/v1/rentals/{rented['id']}/ended", json={})
    assert body(again, 409)["state"] == "returned"


async def test_a_rental_that_never_began_costs_nothing(stations: Stations, order: str) -> None:
    await price(stations)
    rented = await rent(stations, order, 5, 20)
    ended = body(await stations.service.post(f"/stations/v1/rentals/{rented['id']}/ended", json={}))
    assert (ended["state"], ended["cost_fen"]) == ("cancelled", None)
    assert [one["id"] for one in (await stations.get("rentals", state="cancelled"))["items"]] == [rented["id"]]


async def test_a_vehicle_past_its_contract_is_not_let(stations: Stations, order: str) -> None:
    until = (today() + timedelta(days=1)).isoformat()
    firm = {"partner_id": "P1", "branch_id": "B1", "name": "物流", "contract_until": until}
    await stations.must_import("partners", firm)
    await price(stations)
    assert "look at its contract" in (await rent(stations, order, 1, 80, status=409))["detail"]


async def test_a_contract_is_changed_and_nothing_new_is_sent_beyond_it(stations: Stations, order: str) -> None:
    """What is booked already is shown beside the contract, what a vehicle is promised for with its kind."""
    await price(stations)
    await rent(stations, order, 30, 60)
    await stations.publish("T1", 1, line("v", order))
    contract = {"contract_from": None, "contract_until": today().isoformat()}
    path = "/stations/v1/partners/P1/contract"
    assert (await stations.service.put(path, json=contract)).status_code == 204
    [firm] = [one for one in (await stations.get("partners", branch_id="B1"))["items"] if one["id"] == "P1"]
    assert (firm["contract_until"], firm["claimed_until"]) == (today().isoformat(), hour(60).replace("+00:00", "Z"))
    claims = (await stations.get("vehicles/V1/claims"))["items"]
    assert [(one["kind"], one["order_id"]) for one in claims] == [("booked", order), ("rental", order)]
    assert len({one["id"] for one in claims}) == 2
    assert await stations.hold("T1", 2, line("x", new_id(), start=40, end=44)) == {"x": "not_offered"}
    assert len(await stations.told("contract.changed")) == 1
    backwards = {"contract_from": "2026-12-02", "contract_until": "2026-12-01"}
    assert "ends on the day" in body(await stations.service.put(path, json=backwards), 422)["errors"][0]["detail"]
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    body(await other.put(path, json=contract), 404)
    assert "P1" not in [one["id"] for one in body(await other.get("/stations/v1/partners"))["items"]]
    body(await other.get("/stations/v1/vehicles/V1/claims"), 404)
    async with stations.context.db.transaction() as tx:  # three days later
        earlier = "tstzrange(lower(\"window\") - interval '3 days', upper(\"window\") - interval '3 days')"
        await tx.execute(text(f'UPDATE vehicle_claim SET "window" = {earlier}'))  # noqa: S608
    assert (await stations.get("vehicles/V1/claims"))["items"] == [], "what is over is no promise"
    [firm] = [one for one in (await stations.get("partners", branch_id="B1"))["items"] if one["id"] == "P1"]
    assert firm["claimed_until"] is None


async def test_a_contract_changed_by_a_branch_stays_until_the_file_says_something_else(stations: Stations) -> None:
    file = {"partner_id": "P1", "branch_id": "B1", "name": "物流", "contract_until": "2030-12-31"}

    async def ends() -> str:
        [firm] = [one for one in (await stations.get("partners", branch_id="B1"))["items"] if one["id"] == "P1"]
        return str(firm["contract_until"])

    await stations.must_import("partners", file)
    told = len(await stations.told("contract.changed"))
    shorter = {"contract_from": None, "contract_until": "2030-06-30"}
    assert (await stations.service.put("/stations/v1/partners/P1/contract", json=shorter)).status_code == 204
    await stations.must_import("partners", file | {"name": "新物流"})
    assert await ends() == "2030-06-30"
    await stations.must_import("partners", file | {"contract_until": "2031-12-31"})
    assert await ends() == "2031-12-31"
    assert len(await stations.told("contract.changed")) == told + 2, "one by the branch, one by the new file"


async def race(stations: Stations) -> list[int]:
    """Eight customers want the same vehicle at once, over connections of their own."""
    path, sent = "/stations/v1/vehicles/V1/rentals", {"start": hour(1), "end": hour(9)}
    asked = [stations.service.post(path, json=sent | {"order_id": new_id()}) for _ in range(8)]
    return sorted(answer.status_code for answer in await asyncio.gather(*asked))


async def test_many_customers_race_for_one_vehicle_and_one_gets_it(stations: Stations) -> None:
    await price(stations)
    assert await race(stations) == [201] + [409] * 7


async def test_without_lock_and_constraint_the_race_has_many_winners(
    stations: Stations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the race."""
    await price(stations)

    async def unlocked(tx: Any, vehicles: Any) -> Any:
        return {one: row for one in vehicles if (row := await bank.vehicle_by_id(tx, one)) is not None}

    async def free(*_: Any, **__: Any) -> list[Any]:
        return []

    monkeypatch.setattr(bank, "lock_vehicles", unlocked)
    monkeypatch.setattr(bank, "claims_on", free)
    async with stations.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE vehicle_claim DROP CONSTRAINT booking_once"))
    assert (await race(stations)).count(201) > 1


# --- hand-overs -----------------------------------------------------------------------------------------------------


async def hand_over(stations: Stations, order: str, direction: str, status: int = 201, **given: Any) -> Any:
    sent = {"order_id": order, "vehicle_id": "V1", "direction": direction, "at": hour(-2), "odometer_km": 1000}
    sent |= {"fuel_percent": 80, "given_by": "王", "taken_by": "李", "damages": ["左门划痕"]}
    return body(await stations.service.post("/stations/v1/handovers", json=sent | given), status)


async def test_a_protocol_is_kept_once_for_each_direction(stations: Stations, order: str) -> None:
    await hand_over(stations, order, "out")
    assert "went out for this order already" in (await hand_over(stations, order, "out", 409))["detail"]
    assert (await hand_over(stations, order, "back", 422, odometer_km=999, at=hour(-1)))["pointer"] == "/odometer_km"
    assert (await hand_over(stations, order, "back", 422, at=hour(-3)))["pointer"] == "/at"
    assert (await hand_over(stations, order, "back", 422, at=hour(3)))["pointer"] == "/at"
    await hand_over(stations, order, "back", odometer_km=1350, at=hour(-1))
    kept = (await stations.get("handovers", order_id=order))["items"]
    assert [(one["direction"], one["odometer_km"]) for one in kept] == [("out", 1000), ("back", 1350)]
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    assert body(await other.get("/stations/v1/handovers", params={"order_id": order}))["items"] == []


async def test_a_month_of_the_bank_by_partner(stations: Stations, order: str) -> None:
    """Two cases, one with both protocols and its distance, one without."""
    await stations.publish("T1", 1, line("v", order))
    await hand_over(stations, order, "out")
    await hand_over(stations, order, "back", odometer_km=1100)
    await stations.step(order, "V1", "delivered", case_id=new_id(), kilometres=100)
    await stations.step(new_id(), "V2", "delivered", case_id=new_id())
    month = f"{today():%Y-%m}"
    [found] = (await stations.get("bank-kpis", month=month))["items"]
    assert (found["cases"], found["without_kilometres"], found["protocols"]) == (2, 1, 1)
    assert (found["kilometres"], found["cost_fen"]) == (100, 2 * 80_000 + 100 * 700)
    other = await stations.system.sign_in("dispatcher", branch_id="B2")
    assert body(await other.get("/stations/v1/bank-kpis", params={"month": month}))["items"] == []
