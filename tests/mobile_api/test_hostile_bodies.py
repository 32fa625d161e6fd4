"""Whatever is sent as a batch or a sign-in is answered with a reason, never with a fault of ours."""

import json
from typing import Any

from kit.ids import new_id
from tests.mobile_api.conftest import Field, Phone

Json = dict[str, Any]
MARK = '"MARK"'
VALUES = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "9" * 5000,
    "-1",
    "0.5",
    "true",
    "null",
    "[]",
    "{}",
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u202e\\u0007"',
    '"' + "x" * 100_000 + '"',
    "[" * 5000 + "]" * 5000,
    '{"a": 1, "a": 2}',
    '"9999-12-31T23:59:59-14:00"',
    '"0001-01-01T00:00:00+14:00"',
    '"2026-11-03T25:00:00Z"',
    '"2026-11-03"',
]


async def test_no_value_in_any_field_of_a_batch_is_a_fault_of_ours(field_: Field, phone: Phone, visit: Json) -> None:
    answered: dict[tuple[str, str], int] = {}
    for place in ("device", "sent_at", "id", "seq", "kind", "at", "appointment_id", "order_id", "payload", "note"):
        for value in VALUES:
            operation = phone.operation("work_started", visit, note="x")
            batch: Json = {"operations": [operation]}
            for holder in (batch, operation, operation["payload"]):
                if place in holder or (holder is batch and place in ("device", "sent_at")):
                    holder[place] = "MARK"
                    break
            content = json.dumps(batch).replace(MARK, value)
            answer = await phone.client.post(
                "/mobile/v1/operations", content=content, headers={"Content-Type": "application/json"}
            )
            answered[place, value[:20]] = answer.status_code
    assert {case: status for case, status in answered.items() if status not in (200, 400, 413, 422)} == {}


async def test_bodies_that_are_no_batch(phone: Phone) -> None:
    bodies = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}" * 2, b'{"operations": {}}', b'{"operations": [[]]}']
    for content in bodies:
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", ""):
            headers = {"Content-Type": kind} if kind else {}
            answer = await phone.client.post("/mobile/v1/operations", content=content, headers=headers)
            assert answer.status_code in (400, 415, 422), (content, kind, answer.text)
    nan = f'{{"operations": [{{"id": "{new_id()}", "seq": 1, "kind": "x", "at": NaN}}]}}'.encode()
    answer = await phone.client.post("/mobile/v1/operations", content=nan, headers={"Content-Type": "text/json"})
    assert answer.status_code in (400, 415, 422), "another type is no way around the strict reading"


async def test_sign_in_with_anything(field_: Field) -> None:
    anybody = field_.system.client(None)
    for value in VALUES:
        for body in (f'{{"login": {value}, "password": "x"}}', f'{{"login": "somebody", "password": {value}}}'):
            answer = await anybody.post(
                "/accounts/v1/sessions", content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (400, 401, 413, 422, 429), (body[:80], answer.status_code)
            assert "x" * 200 not in answer.text, "the input is not echoed"
