"""Intake: a call becomes an order with a promise, or the caller is told what is missing."""

import asyncio
import json
import re
from collections.abc import Collection
from datetime import timedelta

import pytest
from fastapi.responses import Response
from sqlalchemy import text

from kit.auth import Principal
from kit.idempotency import Once
from services.orders.addresses import COUNTY_M
from services.orders.api.calls import OrderIn
from services.orders.api.intake import Call, _take
from services.orders.use_cases.intake import Asked, rules
from services.orders.use_cases.places import NONE_NEEDED
from tests.orders.conftest import JINAN, SHANGHAI, Json, World
from tests.running import body, eventually

pytestmark = pytest.mark.anyio


async def test_a_breakdown_call_becomes_an_order_with_running_clocks(world: World) -> None:
    order = await world.report(
        fault_codes=[{"spn": 157, "fmi": 18}],
        contact={"name": "Wang", "phone": "139"},
        cargo={
            "cargo_class": "general",
            "coupling": "kingpin-50",
            "mass_kg": 20_000,
            "destination": SHANGHAI,
            "deadline": (world.clock.now() + timedelta(hours=30)).isoformat(),
        },
    )
    assert re.fullmatch(r"WO-\d{8}-\d{5}", order["number"])
    assert (order["state"], order["territory_id"], order["branch_id"], order["station_id"]) == (
        "accepted",
        "T1",
        "B1",
        "S1",
    )
    clocks = {clock["name"]: clock for clock in order["clocks"]}
    assert set(clocks) == {"respond", "arrive", "restore"}, "gold customers have the 4-hour arrival"
    assert clocks["respond"]["state"] == "met", "somebody answered the telephone"
    assert clocks["arrive"]["state"] == clocks["restore"]["state"] == "running"
    assert {line["part"] for line in order["kit"]} >= {"FU-3010", "FU-3004"}
    assert order["skills"] == [{"skill": "engine", "level": 4}]
    assert order["service_s"] == 180 * 60
    assert order["warranty"] == {"decision": "covered", "reason": "within_warranty"}
    assert order["number"] in order["told"]["zh"]
    assert "替代车" in order["told"]["zh"]
    assert order["replacement_eligible"]


async def test_the_plan_finds_the_order_with_everything_it_needs(world: World) -> None:
    order = await world.report(symptom="爆胎", cargo={"cargo_class": "general", "mass_kg": 1, "destination": SHANGHAI})
    listed = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    (found,) = [one for one in listed if one["id"] == order["id"]]
    assert [clock["name"] for clock in found["clocks"]] == ["arrive", "restore"], "no visit stops the respond clock"
    arrive, restore = found["clocks"]
    assert (arrive["stops_at"], arrive["cargo_can_stop"]) == ("start", False)
    assert (restore["stops_at"], restore["cargo_can_stop"]) == ("end", True)
    assert found["kit"] == [{"line": "1", "part": "CH-9006", "quantity": 1, "probability": 0.95}]
    assert found["machine"]["serial"] == found["asset_id"]
    assert found["machine"]["model"]
    assert found["cargo"]["destination"]["lon"] == SHANGHAI["lon"]
    assert found["kind"] == "breakdown"
    assert found["drop_fen"] > 0
    elsewhere = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T2"}))["orders"]
    assert order["id"] not in [one["id"] for one in elsewhere]


@pytest.mark.parametrize("name", ["serial", "vin", "plate"])
async def test_the_machine_is_found_by_any_of_its_names(world: World, name: str) -> None:
    """VIN and plate are read in any case."""
    said = world.truck[name] if name == "serial" else world.truck[name].lower()
    assert (await world.report(asset={name: said}))["asset"]["serial"] == world.serial


async def test_what_is_missing_is_named(world: World) -> None:
    unknown = await world.report(asset={"plate": "京B00000"}, status=422)
    assert (unknown["type"], unknown["pointer"]) == ("/problems/machine-unknown", "/asset/plate")
    contradiction = await world.report(asset={"serial": world.serial, "plate": world.other["plate"]}, status=422)
    assert contradiction["pointer"] == "/asset/plate"
    nowhere = await world.report(place=None, status=422)
    assert (nowhere["type"], nowhere["pointer"]) == ("/problems/place-missing", "/place")
    assert "datum" in nowhere["detail"]
    vague = await world.report(place=None, address="山东省某地", status=422)
    assert (vague["pointer"], vague["reason"], vague["candidates"]) == ("/address", "province_only", [])
    several = await world.report(place=None, address="和平", status=422)
    assert several["reason"] == "several"
    assert {"name", "province", "near", "lon", "lat"} == several["candidates"][0].keys()
    stake = await world.report(place=None, stake="G2 K412+300", status=422)
    assert (stake["pointer"], stake["reason"]) == ("/stake", "unknown_motorway")
    kind = await world.report(work_type="miracle", status=422)
    assert kind["pointer"] == "/work_type"
    future = await world.report(reported_at=(world.clock.now() + timedelta(hours=1)).isoformat(), status=422)
    assert future["pointer"] == "/reported_at"


async def test_two_machines_with_one_plate_ask_for_the_serial(world: World) -> None:
    twin = f"{world.serial}-2"
    await world.load("assets", world.truck | {"serial": twin, "vin": None})
    problem = await world.report(asset={"plate": world.truck["plate"]}, status=422)
    assert problem["type"] == "/problems/machine-ambiguous"
    assert problem["serials"] == [world.serial, twin]


async def test_a_stake_number_gives_the_place_and_its_error(world: World) -> None:
    posts = [
        {"motorway": "G2", "name": "京沪高速", "line": "both", "km": km, "made": True, **JINAN, "lon": 117 + km / 1e4}
        for km in (412, 413)
    ]
    assert (await world.load("route_reference", *posts))["counts"] == {"created": 2}
    order = await world.report(place=None, stake="G2 京沪高速 K412+300")
    assert order["place"]["lon"] == pytest.approx(117.04123)
    assert order["place_error_m"] > 50
    assert order["stake"] == "G2 京沪高速 K412+300"


async def test_an_address_gives_the_place_its_error_and_what_it_was_found_by(world: World) -> None:
    order = await world.report(place=None, address="济南市历城区工业北路 12 号")
    assert (order["place_source"], order["place_matched"]) == ("address", "济南市 历城区")
    assert order["place"]["lon"] == pytest.approx(117.059, abs=0.01)
    assert order["place_error_m"] == COUNTY_M
    toll = {"name": "济南西收费站", "aliases": ["Jinan West toll gate"], "radius_m": 500, **JINAN, "lon": 116.9}
    assert (await world.load("landmarks", toll))["counts"] == {"created": 1}
    near = await world.report(place=None, address="near Jinan West toll gate", asset={"serial": world.other["serial"]})
    assert (near["place"]["lon"], near["place_error_m"], near["place_source"]) == (116.9, 500, "address")
    assert (await world.report(work_type="inspection"))["place_source"] == "coordinates"


async def test_planned_work_with_an_address_that_says_nothing_is_where_the_machine_usually_stands(world: World) -> None:
    await world.load("assets", world.truck | JINAN)
    order = await world.report(place=None, address="老地方", work_type="inspection")
    assert (order["place_source"], order["place_error_m"], order["address"]) == ("record", 0, "老地方")


async def test_a_coarse_place_is_corrected_and_the_plan_is_made_anew(world: World) -> None:
    order = await world.report(place=None, address="济南市")
    where, version = f"/orders/v1/orders/{order['id']}/place", {"If-Match": f'"{order["version"]}"'}
    stale = await world.hotline.put(where, json={"place": JINAN}, headers={"If-Match": '"0"'})
    assert stale.status_code in (409, 412)
    both = await world.hotline.put(where, json={"place": JINAN, "stake": "G2 K1"}, headers=version)
    assert body(both, 422)["type"] == "/problems/invalid"
    elsewhere = await world.hotline.put(where, json={"place": SHANGHAI}, headers=version)
    assert body(elsewhere, 409)["territory_id"] == "T2", "another territory's work is not moved under its feet"
    moved = JINAN | {"lon": 117.05}
    right = body(await world.hotline.put(where, json={"place": moved}, headers=version))
    assert (right["place"]["lon"], right["place_error_m"], right["place_source"]) == (117.05, 0, "corrected")
    kinds = await world.kinds(order["id"])
    assert kinds[-2:] == ["order.place_corrected", "order.changed"]
    listed = body(await world.service.get("/orders/v1/plannable", params={"territory_id": "T1"}))["orders"]
    (planned,) = [one for one in listed if one["id"] == order["id"]]
    assert (planned["place"]["lon"], planned["place_error_m"]) == (117.05, 0)


async def test_the_second_call_for_one_breakdown_is_recognised(world: World) -> None:
    first = await world.report()
    again = await world.report(status=409)
    assert (again["type"], again["order_id"]) == ("/problems/possible-duplicate", first["id"])
    other = await world.report(not_duplicate_of=[first["id"]])
    assert other["id"] != first["id"]
    inspection = await world.report(work_type="inspection")
    assert inspection["work_type"] == "inspection"


async def test_two_calls_at_the_same_moment_make_one_order(world: World) -> None:
    """Mutant: without locking the machine both would find no open order."""
    call = {"source": "hotline", "asset": {"serial": world.serial}, "place": JINAN}
    answers = await asyncio.gather(*(world.hotline.post("/orders/v1/orders", json=call) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_the_same_request_again_has_the_same_answer(world: World) -> None:
    call = {"source": "hotline", "asset": {"serial": world.serial}, "place": JINAN}
    key = {"Idempotency-Key": "a-key-of-the-hotline"}
    first = body(await world.hotline.post("/orders/v1/orders", json=call, headers=key), 201)
    again = await world.hotline.post("/orders/v1/orders", json=call, headers=key)
    assert again.json() == first
    assert again.headers["Idempotent-Replay"] == "true"


async def test_a_machine_far_from_its_station_belongs_to_where_it_stands(world: World) -> None:
    key = await world.system.sign_in("admin")
    call = {"source": "hotline", "asset": {"serial": world.serial}, "place": SHANGHAI}
    order = body(await key.post("/orders/v1/orders", json=call), 201)
    assert (order["territory_id"], order["branch_id"]) == ("T2", "B2")
    refused = await world.report(asset={"serial": world.other["serial"]}, place=SHANGHAI, status=403)
    assert refused["type"] == "/problems/outside-your-scope"


async def test_a_station_that_was_founded_a_moment_ago_answers_for_its_machines(world: World) -> None:
    await world.report(asset={"serial": world.other["serial"]})
    new = {"id": "S9", "territory_id": "T9", "branch_id": "B1", "lon": 117.2, "lat": 36.7}
    new |= {"brands": [], "permitted": None}
    world.neighbours.stations.append(new)
    await world.load("assets", world.truck | {"station_id": "S9"})
    assert (await world.report())["territory_id"] == "T9"


async def test_a_report_in_chinese_coordinates_is_moved_to_wgs84(world: World) -> None:
    order = await world.report(place=JINAN | {"datum": "GCJ-02"})
    assert order["place"]["datum"] == "WGS-84"
    assert 100 < abs(order["place"]["lon"] - JINAN["lon"]) * 89_000 < 1_000


async def test_telematics_waits_for_a_human_answer(world: World) -> None:
    key = await world.system.sign_in("admin")
    call = {
        "source": "telematics",
        "asset": {"vin": world.truck["vin"]},
        "place": JINAN,
        "fault_codes": [{"spn": 1, "fmi": 1}],
    }
    order = body(await key.post("/orders/v1/orders", json=call), 201)
    assert order["clocks"][0]["name"] == "respond"
    assert order["clocks"][0]["state"] == "running"
    assert order["faults"][0]["fault"] == "unknown"
    answered = body(await world.hotline.post(f"/orders/v1/orders/{order['id']}/respond"))
    assert answered["clocks"][0]["state"] == "met"


async def test_the_order_is_in_the_journal_and_its_timeline(world: World) -> None:
    order = await world.report()
    kinds = await eventually(lambda: world.kinds(order["id"]), lambda kinds: len(kinds) >= 2)
    assert set(kinds) == {"order.accepted", "promise.state_changed"}
    accepted = next(entry for entry in await world.timeline(order["id"]) if entry["kind"] == "order.accepted")
    assert accepted["payload"]["territory_id"] == "T1"
    assert accepted["actor"].startswith("dispatcher:")
    assert "Wang" not in str(await world.timeline(order["id"]))


BAD_BODIES: list[tuple[Json, str]] = [
    ({"place": {"lon": 36.6, "lat": 117.0, "datum": "WGS-84"}}, "/place"),
    ({"place": {"lon": 117.0, "lat": 36.6}}, "/place/datum"),
    ({"place": {"lon": 0.0, "lat": 0.0, "datum": "WGS-84"}}, "/place"),
    ({"reported_at": "2026-11-21T08:00:00"}, "/reported_at"),
    ({"priority": 1}, "/priority"),
    ({"symptom": "a\u0007b"}, "/symptom"),
    ({"fault_codes": [{"spn": -1, "fmi": 0}]}, "/fault_codes/0/spn"),
    ({"asset": {}}, "/asset"),
    ({"cargo": {"cargo_class": "general", "mass_kg": 1.5, "destination": SHANGHAI}}, "/cargo/mass_kg"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD_BODIES)
async def test_bad_input_names_its_pointer(world: World, wrong: Json, pointer: str) -> None:
    problem = await world.report(**wrong, status=422)
    assert problem["pointer"] == pointer


async def test_bytes_that_are_not_json_are_refused(world: World) -> None:
    for bad in (
        b'{"place": NaN}',
        b'{"symptom": "\\ud800"}',
        b"[" * 1000,
        b'{"reported_at": 1e999}',
        b"{",
        b'"\\u0000"',
    ):
        answer = await world.hotline.post(
            "/orders/v1/orders", content=bad, headers={"Content-Type": "application/json"}
        )
        assert 400 <= answer.status_code < 500, bad


async def test_a_report_from_before_the_machine_was_built_is_refused(world: World) -> None:
    await world.load("assets", world.truck | {"built_on": "2024-06-01"})
    problem = await world.report(reported_at="2024-05-31T10:00:00+08:00", status=422)
    assert problem["pointer"] == "/reported_at"
    assert "2024-06-01" in problem["detail"]
    assert (await world.report(reported_at="2024-06-01T00:00:00+08:00"))["state"] == "accepted"
    report = await world.load("assets", world.other | {"built_on": "2026-01-01", "in_service_on": "2025-01-01"})
    assert report["rows"][0]["status"] == "refused"


async def test_reports_of_the_same_moment_are_each_answered_for_themselves(world: World) -> None:
    """They share a transaction; a refused one, a foreign one and a repeated key take nothing from the others."""
    truck, other = {"serial": world.serial}, {"serial": world.other["serial"]}
    key = {"Idempotency-Key": f"same-{world.serial}"}
    said: Json = {"source": "hotline", "place": JINAN, "symptom": "爆胎"}
    first, again, unknown, foreign = await asyncio.gather(
        world.hotline.post("/orders/v1/orders", json=said | {"asset": truck}, headers=key),
        world.hotline.post("/orders/v1/orders", json=said | {"asset": truck}, headers=key),
        world.hotline.post("/orders/v1/orders", json=said | {"asset": {"serial": "NOBODYS"}}, headers=_key(world, 1)),
        world.hotline.post(
            "/orders/v1/orders", json=said | {"asset": other, "place": SHANGHAI}, headers=_key(world, 2)
        ),
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"], "the same request has one effect"
    assert sorted("idempotent-replay" in answer.headers for answer in (first, again)) == [False, True]
    assert unknown.json()["type"] == "/problems/machine-unknown"
    assert foreign.json()["type"] == "/problems/outside-your-scope"
    # Nothing was kept of what was refused: the mended request may use the key.
    mended = said | {"asset": other}
    assert (await world.hotline.post("/orders/v1/orders", json=mended, headers=_key(world, 2))).status_code == 201


async def test_the_second_use_of_a_key_is_left_out_of_its_group_and_undoes_nothing(world: World) -> None:
    hotline = Principal(subject="P-1", role="dispatcher", branch_id="B1")

    async def call(serial: str, key: str) -> Call:
        read = OrderIn.model_validate({"source": "hotline", "asset": {"serial": serial}, "place": JINAN})
        wanted = read.wanted(world.clock.now(), NONE_NEEDED)
        asked = Asked(hotline, wanted, await rules(world.orders, [wanted]))
        return Call(Once(principal=hotline, key=f"{key}-{serial}", fingerprint=key), asked)

    twice, other = await call(world.serial, "a"), await call(world.other["serial"], "b")
    again = Call(twice.once, twice.asked)
    first, second, third = await _take(world.orders, [twice, again, other], patient=False)
    assert second is None
    assert [answer.status_code for answer in (first, third) if isinstance(answer, Response)] == [201, 201]
    (replayed,) = await _take(world.orders, [again], patient=True)
    assert isinstance(replayed, Response)
    assert isinstance(first, Response)
    assert json.loads(bytes(replayed.body)) == json.loads(bytes(first.body))


async def test_who_waits_for_another_service_keeps_nobody_else_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts answers the first caller only once the second has an order."""
    costs, asked, answered = world.orders.part_facts.costs, asyncio.Event(), asyncio.Event()

    async def slow(parts: Collection[str]) -> dict[str, tuple[int, int]]:
        if not asked.is_set():
            asked.set()
            await answered.wait()
        return await costs(parts)

    monkeypatch.setattr(world.orders.part_facts, "costs", slow)
    first = asyncio.create_task(world.report())
    async with asyncio.timeout(20):
        await asked.wait()
        await world.report(asset={"serial": world.other["serial"]})
        answered.set()
        assert (await first)["asset"]["serial"] == world.serial


async def test_a_machine_that_is_held_keeps_only_its_own_caller_waiting(world: World) -> None:
    """An import or a completion may hold a machine for long."""
    async with world.orders.db.transaction() as tx:
        await tx.execute(text("SELECT 1 FROM assets WHERE asset_id = :id FOR UPDATE"), {"id": world.serial})
        held = asyncio.create_task(world.report())
        free = await world.report(asset={"serial": world.other["serial"]})
        await world.report(asset={"serial": world.other["serial"]}, not_duplicate_of=[free["id"]])
        assert not held.done()
    assert (await held)["asset"]["serial"] == world.serial


def _key(world: World, number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"{number}-{world.serial}"}
