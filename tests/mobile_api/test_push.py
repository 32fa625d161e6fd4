"""Phones are woken when an appointment is sent to them or taken from them, and only then."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from kit.clock import SystemClock
from kit.ids import new_id
from kit.settings import Settings
from kit.wake import feed_channel
from mobile_api.push.jpush import JPush
from mobile_api.push.port import Target
from mobile_api.push.web import UnknownPushService, WebPush
from mobile_api.use_cases import waking
from services.messages import AppointmentMoved
from tests.mobile_api.conftest import Field, Phone
from tests.mobile_api.push_services import APP_KEY, MASTER_SECRET, PushStub, push_stub
from tests.running import body, eventually

Json = dict[str, Any]


@pytest.fixture(scope="module")
def service() -> Iterator[PushStub]:
    with push_stub() as stub:
        yield stub


@pytest.fixture
def stub(service: PushStub) -> PushStub:
    service.status, service.error = 0, None
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
    stub.error, stub.status = 2002, 429
    assert await sender.send(target) == "later"
    stranger = JPush(url=stub.address, app_key=APP_KEY, master_secret="wrong", http=http)
    assert await stranger.send(target) == "later", "our own mistake makes nobody's phone disappear"


@pytest.fixture
def settings(settings: Settings, stub: PushStub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(waking, "LOOK_EVERY_S", 0.05)
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


async def test_a_lost_phone_is_woken_no_more(
    field_: Field, phone: Phone, stub: PushStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(phone, stub, "mine")

    async def withdrawn(_: str) -> bool:
        return True

    monkeypatch.setattr(field_.system.assembly.contexts["mobile"].authenticator, "is_withdrawn", withdrawn)
    await field_.appointment(phone)
    await asyncio.sleep(0.3)
    monkeypatch.undo()
    await field_.appointment(phone)
    await asyncio.sleep(0.3)
    assert stub.asked == []


async def test_a_service_that_is_away_is_tried_again_later(
    field_: Field, phone: Phone, stub: PushStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(phone, stub, "mine")
    stub.status = 503
    await field_.appointment(phone)
    await woken(stub, 1)
    stub.status = 0
    from sqlalchemy import text

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
