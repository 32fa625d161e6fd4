"""The stock KPIs against figures worked out by hand, and each missed promise traced to its shelf."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from kit.ids import new_id
from services.messages import LackedLine, PromiseStateChanged
from services.parts.domain.stock_value import average_value, months_back
from services.parts.store import claims, demand_months, kpis
from services.parts.use_cases.kpis import Month
from tests.days import this_month
from tests.parts.conftest import Parts, line
from tests.parts.test_facts import pickup, post, usage
from tests.parts.test_handling import counted, posted, sheet
from tests.parts.test_shipments import shipments
from tests.parts.test_shipments import tell as carrier
from tests.parts.test_subscriptions import tell
from tests.running import body

PRICE = 12_000


@given(first=st.dates(date(1990, 1, 1), date(2100, 1, 1)), months=st.integers(-30, 30))
def test_months_back_and_forth(first: date, months: int) -> None:
    start = first.replace(day=1)
    assert months_back(months_back(start, months), -months) == start
    assert months_back(start, 0) == start
    assert months_back(start, 1) < start < months_back(start, -1)


def test_the_average_is_over_the_ends_of_the_months() -> None:
    """100 came in January, 50 more in March: 100, 100, 150 at the ends of January to March."""
    added = {date(2026, 1, 1): 100, date(2026, 3, 1): 50}
    assert average_value(added, date(2026, 3, 1), 2) == pytest.approx(350 / 3)
    assert average_value({}, date(2026, 3, 1), 2) == 0


async def read(parts: Parts, client: Any = None, month: date | None = None, **asked: str) -> Any:
    asked["month"] = f"{month or this_month():%Y-%m}"
    return body(await (client or parts.service).get("/parts/v1/kpis", params=asked))


async def of_s1(parts: Parts) -> str:
    """A new order of station S1 in branch B1."""
    order = new_id()
    async with parts.context.db.transaction() as tx:
        scope = {"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}
        await claims.add_orders(tx, [scope])
    return order


async def long_ago(parts: Parts, days: int) -> None:
    """Everything booked so far happened so many days ago (the ledger lets nobody but a test say that)."""
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE movement DISABLE TRIGGER movement_only_grows"))
        moved = text("UPDATE movement SET effective_at = effective_at - make_interval(days => :days)")
        await tx.execute(moved, {"days": days})
        await tx.execute(text("ALTER TABLE movement ENABLE TRIGGER movement_only_grows"))


async def test_a_line_is_filled_when_it_came_at_once_from_a_shelf(parts: Parts) -> None:
    assert (await read(parts))["fill_rate"]["value"] is None
    filled, short, sent = new_id(), new_id(), new_id()
    await parts.stock("VAN-E1", "PUMP", 5)
    await parts.stock("CENTRAL", "VALVE", 2)
    await post(parts, "usage", usage(filled, ("PUMP", 2)))
    await parts.publish(
        "T1", 1, line("v", short, part="SENSOR"), {**line("w", sent, part="VALVE"), "source": "courier"}
    )
    fill = (await read(parts))["fill_rate"]
    assert (fill["part"], fill["whole"]) == (1, 3)
    assert (await read(parts, month=months_back(this_month(), 1)))["fill_rate"]["whole"] == 0


async def test_turnover_is_what_was_issued_by_the_average_value(parts: Parts, order: str) -> None:
    """Ten pieces for more than a year, then one issued: one price by (12 x 10 + 9) / 13 prices."""
    await parts.stock("VAN-E1", "PUMP", 10)
    await long_ago(parts, 450)
    await post(parts, "usage", usage(order, ("PUMP", 1)))
    found = (await read(parts))["places"]["VAN-E1"]["turnover"]
    assert found["part"] == PRICE
    assert found["whole"] == pytest.approx((12 * 10 + 9) / 13 * PRICE)


async def test_turnover_is_told_by_place_by_class_and_in_total(parts: Parts, order: str) -> None:
    """Ten PUMP and four VALVE lay in a depot for more than a year. A PUMP left it for a van, and the van for a machine:
    both have turned it over, the network once. A second one came back unused."""
    await parts.stock("D-T1", "PUMP", 10)
    await parts.stock("D-T1", "VALVE", 4)
    await long_ago(parts, 450)
    await post(parts, "pickups", pickup(order, ("PUMP", 2)))
    await post(parts, "usage", usage(order, ("PUMP", 2)))
    await post(parts, "usage", usage(order, returns=(("PUMP", 1),)))
    found = await read(parts)
    places, classes = found["places"], found["classes"]
    assert [places[name]["turnover"]["part"] for name in ("D-T1", "VAN-E1")] == [2 * PRICE, PRICE]
    assert (found["total"]["turnover"]["part"], classes["A"]["part"], classes["C"]["part"]) == (PRICE, PRICE, 0)
    assert classes["A"]["whole"] == pytest.approx((12 * 10 + 9) / 13 * PRICE)
    assert (classes["B"]["value"], classes["C"]["whole"]) == (None, pytest.approx(4 * PRICE))
    assert (await read(parts, branch_id="B1"))["total"] == found["total"]
    assert (await read(parts, branch_id="B2"))["total"]["turnover"]["value"] is None


async def stocked_out(parts: Parts) -> None:
    """S1 has PUMP and one FILTER in its van. The first order uses both; the second asks for a FILTER again, for a VALVE
    that S1 never stocks, and for a SENSOR that is fetched for it; the third finds that SENSOR used up."""
    first, second, third = [await of_s1(parts) for _ in range(3)]
    await parts.stock("VAN-E1", "PUMP", 5)
    await parts.stock("VAN-E1", "FILTER", 1)
    await parts.stock("D-T1", "SENSOR", 5)
    await post(parts, "usage", usage(first, ("PUMP", 1), ("FILTER", 1)))
    await parts.publish("T1", 1, line("f", second, part="FILTER"), line("v", second, part="VALVE"))
    for order in (second, third):
        await post(parts, "pickups", pickup(order, ("SENSOR", 1)))
        await post(parts, "usage", usage(order, ("SENSOR", 1)))


async def test_a_stock_out_is_a_line_that_met_an_empty_shelf_of_what_is_stocked(parts: Parts) -> None:
    """Of the three lines for what S1 stocks, the second FILTER met none; VALVE and SENSOR it does not stock."""
    await stocked_out(parts)
    assert (await read(parts))["stock_out"] == {"value": pytest.approx(1 / 3), "part": 1, "whole": 3}
    assert (await read(parts, branch_id="B2"))["stock_out"]["whole"] == 0
    assert (await scored(parts))["stock_out", "station", "S1"] == (3, 1.0)


async def test_dead_is_what_lay_for_a_year_unless_it_is_new_or_kept_for_the_rare_case(parts: Parts) -> None:
    spare = {"part": "SPARE", "name_zh": "备", "name_en": "spare", "unit_cost_fen": PRICE, "weight_g": 1}
    await parts.import_rows("parts", [spare | {"insurance_spare": True}])
    for part, pieces in (("PUMP", 3), ("SPARE", 5), ("VALVE", 4)):
        await parts.stock("VAN-E1", part, pieces)
    await long_ago(parts, 450)
    await post(parts, "usage", usage(new_id(), ("VALVE", 1)))
    await parts.stock("VAN-E1", "SENSOR", 7)
    found = (await read(parts))["places"]["VAN-E1"]["dead_stock"]
    assert (found["part"], found["whole"]) == (3 * PRICE, (3 + 5 + 3 + 7) * PRICE)


async def test_accuracy_is_by_lines_and_by_value(parts: Parts) -> None:
    for part in ("PUMP", "VALVE"):
        await parts.stock("D-T1", part, 10)
    opened = await sheet(parts)
    await counted(parts, opened["id"], ("PUMP", 10), ("VALVE", 8))
    await posted(parts, opened["id"])
    found = (await read(parts))["total"]
    assert found["accuracy"]["value"] == 0.5
    assert found["accuracy_by_value"]["value"] == pytest.approx(0.9)


async def test_each_sees_the_figures_of_the_own_scope(parts: Parts) -> None:
    await parts.stock("D-T1", "PUMP", 1)
    await parts.stock("D-T2", "PUMP", 1)
    station = await parts.system.sign_in("station", branch_id="B2", station_id="S2")
    dispatcher = await parts.system.sign_in("dispatcher", branch_id="B1")
    assert list((await read(parts, station))["places"]) == []
    assert list((await read(parts, dispatcher))["places"]) == ["D-T1"]
    body(await parts.service.get("/parts/v1/kpis", params={"month": "2026-13"}), 422)


# --- missed promises ------------------------------------------------------------------------------------------------


async def told(parts: Parts, order: str, state: Any) -> None:
    """What the feed does with the state of an order's clock, due now."""
    message = PromiseStateChanged(
        order_id=order, territory_id="T1", clock="restore", state=state, due=datetime.now(UTC) - timedelta(seconds=5)
    )
    await tell(parts, "orders", message)


async def missed(parts: Parts, client: Any = None, **asked: str) -> Any:
    where = "/parts/v1/kpis/missed-promises"
    return body(await (client or parts.service).get(where, params={"month": f"{this_month():%Y-%m}"} | asked))


async def broken(parts: Parts, order: str) -> None:
    """An order of S1 whose PUMP was not at the central depot."""
    scope = {"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}
    async with parts.context.db.transaction() as tx:
        await claims.add_orders(tx, [scope])
    await parts.publish("T1", 1, line("p", order))
    await told(parts, order, "breached")


async def test_a_missed_promise_points_at_its_shelf_until_it_turns_out_met(parts: Parts, order: str) -> None:
    await broken(parts, order)
    found = await missed(parts)
    assert found["shelves"] == {"CENTRAL": 1}
    [one] = found["items"]
    assert (one["order_id"], one["clock"]) == (order, "restore")
    assert one["lines"] == [{"part": "PUMP", "shelf": "CENTRAL", "why": "short"}]
    await told(parts, order, "met")
    assert (await missed(parts))["items"] == []


async def test_a_missed_promise_is_shown_to_its_branch_and_station_only(parts: Parts, order: str) -> None:
    await broken(parts, order)
    mine = await parts.system.sign_in("station", branch_id="B1", station_id="S1")
    other = await parts.system.sign_in("dispatcher", branch_id="B2")
    assert len((await missed(parts, mine))["items"]) == 1
    assert (await missed(parts, other))["items"] == []
    assert [len((await missed(parts, branch_id=branch))["items"]) for branch in ("B1", "B2")] == [1, 0]


async def test_a_breach_that_is_not_taken_back_is_seen(
    parts: Parts, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the trace: met after all, and still listed."""
    honest = kpis.set_broken

    async def stubborn(tx: Any, clocks: dict[Any, Any]) -> None:
        await honest(tx, {clock: due for clock, due in clocks.items() if due is not None})

    monkeypatch.setattr(kpis, "set_broken", stubborn)
    with pytest.raises(AssertionError):
        await test_a_missed_promise_points_at_its_shelf_until_it_turns_out_met(parts, order)


async def test_a_part_that_lies_nowhere_is_asked_for_and_missed_and_wanted(parts: Parts, order: str) -> None:
    """No shelf ever had it. The order is not filled, its promise is traced to its station's shelf, and the pieces are
    demand of that shelf until some are used: then those are."""
    scope = {"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}
    async with parts.context.db.transaction() as tx:
        await claims.add_orders(tx, [scope])
    gone = [LackedLine(order_id=order, part="PUMP", quantity=2), LackedLine(order_id=order, part="NO-SUCH", quantity=1)]
    await parts.publish("T1", 1, lacked=gone)
    await parts.publish("T1", 2, lacked=gone)
    await told(parts, order, "breached")
    assert (await read(parts))["fill_rate"] == {"value": 0.0, "part": 0, "whole": 2}
    [one] = (await missed(parts))["items"]
    assert one["lines"] == [{"part": part, "shelf": "SHELF-S1", "why": "nowhere"} for part in ("NO-SUCH", "PUMP")]
    assert await booked(parts) == {("SHELF-S1", "PUMP"): 2}
    await parts.import_rows("substitutes", [{"part": "PUMP", "substitute": "VALVE", "approved": True}])
    await parts.stock("VAN-E1", "VALVE", 5)
    await post(parts, "usage", usage(order, ("VALVE", 3)))
    assert await booked(parts) == {("SHELF-S1", "VALVE"): 3}
    assert (await read(parts))["fill_rate"] == {"value": pytest.approx(1 / 3), "part": 1, "whole": 3}


async def booked(parts: Parts) -> dict[tuple[str, str], int]:
    """Demand of this month by shelf and part, as the ledger and the plans tell it."""
    month = Month.of(this_month())
    async with parts.context.db.transaction() as tx:
        await demand_months.book(tx, since=month.begin, until=month.until)
        rows = await tx.execute(text("SELECT place_id, part, booked FROM past_demand WHERE booked <> 0"))
        return {(row.place_id, row.part): row.booked for row in rows}


# --- for scorecards -------------------------------------------------------------------------------------------------


async def scored(parts: Parts) -> dict[tuple[str, str, str], tuple[int, float]]:
    told = body(await parts.service.get("/parts/v1/kpi-figures", params={"month": f"{this_month():%Y-%m}"}))
    return {(one["kpi"], one["kind"], one["scope_id"]): (one["n"], one["total"]) for one in told["figures"]}


async def test_scorecards_are_told_fill_accuracy_and_dead_stock_by_station(parts: Parts) -> None:
    """An order of S1 got PUMP from the van and waited for VALVE: 1 of 2 lines. Two lines of its van were counted, one
    was right. 4 PUMP of 120 yuan lie dead until one is issued. The depot is nobody's score."""
    order = await of_s1(parts)
    await parts.stock("VAN-E1", "PUMP", 4)
    await parts.stock("D-T1", "PUMP", 9)
    await long_ago(parts, 450)
    assert (await scored(parts))["dead_stock", "branch", "B1"] == (480, 480.0)
    await parts.stock("CENTRAL", "VALVE", 2)
    await parts.publish("T1", 1, {**line("w", order, part="VALVE"), "source": "courier"})
    await parts.stock("VAN-E1", "SENSOR", 4)
    opened = await sheet(parts, "VAN-E1")
    await counted(parts, opened["id"], ("PUMP", 4), ("SENSOR", 3))
    await posted(parts, opened["id"])
    await post(parts, "usage", usage(order, ("PUMP", 1)))
    got = await scored(parts)
    assert got["parts_fill", "station", "S1"] == (2, 1.0)
    assert got["stock_accuracy", "branch", "B1"] == (2, 1.0)
    assert got["dead_stock", "engineer", "E1"][1] == 0.0, "one was issued: nothing of it is dead any more"


async def test_the_report_is_told_stock_out_turnover_and_the_way_to_the_door(parts: Parts) -> None:
    """S1's van kept 10 PUMP for more than a year. Order 1 takes one of them: no stock-out. Order 2 gets its PUMP by
    courier from CENTRAL although the van has some: none either; its VALVE, which S1 does not keep, is not counted.
    Both parcels came into E1's van after 3 and 5 hours: 8 in all, nine of ten within 3 + 0.9 x 2 = 4.8. Turnover of the
    van: one PUMP of 120 yuan by (12 x 10 + 9 + 2) / 13 x 120 = 1 209.2 yuan, told as 1 209."""
    first, second = new_id(), new_id()
    async with parts.context.db.transaction() as tx:
        for order in (first, second):
            scope = {"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}
            await claims.add_orders(tx, [scope])
    await parts.stock("VAN-E1", "PUMP", 10)
    await long_ago(parts, 450)
    await post(parts, "usage", usage(first, ("PUMP", 1)))
    for part in ("PUMP", "VALVE"):
        await parts.stock("CENTRAL", part, 2)
    lines = [{**line(part, second, part=part), "source": "courier"} for part in ("PUMP", "VALVE")]
    await parts.publish("T1", 1, *lines)
    begin = Month.of(this_month()).begin
    for parcel in await shipments(parts, second):
        arrived = begin + timedelta(hours=3 if parcel["part"] == "PUMP" else 5)
        await carrier(parts, parcel["id"], "received", at=arrived.isoformat())
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("UPDATE shipment SET created_at = :at"), {"at": begin})
    got = await scored(parts)
    assert got["stock_out", "station", "S1"] == (2, 0.0)
    assert got["turnover", "engineer", "E1"] == (1209, 120.0)
    assert got["order_to_door", "station", "S1"] == (2, 8 * 3600.0)
    told = body(await parts.service.get("/parts/v1/kpi-figures", params={"month": f"{this_month():%Y-%m}"}))["figures"]
    assert {one["p90"] for one in told if one["kpi"] == "order_to_door"} == {4.8 * 3600}
    assert {one["p90"] for one in told if one["kpi"] == "turnover"} == {None}


async def test_the_forecast_is_judged_by_what_was_asked_for(parts: Parts) -> None:
    """Expected of the shelf of S1: 4 PUMP and 1 VALVE; asked for: 2 PUMP and 3 SENSOR that nobody expected. Off by
    2 + 1 + 3 = 6 of 5 pieces, and 5 expected against 5: no bias. A month without a forecast is not judged."""
    async with parts.context.db.transaction() as tx:
        for part, expected in (("PUMP", 4), ("VALVE", 1)):
            row = text("INSERT INTO forecast VALUES (:month, 'SHELF-S1', :part, 'sba', 1, :expected, 1)")
            await tx.execute(row, {"month": this_month(), "part": part, "expected": expected})
        for part, asked in (("PUMP", 2), ("SENSOR", 3)):
            row = text("INSERT INTO past_demand VALUES ('SHELF-S1', :part, :month, 0, :asked)")
            await tx.execute(row, {"month": this_month(), "part": part, "asked": asked})
    assert ("forecast_wape", "network", "") not in await scored(parts), "no forecast was made when the month began"
    async with parts.context.db.transaction() as tx:
        made = text("INSERT INTO forecast_run VALUES (:month, now(), '{}')")
        await tx.execute(made, {"month": this_month()})
    got = await scored(parts)
    assert got["forecast_wape", "station", "S1"] == (5, 6.0)
    assert got["forecast_bias", "branch", "B1"] == (5, 0.0)
