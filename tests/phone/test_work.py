"""An engineer's order on the app, from the call to the customer's signature, with and without signal."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.console.test_track_page import shot
from tests.journeys.installation import Installation
from tests.journeys.world import near, ok, wait_for
from tests.phone.barcodes import code39
from tests.phone.field import CUSTOMER_PHONE, SITE, FieldWorld
from tests.phone.handset import handset

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
STEPS = ["acknowledge", "depart", "check_in", "work_started", "diagnosed", "restored"]
MOST_TAPS = 12
Json = dict[str, Any]


def test_a_full_order_takes_twelve_taps(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        for _ in STEPS:
            phone.step()
        phone.step()  # opens the completion
        phone.complete()
        phone.until_sent(9)
        assert phone.taps <= MOST_TAPS, f"{phone.taps} taps"
    order = field.order_is("closed", within_s=90)
    assert order["completion"]["meter_km"] == 120_350
    assert sorted(field.answered()) == sorted([*STEPS, "complete", "photo", "parts_used"])
    assert field.world.free_stock(field.engineer.van, "EN-1012")["on_hand"] == 1


def test_a_whole_day_without_signal(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        phone.until_installed()
        phone.offline()
        phone.page.reload()  # the app itself comes from the phone
        phone.unlock()
        for _ in STEPS[:3]:
            phone.step()
        expect(phone.page.locator("nav b")).to_have_text("3")
        phone.page.reload()  # the battery died
        expect(phone.page.locator(".pin")).to_contain_text("3 条待发")
        phone.unlock()
        for _ in STEPS[3:]:
            phone.step()
        phone.step()
        phone.notes_cause_and_use()
        phone.complete()
        phone.go("queue")
        expect(phone.page.locator("main")).to_contain_text("9 条等待发送")
        expect(phone.page.locator("main")).to_contain_text("1 张照片等待上传")
        assert field.order()["state"] == "accepted", "nobody has heard of it"
        phone.offline(False)
        phone.until_sent(9)
    field.order_is("closed", within_s=90)
    assert sorted(field.answered()) == sorted([*STEPS, "complete", "photo", "parts_used"]), "each exactly once"
    (found,) = ok(field.installation.admin.get(f"/orders/v1/orders/{field.order_id}/causes"))["found"]
    assert found["told_by"].startswith("engineer:")


def test_a_wrong_clock_on_the_phone_moves_no_promise(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        phone.page.clock.install(time=datetime.now(UTC) + timedelta(days=3))
        phone.enrol(field.code())
        phone.step()
        phone.step()
        phone.step()
        expect(phone.page.locator("main")).to_contain_text("手机时间偏差")
        wait_for(field.order, lambda order: order["times"]["arrived_at"])
    arrived = datetime.fromisoformat(field.order()["times"]["arrived_at"])
    assert abs(datetime.now(UTC) - arrived) < timedelta(minutes=2)


def test_far_from_the_machine_the_engineer_is_asked_before(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=near(1.3), language="en") as phone:
        phone.enrol(field.code())
        phone.step()
        phone.step()
        phone.step()
        dialog = phone.page.get_by_role("dialog")
        expect(dialog).to_contain_text("km from the site")
        phone.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        phone.step()
        phone.tap("text=Yes, this is the machine")
        # It is kept, and waits for a person before it moves the promise.
        arrived = wait_for(
            lambda: field.world.appointment_of(field.order_id), lambda appointment: appointment["state"] == "on_site"
        )
        assert arrived["flagged"] is True


def test_help_delay_and_parts(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.page.click("article button.open")
        for button, choice in (("Get help", "An expert by video"), ("I'll be late", "30 min")):
            phone.page.click(f'button:text-is("{button}")')
            phone.page.click(f"dialog >> text={choice}")
        phone.page.click("button:text-is('Ask for parts')")
        # The phone's camera sees the label on the box.
        phone.picks("dialog input[type=file]", "label.png", code39("EN-1007"))
        expect(phone.page.locator("dialog")).to_contain_text("EN-1007", timeout=30_000)
        phone.page.click("dialog >> text=Submit")
        asked = wait_for(field.order, lambda order: any(line["part"] == "EN-1007" for line in order["kit"]))
        assert {"part": "EN-1007", "quantity": 1}.items() <= asked["kit"][-1].items()
        wait_for(field.kinds, lambda kinds: {"help.requested", "delay.reported"} <= set(kinds))


def test_parts_are_fetched_and_control_points_ticked(chromium: Browser, installation: Installation) -> None:
    field = FieldWorld(installation, "FETCH", depot=True)
    world, van = field.world, field.engineer.van
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        for _ in STEPS[:3]:
            phone.step()
        phone.page.click("article button.open")
        fetching = phone.page.locator("section", has_text="Fetch at")
        expect(fetching).to_contain_text("EN-1012 × 1")
        fetching.get_by_text("I have them").click()
        expect(fetching).to_contain_text("Picked up")
        shot(phone.page, "phone-fetched-en")
        wait_for(lambda: world.free_stock(van, "EN-1012")["on_hand"], lambda pieces: pieces == 1)
        phone.page.click("text=Control points 0/5")
        phone.page.get_by_label("Reception").check()
        expect(phone.page.locator("details", has_text="Control points 1/5")).to_be_visible()
        shot(phone.page, "phone-control-points-en")
        passed = wait_for(field.order, lambda order: order["tasks_done"])["tasks_done"]
        assert [done["task"] for done in passed] == ["reception"]
    assert world.free_stock(field.depot, "EN-1012")["on_hand"] == 1


def test_who_cannot_go_says_why(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.page.click("article button.open")
        phone.page.click("button:text-is('Decline')")
        phone.page.click("dialog >> text=I lack the parts")
        declined = wait_for(
            lambda: ok(field.world.dispatcher.get(f"/dispatch/v1/appointments/{field.appointment['id']}")),
            lambda appointment: appointment["state"] == "declined",
        )
        assert declined["reason"] == "I lack the parts"


def test_a_photo_is_made_small_on_the_phone(chromium: Browser, field: FieldWorld) -> None:
    large = io.BytesIO()
    Image.effect_noise((4000, 3000), 30).convert("RGB").save(large, "JPEG", quality=92)
    with handset(chromium, field.url, at=SITE) as phone:
        phone.enrol(field.code())
        phone.page.click("article button.open")
        phone.picks("main input[type=file]", "plate.jpg", large.getvalue())
        expect(phone.page.locator(".toast")).to_contain_text("照片")
        phone.until_sent(1)
    kept = wait_for(lambda: ok(field.world.dispatcher.get(f"/mobile/v1/orders/{field.order_id}/photos"))["items"], bool)
    assert (kept[0]["width"], kept[0]["height"]) == (1600, 1200)


def test_the_way_there_and_the_call_are_one_tap(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.page.click("article button.open")
        assert phone.page.get_by_text("Directions").get_attribute("href").startswith(f"geo:{SITE.lat}")  # type: ignore[union-attr]
        assert phone.page.get_by_text("Call ").get_attribute("href") == f"tel:{CUSTOMER_PHONE}"


def test_who_agrees_is_on_the_board_and_who_takes_it_back_is_forgotten(chromium: Browser, field: FieldWorld) -> None:
    def seen() -> list[Json]:
        where = {"territory_id": field.world.territory_id}
        items: list[Json] = ok(field.world.dispatcher.get("/stations/v1/positions", params=where))["items"]
        return items

    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.go("more")
        agreed = phone.page.get_by_label("Share my position")
        expect(agreed).not_to_be_checked()
        agreed.check()
        expect(agreed).to_be_enabled(timeout=20_000)
        phone.page.wait_for_timeout(1_500)  # the phone finds itself
        phone.page.click("text=Start a break")  # what was kept until now is sent
        (here,) = wait_for(seen, bool, within_s=40)
        assert (here["lon"], here["lat"]) == pytest.approx((SITE.lon, SITE.lat), abs=1e-4)
        wait_for(lambda: [row for row in phone.rows("operations") if row["state"] != "done"], lambda rows: not rows)
        assert len(phone.rows("operations")) == 1, "the break; whereabouts leave nothing on the phone"
        agreed.uncheck()
        wait_for(seen, lambda items: not items)
