"""The routes of dispatch in a running system: scopes, preconditions, bad input."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kit.clock import SystemClock
from kit.ids import new_id
from kit.settings import Settings
from services.dispatch.store import appointments, improvements, territories
from services.dispatch.store.improvements import Improvement
from services.dispatch.use_cases.planning import plan_territory
from tests.dispatch.test_publishing import row
from tests.dispatch.world import NOW, TAIAN, Dispatch, World, dispatch_in, engineer, order
from tests.running import System, body

NOWHERE = "0192f0c4-0000-7000-8000-000000000000"


@pytest.fixture
async def own(system: System) -> httpx.AsyncClient:
    """The dispatcher of branch B1, which has the territory T1."""
    db = system.assembly.contexts["dispatch"].db
    async with db.transaction() as tx:
        await territories.know(tx, territory_id="T1", branch_id="B1")
    return await system.sign_in("dispatcher", branch_id="B1")


async def booked(system: System, **given: Any) -> str:
    """An appointment of T1 that was sent to a phone."""
    one = row(new_id(), NOW, NOW.replace(hour=3), state="dispatched", dispatched_at=NOW, **given)
    async with system.assembly.contexts["dispatch"].db.transaction() as tx:
        await appointments.add(tx, [one])
    appointment_id: str = one["id"]
    return appointment_id


async def test_a_territory_that_was_never_planned_has_an_empty_plan(own: httpx.AsyncClient) -> None:
    answer = await own.get("/dispatch/v1/territories/T1/plan")
    plan = body(answer)
    assert (plan["epoch"], plan["routes"], plan["failure"]) == (0, [], None)
    assert answer.headers["etag"] == '"0"'
    assert body(await own.get("/dispatch/v1/territories/T1/routes"))["features"] == []


FOREIGN = [
    ("GET", "/dispatch/v1/territories/T1/plan", None),
    ("GET", "/dispatch/v1/territories/T1/routes", None),
    ("POST", "/dispatch/v1/territories/T1/replan", None),
    ("DELETE", "/dispatch/v1/territories/T1/improvement", None),
    ("POST", "/dispatch/v1/territories/T1/analyse", {"moves": [{"order_id": NOWHERE, "engineer_id": "E1"}]}),
]


@pytest.mark.parametrize(("method", "path", "content"), FOREIGN, ids=[path for _, path, _ in FOREIGN])
async def test_another_branchs_territory_does_not_exist(
    system: System, own: httpx.AsyncClient, method: str, path: str, content: Any
) -> None:
    stranger = await system.sign_in("dispatcher", branch_id="B2")
    foreign = await stranger.request(method, path, json=content)
    unknown = await own.request(method, path.replace("T1", "T404"), json=content)
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json()["title"] == unknown.json()["title"]


async def test_another_branchs_appointment_does_not_exist(system: System, own: httpx.AsyncClient) -> None:
    appointment_id = await booked(system)
    path = f"/dispatch/v1/appointments/{appointment_id}"
    assert body(await own.get(path))["engineer_id"] == "E1"
    assert len(body(await own.get("/dispatch/v1/appointments"))["items"]) == 1
    stranger = await system.sign_in("dispatcher", branch_id="B2")
    assert (await stranger.get(path)).status_code == 404
    assert body(await stranger.get("/dispatch/v1/appointments"))["items"] == []
    order_id = body(await own.get(path))["order_id"]
    for path in (f"/dispatch/v1/orders/{order_id}/recommendations", f"/dispatch/v1/orders/{order_id}/override"):
        assert (await stranger.get(path)).status_code == 404


async def test_an_engineer_sees_only_the_own_appointments(system: System, own: httpx.AsyncClient) -> None:
    mine, other = await booked(system), await booked(system, engineer_id="E2")
    phone = await system.sign_in("engineer", engineer_id="E1")
    asked = await phone.get("/dispatch/v1/appointments", params={"engineer_id": "E2"})
    assert [one["id"] for one in body(asked)["items"]] == [mine]
    assert (await phone.get(f"/dispatch/v1/appointments/{other}")).status_code == 404


async def test_pages_of_appointments_miss_none_and_repeat_none(system: System, own: httpx.AsyncClient) -> None:
    made = {await booked(system, engineer_id=f"E{n}") for n in range(7)}
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = body(await own.get("/dispatch/v1/appointments", params=params))
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize("role", ["station", "engineer", "auditor"])
async def test_only_dispatchers_decide(system: System, own: httpx.AsyncClient, role: str) -> None:
    scope = {"station": {"station_id": "S1"}, "engineer": {"engineer_id": "E1"}}.get(role, {})
    other = await system.sign_in(role, **scope)
    wish = {"engineer_id": "E1", "reason": "because"}
    step = {"appointment_id": NOWHERE, "operation_id": NOWHERE, "to": "acknowledged"}
    step |= dict.fromkeys(("at", "received_at"), SystemClock().now().isoformat())
    refused = [
        await other.post(f"/dispatch/v1/orders/{NOWHERE}/overrides", json=wish, headers={"If-Match": '"1"'}),
        await other.post(f"/dispatch/v1/orders/{NOWHERE}/release"),
        await other.post("/dispatch/v1/territories/T1/replan"),
        await other.delete("/dispatch/v1/territories/T1/improvement"),
        await other.post("/dispatch/v1/transitions", json={"items": [{"actor": "engineer:E1", "body": step}]}),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5


async def test_improvements_are_seen_and_ended_by_the_own_branch(system: System, own: httpx.AsyncClient) -> None:
    path = "/dispatch/v1/territories/T1/improvement"
    assert (await own.delete(path)).status_code == 404  # none runs
    began, seconds = SystemClock().now() - timedelta(seconds=4), timedelta(seconds=10)
    one = Improvement("T1", began, began + seconds, iterations=7, base_fen=90_000, best_fen=80_000, cancel=False)
    db = system.assembly.contexts["dispatch"].db
    async with db.transaction() as tx:
        await improvements.begin(tx, one)
    [seen] = body(await own.get("/dispatch/v1/improvements"))["items"]
    assert (seen["territory_id"], seen["iterations"], seen["gain_fen"], seen["cancelled"]) == ("T1", 7, 10_000, False)
    assert 40 <= seen["percent"] <= 100
    stranger = await system.sign_in("dispatcher", branch_id="B2")
    assert body(await stranger.get("/dispatch/v1/improvements"))["items"] == []
    assert (await own.delete(path)).status_code == 204
    assert body(await own.get("/dispatch/v1/improvements"))["items"][0]["cancelled"] is True
    async with db.transaction() as tx:  # a worker that died left it behind
        await improvements.begin(tx, replace(one, ends_at=began - timedelta(minutes=1)))
    assert body(await own.get("/dispatch/v1/improvements"))["items"] == []


async def test_an_override_says_on_which_plan_it_was_decided(own: httpx.AsyncClient) -> None:
    wish = {"engineer_id": "E1", "reason": "because"}
    path = f"/dispatch/v1/orders/{NOWHERE}/overrides"
    assert (await own.post(path, json=wish)).status_code == 428
    assert (await own.post(path, json=wish, headers={"If-Match": "*"})).status_code == 412


async def test_a_phones_step_by_mobile_api(system: System, own: httpx.AsyncClient) -> None:
    appointment_id = await booked(system, lon=TAIAN[0], lat=TAIAN[1])
    said = SystemClock().now().isoformat()
    known = {"appointment_id": appointment_id, "at": said, "received_at": said}
    step = known | {"operation_id": new_id(), "to": "on_site"}
    far = {"place": {"lon": 117.0, "lat": 36.65, "datum": "WGS-84"}, "accuracy_m": 12.5}
    status, outside = await take(system, step | far)
    assert status == 409
    assert outside["type"].endswith("outside-geofence")
    assert outside["distance_m"] > 50_000
    _, taken = await take(system, step | far | {"confirmed": True})
    assert (taken["state"], taken["flagged"], taken["version"]) == ("on_site", True, 2)
    status, wrong = await take(system, known | {"operation_id": new_id(), "to": "acknowledged"})
    assert (status, wrong["state"]) == (409, "on_site")
    assert (await own.post(TRANSITIONS, json=items(step))).status_code == 403


TRANSITIONS = "/dispatch/v1/transitions"


def items(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"items": [{"actor": "engineer:1", "body": step} for step in steps]}


async def take(system: System, step: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    (answer,) = body(await system.service.post(TRANSITIONS, json=items(step)))["answers"]
    return answer["status"], answer["body"]


STEP = {
    "appointment_id": NOWHERE,
    "operation_id": "op",
    "to": "travelling",
    "at": "2026-11-23T01:00:00Z",
    "received_at": "2026-11-23T01:00:00Z",
}
BAD = [
    ({"to": "flying"}, "/to"),
    ({"at": "2026-11-23T01:00:00"}, "/at"),
    ({"extra": 1}, "/extra"),
    ({"place": {"lon": 36.65, "lat": 117.0, "datum": "WGS-84"}}, "/place"),
    ({"place": {"lon": 117.0, "lat": 36.65}}, "/place/datum"),
    ({"accuracy_m": -1.0}, "/accuracy_m"),
    ({"reason": "\x07"}, "/reason"),
    ({"confirmed": "maybe"}, "/confirmed"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD, ids=[pointer + str(n) for n, (_, pointer) in enumerate(BAD)])
async def test_a_wrong_member_is_named(system: System, wrong: dict[str, Any], pointer: str) -> None:
    status, problem = await take(system, STEP | wrong)
    assert status == 422
    assert problem["pointer"].startswith(pointer)


RAW = [
    b'{"accuracy_m": NaN}',
    b'{"accuracy_m": 1e999}',
    b'{"reason": "\\ud800"}',
    b"[" * 5_000,
    b'{"to": 1' + b"0" * 6_000 + b"}",
    b"",
    b"\xff\xfe",
    b'{"moves": {}}',
]
ROUTES = [
    "/dispatch/v1/solve",
    TRANSITIONS,
    f"/dispatch/v1/orders/{NOWHERE}/overrides",
    "/dispatch/v1/territories/T1/analyse",
]


@pytest.mark.parametrize("path", ROUTES)
async def test_no_body_makes_a_500(system: System, own: httpx.AsyncClient, path: str) -> None:
    for content in RAW:
        headers = {"Content-Type": "application/json", "If-Match": '"1"'}
        answer = await system.service.post(path, content=content, headers=headers)
        assert 400 <= answer.status_code < 500, (content[:40], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


QUERIES = [
    "/dispatch/v1/appointments?changed_after=2026-11-23",
    "/dispatch/v1/appointments?cursor=99999999999999999.zzz",
    "/dispatch/v1/appointments?limit=0",
    "/dispatch/v1/appointments?engineer_id=%00",
    "/dispatch/v1/appointments/not-an-id",
    "/dispatch/v1/runs?cursor=x",
    "/dispatch/v1/territories/%20/plan",
    f"/dispatch/v1/runs/{NOWHERE}",
]


@pytest.mark.parametrize("query", QUERIES)
async def test_no_query_makes_a_500(system: System, query: str) -> None:
    assert 400 <= (await system.service.get(query)).status_code < 500


@pytest.fixture
async def elsewhere(settings: Settings) -> AsyncIterator[Dispatch]:
    async with dispatch_in(World(), settings) as running:
        yield running


async def test_routes_are_drawn_along_the_roads(system: System, own: httpx.AsyncClient, elsewhere: Dispatch) -> None:
    """Planned in a made-up world, read through the running system: a drive of a place 51 km away bends."""
    elsewhere.world.orders = [order("asked", TAIAN)]
    elsewhere.world.engineers = [engineer("E1")]
    await plan_territory(elsewhere.context, "T1")
    plan = body(await own.get("/dispatch/v1/territories/T1/plan"))
    assert (plan["epoch"], plan["served"], plan["degraded"]) == (1, 1, False)
    lines = body(await own.get("/dispatch/v1/territories/T1/routes"))
    (feature,) = lines["features"]
    points = feature["geometry"]["coordinates"]
    assert feature["geometry"]["type"] == "LineString"
    assert len(points) > 10
    assert [round(points[0][0], 2), round(points[0][1], 2)] == [117.0, 36.65]
    assert feature["properties"]["orders"] == [elsewhere.world.orders[0]["id"]]
