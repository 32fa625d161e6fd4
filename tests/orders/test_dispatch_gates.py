"""Gates of dispatch: for each, an order that stands before it is not planned, and one that does not is."""

from typing import Any

import pytest

from services.orders.domain.dispatch_gates import (
    DECISIONS,
    DISPATCH_GATES,
    Campaign,
    Fit,
    open_campaigns,
    with_campaign,
    wrong_variants,
)
from services.orders.domain.faults import KitLine, SkillNeed
from tests.orders.conftest import Json, World, new_truck
from tests.running import body

BELT: dict[str, Any] = {"symptom": "皮带断了"}
"""Needs EN-1012 for sure and perhaps EN-1013."""


def test_only_what_surely_does_not_fit_holds_an_order() -> None:
    fits = {"A": Fit("does_not_fit", "engine"), "B": Fit("fits", None), "C": Fit("unknown", "no_rule")}
    assert [(one.subject, one.because) for one in wrong_variants("ABCD", fits)] == [("A", "engine")]


def test_a_campaign_order_decides_its_campaigns_and_others_stand_before_those_for_safety() -> None:
    safety, software = (Campaign(name, "", "", safety=name == "S", minutes=30) for name in "SW")
    assert [(one.subject, one.decision) for one in open_campaigns([safety, software], "breakdown")] == [("S", None)]
    decided = [(one.subject, one.decision) for one in open_campaigns([safety, software], "campaign")]
    assert decided == [("S", "include"), ("W", "include")]


def test_a_campaign_adds_its_parts_its_skill_and_its_time() -> None:
    campaign = Campaign("S", "", "", safety=True, minutes=30, parts={"A": 2}, skill=SkillNeed("brakes", 3))
    kit, skills, service_s = with_campaign(campaign, [KitLine("A", 1, 0.4)], [SkillNeed("engine", 2)], 3600)
    assert (kit, skills, service_s) == (
        [KitLine("A", 3, 1.0)],
        [SkillNeed("engine", 2), SkillNeed("brakes", 3)],
        5400,
    )


async def planned(world: World, order: Json) -> bool:
    listed = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    return order["id"] in [one["id"] for one in listed]


async def decided(world: World, order: Json, gate: str, subject: str, *, status: int = 200, **more: Any) -> Json:
    path = f"/orders/v1/orders/{order['id']}/dispatch-gates/{gate}/{subject}/decision"
    answer: Json = body(await world.hotline.post(path, json={"reason": "checked by phone"} | more), status)
    return answer


@pytest.fixture
def misfit(world: World) -> World:
    """The tensioner fits another engine than the truck's."""
    world.neighbours.misfits[world.serial] = {"EN-1013": "engine"}
    for part in ("EN-1013", "EN-1012"):
        world.neighbours.part_costs[part]["ruled"] = True
    world.clock.move(minutes=20)
    return world


async def test_a_wrong_variant_is_not_sent_and_the_right_one_is(misfit: World) -> None:
    world = misfit
    kept = await world.report(**BELT, asset={"serial": world.other["serial"]})
    assert (kept["open_gates"], await planned(world, kept)) == (0, True), "the other truck has the engine it fits"
    order = await world.report(**BELT)
    (gate,) = order["dispatch_gates"]
    assert (gate["gate"], gate["subject"], gate["because"]) == ("wrong_variant", "EN-1013", "engine")
    assert not await planned(world, order)
    world.neighbours.misfits[world.serial]["EN-1012"] = "engine"
    wrong = await decided(world, order, "wrong_variant", "EN-1013", status=422, decision="replace", part="EN-1012")
    assert wrong["type"] == "/problems/wrong-variant"
    unknown = await decided(world, order, "wrong_variant", "EN-1013", status=422, decision="replace", part="NO-1")
    assert unknown["pointer"] == "/part"
    after = await decided(world, order, "wrong_variant", "EN-1013", decision="replace", part="EN-1010")
    assert [line["part"] for line in after["kit"]] == ["EN-1012", "EN-1010"]
    assert await planned(world, order)
    again = await decided(world, order, "wrong_variant", "EN-1013", status=409, decision="drop")
    assert again["decision"] == "replace"
    assert "order.gate_decided" in await world.kinds(order["id"])


async def test_a_part_of_the_diagnosis_that_does_not_fit_keeps_the_next_visit_not_this_one(misfit: World) -> None:
    world = misfit
    order = await world.report(symptom="爆胎")
    visit = await world.sent(order)
    await world.fact(order, visit, "work_started")
    await world.fact(order, visit, "diagnosed", parts_needed=[{"part": "EN-1013", "quantity": 1}])
    now = await world.order(order["id"])
    assert [(one["gate"], one["subject"]) for one in now["dispatch_gates"]] == [("wrong_variant", "EN-1013")]
    assert await planned(world, order), "the engineer is at work"
    version = {"If-Match": f'"{now["version"]}"'}
    body(await world.hotline.post(f"/orders/v1/orders/{order['id']}/wait", json={"reason": "parts"}, headers=version))
    assert not await planned(world, order)
    await decided(world, order, "wrong_variant", "EN-1013", decision="keep")
    assert await planned(world, order)


async def campaign(world: World, *serials: str, **more: Any) -> str:
    name = f"C-{world.serial[-6:]}"
    row = {"campaign_id": name, "name_zh": "制动管", "name_en": "Brake pipe", "safety": True, "minutes": 40}
    report = await world.load("campaigns", row | {"parts": {"BR-7004": 1}, "skill": "brakes", "level": 2} | more)
    assert report["counts"] == {"created": 1}
    for serial in serials:
        report = await world.load("campaign_machines", {"campaign_id": name, "serial": serial})
        assert report["counts"] == {"created": 1}
    return name


async def test_an_open_safety_campaign_is_decided_before_anybody_is_sent(world: World) -> None:
    name = await campaign(world, world.serial)
    kept = await world.report(asset={"serial": world.other["serial"]})
    assert await planned(world, kept)
    order = await world.report(symptom="爆胎")
    assert (order["open_gates"], await planned(world, order)) == (1, False)
    await decided(world, order, "safety_campaign", name, status=422, decision="drop")
    after = await decided(world, order, "safety_campaign", name, decision="include")
    assert after["service_s"] == order["service_s"] + 40 * 60
    assert {"part": "BR-7004", "quantity": 1, "probability": 1.0}.items() <= after["kit"][-1].items()
    assert {"skill": "brakes", "level": 2} in after["skills"]
    assert await planned(world, order)
    visit = await world.sent(order)
    await world.fact(order, visit, "work_started")
    await world.fact(order, visit, "diagnosed")
    refused = await world.complete(order, visit, status=409)
    assert refused["missing"] == [{"gate": "checklist", "item": f"campaign.{name}"}]
    answers = dict.fromkeys(after["checklist"], "ok")
    await world.complete(order, visit, checklist=answers)
    record = body(await world.service.get(f"/orders/v1/assets/{world.serial}"))
    assert record["campaigns"] == []
    later = await world.report(symptom="打不着火")
    assert later["open_gates"] == 0, "it is done"
    report = await world.load("campaign_machines", {"campaign_id": name, "serial": world.serial})
    assert report["counts"] == {"unchanged": 1}, "what an order carried out is not opened again by an old list"


async def test_a_campaign_may_be_waived_and_a_software_campaign_holds_nothing(world: World) -> None:
    name = await campaign(world, world.serial)
    order = await world.report(symptom="爆胎")
    after = await decided(world, order, "safety_campaign", name, decision="waive")
    assert (after["dispatch_gates"][0]["reason"], after["kit"]) == ("checked by phone", order["kit"])
    assert await planned(world, order)
    truck = new_truck()
    await world.load("assets", truck)
    await world.load("campaigns", {"campaign_id": "SW-1", "name_zh": "刷写", "name_en": "Flash", "minutes": 20})
    await world.load("campaign_machines", {"campaign_id": "SW-1", "serial": truck["serial"]})
    free = await world.report(asset={"serial": truck["serial"]})
    assert free["open_gates"] == 0
    own = await world.report(asset={"serial": truck["serial"]}, work_type="campaign")
    assert (own["service_s"], own["open_gates"], own["checklist"][-1]) == (20 * 60, 0, "campaign.SW-1")


async def test_lists_of_campaigns_are_checked_row_by_row(world: World) -> None:
    row = {"campaign_id": "X", "name_zh": "x", "name_en": "x", "minutes": 10}
    rows = [
        row | {"skill": "brakes"},
        row | {"parts": {"NO-1": 1}},
        row | {"minutes": 0},
        row | {"campaign_id": "a" * 31},
    ]
    report = await world.load("campaigns", *rows)
    assert report["counts"] == {"refused": 4}
    machines = [{"campaign_id": "nothing", "serial": world.serial}]
    assert (await world.load("campaign_machines", *machines))["counts"] == {"refused": 1}


def test_every_gate_has_its_decisions() -> None:
    assert tuple(DECISIONS) == DISPATCH_GATES
