"""Which station answers for a machine: by its first maintenance, or as somebody says."""

from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from services.orders.store import named_stations
from services.orders.use_cases.import_rows import AssetRow
from tests.orders.conftest import JINAN, SHANGHAI, Json, World, new_truck
from tests.running import body

CHECKLISTS = {
    "maintenance": ("oil_changed", "filters_changed", "fluids", "fault_memory"),
    "breakdown": ("fault_cleared", "no_leaks", "road_or_function_test"),
}


async def reported(world: World, serial: str, **more: Any) -> Json:
    """By head office, which takes reports from everywhere."""
    call = {"source": "hotline", "asset": {"serial": serial}, "place": JINAN, **more}
    answer: Json = body(await world.service.post("/orders/v1/orders", json=call), 201)
    return answer


async def unnamed(world: World) -> str:
    """A truck that no station answers for; its serial."""
    truck = {name: value for name, value in new_truck().items() if name != "station_id"}
    await world.load("assets", truck)
    return str(truck["serial"])


async def maintained(world: World, serial: str, *, work_type: str = "maintenance", **more: Any) -> Json:
    """An order that was carried out to its end."""
    order = await reported(world, serial, work_type=work_type, **more)
    appointment = await world.sent(order)
    await world.moved(order, appointment, "on_site")
    for kind in ("work_started", "diagnosed", "restored"):
        await world.fact(order, appointment, kind)
    await world.complete(order, appointment, checklist=dict.fromkeys(CHECKLISTS[work_type], "ok"))
    return order


async def named(world: World, serial: str) -> tuple[str | None, list[str]]:
    """The station on the record, and why, newest first."""
    record = body(await world.service.get(f"/orders/v1/assets/{serial}"))
    items = body(await world.service.get(f"/orders/v1/assets/{serial}/named-stations"))["items"]
    return record["station_id"], [one["why"] for one in items]


async def change(world: World, serial: str, station_id: str, status: int = 204) -> Any:
    sent = {"station_id": station_id, "reason": "客户搬迁"}
    answer = await world.service.put(f"/orders/v1/assets/{serial}/named-station", json=sent)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_the_first_maintenance_names_the_station_and_later_ones_do_not(world: World) -> None:
    serial = await unnamed(world)
    await maintained(world, serial)
    assert await named(world, serial) == ("S1", ["first_maintenance"])
    world.clock.move(hours=24)
    await maintained(world, serial, place=SHANGHAI)
    assert await named(world, serial) == ("S1", ["first_maintenance"])


async def test_a_repair_names_nobody(world: World) -> None:
    serial = await unnamed(world)
    await maintained(world, serial, work_type="breakdown")
    assert await named(world, serial) == (None, [])


async def test_a_station_without_the_brand_is_not_named_and_an_order_that_falls_to_it_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = await unnamed(world)
    assert (await reported(world, serial))["station_authorised"] is True
    for station in world.neighbours.stations:
        monkeypatch.setitem(station, "brands", ["RC-MACH"])
    world.clock.move(minutes=2)
    other = await unnamed(world)
    assert (await change(world, other, "S2", 422))["pointer"] == "/station_id"
    order = await maintained(world, other)
    assert (order["station_id"], order["station_authorised"]) == ("S1", False)
    assert await named(world, other) == (None, [])
    world.clock.move(minutes=2)


async def test_work_that_the_named_station_cannot_do_goes_to_one_that_can(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = await unnamed(world)
    await change(world, serial, "S1")
    monkeypatch.setitem(world.neighbours.stations[0], "permitted", ["maintenance"])
    world.clock.move(minutes=2)
    order = await reported(world, serial)
    assert (order["station_id"], order["station_authorised"]) == ("S2", True)
    monkeypatch.setitem(world.neighbours.stations[1], "permitted", ["inspection"])
    world.clock.move(hours=24)
    order = await reported(world, serial)
    assert (order["station_id"], order["station_authorised"]) == ("S1", False)
    monkeypatch.undo()
    world.clock.move(minutes=2)


async def test_a_person_names_another_and_what_is_reported_then_goes_there(world: World) -> None:
    serial = await unnamed(world)
    assert (await change(world, serial, "NOWHERE", 422))["pointer"] == "/station_id"
    await change(world, serial, "S1")
    world.clock.move(minutes=1)
    await change(world, serial, "S2")
    assert await named(world, serial) == ("S2", ["changed", "changed"])
    near = await reported(world, serial, place=SHANGHAI)
    assert near["station_id"] == "S2"
    await change(world, "NO-SUCH", "S1", 404)


async def test_a_file_that_says_nothing_new_leaves_who_was_named_here(world: World) -> None:
    """The same file again changes nothing; a corrected one does, once, and the history tells so."""
    truck = new_truck()
    serial = truck["serial"]
    await world.load("assets", truck)
    await change(world, serial, "S2")
    assert (await world.load("assets", truck | {"model": "T9"}))["counts"] == {"updated": 1}
    assert (await world.load("assets", truck | {"model": "T9", "station_id": None}))["counts"] == {"unchanged": 1}
    assert await named(world, serial) == ("S2", ["changed"])
    world.clock.move(minutes=1)
    await world.load("assets", truck | {"model": "T9", "station_id": "S2"})
    world.clock.move(minutes=1)
    await change(world, serial, "S1")
    world.clock.move(minutes=1)
    await world.load("assets", truck | {"model": "T9", "station_id": "S1"})
    assert await named(world, serial) == ("S1", ["imported", "changed", "imported", "changed"])


async def test_after_the_upgrade_the_file_of_always_does_not_overrule_a_person(world: World) -> None:
    """Nobody had noted what it said, and it says the same again; a corrected one is news."""
    truck = new_truck()
    serial = truck["serial"]
    await world.load("assets", truck)
    await change(world, serial, "S2")
    migration = import_module("services.orders.migrations.orders_0016_unheard_imports")
    async with world.orders.db.transaction() as tx:
        await tx.execute(text("UPDATE assets SET imported_station_id = NULL WHERE asset_id = :id"), {"id": serial})
        await tx.execute(text(migration.UNHEARD))
    for row in (truck | {"station_id": None}, truck, truck):
        await world.load("assets", row)
        assert await named(world, serial) == ("S2", ["changed"])
    world.clock.move(minutes=1)
    await world.load("assets", truck | {"station_id": "S2"})
    world.clock.move(minutes=1)
    await world.load("assets", truck)
    assert await named(world, serial) == ("S1", ["imported", "imported", "changed"])


async def test_an_import_that_always_names_would_be_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: every row is taken for news."""
    monkeypatch.setattr(AssetRow, "renames", lambda *_: True)
    with pytest.raises(AssertionError):
        await test_a_file_that_says_nothing_new_leaves_who_was_named_here(world)


async def test_a_maintenance_that_names_again_would_be_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: whoever did the last maintenance answers."""

    async def always(*_: Any) -> bool:
        return True

    monkeypatch.setattr(named_stations, "lock_unnamed", always)
    with pytest.raises(AssertionError):
        await test_the_first_maintenance_names_the_station_and_later_ones_do_not(world)
