"""An operation is written before it is answered, reaches its owner exactly once, and gets one answer for ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kit.ids import new_id
from tests.mobile_api.conftest import Field, Phone
from tests.running import body, eventually

Json = dict[str, Any]
STEPS = {
    "acknowledge": ("/dispatch/v1/transitions", {"to": "acknowledged"}),
    "decline": ("/dispatch/v1/transitions", {"to": "declined"}),
    "depart": ("/dispatch/v1/transitions", {"to": "travelling"}),
    "check_in": ("/dispatch/v1/transitions", {"to": "on_site"}),
    "work_started": ("/orders/v1/orders/{order_id}/facts", {"kind": "work_started"}),
    "diagnosed": ("/orders/v1/orders/{order_id}/facts", {"kind": "diagnosed"}),
    "restored": ("/orders/v1/orders/{order_id}/facts", {"kind": "restored"}),
    "task_done": ("/orders/v1/orders/{order_id}/facts", {"kind": "task_done"}),
    "complete": ("/orders/v1/orders/{order_id}/completion", {"engineer_id": "E-1"}),
    "pick_up": ("/parts/v1/pickups", {"engineer_id": "E-1"}),
    "parts_used": ("/parts/v1/usage", {"engineer_id": "E-1"}),
}


async def test_each_kind_reaches_its_owner_in_the_engineers_name(field_: Field, phone: Phone, visit: Json) -> None:
    operations = [phone.operation(kind, visit) for kind in STEPS]
    results = await phone.send(*operations)
    assert [result["status"] for result in results] == ["applied"] * len(STEPS)
    for operation, (path, said) in zip(operations, STEPS.values(), strict=True):
        assert field_.owners.applied[operation["id"]] == path.format(**visit)
        asked = field_.owners.bodies[operation["id"]]
        assert said.items() <= asked.items()
        assert path != "/dispatch/v1/transitions" or asked["appointment_id"] == visit["appointment_id"]
    assert list(field_.owners.applied) == [operation["id"] for operation in operations], "in the order of the sequence"
    assert all(actor.startswith("engineer:") for actor in field_.owners.actors)


async def test_an_operation_sent_again_has_one_effect(field_: Field, phone: Phone, visit: Json) -> None:
    operation = phone.operation("depart", visit)
    first, twin = await phone.send(operation, operation)
    again = (await phone.send(operation | {"id": operation["id"].upper()}))[0]
    assert [first["status"], twin["status"], again["status"]] == ["applied", "duplicate", "duplicate"]
    assert again["answer"] == first["answer"]
    assert field_.owners.calls[operation["id"]] == 1


async def test_a_rejected_one_blocks_nothing_and_stays_rejected(field_: Field, phone: Phone, visit: Json) -> None:
    missing = {"type": "/problems/gate-not-met", "detail": "no", "missing": [{"gate": "signature"}]}
    field_.owners.refusals["/completion"] = (409, missing)
    complete, used = phone.operation("complete", visit), phone.operation("parts_used", visit, lines=[])
    results = await phone.send(complete, used)
    assert [result["status"] for result in results] == ["rejected", "applied"]
    assert (results[0]["reason"], results[0]["problem"]) == ("gate-not-met", missing)
    field_.owners.refusals.clear()
    again = (await phone.send(complete))[0]
    assert (again["status"], again["problem"]) == ("rejected", missing)
    assert (await phone.do("complete", visit))["status"] == "applied", "a new operation is a new attempt"


@pytest.mark.parametrize(
    ("state", "to", "status"),
    [
        ("on_site", "travelling", "superseded"),
        ("cancelled", "acknowledged", "superseded"),
        ("acknowledged", "acknowledged", "superseded"),
        ("planned", "acknowledged", "rejected"),
        ("dispatched", "on_site", "rejected"),
    ],
)
def test_what_an_owner_refuses_because_something_was_faster_is_superseded(state: str, to: str, status: str) -> None:
    from mobile_api.domain.verdicts import refused

    verdict = refused(409, {"type": "/problems/invalid-transition", "state": state, "to": to})
    assert verdict is not None
    assert (verdict.status, verdict.reason) == (status, "invalid-transition")


async def test_our_own_credentials_or_load_never_reject_an_operation(field_: Field, phone: Phone, visit: Json) -> None:
    for status in (401, 403, 408, 429):
        field_.owners.refusals["transitions"] = (status, {"type": "/problems/x", "detail": "x"})
        assert (await phone.do("depart", visit | {"order_id": None}))["status"] == "received", status
        field_.owners.refusals.clear()


async def test_one_id_is_one_operation_of_one_engineer(field_: Field, phone: Phone, visit: Json) -> None:
    operation = phone.operation("depart", visit)
    await phone.send(operation)
    changed = (await phone.send(operation | {"payload": {"reason": "another"}}))[0]
    assert (changed["status"], changed["reason"]) == ("rejected", "operation-reused")
    other = await field_.engineer("E-2")
    stolen = (await other.send(operation))[0]
    assert (stolen["status"], stolen["reason"], stolen["answer"]) == ("rejected", "operation-reused", None)
    rekeyed = (await phone.send(operation | {"id": new_id()}))[0]
    assert (rekeyed["status"], rekeyed["reason"]) == ("rejected", "sequence-reused")
    assert len(field_.owners.applied) == 1
    elsewhere = (await phone.send(phone.operation("depart", visit) | {"seq": operation["seq"]}, device="new"))[0]
    assert elsewhere["status"] == "applied", "a new installation counts anew"


async def test_what_is_not_theirs_does_not_exist(field_: Field, phone: Phone, visit: Json) -> None:
    other = await field_.engineer("E-2")
    for about in (
        {"appointment_id": visit["appointment_id"]},
        {"order_id": visit["order_id"]},
        {"appointment_id": new_id()},
        visit,
    ):
        result = await other.do("check_in", about)
        assert (result["status"], result["reason"]) == ("rejected", "not-found"), about
    mixed = await phone.do("check_in", visit | {"order_id": new_id()})
    assert (mixed["status"], mixed["problem"]["pointer"]) == ("rejected", "/order_id")
    assert field_.owners.applied == {}


async def test_bad_operations_are_rejected_alone_and_the_journal_knows(
    field_: Field, phone: Phone, visit: Json
) -> None:
    good = phone.operation("depart", visit)
    bad = {
        "/kind": phone.operation("fly", visit),
        "/at": phone.operation("depart", visit) | {"at": "2026-11-03T10:00:00"},
        "/appointment_id": phone.operation("depart", {}),
        "/extra": phone.operation("depart", visit) | {"extra": 1},
        "/payload/engineer_id": phone.operation("parts_used", visit, engineer_id="E-9"),
        "/payload/points": phone.operation("position", {}, points=[]),
        "/payload/expected_at": phone.operation("delay", visit, expected_at="soon"),
        "/order_id": phone.operation("depart", {"appointment_id": visit["appointment_id"], "order_id": "1"}),
        "/payload/sha256": phone.operation("photo", visit, sha256="x", step="before"),
    }
    results = await phone.send(*bad.values(), good)
    assert [result["status"] for result in results] == ["rejected"] * len(bad) + ["applied"]
    assert [result["problem"]["pointer"] for result in results[:-1]] == list(bad)
    assert list(field_.owners.applied) == [good["id"]]
    answers = await phone.final(*(operation["id"] for operation in bad.values()))
    assert {answers[operation["id"]]["status"] for operation in bad.values()} == {"rejected"}


async def test_a_bad_request_takes_nothing(field_: Field, phone: Phone, visit: Json) -> None:
    good = phone.operation("depart", visit)
    for operations in (
        [good, {"seq": 9, "kind": "depart"}],
        [good, good | {"id": "not a uuid"}],
        [good, good | {"seq": 0}],
        [good, good | {"seq": True}],
        [good, good | {"seq": 2**60}],
        [good, 5],
        [],
        [phone.operation("depart", visit) for _ in range(501)],
    ):
        answer = await phone.client.post("/mobile/v1/operations", json={"operations": operations})
        assert answer.status_code == 422, operations
    naive = await phone.client.post(
        "/mobile/v1/operations", json={"operations": [good], "sent_at": "2026-11-03T10:00:00"}
    )
    assert body(naive, 422)["pointer"] == "/sent_at"
    assert (await phone.day())["waiting"] == 0
    assert field_.owners.applied == {}


async def test_only_engineers_have_operations(field_: Field) -> None:
    for role, scope in (("dispatcher", {"branch_id": "HB"}), ("admin", {}), ("auditor", {})):
        client = await field_.system.sign_in(role, **scope)
        for path in ("/mobile/v1/day", "/mobile/v1/sync"):
            assert (await client.get(path)).status_code == 403
        assert (await client.post("/mobile/v1/operations", json={"operations": []})).status_code in (403, 422)
    assert (await field_.system.client(None).get("/mobile/v1/day")).status_code == 401


async def test_a_phones_wrong_clock_is_measured_and_corrected(field_: Field, phone: Phone, visit: Json) -> None:
    phone_clock = datetime.now(UTC) + timedelta(days=3)
    done = phone.operation("check_in", visit) | {"at": (phone_clock - timedelta(minutes=30)).isoformat()}
    future = phone.operation("work_started", visit) | {"at": (phone_clock + timedelta(hours=5)).isoformat()}
    past = phone.operation("depart", visit) | {"at": (phone_clock - timedelta(days=9)).isoformat()}
    results = await phone.send(done, future, past, sent_at=phone_clock.isoformat())
    now = datetime.now(UTC)
    at = [datetime.fromisoformat(result["effective_at"]) for result in results]
    assert abs(at[0] - (now - timedelta(minutes=30))) < timedelta(minutes=1)
    assert abs(at[1] - now) < timedelta(minutes=1), "nobody reports what is still to come"
    assert abs(at[2] - (now - timedelta(hours=1))) < timedelta(minutes=1), "nobody departs before being sent"
    assert datetime.fromisoformat(field_.owners.bodies[done["id"]]["at"]) == at[0]


async def test_positions_are_corrected_and_not_kept_here(field_: Field, phone: Phone) -> None:
    phone_clock = datetime.now(UTC) - timedelta(hours=2)
    point = {"lon": 117.1, "lat": 36.6, "datum": "GCJ-02", "at": phone_clock.isoformat()}
    timeless = point | {"at": "noon"}  # for stations to refuse, alone
    sent = phone.operation("position", {}, points=[point, timeless])
    result = (await phone.send(sent, sent_at=phone_clock.isoformat()))[0]
    assert result["status"] == "applied"
    (report,) = field_.owners.bodies.values()
    told = report["points"][0]
    assert told["datum"] == "GCJ-02"
    assert report["points"][1] == timeless
    assert abs(datetime.fromisoformat(told["at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    from sqlalchemy import text

    async with field_.system.assembly.contexts["mobile"].db.read() as tx:
        kept = (await tx.execute(text("SELECT payload FROM operations"))).scalars().all()
    assert kept == [None]


async def test_a_delay_is_told_to_all(field_: Field, phone: Phone, visit: Json) -> None:
    expected = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    assert (await phone.do("delay", visit, expected_at=expected, reason="traffic"))["status"] == "applied"

    async def journal() -> list[Json]:
        items: list[Json] = body(await field_.system.service.get("/mobile/v1/journal"))["items"]
        return items

    from tests.running import eventually

    rows = await eventually(journal, lambda rows: len(rows) == 2)
    told = next(row for row in rows if row["kind"] == "delay.reported")
    assert (told["order_id"], told["payload"]["reason"]) == (visit["order_id"], "traffic")
    assert told["actor"].startswith("engineer:")


async def test_a_call_for_help_goes_out_even_when_earlier_steps_are_held_up(
    field_: Field, phone: Phone, visit: Json
) -> None:
    field_.owners.down.add("dispatch")
    arrived, called = await phone.send(
        phone.operation("check_in", visit), phone.operation("help", visit, wanted="advice", note="ECU 不响应")
    )
    assert (arrived["status"], called["status"]) == ("received", "applied")

    async def told() -> list[Json]:
        rows = body(await field_.system.service.get("/mobile/v1/journal"))["items"]
        return [row["payload"] for row in rows if row["kind"] == "help.requested"]

    (asked,) = await eventually(told, bool)
    assert (asked["order_id"], asked["wanted"]) == (visit["order_id"], "advice")


async def test_who_asks_for_parts_has_diagnosed(field_: Field, phone: Phone, visit: Json) -> None:
    wanted = [{"part": "EN-1012", "quantity": 1}]
    asked_for = await phone.do("parts_request", visit, parts_needed=wanted)
    assert asked_for["status"] == "applied"
    asked = field_.owners.bodies[asked_for["id"]]
    assert (asked["kind"], asked["parts_needed"]) == ("diagnosed", wanted)


async def test_breaks_are_about_no_order(phone: Phone) -> None:
    started, ended = await phone.send(phone.operation("break_started", {}), phone.operation("break_ended", {}))
    assert (started["status"], ended["status"]) == ("applied", "applied")
