"""What was not taken stands in the Outbox with its reason until the engineer has read it."""

import json

import pytest
from playwright.sync_api import Browser, expect
from starlette.requests import Request

from tests.console.test_track_page import shot
from tests.journeys.world import wait_for
from tests.phone.field import SITE, FieldWorld
from tests.phone.front import Front
from tests.phone.handset import Handset, handset

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_refused_work_says_why_until_it_was_read(chromium: Browser, field: FieldWorld, front: Front) -> None:
    with handset(chromium, front.url, at=SITE) as phone:
        phone.enrol(field.code())
        for _ in range(6):
            phone.step()
        phone.until_sent(6)
        front.edit = _damaged
        phone.step()
        phone.complete()
        phone.go("queue")
        attention = phone.page.locator("article.refused")
        expect(attention).to_have_count(2)
        expect(attention.filter(has_text="照片")).to_contain_text("照片未被接收")
        expect(attention.filter(has_text="完工")).to_contain_text("完工单还缺：无渗漏、客户签名")
        expect(phone.page.locator("nav b.bad")).to_be_visible()
        shot(phone.page, "phone-refused-zh")
        phone.page.reload()  # and they are still there
        phone.unlock()
        phone.go("queue")
        for left in (1, 0):
            phone.page.click("article.refused button >> nth=0")
            expect(attention).to_have_count(left)
        assert field.order()["state"] != "closed"
        front.edit = lambda _, content: content
        _completes_anew(phone)
    assert field.order_is("closed", within_s=90)
    assert field.world.free_stock(field.engineer.van, "EN-1012")["on_hand"] == 2, "one was used, and came back"


def _completes_anew(phone: Handset) -> None:
    """The parts were booked with the completion that was refused: nothing is suggested a second time."""
    phone.go("day")
    phone.step()
    used, back = (phone.page.locator("section", has_text=title) for title in ("用料", "退回车载库"))
    expect(back.locator("output")).to_have_text(["0"])
    expect(used.locator("output")).to_have_text(["0", "0"])
    back.get_by_label("增加 EN-1012").click()
    shot(phone.page, "phone-returned-zh")
    phone.page.locator("input[name=km]").focus()
    phone.complete()
    phone.until_sent(12)


def _damaged(request: Request, content: bytes) -> bytes:
    """On the way a photo loses a byte, and a completion one item of its checklist."""
    if request.method == "PATCH" and request.url.path.startswith("/mobile/v1/uploads"):
        return content[:-1] + bytes([content[-1] ^ 1])
    if request.url.path != "/mobile/v1/operations":
        return content
    batch = json.loads(content)
    for operation in batch["operations"]:
        if operation["kind"] == "complete":
            del operation["payload"]["checklist"]["no_leaks"]
            del operation["payload"]["signature_photo"]
    return json.dumps(batch).encode()


def test_what_something_newer_overtook_is_shown(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        phone.offline()
        phone.step()
        for kind in ("acknowledge", "depart"):  # from the engineer's other phone
            assert (field.engineer.do(kind, field.appointment) or {})["status"] == "applied"
        phone.offline(False)
        phone.go("queue")
        overtaken = phone.page.locator("article", has_text="Accepted")
        expect(overtaken).to_contain_text("this changed nothing")
        shot(phone.page, "phone-overtaken-en")
        overtaken.get_by_text("Got it").click()
        expect(phone.page.locator("main")).to_contain_text("Everything is sent")
        expect(overtaken).to_have_count(0)
        _steps_on_from_there(phone)
    assert wait_for(field.answered, lambda told: "check_in" in told)


def _steps_on_from_there(phone: Handset) -> None:
    phone.go("day")
    expect(phone.page.locator("button.next")).to_have_text("Check in on site")
    phone.step()
    phone.until_sent(2)


def test_what_follows_an_answer_is_seen_soon(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.step()
        phone.until_sent(1)
        assert (field.engineer.do("depart", field.appointment) or {})["status"] == "applied"
        soon_ms = 11_000  # a phone that has heard nothing for a while looks every 14 to 26 s
        expect(phone.page.locator("button.next")).to_have_text("Check in on site", timeout=soon_ms)
