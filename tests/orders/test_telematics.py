"""Machines tell by themselves: both spellings of ISO/TS 15143-3 read alike, and what follows from a snapshot."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.problems import Invalid
from kit.values import Place
from services.orders.domain.faults import FaultCode
from services.orders.domain.phones import phone_digits
from services.orders.domain.telematics import Reading, ToldCode, fault_code, read_snapshot
from tests.orders.conftest import JINAN, Json, World, new_truck
from tests.running import body

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
names = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789-", min_size=1, max_size=20).filter(lambda name: name.strip("-"))
readings = st.builds(
    Reading,
    serial=names,
    pin=st.none() | names,
    at=st.integers(0, 10**6).map(lambda seconds: AT + timedelta(seconds=seconds)),
    meter_km=st.none() | st.integers(0, 10**6),
    meter_h=st.integers(0, 10**5),
    place=st.none() | st.builds(Place, st.integers(75, 134).map(float), st.integers(18, 53).map(float)),
    codes=st.just(()),
)
codes = st.lists(st.builds(FaultCode, st.integers(0, 2**19 - 1), st.integers(0, 31)), max_size=3, unique=True)


def as_json(reading: Reading, told: list[FaultCode]) -> Json:
    """A machine as a maker's server would spell it."""
    at = reading.at.isoformat()
    made: Json = {"EquipmentHeader": {"OEMName": "RC", "SerialNumber": reading.serial}}
    if reading.pin:
        made["EquipmentHeader"]["PIN"] = reading.pin
    made["CumulativeOperatingHours"] = {"datetime": at, "Hour": reading.meter_h}
    if reading.meter_km is not None:
        made["Distance"] = {"datetime": at, "OdometerUnits": "kilometre", "Odometer": reading.meter_km}
    if reading.place:
        made["Location"] = {"datetime": at, "Latitude": reading.place.lat, "Longitude": reading.place.lon}
    made["FaultCode"] = [{"datetime": at, "CodeIdentifier": f"SPN {code.spn} FMI {code.fmi}"} for code in told]
    return made


def as_xml(name: str, value: Any) -> str:
    """The same document in the other spelling: `datetime` is an attribute there."""
    if isinstance(value, list):
        return "".join(as_xml(name, one) for one in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(str(value))}</{name}>"
    time = f' datetime="{value["datetime"]}"' if "datetime" in value else ""
    inside = "".join(as_xml(child, one) for child, one in value.items() if child != "datetime")
    return f"<{name}{time}>{inside}</{name}>"


def fleet_xml(machines: list[Json]) -> bytes:
    inside = "".join(as_xml("Equipment", one) for one in machines)
    return f'<Fleet xmlns="http://standards.iso.org/iso/15143/-3" version="1">{inside}</Fleet>'.encode()


@given(st.lists(st.tuples(readings, codes), min_size=1, max_size=3))
def test_both_spellings_say_the_same(machines: list[tuple[Reading, list[FaultCode]]]) -> None:
    made = [as_json(reading, told) for reading, told in machines]
    from_json = read_snapshot(json.dumps({"Fleet": {"Equipment": made}}).encode(), xml=False)
    assert from_json == read_snapshot(fleet_xml(made), xml=True)
    assert from_json == [
        replace(
            reading,
            codes=tuple(ToldCode(code, f"SPN {code.spn} FMI {code.fmi}", reading.at, urgent=False) for code in told),
        )
        for reading, told in machines
    ]


@pytest.mark.parametrize("written", ["100/1", "100-1", "100.1", "SPN 100 FMI 1", "spn:100 fmi:1", "SPN100FMI1"])
def test_a_code_is_read_however_it_is_written(written: str) -> None:
    assert fault_code(written) == FaultCode(100, 1)


@pytest.mark.parametrize("written", ["E1234", "", "100", "600000/1", "100/40", "CID 0168 FMI 01 x"])
def test_a_code_of_another_kind_is_none(written: str) -> None:
    assert fault_code(written) is None


BAD: list[tuple[str, Json, str]] = [
    ("no name", {"EquipmentHeader": {"Model": "X"}}, "/Equipment/0/EquipmentHeader"),
    ("no time", {"EquipmentHeader": {"SerialNumber": "A"}}, "/Equipment/0/datetime"),
    ("bare time", {"Distance": {"Odometer": 1, "datetime": "2026-11-21T10:00:00"}}, "/Equipment/0/datetime"),
    ("words", {"CumulativeOperatingHours": {"Hour": "many"}}, "/Equipment/0/CumulativeOperatingHours/Hour"),
    ("negative", {"CumulativeOperatingHours": {"Hour": -1}}, "/Equipment/0/CumulativeOperatingHours/Hour"),
    ("furlongs", {"Distance": {"Odometer": 1, "OdometerUnits": "furlong"}}, "/Equipment/0/Distance/OdometerUnits"),
    ("swapped", {"Location": {"Longitude": 36.6, "Latitude": 117}}, "/Equipment/0/Location"),
    ("at sea", {"Location": {"Longitude": 0, "Latitude": 0}}, "/Equipment/0/Location"),
    ("nameless code", {"FaultCode": [{"CodeDescription": "?"}]}, "/Equipment/0/FaultCode"),
    ("too many codes", {"FaultCode": [{"CodeIdentifier": "1/1"}] * 51}, "/Equipment/0/FaultCode"),
]


@pytest.mark.parametrize(("machine", "pointer"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_machine_that_cannot_be_read_is_named_and_hides_no_other(machine: Json, pointer: str) -> None:
    named = machine if pointer.endswith(("Header", "0/datetime")) else machine | {"EquipmentHeader": {"PIN": "p1"}}
    if pointer.endswith("0/datetime"):
        named = {"EquipmentHeader": {"SerialNumber": "A"}} | named
    fleet: Json = {"Equipment": [named, {"EquipmentHeader": {"PIN": "p2"}}], "SnapshotTime": AT.isoformat()}
    if machine == {"EquipmentHeader": {"SerialNumber": "A"}}:
        del fleet["SnapshotTime"]
    first, second = read_snapshot(json.dumps(fleet).encode(), xml=False)
    assert isinstance(first, Invalid)
    assert first.pointer == pointer
    assert isinstance(second, Reading) == ("SnapshotTime" in fleet)


@pytest.mark.parametrize(
    "content",
    [
        b"<Fleet>",
        b"",
        b"<Fleet/>",
        b'<!DOCTYPE f [<!ENTITY a "b">]><Fleet><Equipment/></Fleet>',
        b"<a>" * 30 + b"</a>" * 30,
        b"\x00\xff",
    ],
)
def test_a_document_that_is_no_snapshot_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_snapshot(content, xml=True)


@pytest.mark.parametrize("content", [b"", b"null", b"[1]", b'"text"', b'{"Fleet": 1}', b"{}"])
def test_json_that_is_no_snapshot_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(Invalid):
        read_snapshot(content, xml=False)


def test_miles_are_converted() -> None:
    machine = {"EquipmentHeader": {"PIN": "p"}, "Distance": {"Odometer": "1000", "OdometerUnits": "Miles"}}
    (told,) = read_snapshot(json.dumps({"Equipment": machine, "SnapshotTime": AT.isoformat()}).encode(), xml=False)
    assert isinstance(told, Reading)
    assert told.meter_km == 1609


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("0531-8888 6666", "053188886666"),
        ("8613", None),
        ("86138", "86138"),
        (None, None),
    ],
)
def test_one_number_however_it_is_written(written: str | None, digits: str | None) -> None:
    assert phone_digits(written) == digits


# --- what follows -----------------------------------------------------------------------------------------------


def machine(world: World, **more: Any) -> Json:
    at = world.clock.now().isoformat()
    made: Json = {
        "EquipmentHeader": {"SerialNumber": world.serial, "PIN": world.truck["vin"]},
        "Distance": {"datetime": at, "OdometerUnits": "kilometre", "Odometer": 100_900},
        "Location": {"datetime": at, "Latitude": JINAN["lat"], "Longitude": JINAN["lon"]},
    }
    return made | more


async def send(world: World, *machines: Json) -> list[Json]:
    answer = body(await world.service.post("/orders/v1/telematics/snapshots", json={"Equipment": list(machines)}))
    taken: list[Json] = answer["machines"]
    return taken


async def test_a_fault_that_stops_the_machine_becomes_one_order(world: World) -> None:
    codes = [{"CodeIdentifier": "100/1"}, {"CodeIdentifier": "107/0"}, {"CodeIdentifier": "E-77"}]
    told = machine(world, FaultCode=codes)
    (first,) = await send(world, told)
    assert (first["meters"], first["new_codes"], first["other_codes"]) == ("moved", ["100/1", "107/0"], ["E-77"])
    order = await world.order(first["order_id"])
    assert (order["source"], order["symptom"]) == ("telematics", "E-77")
    assert order["faults"][0]["fault"] == "oil-pressure-low"
    assert (await world.clocks(order["id"]))["respond"]["state"] == "running", "nobody has spoken with the customer"
    (again,) = await send(world, told)
    assert (again["meters"], again["known_codes"], again["order_id"]) == ("older", ["100/1", "107/0"], None)
    record = body(await world.service.get(f"/orders/v1/assets/{world.serial}"))
    assert record["meter_km"] == 100_900
    assert {(one["spn"], one["times"], one["order_id"]) for one in record["faults"]} == {
        (100, 1, order["id"]),
        (107, 1, order["id"]),
    }
    # Told again later, it belongs to the order that is open.
    world.clock.move(hours=1)
    (later,) = await send(world, machine(world, FaultCode=codes))
    assert later["order_id"] == order["id"]


async def test_a_fault_that_does_not_stop_it_is_on_record_only(world: World) -> None:
    (taken,) = await send(world, machine(world, FaultCode=[{"CodeIdentifier": "107/0"}]))
    assert (taken["new_codes"], taken["order_id"]) == (["107/0"], None)
    urgent = [{"CodeIdentifier": "107/15", "CodeSeverity": "High"}]
    (taken,) = await send(world, machine(world, FaultCode=urgent))
    assert taken["order_id"] is not None


async def test_what_cannot_be_taken_is_told_machine_by_machine(world: World) -> None:
    strange = machine(world, EquipmentHeader={"SerialNumber": "NOBODYS"})
    backwards = machine(world, Distance={"datetime": world.clock.now().isoformat(), "Odometer": 5})
    nowhere = {"Location": {}, "FaultCode": [{"CodeIdentifier": "100/1"}]}
    taken = await send(world, strange, {"EquipmentHeader": {}}, backwards, machine(world, **nowhere))
    assert taken[0]["problem"]["type"] == "/problems/machine-unknown"
    assert taken[1]["problem"]["pointer"] == "/Equipment/1/EquipmentHeader"
    assert taken[2]["meters"] == "implausible"
    assert taken[3]["order_problem"]["type"] == "/problems/place-missing"
    (place_came,) = await send(world, machine(world, FaultCode=[{"CodeIdentifier": "100/1"}]))
    assert place_came["order_id"] is not None, "a fault that could not become an order yet is not forgotten"
    snapshots = "/orders/v1/telematics/snapshots"
    wrong = await world.service.post(snapshots, content=b"x", headers={"Content-Type": "text/csv"})
    assert body(wrong, 415)["type"] == "/problems/snapshot-unread"
    xml = fleet_xml([machine(world, FaultCode=[])])
    answer = await world.service.post(snapshots, content=xml, headers={"Content-Type": "application/xml"})
    assert body(answer)["machines"][0]["serial"] == world.serial


async def test_the_owners_phone_names_the_machine_when_there_is_one(world: World) -> None:
    owner = {"customer_id": "C-ONE", "name": "One", "phone": "+86 139 1234 5678"}
    await world.load("customers", owner)
    truck = new_truck() | {"customer_id": "C-ONE"}
    await world.load("assets", truck)
    order = await world.report(asset={"phone": "139-1234-5678"})
    assert order["asset"]["serial"] == truck["serial"]
    second = new_truck() | {"customer_id": "C-ONE"}
    await world.load("assets", second)
    many = await world.report(asset={"phone": "13912345678"}, status=422)
    assert (many["type"], many["pointer"]) == ("/problems/machine-ambiguous", "/asset/phone")
    assert {one["plate"] for one in many["machines"]} == {truck["plate"], second["plate"]}
    both = await world.report(asset={"phone": "13912345678", "plate": second["plate"]})
    assert both["asset"]["serial"] == second["serial"]
    wrong = await world.report(asset={"phone": "13912345678", "serial": world.serial}, status=422)
    assert wrong["pointer"] == "/asset/phone"
    short = await world.report(asset={"phone": "123"}, status=422)
    assert "digits" in short["detail"]


async def test_the_same_breakdown_under_another_name_is_proposed_as_a_duplicate(world: World) -> None:
    place = {"lon": 118.4, "lat": 35.2, "datum": "WGS-84"}
    first = await world.report(place=place, symptom="爆胎")
    near = place | {"lat": 35.201}
    second = await world.report(place=near, symptom="左后轮爆胎了", asset={"serial": world.other["serial"]})
    assert [one["id"] for one in second["similar"]] == [first["id"]], "the same fault 110 m away"
    assert [one["number"] for one in (await world.order(first["id"]))["similar"]] == [second["number"]]
    far, another = new_truck(), new_truck()
    await world.load("assets", far, another)
    away = await world.report(place=place | {"lat": 35.21}, symptom="爆胎", asset={"serial": far["serial"]})
    assert away["similar"] == [], "1.1 km away"
    other = await world.report(place=place, symptom="打不着火", asset={"serial": another["serial"]})
    assert other["similar"] == []
