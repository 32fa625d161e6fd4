"""A breakdown is reported by the QR code on the machine, without an account."""

from typing import Any

from tests.orders.conftest import JINAN, Json, World, new_truck
from tests.running import body

CALL = {"symptom": "水温高，开不动", "contact": {"phone": "13900002222"}}


async def label_of(world: World, serial: str) -> str:
    link: str = body(await world.hotline.get(f"/orders/v1/assets/{serial}"))["label_link"]
    return link.removeprefix("/help/")


async def report(world: World, token: str, status: int = 201, **more: Any) -> Json:
    path = f"/orders/v1/labels/{token}/reports"
    answer: Json = body(await world.system.client(None).post(path, json=CALL | {"place": JINAN} | more), status)
    return answer


async def test_the_label_leads_to_an_order_that_can_be_followed(world: World) -> None:
    """The serial has a dot, as a code may; the promise is told at once, and a second scan hears of the first."""
    serial = f"{world.serial}.B"
    await world.load("assets", new_truck() | {"serial": serial, "station_id": "S1"})
    token = await label_of(world, serial)
    stranger = world.system.client(None)
    seen = body(await stranger.get(f"/orders/v1/labels/{token}"))
    assert set(seen) == {"plate", "product", "brand", "model"}, "nothing of the owner"
    taken = await report(world, token)
    assert taken["number"] in taken["told"]["zh"]
    tracked = body(await stranger.get(taken["tracking_link"].replace("/track/", "/orders/v1/tracking/")))
    assert tracked["number"] == taken["number"]
    listed = body(await world.hotline.get("/orders/v1/orders", params={"asset_id": serial}))["items"]
    order = await world.order(listed[0]["id"])
    assert (order["source"], order["contact"]["phone"]) == ("qr", "13900002222")
    respond = (await world.clocks(order["id"]))["respond"]
    assert respond["state"] == "running", "nobody has answered yet"
    (entry,) = [one for one in await world.timeline(order["id"]) if one["kind"] == "order.accepted"]
    assert entry["actor"] == f"customer:{serial}"
    again = await report(world, token, status=409)
    assert (again["type"], again["number"]) == ("/problems/possible-duplicate", taken["number"])


async def test_what_a_label_cannot_do(world: World) -> None:
    token = await label_of(world, world.serial)
    for wrong in (f"{token[:-1]}x", world.serial, f"{world.other['serial']}.{token.rpartition('.')[2]}"):
        assert "hotline" in (await report(world, wrong, status=404))["detail"]
    lost = await report(world, token, status=422, place=None)
    assert lost["type"] == "/problems/place-missing"
    assert (await report(world, token, status=422, contact={"name": "Li"}))["status"] == 422
    assert (await report(world, token, status=422, symptom=""))["status"] == 422
    engineer = await world.system.sign_in("engineer", engineer_id="E1", branch_id="B1")
    record = await engineer.get(f"/orders/v1/assets/{world.serial}")
    assert record.status_code == 404 or record.json()["label_link"] is None
