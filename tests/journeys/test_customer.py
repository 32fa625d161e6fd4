"""The customer's loops, from the label on the truck to the complaint that is closed; and the month that counts them."""

import httpx
import pytest

from services.orders.domain.callbacks import CHECKS
from tests.journeys.world import BELT, BROKEN_BELT, GUESTS_ASK_S, World, at, near, now, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_an_unhappy_customer_is_heard_until_it_is_mended(world: World) -> None:
    """Reported by label, followed by link, rated 1: a complaint through its steps, a call-back that finds another
    fault, and both in the figures of the month, beside what the other services measured."""
    phone = world.add_engineer("E1", near(0.1), EN_1012=1, EN_1013=1)
    serial, site = world.add_truck("TRUCK1"), near(0.2)
    label = ok(world.dispatcher.get(f"/orders/v1/assets/{serial}"))["label_link"].removeprefix("/help/")
    with httpx.Client(base_url=world.dispatcher.base_url) as driver:
        said = {"symptom": BROKEN_BELT, "contact": {"phone": "13900001111"}, "place": at(site)}
        taken = ok(driver.post(f"/orders/v1/labels/{label}/reports", json=said), 201)
        page = taken["tracking_link"].replace("/track/", "/orders/v1/tracking/")
        [order] = ok(world.dispatcher.get("/orders/v1/orders", params={"asset_id": serial}))["items"]

        appointment = world.appointment_of(order["id"])
        coming = wait_for(lambda: ok(driver.get(page)), lambda seen: seen["eta"] is not None, every_s=GUESTS_ASK_S)
        assert coming["engineer"] == "E1"
        phone.repair(appointment, site=site, used={BELT: 1})
        wait_for(lambda: ok(driver.get(page)), lambda seen: seen["can_rate"], every_s=GUESTS_ASK_S)
        assert driver.post(f"{page}/survey", json={"rating": 1, "comment": "等了一天"}).status_code == 204

    about = {"order_id": order["id"]}
    [complaint] = ok(world.dispatcher.get("/orders/v1/complaints", params=about))["items"]
    assert (complaint["source"], complaint["said"]) == ("survey", "等了一天")
    steps = f"/orders/v1/complaints/{complaint['complaint_id']}/steps"
    for step in ("classified", "acted", "told", "analysed"):
        ok(world.dispatcher.post(steps, json={"step": step, "note": "done"}))
    closed = ok(world.dispatcher.post(steps, json={"step": "checked", "note": "heard", "effective": True}))
    assert closed["state"] == "closed"

    ok(world.admin.post("/orders/v1/callbacks/draw"))
    calls = f"/orders/v1/callbacks/{order['id']}/station/calls"
    checks = dict.fromkeys(CHECKS, True) | {"price_explained": False}
    assert ok(world.dispatcher.post(calls, json={"outcome": "reached", "checks": checks}))["compliant"] is False
    [second] = ok(world.dispatcher.get("/orders/v1/complaints", params=about))["items"]
    assert second["source"] == "call_back", "only what is open is listed"

    month = ok(world.dispatcher.get("/orders/v1/kpis", params={"month": f"{now():%Y-%m}", "kind": "branch"}))
    assert month["silent"] == [], "every service has told its own"
    figures = {one["kpi"]: (one["n"], one["mean"]) for one in month["figures"]}
    assert figures["csat"] == (1, 0.0)
    assert figures["service_compliance"] == (1, 0.0)
    assert figures["complaint_closure"][1] == 1.0
    assert figures["parts_fill"] == (1, 1.0), "the belt came from the van"
    assert figures["plan_churn"][0] == 1
    assert figures["engineer_utilisation"][0] > 0
