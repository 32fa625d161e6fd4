"""Notices reach whom they are for and are confirmed once; suggestions are answered, and the answer confirmed."""

from tests.orders.conftest import World
from tests.running import body

NOTICE = {"title": "Brake hoses", "body": "Check the batch 2026-03 before you leave."}


async def test_a_notice_reaches_its_branch_and_is_confirmed_by_each(world: World) -> None:
    made = body(await world.hotline.post("/orders/v1/notices", json=NOTICE | {"branch_id": "B1"}), 201)["id"]
    station = await world.system.sign_in("station", branch_id="B1", station_id="S1")
    elsewhere = await world.system.sign_in("station", branch_id="B2", station_id="S2")
    unread = body(await station.get("/orders/v1/notices", params={"unconfirmed": True}))["items"]
    assert [one["notice_id"] for one in unread] == [made]
    assert made not in [one["notice_id"] for one in body(await elsewhere.get("/orders/v1/notices"))["items"]]
    for _ in range(2):
        assert (await station.post(f"/orders/v1/notices/{made}/confirm")).status_code == 204
    body(await elsewhere.post(f"/orders/v1/notices/{made}/confirm"), 404)
    assert body(await station.get("/orders/v1/notices", params={"unconfirmed": True}))["items"] == []
    (seen,) = [one for one in body(await world.hotline.get("/orders/v1/notices"))["items"] if one["notice_id"] == made]
    assert (seen["confirmations"], seen["confirmed_at"]) == (1, None)
    assert len(body(await world.hotline.get(f"/orders/v1/notices/{made}/confirmations"))) == 1
    body(await station.get(f"/orders/v1/notices/{made}/confirmations"), 403)


async def test_a_notice_stays_within_the_branch_of_who_publishes_it(world: World) -> None:
    refused = body(await world.hotline.post("/orders/v1/notices", json=NOTICE | {"branch_id": "B2"}), 403)
    assert refused["type"] == "/problems/outside-your-scope"
    body(await world.hotline.post("/orders/v1/notices", json=NOTICE), 403)
    body(await world.hotline.post("/orders/v1/notices", json=NOTICE | {"station_id": "S1"}), 422)
    everybody = body(await world.service.post("/orders/v1/notices", json=NOTICE), 201)["id"]
    elsewhere = await world.system.sign_in("station", branch_id="B2", station_id="S2")
    assert everybody in [one["notice_id"] for one in body(await elsewhere.get("/orders/v1/notices"))["items"]]


async def test_a_suggestion_is_answered_once_and_closed_by_its_author(world: World) -> None:
    author = await world.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    other = await world.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E2")
    asked = {"title": "Longer hoses", "body": "The short ones chafe."}
    made = body(await author.post("/orders/v1/suggestions", json=asked), 201)["id"]
    path = f"/orders/v1/suggestions/{made}"
    body(await author.post(f"{path}/confirm"), 409)
    body(await author.post(f"{path}/answer", json={"answer": "mine"}), 403)
    assert body(await other.get("/orders/v1/suggestions"))["items"] == []
    open_ones = body(await world.hotline.get("/orders/v1/suggestions", params={"open_only": True}))["items"]
    assert [one["suggestion_id"] for one in open_ones] == [made]
    assert (await world.hotline.post(f"{path}/answer", json={"answer": "Ordered."})).status_code == 204
    body(await world.hotline.post(f"{path}/answer", json={"answer": "Again."}), 409)
    body(await world.hotline.post(f"{path}/confirm"), 404)
    assert (await author.post(f"{path}/confirm")).status_code == 204
    (closed,) = body(await author.get("/orders/v1/suggestions"))["items"]
    assert closed["answer"] == "Ordered."
    assert closed["confirmed_at"] is not None
    assert body(await world.hotline.get("/orders/v1/suggestions", params={"open_only": True}))["items"] == []
