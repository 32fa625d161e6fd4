"""Nobody sees or moves another's stock; nothing that comes in ends in a 500."""

from typing import Any

import httpx

from kit.ids import new_id
from services.parts.store import claims
from tests.parts.conftest import Parts, line
from tests.running import body


async def ids(client: httpx.AsyncClient, path: str) -> list[str]:
    return [row["place_id"] for row in body(await client.get(f"/parts/v1/{path}"))["items"]]


async def test_places_within_the_scope(parts: Parts) -> None:
    dispatcher = await parts.system.sign_in("dispatcher", branch_id="B1")
    station = await parts.system.sign_in("station", branch_id="B1", station_id="S1")
    engineer = await parts.system.sign_in("engineer", branch_id="B1", station_id="S1", engineer_id="E1")
    assert await ids(dispatcher, "places") == ["CENTRAL", "D-T1", "SHELF-S1", "VAN-E1"]
    assert await ids(station, "places") == ["SHELF-S1", "VAN-E1"]
    assert await ids(engineer, "places") == ["VAN-E1"]
    assert await ids(parts.service, "places?kind=van") == ["VAN-E1", "VAN-E2"]
    for client, foreign in ((dispatcher, "D-T2"), (station, "CENTRAL"), (engineer, "SHELF-S1")):
        for path in ("", "/stock", "/movements"):
            body(await client.get(f"/parts/v1/places/{foreign}{path}"), 404)


async def test_who_has_a_part_is_told_within_the_scope(parts: Parts) -> None:
    """Five pieces in three places, one of them promised; an empty shelf is left out."""
    for place, pieces in (("CENTRAL", 2), ("D-T1", 2), ("D-T2", 1), ("SHELF-S1", 0)):
        await parts.stock(place, "PUMP", pieces)
    await parts.publish("T1", 1, line("a", new_id()))

    async def shelves(client: httpx.AsyncClient, **asked: Any) -> dict[str, tuple[int, int]]:
        found = body(await client.get("/parts/v1/parts/PUMP/stock", params=asked))["items"]
        return {one["place_id"]: (one["on_hand"], one["claimed"]) for one in found}

    everywhere = await shelves(parts.service)
    assert everywhere.keys() == {"CENTRAL", "D-T1", "D-T2"}
    assert sorted(everywhere.values()) == [(1, 0), (2, 0), (2, 1)]
    assert (await shelves(parts.service, branch_id="B1")).keys() == {"CENTRAL", "D-T1"}
    dispatcher = await parts.system.sign_in("dispatcher", branch_id="B1")
    assert (await shelves(dispatcher)).keys() == {"CENTRAL", "D-T1"}
    assert await shelves(await parts.system.sign_in("station", branch_id="B1", station_id="S1")) == {}
    body(await dispatcher.get("/parts/v1/parts/NONE/stock"), 404)


async def test_stock_is_counted_by_those_who_own_it(parts: Parts) -> None:
    rows = {"rows": [{"place_id": place, "part": "PUMP", "quantity": 1} for place in ("CENTRAL", "D-T1", "SHELF-S1")]}
    dispatcher = await parts.system.sign_in("dispatcher", branch_id="B1")
    station = await parts.system.sign_in("station", branch_id="B1", station_id="S1")
    by_branch = body(await dispatcher.post("/parts/v1/import/stock", json=rows))
    assert [row["status"] for row in by_branch["rows"]] == ["refused", "created", "created"]
    by_station = body(await station.post("/parts/v1/import/stock", json=rows))
    assert [row["status"] for row in by_station["rows"]] == ["refused", "refused", "unchanged"]
    body(await dispatcher.post("/parts/v1/import/parts", json={"rows": []}), 403)


async def test_the_parts_of_an_order_belong_to_its_branch_and_station(parts: Parts, order: str) -> None:
    async with parts.context.db.transaction() as tx:
        scope = {"order_id": order, "territory_id": "T1", "branch_id": "B1", "station_id": "S1"}
        await claims.add_orders(tx, [scope])
    path = f"/parts/v1/orders/{order}/parts"
    for scope, status in (({"branch_id": "B1"}, 200), ({"branch_id": "B2"}, 404)):
        body(await (await parts.system.sign_in("dispatcher", **scope)).get(path), status)
    for station, status in (("S1", 200), ("S9", 404)):
        client = await parts.system.sign_in("station", branch_id="B1", station_id=station)
        body(await client.get(path), status)


async def test_planning_is_for_services(parts: Parts) -> None:
    client = await parts.system.sign_in("dispatcher", branch_id="B1")
    body(await client.put("/parts/v1/holds/T1/1", json={"lines": [], "lifetime_s": 60}), 403)
    asked: dict[str, Any] = {"territory_id": "T1", "parts": [], "order_places": []}
    body(await client.post("/parts/v1/plan-stock", json=asked), 403)
    body(await parts.system.client(None).get("/parts/v1/parts"), 401)


async def test_bad_requests_are_problems_with_a_pointer(parts: Parts) -> None:
    good = line("a", new_id()) | {"source": "van"}
    for change, pointer in (
        ({"quantity": 0}, "/lines/0/quantity"),
        ({"quantity": 1.5}, "/lines/0/quantity"),
        ({"order_id": "x"}, "/lines/0/order_id"),
        ({"source": "drone"}, "/lines/0/source"),
        ({"price": 1}, "/lines/0/price"),
        ({"line": ""}, "/lines/0/line"),
    ):
        asked = {"lines": [good | change], "lifetime_s": 60}
        assert body(await parts.service.put("/parts/v1/holds/T1/1", json=asked), 422)["pointer"] == pointer
    twice = {"lines": [good, good], "lifetime_s": 60}
    assert body(await parts.service.put("/parts/v1/holds/T1/1", json=twice), 422)["pointer"] == "/lines/1/line"
    usage = {"order_id": new_id(), "engineer_id": "E1", "van_place_id": "VAN-E1"}
    sent = usage | {"lines": [{"part": "PUMP", "quantity": 10**7}]}
    assert body(await parts.service.post("/parts/v1/usage", json=sent), 422)["pointer"] == "/lines/0/quantity"
    naive = {"event_id": "e", "kind": "shipped", "at": "2026-11-05T08:00:00"}
    assert body(await parts.service.post(f"/parts/v1/shipments/{new_id()}/events", json=naive), 422)["pointer"] == "/at"


async def test_odd_addresses_never_fail(parts: Parts) -> None:
    for path in ("places?cursor=a%20b", "places?limit=0", "places/a%00b", "parts?q=%00", "orders/x/parts"):
        assert (await parts.service.get(f"/parts/v1/{path}")).status_code < 500, path
