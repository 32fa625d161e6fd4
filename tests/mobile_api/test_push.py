"""Phones are woken when an appointment is sent to them or taken from them, and only then."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from kit.clock import SystemClock
from kit.ids import new_id
from kit.settings import Settings
from kit.wake import feed_channel
from mobile_api import context
from mobile_api.push.jpush import JPush
from mobile_api.push.port import Target
from mobile_api.push.web import UnknownPushService, WebPush
from mobile_api.store.push import MOST
from mobile_api.use_cases import waking
from services.messages import AppointmentMoved, OrderChanged
from tests.accounts.phones import KeyedPhone
from tests.mobile_api.conftest import Field, Phone
from tests.mobile_api.push_services import APP_KEY, MASTER_SECRET, PushStub, push_stub
from tests.mobile_api.test_day_and_sync import moved, planned
from tests.running import body, eventually

Json = dict[str, Any]


@pytest.fixture(scope="module")
def service() -> Iterator[PushStub]:
    with push_stub() as stub:
        yield stub


@pytest.fixture
def stub(service: PushStub) -> PushStub:
    service.status, service.error, service.held, service.answered = 0, None, "", 0
    service.asked.clear()
    return service


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def web(stub: PushStub, http: httpx.AsyncClient, installation: str = "ours") -> WebPush:
    services = ["fcm.googleapis.com", "push.apple.com", stub.address]
    return WebPush(
        secret=installation, contact="mailto:ops@maker.example", services=services, clock=SystemClock(), http=http
    )


async def test_a_web_push_is_what_a_push_service_takes(stub: PushStub, http: httpx.AsyncClient) -> None:
    sender, target = web(stub, http), Target(f"{stub.address}/send/1", "zh")
    assert await sender.send(target) == "sent"
    path, headers, content = stub.asked[0]
    assert (path, content) == ("/send/1", b""), "nobody on the way learns anything"
    assert 0 < int(headers["ttl"]) <= 24 * 3600
    for status, outcome in ((404, "gone"), (410, "gone"), (429, "later"), (503, "later"), (307, "later")):
        stub.status = status
        assert await sender.send(target) == outcome
    stub.status = 403
    with capture_logs() as logs:
        assert await sender.send(target) == "later"
    assert [(log["event"], log["status"]) for log in logs] == [("web_push_refused", 403)], "a fault of ours is seen"
    assert await sender.send(Target("http://127.0.0.1:9/nobody", "zh")) == "later"
    assert web(stub, http).public_key == sender.public_key != web(stub, http, "other").public_key


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://fcm.googleapis.com/fcm/send/x", True),
        ("https://web.push.apple.com/x", True),
        ("https://fcm.googleapis.com.evil.example/x", False),
        ("https://evilfcm.googleapis.com@10.0.0.1/x", False),
        ("https://user@fcm.googleapis.com/x", False),
        ("https://fcm.googleapis.com:22/x", False),
        ("http://fcm.googleapis.com/x", False),
        ("https://169.254.169.254/latest", False),
        ("http://127.0.0.1:1/x", False),
        ("file:///etc/passwd", False),
        ("fcm.googleapis.com", False),
        ("https://fcm.googleapis.com:99999/x", False),
        ("https://[fcm.googleapis.com/x", False),
    ],
)
def test_only_known_services_are_called(stub: PushStub, address: str, known: bool) -> None:
    sender = web(stub, httpx.AsyncClient())
    if known:
        sender.check(address)
    else:
        with pytest.raises(UnknownPushService):
            sender.check(address)


async def test_jpush_takes_our_request_and_its_errors_are_understood(stub: PushStub, http: httpx.AsyncClient) -> None:
    sender, target = (
        JPush(url=stub.address, app_key=APP_KEY, master_secret=MASTER_SECRET, http=http),
        Target("R1", "en"),
    )
    assert await sender.send(target) == "sent"
    stub.error = 1011
    assert await sender.send(target) == "gone"
    stub.error, stub.message = 1003, "the value of registration_id is invalid"
    assert await sender.send(target) == "gone"
    stub.message = "the value of time_to_live is invalid"
    assert await sender.send(target) == "later", "nor does another"
    stub.error, stub.status = 2002, 429
    assert await sender.send(target) == "later"
    stranger = JPush(url=stub.address, app_key=APP_KEY, master_secret="wrong", http=http)
    assert await stranger.send(target) == "later", "our own mistake makes nobody's phone disappear"


@pytest.fixture
def settings(settings: Settings, stub: PushStub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(waking, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(context, "PUSH_DEADLINE_S", 60.0)
    told = {"push_contact": "mailto:ops@maker.example", "push_services": stub.address}
    jpush = {"jpush_url": stub.address, "jpush_key": APP_KEY, "jpush_secret": MASTER_SECRET}
    return settings.model_copy(update=told | jpush)


async def subscribe(phone: Phone, stub: PushStub, name: str) -> Json:
    asked = {"kind": "web", "address": f"{stub.address}/{name}", "language": "zh"}
    assert (await phone.client.put("/mobile/v1/push", json=asked)).status_code == 204
    return asked


async def woken(stub: PushStub, count: int) -> list[str]:
    async def paths() -> list[str]:
        return [path for path, _, _ in stub.asked]

    return await eventually(paths, lambda found: len(found) >= count)


async def test_a_phone_is_woken_by_what_is_sent_to_it_and_not_by_its_own_steps(
    field_: Field, phone: Phone, stub: PushStub
) -> None:
    about = body(await phone.client.get("/mobile/v1/push"))
    assert (about["kinds"], len(about["web_key"])) == (["jpush", "web"], 87)
    await subscribe(phone, stub, "mine")
    other = await field_.engineer("E-2")
    jpush = {"kind": "jpush", "address": "R2"}
    assert (await other.client.put("/mobile/v1/push", json=jpush)).status_code == 204
    visit = await field_.appointment(phone)
    assert await woken(stub, 1) == ["/mine"]
    known = {"order_id": visit["order_id"], "appointment_id": visit["appointment_id"], "engineer_id": "E-1"}
    field_.owners.tell("dispatch", AppointmentMoved(**known, territory_id="T", state="on_site"), subject=new_id())
    field_.system.assembly.wakeups.wake_here(feed_channel("dispatch"))
    await eventually(phone.day, lambda day: day["appointments"][0]["state"] == "on_site")
    await field_.appointment(other)
    assert await woken(stub, 2) == ["/mine", "/v3/push"]
    field_.owners.tell("dispatch", AppointmentMoved(**known, territory_id="T", state="cancelled"), subject=new_id())
    field_.system.assembly.wakeups.wake_here(feed_channel("dispatch"))
    assert await woken(stub, 3) == ["/mine", "/v3/push", "/mine"]


async def test_who_is_gone_or_withdrawn_is_not_called_again(field_: Field, phone: Phone, stub: PushStub) -> None:
    asked = await subscribe(phone, stub, "mine")
    stub.status = 410
    await field_.appointment(phone)
    await woken(stub, 1)
    stub.status = 0
    await field_.appointment(phone)
    await asyncio.sleep(0.3)
    assert len(stub.asked) == 1
    await subscribe(phone, stub, "mine")
    params = {"kind": asked["kind"], "address": asked["address"]}
    stranger = await field_.engineer("E-2")
    assert (await stranger.client.delete("/mobile/v1/push", params=params)).status_code == 204
    await field_.appointment(phone)
    await woken(stub, 2)
    assert (await phone.client.delete("/mobile/v1/push", params=params)).status_code == 204
    await field_.appointment(phone)
    await asyncio.sleep(0.3)
    assert len(stub.asked) == 2


async def nobody_else(field_: Field, other: Phone, stub: PushStub, before: list[str]) -> None:
    """Whoever was to be woken is, before or beside the first of two others who come later."""
    for number in (1, 2):
        await field_.appointment(other)
        assert await woken(stub, len(before) + number) == before + ["/other"] * number


async def test_what_was_never_on_a_phone_or_only_changes_there_wakes_nobody(
    field_: Field, phone: Phone, stub: PushStub
) -> None:
    other = await field_.engineer("E-2")
    await subscribe(phone, stub, "mine")
    await subscribe(other, stub, "other")
    visit = await field_.appointment(phone)
    await woken(stub, 1)
    cursor = (await phone.day())["cursor"]
    changed = OrderChanged(order_id=visit["order_id"], territory_id="T", state="accepted", what="kit")
    field_.owners.tell("orders", changed, subject=visit["order_id"])
    field_.system.assembly.wakeups.wake_here(feed_channel("orders"))

    async def new() -> list[str]:
        return [shown["id"] for shown in (await phone.sync(cursor))["appointments"]]

    assert await eventually(new, bool) == [visit["appointment_id"]]
    planned_only = {"order_id": new_id(), "appointment_id": new_id()}
    for engineer_id in ("E-1", "E-3"):
        field_.owners.tell("dispatch", planned(planned_only, engineer_id), subject=planned_only["appointment_id"])
    await nobody_else(field_, other, stub, ["/mine"])


async def enrolled(field_: Field, phone: Phone) -> Phone:
    """Another phone of the same engineer's, with a key of its own."""
    person = field_.system.service
    code = body(await person.post(f"/accounts/v1/people/{claims(phone)['sub']}/enrolments"), 201)["code"]
    grant = await KeyedPhone(field_.system.client(None)).enrol(code)
    return Phone(field_, phone.engineer_id, field_.system.client(grant["access_token"]))


def claims(phone: Phone) -> Json:
    payload = phone.client.headers["authorization"].split(".")[1]
    said: Json = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return said


async def test_a_lost_phone_is_woken_no_more(
    field_: Field, phone: Phone, stub: PushStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, keyed = await field_.engineer("E-2"), await enrolled(field_, phone)
    await subscribe(phone, stub, "token")
    asked = await subscribe(keyed, stub, "key")
    await subscribe(other, stub, "other")
    visit = await field_.appointment(phone)
    before = await woken(stub, 2)
    assert sorted(before) == ["/key", "/token"]
    for withdrawn in (claims(phone)["jti"], claims(keyed)["sid"]):
        gone = await field_.system.service.delete(f"/accounts/v1/tokens/{withdrawn}")
        assert gone.status_code == 204
    assert (await keyed.client.put("/mobile/v1/push", json=asked)).status_code == 401, "its token serves for a minute"

    async def targets() -> list[str]:
        async with field_.system.assembly.contexts["mobile"].db.look() as tx:
            return list(await tx.scalars(text("SELECT address FROM push_targets")))

    assert await eventually(targets, lambda found: len(found) < 2) == [f"{stub.address}/other"]
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + timedelta(minutes=30))
    field_.owners.tell("dispatch", moved(visit, "E-1", "cancelled"), subject=visit["appointment_id"])
    await nobody_else(field_, other, stub, before)


async def test_a_slow_service_keeps_no_other_waiting_nor_undoes_what_was_said_meanwhile(
    field_: Field, phone: Phone, stub: PushStub
) -> None:
    jpush, newcomer = await field_.engineer("E-2"), await field_.engineer("E-3")
    await subscribe(phone, stub, "mine")
    assert (await jpush.client.put("/mobile/v1/push", json={"kind": "jpush", "address": "R2"})).status_code == 204
    stub.held = "/mine"
    stub.let_go.clear()
    try:
        await field_.appointment(phone)
        await woken(stub, 1)
        await field_.appointment(jpush)
        assert await woken(stub, 2) == ["/mine", "/v3/push"]
        await subscribe(newcomer, stub, "mine")
        stub.status = 410
    finally:
        stub.let_go.set()

    async def answered() -> int:
        return stub.answered

    await eventually(answered, lambda count: count == 2)
    stub.status = 0
    await field_.appointment(newcomer)
    assert await woken(stub, 3) == ["/mine", "/v3/push", "/mine"], "the phone is another engineer's now"


async def test_of_many_installations_the_oldest_goes(field_: Field, phone: Phone, stub: PushStub) -> None:
    for number in range(MOST + 1):
        await subscribe(phone, stub, str(number))
    await field_.appointment(phone)
    assert sorted(await woken(stub, MOST)) == sorted(f"/{number}" for number in range(1, MOST + 1))


async def test_a_service_that_is_away_is_tried_again_later(
    field_: Field, phone: Phone, stub: PushStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(phone, stub, "mine")
    stub.status = 503
    await field_.appointment(phone)
    await woken(stub, 1)
    stub.status = 0

    async def next_at() -> int:
        async with field_.system.assembly.contexts["mobile"].db.transaction() as tx:
            return (await tx.execute(text("UPDATE push_targets SET next_at = now() WHERE failures = 1"))).rowcount

    await eventually(next_at, bool)
    assert await woken(stub, 2) == ["/mine", "/mine"]


async def test_an_unknown_address_or_way_is_refused_with_the_reason(phone: Phone) -> None:
    inward = {"kind": "web", "address": "https://10.0.0.1/x"}
    problem = body(await phone.client.put("/mobile/v1/push", json=inward), 422)
    assert problem["type"].endswith("unknown-push-service")
    odd = {"kind": "pigeon", "address": "x"}
    assert (await phone.client.put("/mobile/v1/push", json=odd)).status_code == 422
