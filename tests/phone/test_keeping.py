"""The queue survives whatever happens to a phone, and nobody but its engineer can read it."""

import io
import json

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from starlette.requests import Request

from tests.journeys.world import ok, wait_for
from tests.phone.field import CUSTOMER, CUSTOMER_PHONE, SITE, FieldWorld
from tests.phone.front import Front
from tests.phone.handset import PIN, STATUS, handset

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
AES_TAG = 16
"""So many bytes is what is sealed longer than what it says."""


def test_two_tabs_are_one_phone(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        first = phone.page
        second = phone.context.new_page()
        second.goto(f"{field.url}/phone/")
        phone.page = second
        phone.unlock()
        second.wait_for_selector("article")
        phone.offline()
        for done, page in enumerate((first, second, first, second), start=1):
            phone.page = page
            phone.step()
            for tab in (first, second):  # what one tab does the other sees
                expect(tab.locator("nav b")).to_have_text(str(done))
        numbers = [row["seq"] for row in phone.rows("operations")]
        assert numbers == sorted(set(numbers))
        phone.offline(False)
        phone.until_sent(4)
        first.close()  # the tab that sent is gone: the other one takes over
        phone.page = second
        phone.step()
        phone.until_sent(5)
    steps = ["acknowledge", "depart", "check_in", "work_started", "diagnosed"]
    assert wait_for(field.answered, lambda told: len(told) >= 5) == steps


def test_lasting_storage_is_asked_for_when_the_phone_is_enrolled(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.context.add_init_script(_COUNTS_PERSIST)
        phone.page.goto(f"{field.url}/phone/")
        assert phone.page.evaluate("asked") == 0, "there is nothing to keep yet"
        phone.enrol(field.code())
        assert phone.page.evaluate("asked") == 1


def test_a_full_phone_says_so_and_records_nothing_by_half(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        phone.offline()
        storage = phone.context.new_cdp_session(phone.page)
        storage.send("Storage.overrideQuotaForOrigin", {"origin": field.url, "quotaSize": 1})
        phone.page.click("article button.open")
        phone.page.wait_for_timeout(31_000)  # so long the browser goes by the room that it last saw
        phone.page.evaluate(_NOISE)  # half a megabyte
        expect(phone.page.locator(".toast.bad")).to_contain_text("存储已满", timeout=15_000)
        assert phone.rows("operations") == phone.rows("photos") == []
        storage.send("Storage.overrideQuotaForOrigin", {"origin": field.url})
        phone.page.evaluate(_NOISE)
        expect(phone.page.locator("nav b")).to_have_text("2")


def test_an_update_with_a_full_queue_loses_nothing(chromium: Browser, field: FieldWorld, front: Front) -> None:
    with handset(chromium, front.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.until_installed()
        front.fate = lambda request: "cut" if request.url.path.startswith("/mobile/") else None
        for _ in range(3):
            phone.step()
        front.new_version()
        phone.page.evaluate("navigator.serviceWorker.getRegistration().then((it) => it.update())")
        phone.page.click("button.update", timeout=20_000)
        phone.page.wait_for_selector("body[data-version=next]", timeout=20_000)
        expect(phone.page.locator(".pin")).to_contain_text("3 条待发")
        phone.unlock()
        phone.go("queue")
        send_now = phone.page.locator("text=现在发送")
        expect(send_now).to_be_visible()
        front.fate = lambda _: None
        send_now.dispatch_event("click")  # a click that waits for the page to rest may come after it has sent by itself
        phone.until_sent(3)
    assert wait_for(field.answered, lambda told: len(told) >= 3) == ["acknowledge", "depart", "check_in"]


def test_lost_answers_change_nothing(chromium: Browser, field: FieldWorld, front: Front) -> None:
    lost: list[str] = []

    def every_first(request: Request) -> str | None:
        """The first answer of each kind of request is lost, token requests among them."""
        key = f"{request.method} {request.url.path}"
        if key in lost or len(lost) > 6 or request.method == "HEAD":
            return None
        lost.append(key)
        return "lost"

    with handset(chromium, front.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        front.fate = every_first
        phone.step()
        phone.page.wait_for_timeout(200)
        phone.step()
        phone.until_sent(2)
    assert any("operations" in key for key in lost)
    assert wait_for(field.answered, lambda told: len(told) >= 2) == ["acknowledge", "depart"]


def test_an_upload_goes_on_where_it_was_cut(chromium: Browser, field: FieldWorld, front: Front) -> None:
    cut: list[int] = []

    def third_piece(request: Request) -> str | None:
        if request.method == "PATCH" and len([1 for seen in front.seen if seen[0] == "PATCH"]) == 2 and not cut:
            cut.append(1)
            return "cut"
        return None

    with handset(chromium, front.url, at=SITE) as phone:
        phone.enrol(field.code())
        front.fate = third_piece
        phone.page.click("article button.open")
        phone.offline()
        phone.page.evaluate(_NOISE)  # a picture of some 500 kB, as a camera makes
        expect(phone.page.locator("nav b")).to_have_text("2")
        size = len(phone.rows("photos")[0]["content"]["data"]) - AES_TAG
        phone.offline(False)
        phone.until_sent(1)
    pieces = [length for method, _, length in front.seen if method == "PATCH"]
    assert cut == [1]
    kept = ok(field.world.dispatcher.get(f"/mobile/v1/orders/{field.order_id}/photos"))["items"]
    assert len(kept) == 1
    assert len(pieces) >= 4, "it came in pieces"
    assert sum(pieces) == size, "each byte came once"
    assert all(length == 128 * 1024 for length in pieces[:-1]), "no piece was sent twice"


def test_a_photo_that_cannot_go_up_holds_nothing_else_up(chromium: Browser, field: FieldWorld, front: Front) -> None:
    refused: list[str] = []

    def first_upload(request: Request) -> str | None:
        """The store has no room for the photo that begins first, however often it is tried."""
        if request.method == "POST" and request.url.path == "/mobile/v1/uploads":
            refused.append(request.headers["Upload-Metadata"])
            return "full" if refused[-1] == refused[0] else None
        return None

    with handset(chromium, front.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.click("article button.open")
        phone.page.wait_for_selector("main input[type=file]", state="attached")
        phone.offline()
        for count, colour in enumerate(("red", "blue", "green"), start=1):
            phone.picks("main input[type=file]", f"{colour}.jpg", _jpeg(colour))
            expect(phone.page.locator("nav b")).to_have_text(str(2 * count))
        front.fate = first_upload
        phone.offline(False)
        expect(phone.page.locator(STATUS)).to_contain_text("暂时收不了照片")
        assert len(phone.rows("photos")) == 1, "those behind it went up"
        front.seen.clear()
        phone.step()
        wait_for(field.answered, lambda told: "acknowledge" in told)  # the work goes out …
        phone.page.wait_for_function("document.querySelector('main').textContent.includes('已接单')")
        wait_for(
            lambda: front.seen, lambda seen: [path for _, path, _ in seen if path == "/mobile/v1/sync"]
        )  # … news come in
        wait_for(lambda: refused, lambda tried: tried.count(tried[0]) >= 3)  # and the photo is tried again
        assert len(phone.rows("photos")) == 1
        front.fate = lambda _: None
        phone.until_sent(4)


def test_what_lies_on_the_phone_is_sealed(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        phone.offline()
        phone.step()
        phone.page.reload()
        phone.page.wait_for_selector(".pad")
        lying = json.dumps([phone.rows(table) for table in ("operations", "visits", "kept", "photos")])
        assert len(lying) > 3_000
        for secret in (CUSTOMER, CUSTOMER_PHONE, field.truck, "acknowledge", "refresh_token", PIN):
            assert secret not in lying, f"{secret} can be read without the PIN"
        phone.enter_pin("000000")
        expect(phone.page.get_by_role("alert")).to_have_text("PIN 不对。")
        assert phone.page.locator("nav").count() == 0
        phone.unlock()


def test_wrong_pins_cost_pauses(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.reload()
        phone.page.wait_for_selector(".pad")
        for _ in range(5):
            phone.enter_pin("000000")
            expect(phone.page.locator(".dots .full")).to_have_count(0)
            expect(phone.page.get_by_role("alert")).to_have_text("PIN 不对。")
        phone.enter_pin()
        expect(phone.page.get_by_role("alert")).to_contain_text("错误次数过多")
        phone.page.reload()
        phone.page.wait_for_selector(".pad")
        phone.enter_pin()
        expect(phone.page.get_by_role("alert")).to_contain_text("错误次数过多")


def test_a_withdrawn_phone_keeps_its_queue_and_goes_on_with_a_new_code(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        phone.offline()
        phone.step()
        admin, person = field.installation.admin, field.person_id()
        held = ok(admin.get(f"/accounts/v1/people/{person}/tokens"))["items"]
        device = next(row for row in held if row["device"] != "a test")
        ok(admin.delete(f"/accounts/v1/tokens/{device['token_id']}"), 204)
        phone.page.wait_for_timeout(22_000)  # by then every service has heard of it
        phone.offline(False)
        phone.page.wait_for_selector("input[name=code]", timeout=90_000)
        expect(phone.page.locator("form")).to_contain_text("1 条待发")
        phone.page.fill("input[name=code]", field.code())
        phone.page.click("button[type=submit]")
        phone.page.wait_for_selector("nav")
        phone.until_sent(1)
    assert wait_for(field.answered, bool) == ["acknowledge"]


def _jpeg(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (800, 600), colour).save(out, "JPEG")
    return out.getvalue()


_COUNTS_PERSIST = """
  window.asked = 0;
  const persist = StorageManager.prototype.persist;
  StorageManager.prototype.persist = function () { window.asked += 1; return persist.call(this); };
"""

_NOISE = """async () => {
  const canvas = document.createElement("canvas");
  canvas.width = 1200; canvas.height = 900;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(1200, 900);
  for (let i = 0; i < image.data.length; i += 4) {
    for (let c = 0; c < 3; c++) image.data[i + c] = (i * 2654435761 >>> (8 + c)) & 255;
    image.data[i + 3] = 255;
  }
  pen.putImageData(image, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  const files = new DataTransfer();
  files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
  const input = document.querySelector("main input[type=file]");
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}"""
