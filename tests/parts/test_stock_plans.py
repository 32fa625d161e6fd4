"""From past demand and expected wear to forecasts, plans of stock, and transfers that a planner accepted."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from kit.auth import service_token
from kit.ids import new_id
from kit.settings import Settings
from kit.values import Place
from services.assembly import Assembly
from services.parts.domain.pushing import Site, depots_of, pushes
from services.parts.domain.stock_value import months_back
from services.parts.forecast.smoothing import METHODS
from services.parts.store import claims
from services.parts.use_cases import stock_planning
from services.parts.use_cases.counts import ZONE
from tests.days import this_month, today
from tests.parts.conftest import Parts, seed
from tests.parts.test_facts import post, usage
from tests.running import System, body

SHELF = "SHELF-S1"


@pytest.fixture
async def planned(settings: Settings) -> AsyncIterator[Parts]:
    """Parts with orders beside it, which knows the fleet."""
    assembly = Assembly(settings=settings, names=["accounts", "orders", "parts"])
    async with assembly.serving():
        system = System(assembly=assembly, service=None)  # type: ignore[arg-type]
        token = service_token(service="tests", secret=settings.shared_secret, now=assembly.clock.now())
        system.service = system.client(token)
        running = Parts(system, assembly.contexts["parts"], system.service)
        await seed(running)
        yield running
        await running.verify()
        await system.close()


def past(*pieces: int, part: str = "PUMP", place_id: str = SHELF) -> list[dict[str, Any]]:
    """Rows of past demand for the months up to the last one; months without any have none."""
    return [
        {"place_id": place_id, "part": part, "month": months_back(this_month(), back).isoformat(), "pieces": used}
        for back, used in enumerate(reversed(pieces), 1)
        if used
    ]


async def plan(parts: Parts, client: Any = None, **asked: Any) -> Any:
    """A plan as it stands after its job."""
    made = body(await (client or parts.service).post("/parts/v1/stock-plans", json=asked), 202)
    assert made["state"] == "queued"
    await stock_planning.work_out(parts.context, made["id"])
    return body(await (client or parts.service).get(f"/parts/v1/stock-plans/{made['id']}"))


async def proposals(parts: Parts, plan_id: str, **asked: Any) -> Any:
    where = f"/parts/v1/stock-plans/{plan_id}/proposals"
    return body(await parts.service.get(where, params=asked))["items"]


# --- what is pushed -------------------------------------------------------------------------------------------------


def test_a_shelf_is_filled_up_by_its_territorys_depot_or_the_nearest_central_one() -> None:
    sites = [
        Site("far", "depot", None, Place(110, 30)),
        Site("near", "depot", None, Place(117, 36)),
        Site("own", "depot", "T1", Place(120, 30)),
        Site("a", "station", "T1", Place(117, 36)),
        Site("b", "station", "T2", Place(117, 36)),
    ]
    assert depots_of(sites) == {"a": "own", "b": "near"}
    assert depots_of(sites[3:]) == {}


def test_what_is_scarce_goes_to_the_shelf_with_the_smallest_share_of_its_target() -> None:
    """Three pieces for shelves that lack four of four and two of four; what is missing then is bought."""
    found = pushes("D", 2, {"a": 4, "b": 4}, {"D": (3, 0), "b": (1, 1)})
    assert [(one.place_id, one.from_place_id, one.quantity) for one in found] == [("a", "D", 3), ("D", None, 5)]


def test_pieces_that_are_ordered_off_a_depot_are_not_pushed_again() -> None:
    """Five free of which four are ordered: one is left; a shelf that waits for enough gets nothing."""
    found = pushes("D", 0, {"a": 3, "b": 1}, {"D": (5, -4), "b": (0, 1)})
    assert [(one.place_id, one.quantity) for one in found] == [("a", 1), ("D", 2)]


# --- forecasts ------------------------------------------------------------------------------------------------------


async def test_the_ledger_and_the_older_system_are_one_history(planned: Parts) -> None:
    """Used for an order of S1, wherever the piece lay: demand of S1's shelf, in the month of the fact."""
    order = new_id()
    async with planned.context.db.transaction() as tx:
        await claims.add_orders(tx, [{"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}])
    await planned.stock("VAN-E1", "PUMP", 5)
    await post(planned, "usage", usage(order, ("PUMP", 3)))
    async with planned.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE movement DISABLE TRIGGER movement_only_grows"))
        await tx.execute(text("UPDATE movement SET effective_at = effective_at - interval '35 days'"))
        await tx.execute(text("ALTER TABLE movement ENABLE TRIGGER movement_only_grows"))
    then = (datetime.now(ZONE) - timedelta(days=35)).date().replace(day=1)
    rows = [{"place_id": SHELF, "part": "PUMP", "month": then.isoformat(), "pieces": 2}]
    assert (await planned.import_rows("demand", rows))["counts"] == {"created": 1}
    for _ in range(2):  # booking twice counts once
        await plan(planned)
    async with planned.context.db.read() as tx:
        [known] = (await tx.execute(text("SELECT place_id, month, booked, imported FROM past_demand"))).all()
    assert tuple(known) == (SHELF, then, 3, 2)
    movers = body(await planned.service.get("/parts/v1/fast-movers"))["items"]
    assert [(one["part"], one["pieces"], one["value_fen"]) for one in movers] == [("PUMP", 5, 60_000)]


async def test_a_forecast_says_by_which_method_and_how_well(planned: Parts) -> None:
    await planned.import_rows("demand", past(*[2, 0, 0, 3, 0, 1] * 6) + past(*[0, 1] * 18, part="VALVE"))
    await plan(planned)
    found = body(await planned.service.get("/parts/v1/forecasts", params={"place_id": SHELF}))["items"]
    assert [(one["part"], one["method"] in METHODS) for one in found] == [("PUMP", True), ("VALVE", True)]
    assert found[0]["rate"] == pytest.approx(1.0, abs=0.35)
    page = body(await planned.service.get("/parts/v1/forecasts", params={"limit": 1}))
    again = body(await planned.service.get("/parts/v1/forecasts", params={"limit": 1, "cursor": page["next"]}))
    assert [one["part"] for one in page["items"] + again["items"]] == ["PUMP", "VALVE"]
    [run] = body(await planned.service.get("/parts/v1/forecast-errors"))["runs"]
    assert (run["series"], sum(run["methods"].values())) == (2, 2)
    assert 0 < run["chosen"]["wape"] < 2
    async with planned.context.db.transaction() as tx:  # as if the forecast had been made a month ago
        await tx.execute(
            text("UPDATE forecast SET month = :month, expected = 3"), {"month": months_back(this_month(), 1)}
        )
    [month] = body(await planned.service.get("/parts/v1/forecast-errors"))["months"]
    assert (month["expected"], month["asked"]) == (6, 2)
    assert (month["wape"], month["bias"]) == (2.0, 2.0)
    async with planned.context.db.transaction() as tx:
        await tx.execute(text("DELETE FROM forecast WHERE part = 'VALVE'"))
    [month] = body(await planned.service.get("/parts/v1/forecast-errors"))["months"]
    assert (month["expected"], month["asked"], month["wape"]) == (3, 2, 1.5), "what nobody expected is an error, too"


# --- plans ----------------------------------------------------------------------------------------------------------


async def wear(parts: Parts, client: Any = None, status: int = 200, **other: Any) -> Any:
    until = this_month() + timedelta(days=300)
    lines = [{"place_id": SHELF, "part": "PUMP", "pieces_per_month": 4.0}]
    last_day = months_back(this_month(), -1) - timedelta(days=1)  # a list that begins then belongs to this month
    sent = {"title": "G2 高速", "valid_from": last_day.isoformat(), "valid_until": until.isoformat(), "lines": lines}
    return body(await (client or parts.service).put("/parts/v1/wear-lists/GP-1", json=sent | other), status)


async def test_a_wear_list_becomes_stock_on_its_shelf(planned: Parts) -> None:
    """Nobody ever asked for the part there; the plan expects it, the depot sends it, what it lacks is to be bought."""
    await planned.stock("D-T1", "PUMP", 2)
    await wear(planned)
    done = await plan(planned, target_fill=0.9)
    assert done["state"] == "done", done
    result = done["result"]
    assert (result["parts"], result["shelves"], result["enough"]) == (1, 1, True)
    assert result["fill_rate"] >= 0.9
    assert result["present_value_fen"] == 24_000
    found = await proposals(planned, done["id"])
    assert [(one["place_id"], one["from_place_id"]) for one in found] == [("D-T1", None), (SHELF, "D-T1")]
    [pushed] = [one for one in found if one["from_place_id"]]
    assert (pushed["quantity"], pushed["position"], pushed["state"]) == (2, 0, "open")
    made = body(await planned.service.post(f"/parts/v1/stock-plans/{done['id']}/accepted", json={}))["transfers"]
    transfer = body(await planned.service.get(f"/parts/v1/transfers/{made[0]}"))
    assert [(line["part"], line["quantity"]) for line in transfer["lines"]] == [("PUMP", 2)]
    [settled] = await proposals(planned, done["id"], state="accepted")
    assert settled["transfer_id"] == made[0]
    again = await planned.service.post(f"/parts/v1/stock-plans/{done['id']}/accepted", json={})
    body(again, 409)
    later = await plan(planned, target_fill=0.9)
    assert [one for one in await proposals(planned, later["id"]) if one["from_place_id"]] == [], "it is on its way"


async def test_a_budget_is_kept_and_said_to_be_too_small(planned: Parts) -> None:
    await planned.import_rows("demand", past(*[2] * 36) + past(*[3] * 36, part="VALVE"))
    done = (await plan(planned, budget_fen=30_000))["result"]
    assert done["value_fen"] <= 30_000
    assert not done["enough"]
    rich = (await plan(planned))["result"]
    assert rich["enough"]
    assert rich["value_fen"] > 30_000
    played = rich["backtest"]
    assert played["months"] == 12
    assert played["base_stock"]["fill_rate"] >= played["min_max"]["fill_rate"]


async def test_a_plan_without_any_demand_says_so(planned: Parts) -> None:
    done = await plan(planned)
    assert (done["state"], done["result"]) == ("failed", None)
    assert "import past demand or a wear list" in done["problem"]


async def test_a_branch_plans_and_accepts_for_itself(planned: Parts) -> None:
    mine = await planned.system.sign_in("dispatcher", branch_id="B1")
    other = await planned.system.sign_in("dispatcher", branch_id="B2")
    await planned.stock("D-T1", "PUMP", 9)
    await wear(planned, mine)
    assert "no station shelf of yours" in (await wear(planned, other, 422))["detail"]
    done = await plan(planned, mine)
    where = f"/parts/v1/stock-plans/{done['id']}"
    assert done["branch_id"] == "B1"
    body(await other.get(where), 404)
    body(await other.post(f"{where}/accepted", json={}), 404)
    body(await mine.post("/parts/v1/stock-plans", json={"branch_id": "B2"}), 404)
    [pushed] = [one for one in await proposals(planned, done["id"]) if one["from_place_id"]]
    key = {"place_id": pushed["place_id"], "part": "PUMP"}
    unknown = await mine.post(f"{where}/declined", json={"lines": [key | {"part": "FILTER"}]})
    assert "no proposal for FILTER" in body(unknown, 422)["detail"]
    accepted = body(await mine.post(f"{where}/accepted", json={"lines": [key | {"quantity": 1}]}))["transfers"]
    assert body(await mine.get(f"/parts/v1/transfers/{accepted[0]}"))["lines"][0]["quantity"] == 1
    assert "was accepted before" in body(await mine.post(f"{where}/declined", json={"lines": [key]}), 409)["detail"]
    assert (await mine.delete("/parts/v1/wear-lists/GP-1")).status_code == 204
    body(await mine.delete("/parts/v1/wear-lists/GP-1"), 404)


async def pages(parts: Parts, what: str, **asked: Any) -> list[str]:
    """The ids of a list, read two at a time, page after page."""
    found: list[str] = []
    while True:
        page = body(await parts.service.get(f"/parts/v1/{what}", params={"limit": 2} | asked))
        found += [one.get("id") or one["list_id"] for one in page["items"]]
        if page["next"] is None:
            return found
        asked["cursor"] = page["next"]


async def test_wear_lists_and_plans_are_read_page_by_page(planned: Parts) -> None:
    until = (this_month() + timedelta(days=300)).isoformat()
    line = {"place_id": SHELF, "part": "PUMP", "pieces_per_month": 4.0}
    sent = {"title": "G2", "valid_from": this_month().isoformat(), "valid_until": until, "lines": [line]}
    lists = [f"GP-{number}" for number in range(5)]
    for name in lists:
        body(await planned.service.put(f"/parts/v1/wear-lists/{name}", json=sent))
    assert await pages(planned, "wear-lists") == lists
    made = [
        body(await planned.service.post("/parts/v1/stock-plans", json={"branch_id": name}), 202)
        for name in 3 * ["B1"] + ["B2"]
    ]
    assert await pages(planned, "stock-plans") == [one["id"] for one in reversed(made)]
    assert await pages(planned, "stock-plans", branch_id="B1") == [one["id"] for one in reversed(made[:3])]


async def test_a_wear_list_that_cannot_be_is_refused_with_what_is_wrong(parts: Parts) -> None:
    backwards = await wear(parts, None, 422, valid_from="2020-02-01", valid_until="2020-01-01")
    assert "valid_until lies before valid_from" in str(backwards)
    line = {"place_id": SHELF, "part": "PUMP", "pieces_per_month": 1.0}
    for wrong, column in (({"pieces_per_month": 0.0}, "pieces_per_month"), ({"place_id": "D-T1"}, "place_id")):
        assert f"/lines/0/{column}" in str(await wear(parts, None, 422, lines=[line | wrong]))
    assert (await wear(parts, None, 422, lines=[line | {"part": "NIX"}]))["pointer"] == "/lines/0/part"


# --- structure ------------------------------------------------------------------------------------------------------


async def test_stock_is_told_by_class_and_age(parts: Parts) -> None:
    """Ten pumps came 200 days ago, four of them left since; three valves came today, unused."""
    await parts.stock("D-T1", "PUMP", 10)
    async with parts.context.db.transaction() as tx:
        await tx.execute(text("ALTER TABLE movement DISABLE TRIGGER movement_only_grows"))
        await tx.execute(text("UPDATE movement SET effective_at = effective_at - interval '200 days'"))
        await tx.execute(text("ALTER TABLE movement ENABLE TRIGGER movement_only_grows"))
    await parts.stock("D-T1", "PUMP", 6)
    await parts.stock("D-T1", "VALVE", 3)
    await parts.import_rows("demand", past(4))
    quarter = f"{today().year}-Q{(today().month + 2) // 3}"
    found = body(await parts.service.get("/parts/v1/structure", params={"quarter": quarter}))["classes"]
    assert (found["A"]["parts"], found["A"]["used_fen"]) == (1, 48_000)
    assert found["A"]["by_age_fen"] == [0, 0, 6 * 12_000, 0, 0]
    assert found["C"]["by_age_fen"] == [3 * 12_000, 0, 0, 0, 0]
    foreign = await parts.service.get("/parts/v1/structure", params={"quarter": quarter, "branch_id": "B2"})
    assert [one["parts"] for one in body(foreign)["classes"].values()] == [0, 0, 0]
    told = body(await parts.service.get("/parts/v1/structure", params={"quarter": "2099-Q1"}), 422)
    assert "has not begun" in told["detail"]
