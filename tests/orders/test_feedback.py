"""The customer's link and survey, complaints and call-backs: loops that close."""

from collections import Counter
from datetime import timedelta
from random import Random

import httpx
import pytest

from kit.ids import new_id
from services.messages import DelayReported, ShipmentMoved
from services.orders.catalogue import shipped
from services.orders.domain.callbacks import CHECKS, RISKS, lot, risks_of
from services.orders.domain.tracking import CAUTIOUS, ENOUGH, eta
from services.orders.use_cases.callbacks import draw
from tests.orders.conftest import Json, World
from tests.orders.test_work import instant
from tests.running import body

pytestmark = pytest.mark.anyio


def anonymous(world: World) -> httpx.AsyncClient:
    return world.system.client(None)


async def tracked(world: World, order: Json) -> Json:
    answer: Json = body(await anonymous(world).get(page_of(order)))
    return answer


def page_of(order: Json) -> str:
    return f"/orders/v1/tracking/{order['tracking_link'].removeprefix('/track/')}"


async def completed(world: World) -> Json:
    order = await world.report()
    appointment = await world.sent(order)
    await world.moved(order, appointment, "on_site")
    await world.fact(order, appointment, "work_started")
    await world.fact(order, appointment, "diagnosed")
    await world.complete(order, appointment)
    return order


async def rate(world: World, order: Json, rating: int, comment: str = "", *, status: int = 204) -> httpx.Response:
    answer = await anonymous(world).post(f"{page_of(order)}/survey", json={"rating": rating, "comment": comment})
    assert answer.status_code == status, answer.text
    return answer


# --- tracking -----------------------------------------------------------------------------------------------------


async def test_the_customer_sees_where_the_order_stands_and_nothing_personal(world: World) -> None:
    order = await world.report(contact={"name": "Li Lei", "phone": "13900001111"})
    first = await tracked(world, order)
    assert (first["engineer"], first["eta"], first["can_rate"]) == (None, None, False)
    assert [one["clock"] for one in first["promises"]] == ["arrive", "restore"]
    appointment = await world.sent(order)
    shipment = {"order_id": order["id"], "shipment_id": "SH1", "part": "EN-1001"}
    await world.tell("parts", ShipmentMoved(**shipment, state="shipped", eta=world.clock.now()))
    seen = await tracked(world, order)
    assert (seen["engineer"], seen["number"]) == ("Wang Gang", order["number"])
    assert seen["eta"]["basis"] == "cautious"
    assert [part["part"] for part in seen["parts"]] == ["EN-1001"]
    await world.tell("parts", ShipmentMoved(**shipment, state="received"))
    assert (await tracked(world, order))["parts"] == []
    for secret in ("Li Lei", "13900001111", "0531-1", world.serial, "Lu Feng"):
        assert secret not in str(seen), secret
    await world.moved(order, appointment, "on_site")
    assert (await tracked(world, order))["eta"] is None
    assert {one["stage"] for one in (await tracked(world, order))["stages"] if one["at"]} == {
        "reported",
        "assigned",
        "arrived",
    }


async def test_a_delay_that_the_engineer_told_moves_the_range(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order)
    before = instant((await tracked(world, order))["eta"]["latest"])
    late = DelayReported(
        order_id=order["id"],
        appointment_id=appointment,
        engineer_id="E1",
        expected_at=world.clock.now() + timedelta(hours=3),
    )
    await world.tell("mobile", late)
    assert instant((await tracked(world, order))["eta"]["latest"]) - before == timedelta(hours=3)


async def test_a_name_that_cannot_be_asked_does_not_hide_the_page(world: World) -> None:
    order = await world.report()
    await world.sent(order, engineer_id="E-unknown")
    assert (await tracked(world, order))["engineer"] is None


async def test_a_forged_or_old_link_leads_nowhere(world: World) -> None:
    order = await completed(world)
    link = page_of(order)
    for wrong in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.rsplit(".", 1)[0],
        link.rsplit("/", 1)[0] + "/x.y",
    ):
        answer = await anonymous(world).get(wrong)
        assert answer.status_code == 404
        assert "hotline" in answer.json()["detail"]
    world.clock.move(days=31)
    assert (await anonymous(world).get(link)).status_code == 404
    world.clock.move(days=-31)
    engineer = await world.system.sign_in("engineer", engineer_id="E1", branch_id="B1")
    assert body(await engineer.get(f"/orders/v1/orders/{order['id']}"))["tracking_link"] is None


def test_the_range_covers_eight_of_ten_arrivals_like_those_before() -> None:
    """Its coverage on arrivals drawn from the same habit, which is skewed: late more often than early."""
    rng, hits = Random(3), 0
    now = instant("2026-11-21T08:00:00+00:00")
    planned = now + timedelta(hours=4)

    def habit() -> float:
        return rng.gauss(0, 300) + rng.expovariate(1 / 1200)

    for _ in range(400):
        promised = eta(planned, None, [habit() for _ in range(200)], now=now)
        assert promised.basis == "history"
        hits += promised.earliest <= planned + timedelta(seconds=habit()) <= promised.latest
    assert 0.74 <= hits / 400 <= 0.86


def test_with_little_to_learn_from_the_range_is_cautious_and_never_in_the_past() -> None:
    now = instant("2026-11-21T08:00:00+00:00")
    few = eta(now, None, [0.0] * (ENOUGH - 1), now=now)
    assert (few.basis, few.earliest, few.latest) == ("cautious", now, now + CAUTIOUS[1])


# --- survey -------------------------------------------------------------------------------------------------------


async def test_a_survey_is_answered_once_when_the_work_is_done(world: World) -> None:
    order = await world.report()
    await rate(world, order, 5, status=409)
    done = await completed(await another(world))
    await rate(world, done, 5, "very good")
    await rate(world, done, 5, "very good")
    await rate(world, done, 1, "I changed my mind", status=409)
    seen = await tracked(world, done)
    assert (seen["rating"], seen["can_rate"]) == (5, False)
    for wrong in ({"rating": 6}, {"rating": 0}, {"rating": 4.5}, {"comment": "no rating"}):
        assert (await anonymous(world).post(f"{page_of(done)}/survey", json=wrong)).status_code == 422


async def another(world: World) -> World:
    """The same network with the test's second tractor in front."""
    from dataclasses import replace

    return replace(world, truck=world.other, other=world.truck)


async def test_a_low_rating_opens_a_complaint(world: World) -> None:
    order = await completed(world)
    await rate(world, order, 2, "修了两天")
    (complaint,) = await complaints_of(world, order)
    assert (complaint["source"], complaint["said"], complaint["state"]) == ("survey", "修了两天", "received")


# --- complaints ---------------------------------------------------------------------------------------------------


async def complaints_of(world: World, order: Json) -> list[Json]:
    query = {"order_id": order["id"], "only_open": "false"}
    items: list[Json] = body(await world.hotline.get("/orders/v1/complaints", params=query))["items"]
    return items


async def step(world: World, complaint: Json, name: str, *, status: int = 200, **more: object) -> Json:
    path = f"/orders/v1/complaints/{complaint['complaint_id']}/steps"
    answer: Json = body(await world.hotline.post(path, json={"step": name, "note": "done", **more}), status)
    return answer


async def complain(world: World, order: Json, **more: object) -> Json:
    said = {"said": "nobody came for six hours", **more}
    answer: Json = body(await world.hotline.post(f"/orders/v1/orders/{order['id']}/complaints", json=said), 201)
    return answer


async def test_a_complaint_is_closed_by_its_steps_in_order_each_with_its_clock(world: World) -> None:
    order = await world.report()
    complaint = await complain(world, order)
    assert (complaint["next_step"], complaint["severity"]) == ("classified", "normal")
    assert instant(complaint["due"]) - instant(complaint["received_at"]) == timedelta(hours=4)
    early = await step(world, complaint, "told", status=409)
    assert early["next_step"] == "classified"
    classified = await step(world, complaint, "classified", category="timeliness", severity="critical")
    assert (classified["category"], classified["next_step"]) == ("timeliness", "acted")
    assert instant(classified["due"]) - instant(complaint["received_at"]) == timedelta(hours=4), "critical: act in 4 h"
    world.clock.move(hours=5)
    (listed,) = await complaints_of(world, order)
    assert listed["overdue"]
    for name in ("acted", "told", "analysed"):
        await step(world, complaint, name)
    await step(world, complaint, "checked", status=422)
    await step(world, complaint, "analysed", status=409)
    closed = await step(world, complaint, "checked", effective=True)
    assert (closed["state"], closed["next_step"], closed["due"]) == ("closed", None, None)
    assert [one["step"] for one in closed["steps"]] == ["classified", "acted", "told", "analysed", "checked"]
    assert closed["steps"][1]["at"] > closed["steps"][1]["due"], "the late step stays visible"
    assert "complaint.moved" in await world.kinds(order["id"])


async def test_without_effect_or_when_reopened_it_begins_again(world: World) -> None:
    complaint = await complain(world, await world.report())
    for name in ("classified", "acted", "told", "analysed"):
        await step(world, complaint, name)
    again = await step(world, complaint, "checked", effective=False)
    assert (again["state"], again["round"], again["next_step"]) == ("received", 2, "classified")
    for name in ("classified", "acted", "told", "analysed"):
        await step(world, complaint, name)
    await step(world, complaint, "checked", effective=True)
    path = f"/orders/v1/complaints/{complaint['complaint_id']}/reopen"
    reopened = body(await world.hotline.post(path))
    assert (reopened["state"], reopened["round"], len(reopened["steps"])) == ("received", 3, 10)
    assert (await world.hotline.post(path)).status_code == 409


async def test_complaints_of_another_branch_are_not_there(world: World) -> None:
    order = await world.report()
    complaint = await complain(world, order)
    foreign = await world.system.sign_in("dispatcher", branch_id="B2")
    path = f"/orders/v1/complaints/{complaint['complaint_id']}"
    assert (await foreign.get(path)).status_code == 404
    assert (await foreign.post(f"{path}/steps", json={"step": "classified", "note": "x"})).status_code == 404
    assert (await foreign.post(f"/orders/v1/orders/{order['id']}/complaints", json={"said": "x"})).status_code == 404


# --- call-backs ---------------------------------------------------------------------------------------------------


def test_lots_are_fair_and_nobody_chooses_them() -> None:
    """Of 20 000 orders each level draws its share within three standard deviations, and always the same ones."""
    ids = [new_id() for _ in range(20_000)]
    for rule in shipped().callbacks:
        for carried in (frozenset[str](), frozenset({"low_rating"}), frozenset(RISKS)):
            share = rule.share(carried)
            drawn = [rule.draws(order_id, carried) for order_id in ids]
            assert abs(sum(drawn) / len(ids) - share) <= 3 * (share * (1 - share) / len(ids)) ** 0.5 + 1e-9
            assert drawn == [rule.draws(order_id, carried) for order_id in ids]
    assert len({lot(ids[0], rule.level) for rule in shipped().callbacks}) == 3, "levels draw independently"


def test_more_risk_never_draws_less() -> None:
    assert risks_of(broken=True, visits=2, rating=1, replaced=True, tier="platinum") == set(RISKS)
    assert risks_of(broken=False, visits=1, rating=3, replaced=False, tier="gold") == frozenset()
    for rule in shipped().callbacks:
        assert set(rule.risks) == set(RISKS)
        assert rule.share(frozenset(RISKS)) >= rule.share(frozenset()) > 0


async def called(world: World, callback: Json, client: httpx.AsyncClient, *, status: int = 200, **call: object) -> Json:
    path = f"/orders/v1/callbacks/{callback['order_id']}/{callback['level']}/calls"
    answer: Json = body(await client.post(path, json=call), status)
    return answer


async def drawn_for(world: World, order: Json, client: httpx.AsyncClient) -> dict[str, Json]:
    found: dict[str, Json] = {}
    cursor = None
    while True:
        query = {"only_open": "false", "limit": "50"} | ({"cursor": cursor} if cursor else {})
        page = body(await client.get("/orders/v1/callbacks", params=query))
        found |= {one["level"]: one for one in page["items"] if one["order_id"] == order["id"]}
        if (cursor := page["next"]) is None:
            return found


async def test_a_call_that_finds_something_wrong_opens_a_complaint(world: World) -> None:
    """A rating of 1 and a station base of one half: the station is certain to call this order."""
    order = await completed(world)
    await rate(world, order, 1)
    assert await draw(world.orders) >= 1
    assert await draw(world.orders) == 0, "a second run draws the same"
    callback = (await drawn_for(world, order, world.hotline))["station"]
    assert (callback["share"], callback["risks"]) == (1.0, ["low_rating"])
    missing = await called(world, callback, world.hotline, status=422, outcome="reached", checks={"fault_gone": True})
    assert len(missing["missing"]) == len(CHECKS) - 1
    checks = dict.fromkeys(CHECKS, True) | {"price_explained": False}
    done = await called(world, callback, world.hotline, outcome="reached", checks=checks)
    assert (done["compliant"], done["reached"]) == (False, True)
    await called(world, callback, world.hotline, status=409, outcome="not_reached")
    sources = Counter(one["source"] for one in await complaints_of(world, order))
    assert sources == {"survey": 1, "call_back": 1}


async def test_three_calls_without_an_answer_end_it(world: World) -> None:
    order = await completed(world)
    await rate(world, order, 1)
    await draw(world.orders)
    callback = (await drawn_for(world, order, world.hotline))["station"]
    for attempt in (1, 2, 3):
        done = await called(world, callback, world.hotline, outcome="not_reached")
        assert (done["attempts"], done["reached"]) == (attempt, False if attempt == 3 else None)


async def test_each_level_makes_its_own_calls(world: World) -> None:
    order = await completed(world)
    await rate(world, order, 1)
    await draw(world.orders)
    head = await world.system.sign_in("auditor")
    levels = set(await drawn_for(world, order, head))
    assert set(await drawn_for(world, order, world.hotline)) == levels - {"head_office"}
    station = await world.system.sign_in("station", station_id="S1", branch_id="B1")
    assert set(await drawn_for(world, order, station)) == levels & {"station"}
    callback = {"order_id": order["id"], "level": "branch"}
    await called(world, callback, station, status=403, outcome="not_reached")
    foreign = await world.system.sign_in("station", station_id="S2", branch_id="B2")
    await called(world, callback | {"level": "station"}, foreign, status=404, outcome="not_reached")
