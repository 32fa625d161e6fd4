"""Owners that are away, lose replies or fail: nothing is lost, nothing happens twice, and the order is kept."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from kit.clock import SystemClock
from mobile_api.app import build
from mobile_api.store import lanes
from mobile_api.use_cases import draining, lane
from tests.mobile_api.conftest import Field, Phone
from tests.running import body, eventually

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds instead of minutes between attempts."""
    monkeypatch.setattr(lane, "_pause", lambda attempts: timedelta(seconds=0.05 * (attempts + 1)))
    monkeypatch.setattr(draining, "LOOK_EVERY_S", 0.05)


async def test_received_is_stored_and_told_by_delta_sync_once_its_owner_is_back(
    field_: Field, phone: Phone, visit: Json
) -> None:
    field_.owners.down.add("dispatch")
    cursor = (await phone.day())["cursor"]
    result = await phone.do("depart", visit)
    assert (result["status"], result["reason"]) == ("received", "owner-out-of-reach")
    assert (await phone.day())["waiting"] == 1
    field_.owners.down.clear()
    answers = await phone.final(result["id"])
    assert answers[result["id"]]["status"] == "applied"
    since = await phone.sync(cursor)
    assert [answer["id"] for answer in since["answers"]] == [result["id"]]
    assert (await phone.sync(since["cursor"]))["answers"] == []
    assert (await phone.day())["waiting"] == 0


async def test_an_outage_holds_up_its_order_and_no_other(field_: Field, phone: Phone, visit: Json) -> None:
    elsewhere = await field_.appointment(phone)
    field_.owners.down.add("dispatch")
    results = await phone.send(
        phone.operation("check_in", visit),
        phone.operation("work_started", visit),
        phone.operation("work_started", elsewhere),
        phone.operation(
            "position", {}, points=[{"lon": 117.0, "lat": 36.0, "datum": "WGS-84", "at": "2026-11-03T00:00Z"}]
        ),
    )
    assert [result["status"] for result in results] == ["received", "received", "applied", "applied"]
    field_.owners.down.clear()
    await phone.final(*(result["id"] for result in results))
    paths = [path.rsplit("/", 1)[1] for path in field_.owners.applied.values()]
    assert paths == ["facts", "batch", "transitions", "facts"], "the check-in comes before the work on it"


async def test_an_operation_that_its_owner_always_fails_on_blocks_only_its_order(
    field_: Field, phone: Phone, visit: Json
) -> None:
    elsewhere = await field_.appointment(phone)
    poisoned = phone.operation("diagnosed", visit, note="poison")
    field_.owners.refusals["poison"] = (500, {"detail": "a fault of the owner"})
    results = await phone.send(poisoned, phone.operation("work_started", elsewhere))
    assert results[0]["status"] == "received"
    answers = await phone.final(results[1]["id"])
    assert answers[results[1]["id"]]["status"] == "applied"
    field_.owners.refusals.clear()
    await phone.final(poisoned["id"])


async def test_a_lost_reply_is_asked_for_again_with_the_same_request(field_: Field, phone: Phone, visit: Json) -> None:
    operation = phone.operation(
        "parts_used", visit, van_place_id="VAN-1", lines=[{"quantity": 1, "part": "P", "x": 1.0}]
    )
    field_.owners.lose_replies.add(operation["id"])
    assert (await phone.send(operation))[0]["status"] == "received"
    answers = await phone.final(operation["id"])
    assert answers[operation["id"]]["status"] == "applied"
    assert field_.owners.calls[operation["id"]] == 2
    assert field_.owners.changed_requests == []


async def test_what_its_owner_holds_up_is_asked_for_alone(field_: Field, phone: Phone, visit: Json) -> None:
    operation = phone.operation("depart", visit)
    field_.owners.held.add(operation["id"])
    assert (await phone.send(operation))[0]["status"] == "applied"


async def test_after_an_outage_the_next_engineer_is_served_when_one_is_done(
    field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    phones = [await field_.engineer(f"E-{number}") for number in range(3)]
    visits = [await field_.appointment(phone) for phone in phones]
    monkeypatch.setattr(lane, "_pause", lambda _: timedelta(0))
    field_.owners.down.add("orders")
    told = [await phone.do("work_started", about) for phone, about in zip(phones, visits, strict=True)]
    monkeypatch.setattr(draining, "LANES_AT_ONCE", 1)
    monkeypatch.setattr(draining, "LOOK_EVERY_S", 1_000.0)
    field_.owners.down.clear()
    for phone, operation in zip(phones, told, strict=True):
        await phone.final(operation["id"])


async def test_whose_an_unknown_appointment_is_waits_for_dispatch(field_: Field, phone: Phone, visit: Json) -> None:
    mine = dict(visit)
    async with field_.system.assembly.contexts["mobile"].db.transaction() as tx:
        await tx.execute(text("DELETE FROM visits"))  # as if the feed had not told of it yet
    field_.owners.down.add("dispatch")
    result = await phone.do("work_started", {"appointment_id": mine["appointment_id"]})
    assert result["status"] == "received"
    field_.owners.down.clear()
    await phone.final(result["id"])
    assert field_.owners.applied[result["id"]] == f"/orders/v1/orders/{mine['order_id']}/facts"


async def test_many_requests_of_one_phone_at_once_apply_each_operation_once(
    field_: Field, phone: Phone, visit: Json
) -> None:
    operations = [phone.operation("work_started", visit, note=str(number)) for number in range(30)]
    batches = [operations[start : start + 20] for start in (0, 5, 10, 0, 10)]
    await asyncio.gather(*(phone.send(*batch) for batch in batches))
    answers = await phone.final(*(operation["id"] for operation in operations))
    assert {answer["status"] for answer in answers.values()} == {"applied"}
    assert set(field_.owners.calls.values()) == {1}


async def test_a_lane_left_by_a_dead_process_is_taken_over(field_: Field, phone: Phone, visit: Json) -> None:
    """As after a kill between storing and applying: the lease runs out, the loop goes on."""
    field_.owners.down.add("orders")
    operation = phone.operation("work_started", visit)
    await phone.send(operation)
    database = field_.system.assembly.contexts["mobile"].db
    dead = "UPDATE lanes SET lease = 'dead', lease_until = clock_timestamp() + interval '1 second'"
    async with database.transaction() as tx:
        await tx.execute(text(dead))
    field_.owners.down.clear()
    await asyncio.sleep(0.3)
    assert operation["id"] not in field_.owners.applied, "nobody works on a leased lane"
    await phone.final(operation["id"])


async def test_a_zombie_writes_nothing(field_: Field, phone: Phone, visit: Json) -> None:
    """Who lost the lease while waiting for an owner gives no answer; the new holder does."""
    database = field_.system.assembly.contexts["mobile"].db
    steal = "UPDATE lanes SET lease = 'other', lease_until = clock_timestamp() + interval '1 second'"

    async def stolen() -> None:
        async with database.transaction() as tx:
            await tx.execute(text(steal))

    field_.owners.after_effect = stolen
    operation = phone.operation("work_started", visit)
    assert (await phone.send(operation))[0]["status"] == "received"
    answers = await phone.final(operation["id"])
    assert answers[operation["id"]]["status"] == "applied"
    assert (len(field_.owners.applied), field_.owners.calls[operation["id"]]) == (1, 2)


async def test_what_another_server_brings_meanwhile_is_still_due(field_: Field, phone: Phone, visit: Json) -> None:
    """Its clock is ten seconds slow: what it takes during our pass looks older than that pass."""

    class Slow:
        def now(self) -> datetime:
            return SystemClock().now() - timedelta(seconds=10)

    context = field_.system.assembly.contexts["mobile"]
    replica = httpx.ASGITransport(app=build(replace(context, clock=Slow())))
    late = phone.operation("work_started", visit)

    async def taken() -> None:
        headers = phone.client.headers
        async with httpx.AsyncClient(transport=replica, base_url="http://other", headers=headers) as other:
            body(await other.post("/mobile/v1/operations", json={"operations": [late]}))

    field_.owners.after_effect = taken
    assert (await phone.do("depart", visit))["status"] == "applied"
    await phone.final(late["id"])


async def test_what_waits_in_a_lane_that_is_not_due_is_not_overtaken(field_: Field, phone: Phone, visit: Json) -> None:
    database = field_.system.assembly.contexts["mobile"].db
    field_.owners.down.add("dispatch")
    before = phone.operation("depart", visit)
    assert (await phone.send(before))[0]["status"] == "received"
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE lanes SET due_at = NULL"))
        await tx.execute(text("UPDATE operations SET next_at = received_at"))
    field_.owners.down.clear()
    after = phone.operation("work_started", visit)
    assert (await phone.send(after))[0]["status"] == "applied"
    assert list(field_.owners.applied) == [before["id"], after["id"]]


async def test_without_a_database_nothing_is_taken_and_the_phone_keeps_it(
    field_: Field, phone: Phone, visit: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psycopg import OperationalError
    from sqlalchemy.exc import OperationalError as Wrapped

    database = field_.system.assembly.contexts["mobile"].db

    def away() -> Any:
        raise Wrapped("", {}, OperationalError("gone"), connection_invalidated=True)

    operation = phone.operation("depart", visit)
    with monkeypatch.context() as patch:
        patch.setattr(database, "transaction", away)
        answer = await phone.client.post("/mobile/v1/operations", json={"operations": [operation]})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert (await phone.send(operation))[0]["status"] == "applied"


SCRIPTS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 11), min_size=1, max_size=14),
        st.sets(st.sampled_from(["dispatch", "orders", "parts"])),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)
POINT = {"lon": 117.0, "lat": 36.0, "datum": "WGS-84", "at": "2026-11-03T00:00:00Z"}
KINDS = ("acknowledge", "depart", "check_in", "work_started", "parts_used", "complete")
_numbers = iter(range(10_000))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
@given(script=SCRIPTS)
async def test_whatever_is_replayed_shuffled_or_lost_ends_applied_once(field_: Field, script: list[Any]) -> None:
    """Twelve operations on two orders, sent in batches of any choice, order and repetition, under any outage."""
    phone = await field_.engineer(f"E-{next(_numbers)}x")
    visits = [await field_.appointment(phone) for _ in range(2)]
    operations = [phone.operation(kind, visit) for kind in KINDS for visit in visits]
    arrived: dict[str, int] = {}
    for number, (chosen, down, lossy) in enumerate([*script, (range(12), set(), False)]):
        field_.owners.down |= down
        batch = [operations[index] for index in chosen]
        if lossy:
            field_.owners.lose_replies.update(operation["id"] for operation in batch[::2])
        for operation in batch:
            arrived.setdefault(operation["id"], number)
        results = await phone.send(*batch)
        assert [result["id"] for result in results] == [operation["id"] for operation in batch]
        assert {result["status"] for result in results} <= {"applied", "duplicate", "received"}
        field_.owners.down.clear()
    answers = await phone.final(*arrived)
    assert {answers[operation["id"]]["status"] for operation in operations} == {"applied"}
    applied = [key for key in field_.owners.applied if key in arrived]
    assert sorted(applied) == sorted(arrived)
    assert field_.owners.changed_requests == []
    for visit in visits:
        mine = [operation for operation in operations if operation["order_id"] == visit["order_id"]]
        for before, after in pairwise(mine):
            if arrived[before["id"]] <= arrived[after["id"]]:
                assert applied.index(before["id"]) < applied.index(after["id"]), "out of its order"


async def test_who_has_lost_the_lease_hears_so_beside_its_holder(field_: Field, phone: Phone, visit: Json) -> None:
    context: Any = field_.system.assembly.contexts["mobile"]
    now = SystemClock().now()
    async with context.db.transaction() as tx:
        assert await lanes.lease(tx, "E-1", "holder", now=now, life=lanes.LEASE) is not None
    both = [lane.Outcome(lane.Round("E-1", name, None), release=True) for name in ("late", "holder")]
    late, holder = await lane._write_together(context, both, False)
    assert isinstance(late, lane.LeaseLost)
    assert holder == {}


async def test_what_waited_for_its_lane_is_due_after_whoever_had_it_looked(
    field_: Field, phone: Phone, visit: Json
) -> None:
    """Else whoever gives the lane back meanwhile would take it for looked at, and nobody would ask for it."""
    database = field_.system.assembly.contexts["mobile"].db

    async def waits() -> bool:
        here = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database()"
        async with database.look() as tx:
            return bool((await tx.execute(text(f"{here} AND NOT granted"))).scalar_one())

    async with database.transaction() as tx:
        await lanes.enter(tx, "E-1")
        sending = asyncio.create_task(phone.do("depart", visit))
        await eventually(waits, bool)
        looked = SystemClock().now()
    result = await sending
    async with database.look() as tx:
        row = (await tx.execute(text("SELECT * FROM operations WHERE id = :id"), {"id": result["id"]})).one()
    assert row.received_at < looked < row.next_at


async def test_an_owner_is_asked_while_the_answer_before_is_being_written(
    field_: Field, phone: Phone, visit: Json
) -> None:
    """A long queue costs one wait for the disk per operation, not two."""
    database, owners = field_.system.assembly.contexts["mobile"].db, field_.owners
    first, second = phone.operation("depart", visit), phone.operation("check_in", visit)
    locked, holding = asyncio.Event(), list[asyncio.Task[None]]()

    async def asked() -> bool:
        return second["id"] in owners.applied

    async def hold() -> None:
        async with database.transaction() as tx:
            await lanes.enter(tx, "E-1")
            locked.set()
            await eventually(asked, bool)

    async def hold_the_lane() -> None:
        holding.append(asyncio.create_task(hold()))
        await locked.wait()

    owners.after_effect = hold_the_lane
    await phone.send(first, second)
    await asyncio.gather(*holding)
    answers = await phone.final(first["id"], second["id"])
    assert {answer["status"] for answer in answers.values()} == {"applied"}
    assert owners.calls[first["id"]] == owners.calls[second["id"]] == 1
