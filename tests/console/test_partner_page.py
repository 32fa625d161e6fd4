"""The partner driver's page on a phone: four steps by one big button, in a dead spot too."""

from playwright.sync_api import Browser, expect

from tests.console.browser import page_of
from tests.console.stand_in import StandIn


def test_the_driver_takes_the_four_steps(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844) as page:
        page.goto(f"{stand_in.url}/replacement/signed")
        for label in ("接受任务", "已到故障车", "货物已启运"):
            page.click(f"button[type=submit]:text-is('{label}')")
            expect(page.locator("li.done", has_text=label)).to_be_visible(timeout=10_000)
        page.fill("input[name=km]", "612")
        page.click("button[type=submit]")
        expect(page.locator(".notice.good")).to_have_text("任务已完成，谢谢！", timeout=10_000)
    assert [one["step"] for one in stand_in.partner_steps] == ["accept", "at_truck", "cargo_moving", "delivered"]
    assert stand_in.partner_steps[-1]["km"] == 612
    assert len({one["operation_id"] for one in stand_in.partner_steps}) == 4


def test_a_step_in_a_dead_spot_is_kept_and_sent_once_later(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844, language="en") as page:
        page.goto(f"{stand_in.url}/replacement/signed")
        stand_in.partner_offline = True
        page.click("button[type=submit]")
        expect(page.locator(".notice")).to_contain_text("No network", timeout=10_000)
        expect(page.locator("li.done")).to_have_count(1)
        page.reload()
        expect(page.locator("li.done")).to_have_count(1)
        stand_in.partner_offline = False
        expect(page.locator(".notice")).to_have_count(0, timeout=15_000)
    assert [one["step"] for one in stand_in.partner_steps] == ["accept"]


def test_a_wrong_link_says_whom_to_call(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844, language="en") as page:
        page.goto(f"{stand_in.url}/replacement/forged")
        expect(page.get_by_role("alert")).to_contain_text("not valid")


def test_the_buttons_are_big_enough_for_gloves(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844) as page:
        page.goto(f"{stand_in.url}/replacement/signed")
        box = page.locator("button[type=submit]").bounding_box()
        assert box is not None
        assert box["height"] >= 56
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
