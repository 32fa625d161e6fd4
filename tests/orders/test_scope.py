"""Who sees and may do what: foreign things are not there."""

from typing import Any

import httpx
import pytest

from kit.limits import RateLimit
from tests.orders.conftest import SHANGHAI, World
from tests.running import body

pytestmark = pytest.mark.anyio


async def ids(client: httpx.AsyncClient, **params: str) -> list[str]:
    answer = body(await client.get("/orders/v1/orders", params={"limit": 200, **params}))
    return [order["id"] for order in answer["items"]]


async def test_each_sees_its_own_orders_only(world: World) -> None:
    mine = await world.report()
    admin = await world.system.sign_in("admin")
    call = {"source": "hotline", "asset": {"serial": world.other["serial"]}, "place": SHANGHAI}
    theirs = body(await admin.post("/orders/v1/orders", json=call), 201)
    await world.sent(mine, engineer_id="E7")
    made = body(await world.service.post("/accounts/v1/keys", json={"name": "crm", "branch_id": "B2"}), 201)
    sees = {
        "own dispatcher": (world.hotline, True, False),
        "other dispatcher": (await world.system.sign_in("dispatcher", branch_id="B2"), False, True),
        "own station": (await world.system.sign_in("station", station_id="S1", branch_id="B1"), True, False),
        "other station": (await world.system.sign_in("station", station_id="S2", branch_id="B2"), False, True),
        "own engineer": (await world.system.sign_in("engineer", engineer_id="E7"), True, False),
        "other engineer": (await world.system.sign_in("engineer", engineer_id="E8"), False, False),
        "auditor": (await world.system.sign_in("auditor"), True, True),
        "admin": (admin, True, True),
        "key of the other branch": (world.system.client(made["key"]), False, True),
    }
    for who, (client, sees_mine, sees_theirs) in sees.items():
        for order, seen in ((mine, sees_mine), (theirs, sees_theirs)):
            for path in (f"/orders/v1/orders/{order['id']}", f"/orders/v1/orders/{order['id']}/timeline"):
                answer = await client.get(path)
                assert answer.status_code == (200 if seen else 404), (who, path)
            assert (order["id"] in await ids(client)) == seen, who
    for who in ("own dispatcher", "own station", "own engineer", "auditor", "admin"):
        assert (await sees[who][0].get(f"/orders/v1/assets/{world.serial}")).status_code == 200, who
    for who in ("other dispatcher", "other station", "other engineer", "key of the other branch"):
        client = sees[who][0]
        assert (await client.get(f"/orders/v1/assets/{world.serial}")).status_code == 404, who
        found = body(await client.get("/orders/v1/assets", params={"plate": world.truck["plate"]}))
        assert found == {"items": [], "next": None}, who


async def test_an_engineer_loses_sight_of_an_order_that_goes_to_another(world: World) -> None:
    order = await world.report()
    appointment = await world.sent(order, engineer_id="E3")
    engineer = await world.system.sign_in("engineer", engineer_id="E3")
    assert (await engineer.get(f"/orders/v1/orders/{order['id']}")).status_code == 200
    await world.moved(order, appointment, "cancelled", engineer_id="E3")
    assert (await engineer.get(f"/orders/v1/orders/{order['id']}")).status_code == 404


async def test_commands_on_foreign_orders_find_nothing(world: World) -> None:
    order = await world.report()
    foreign = await world.system.sign_in("dispatcher", branch_id="B2")
    path, match = f"/orders/v1/orders/{order['id']}", {"If-Match": '"1"'}
    assert (await foreign.post(f"{path}/cancel", json={"reason": "x"}, headers=match)).status_code == 404
    assert (await foreign.post(f"{path}/wait", json={"reason": "customer"}, headers=match)).status_code == 404
    assert (await foreign.post(f"{path}/resume", headers=match)).status_code == 404
    assert (await foreign.post(f"{path}/close")).status_code == 404
    assert (await foreign.post(f"{path}/respond")).status_code == 404
    decision = f"{path}/flagged-facts/x/decision"
    assert (await foreign.post(decision, json={"accepted": True})).status_code == 404
    assert (await world.order(order["id"]))["state"] == "accepted"


async def test_what_is_to_be_planned_is_shown_to_the_branch_only(world: World) -> None:
    order = await world.report()
    foreign = await world.system.sign_in("dispatcher", branch_id="B2")
    for client, seen in ((world.hotline, True), (foreign, False)):
        listed = body(await client.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
        assert (order["id"] in [one["id"] for one in listed]) == seen


async def test_roles(world: World) -> None:
    order = await world.report()
    path = f"/orders/v1/orders/{order['id']}"
    auditor = await world.system.sign_in("auditor")
    station = await world.system.sign_in("station", station_id="S1", branch_id="B1")
    nobody = world.system.client(None)
    match = {"If-Match": '"1"'}
    assert (await nobody.get(path)).status_code == 401
    assert (await auditor.post(f"{path}/cancel", json={"reason": "x"}, headers=match)).status_code == 403
    assert (await station.post(f"{path}/cancel", json={"reason": "x"}, headers=match)).status_code == 403
    assert (await world.hotline.post("/orders/v1/promise-templates", json={})).status_code in (403, 422)
    assert (await world.hotline.post("/orders/v1/import/customers", json={"rows": []})).status_code == 403
    assert (await world.hotline.post("/orders/v1/programmes/run", json={"until": "2026-12-01"})).status_code == 403
    for private in ("facts", "completion"):
        answer = await world.hotline.post(f"{path}/{private}", json=world.operation(order["id"]) | {"kind": "restored"})
        assert answer.status_code in (403, 422)


async def test_the_queue_comes_by_risk_page_by_page(world: World) -> None:
    await world.report()
    seen: list[tuple[int, str]] = []
    cursor: str | None = None
    rank = {"breached": 0, "at_risk": 1, "running": 2}
    while True:
        params = {"state": "open", "order": "risk", "limit": "3"}
        if cursor is not None:
            params["cursor"] = cursor
        page = body(await world.service.get("/orders/v1/orders", params=params))
        for order in page["items"]:
            running = [clock for clock in order["clocks"] if not clock["stopped_at"] and clock["state"] in rank]
            seen.append(min(((rank[clock["state"]], clock["due"]) for clock in running), default=(3, "9999")))
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen)
    assert len(seen) == len(await ids(world.service, state="open"))


async def test_bad_queries_are_refused(world: World) -> None:
    wrong = (
        "state=asleep",
        "cursor=!!",
        "cursor=WzFd",
        "order=risk&cursor=WyIxIl0",
        "limit=0",
        "limit=1000",
        "order=x",
    )
    for query in wrong:
        answer = await world.service.get(f"/orders/v1/orders?{query}")
        assert answer.status_code == 422, query
    for path in ("/orders/v1/orders/x", "/orders/v1/orders/%00", "/orders/v1/assets/%00"):
        assert (await world.service.get(path)).status_code in (404, 422), path


async def test_templates_of_the_owner(world: World) -> None:
    listed = body(await world.service.get("/orders/v1/promise-templates"))["items"]
    own = next(one for one in listed if one["template_id"] == "24H") | {"template_id": "211", "priority": 99}
    own |= {"match": own["match"] | {"tiers": ["platinum"]}}
    answer = await world.service.post("/orders/v1/promise-templates", json=own)
    assert body(answer, 201)["template_id"] == "211"
    assert (await world.service.post("/orders/v1/promise-templates", json=own)).status_code == 409
    shipped = next(one for one in listed if one["template_id"] == "24H")
    assert (await world.service.post("/orders/v1/promise-templates", json=shipped)).status_code == 409
    twice = own | {"version": 2, "clocks": [own["clocks"][0]] * 2}
    assert (await world.service.post("/orders/v1/promise-templates", json=twice)).status_code == 422
    await world.load("customers", {"customer_id": f"C-{world.serial}", "name": "P", "tier": "platinum"})
    await world.load("assets", world.truck | {"customer_id": f"C-{world.serial}"})
    assert (await world.report())["promise"]["template_id"] == "211"


async def test_every_link_of_a_guest_is_counted(world: World) -> None:
    """A route that takes a token asks for no account: its link has a bucket of its own (tests/kit/test_limits.py)."""
    app: Any = world.system.assembly.apps["orders"]
    paths = [path.removeprefix("/orders/v1/") for path in app.openapi()["paths"] if "{token}" in path]
    limits = [one.kwargs for one in app.user_middleware if one.cls is RateLimit]
    assert {path.split("/{token}")[0] for path in paths} == set(limits[0]["links"]) != set()
