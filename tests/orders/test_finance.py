"""Money of finished orders, work sheets, warranty claims, and scores that others gave."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from services.messages import PartsUsed
from services.orders.catalogue import shipped
from services.orders.domain.order_money import Spent, money
from tests.orders.conftest import World, new_truck
from tests.running import body

PRICES = shipped().prices


def test_the_money_of_an_order_by_hand() -> None:
    """Two hours and 100 yuan of parts. To the customer: 2 x 150 + 100 x 1.35; to the maker: 2 x 120 + 100 x 1.08."""
    spent = Spent(work_s=7200, parts_fen=10_000, late_fen=500, goodwill_fen=2_000, replacement_fen=30_000)
    billed = money(spent, "expired", PRICES)
    assert (billed.payer, billed.labour_cost_fen) == ("customer", 12_000)
    assert billed.cost_fen == 12_000 + 10_000 + 500 + 2_000 + 30_000
    assert (billed.revenue_fen, billed.margin_fen) == (30_000 + 13_500, 43_500 - 54_500)
    claimed = money(spent, "covered", PRICES)
    assert (claimed.payer, claimed.revenue_fen) == ("maker", 24_000 + 10_800)
    assert money(spent, "unknown", PRICES).payer == "customer"


async def finished(world: World, truck: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A breakdown with three hours at the machine, one of them waiting, and two pieces of a part."""
    order = await world.report(asset={"serial": truck["serial"]}, symptom="爆胎")
    visit = await world.sent(order)
    await world.fact(order, visit, "work_started")
    await world.fact(order, visit, "diagnosed")
    wait = {"If-Match": f'"{(await world.order(order["id"]))["version"]}"'}
    path = f"/orders/v1/orders/{order['id']}"
    body(await world.hotline.post(f"{path}/wait", json={"reason": "parts"}, headers=wait))
    world.clock.move(hours=1)
    resume = {"If-Match": f'"{(await world.order(order["id"]))["version"]}"'}
    body(await world.hotline.post(f"{path}/resume", headers=resume))
    world.clock.move(hours=2)
    used = PartsUsed(order_id=order["id"], part="CH-9006", quantity=2, place_id="VAN", cost_fen=300_000)
    await world.tell("parts", used)
    await world.complete(order, visit, **more)
    return order


async def exported(world: World, what: str) -> list[dict[str, str]]:
    month = (world.clock.now() + timedelta(hours=8)).strftime("%Y-%m")
    answer = await world.hotline.get(f"/orders/v1/exports/{what}/{month}.csv")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_finished_order_is_costed_claimed_and_its_sheet_exported(world: World) -> None:
    sheet = {
        "usage": {"duty": "mining", "hours_per_day": 14.5, "note": "=HYPERLINK(1)"},
        "purchase_intent": {"when": "within_3_months", "product": "tractor", "quantity": 2},
        "causes": [{"fault": "tyre-burst", "cause": "tyre"}],
    }
    order = await finished(world, world.truck, **sheet)
    told = body(await world.hotline.get(f"/orders/v1/orders/{order['id']}/money"))
    assert (told["work_s"], told["labour_cost_fen"], told["parts_fen"]) == (7200, 12_000, 300_000)
    assert (told["payer"], told["revenue_fen"]) == ("maker", 24_000 + 324_000)
    assert told["margin_fen"] == told["revenue_fen"] - told["cost_fen"]
    (noted,) = [row for row in await exported(world, "work-sheets") if row["number"] == order["number"]]
    assert (noted["duty"], noted["purchase_intent"], noted["intended_quantity"]) == ("mining", "within_3_months", "2")
    assert noted["usage_note"] == "'=HYPERLINK(1)", "no cell acts as a formula"
    claims = [row for row in await exported(world, "warranty-claims") if row["number"] == order["number"]]
    assert [(row["line"], row["part"], row["claim_fen"]) for row in claims] == [
        ("labour", "", "24000"),
        ("part", "CH-9006", "324000"),
    ]
    assert {row["causes"] for row in claims} == {"tyre-burst/tyre"}
    (cost,) = [row for row in await exported(world, "costs") if row["number"] == order["number"]]
    assert int(cost["margin_fen"]) == told["margin_fen"]


async def test_what_is_not_under_warranty_is_billed_and_not_claimed(world: World) -> None:
    truck = new_truck() | {"warranty_until": "2025-12-31"}
    await world.load("assets", truck)
    order = await finished(world, truck)
    told = body(await world.hotline.get(f"/orders/v1/orders/{order['id']}/money"))
    assert (told["payer"], told["revenue_fen"]) == ("customer", 30_000 + 405_000)
    assert order["number"] not in {row["number"] for row in await exported(world, "warranty-claims")}
    assert order["number"] not in {row["number"] for row in await exported(world, "work-sheets")}
    engineer = await world.system.sign_in("engineer", engineer_id="E1", station_id="S1")
    body(await engineer.get(f"/orders/v1/orders/{order['id']}/money"), 403)
    stranger = await world.system.sign_in("dispatcher", branch_id="B2")
    body(await stranger.get(f"/orders/v1/orders/{order['id']}/money"), 404)


async def test_scores_of_others_stand_beside_ours_also_for_a_quarter(world: World) -> None:
    await finished(world, world.truck)
    local = world.clock.now() + timedelta(hours=8)
    quarter = f"{local.year}-Q{(local.month + 2) // 3}"
    row = {"evaluator": "CAAM", "of": "station", "scope_id": "S1", "period": quarter, "score": 88.5}
    wrong = [row | {"period": "2026-13"}, row | {"score": 101.0}, row | {"of": "moon"}]
    report = await world.load("outside_scores", row, *wrong)
    assert report["counts"] == {"created": 1, "refused": 3}
    cards = body(await world.service.get("/orders/v1/scorecards", params={"period": quarter}))["cards"]
    (card,) = [one for one in cards if one["scope_id"] == "S1"]
    assert card["outside"] == [{"evaluator": "CAAM", "score": 88.5, "note": ""}]
    month = body(await world.service.get("/orders/v1/kpis", params={"month": f"{local:%Y-%m}"}))
    whole = body(await world.service.get("/orders/v1/kpis", params={"month": quarter}))
    assert (whole["month"], whole["frozen_at"]) == (quarter, None)
    of_month = {(one["kpi"], one["kind"], one["scope_id"]): one["n"] for one in month["figures"]}
    of_quarter = {(one["kpi"], one["kind"], one["scope_id"]): one["n"] for one in whole["figures"]}
    assert of_month
    assert all(of_quarter[key] >= n for key, n in of_month.items())
    answer = await world.service.get(f"/orders/v1/reports/{quarter}.csv")
    assert answer.status_code == 200
    assert quarter in answer.text
    body(await world.service.get("/orders/v1/kpis", params={"month": "2099-Q1"}), 422)


@pytest.mark.parametrize(
    "wrong",
    [
        {"usage": {"duty": "moon"}},
        {"usage": {"hours_per_day": 25.0}},
        {"purchase_intent": {"product": "tractor"}},
        {"purchase_intent": {"when": "later", "quantity": 0}},
    ],
)
async def test_a_sheet_that_cannot_be_is_refused(world: World, wrong: dict[str, Any]) -> None:
    order = await world.report(symptom="爆胎")
    visit = await world.sent(order)
    refused = await world.complete(order, visit, status=422, **wrong)
    assert refused["pointer"].startswith(f"/{next(iter(wrong))}")
