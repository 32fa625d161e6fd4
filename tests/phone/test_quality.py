"""Small, quick, readable by everybody: measured in the browser."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.built_pages import WORKSPACE
from tests.console.test_track_page import shot
from tests.phone.field import SITE, FieldWorld
from tests.phone.handset import Handset, handset

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
FIRST_LOAD_BYTES = 300_000
INTERACTIVE_S = 2.0
SLOWDOWN = 4
AXE = WORKSPACE / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ("day", "order", "help", "complete", "map", "queue", "more")


def test_the_first_load_is_small_and_soon_ready(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE) as phone:
        network = phone.context.new_cdp_session(phone.page)
        network.send("Network.enable")
        network.send("Performance.enable", {"timeDomain": "threadTicks"})
        received: list[int] = []
        network.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
        phone.page.goto(f"{field.url}/phone/")
        phone.page.wait_for_selector(".pad")
        metrics = {row["name"]: row["value"] for row in network.send("Performance.getMetrics")["metrics"]}
        assert 20_000 < sum(received) <= FIRST_LOAD_BYTES
        # On a busy machine only the processor's own time says something about a slower one.
        assert metrics["TaskDuration"] * SLOWDOWN <= INTERACTIVE_S, metrics
        everything = (WORKSPACE / "dist" / "phone").rglob("*.js")
        assert sum(_gzipped(path) for path in everything) <= FIRST_LOAD_BYTES, "what is fetched for later counts too"


def _gzipped(path: Path) -> int:
    import gzip

    return len(gzip.compress(path.read_bytes()))


@pytest.mark.parametrize(("language", "dark"), [("zh", False), ("en", True)])
def test_every_screen_is_accessible(
    chromium: Browser, field: FieldWorld, language: Literal["zh", "en"], dark: bool
) -> None:
    with handset(chromium, field.url, at=SITE, language=language, dark=dark) as phone:
        phone.page.goto(f"{field.url}/phone/#code={field.code()}")
        phone.page.wait_for_selector(".pad")
        _must_be_accessible(phone.page, "pin")
        phone.enter_pin()
        phone.enter_pin()
        phone.page.wait_for_selector("input[name=code]")
        _must_be_accessible(phone.page, "enrol")
        phone.page.click("button[type=submit]")
        phone.page.wait_for_selector("article")
        for screen in SCREENS:
            _show(phone, screen, field.appointment["id"])
            if screen == "more":
                phone.page.wait_for_selector("text=/^(工单有变化时通知我|Notify me when my orders change)$/")
                shot(phone.page, f"phone-more-{language}")
            _must_be_accessible(phone.page, screen)
            width = phone.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, f"{screen} is {width} px wide"


def _show(phone: Handset, screen: str, visit_id: str) -> None:
    if screen in ("order", "complete"):
        phone.page.evaluate(f"location.hash = '#/{screen}/{visit_id}'")
    elif screen == "help":
        phone.page.click("text=/^(请求支援|Get help)$/")
    else:
        phone.page.evaluate(f"location.hash = '#/{screen}'")
    phone.page.wait_for_timeout(400)


def _must_be_accessible(page: Page, screen: str) -> None:
    page.evaluate(AXE.read_text())
    rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
    found = page.evaluate("(rules) => axe.run(document, rules)", rules)
    broken = [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]
    assert broken == [], f"{screen}: {broken}"
    if page.locator("dialog").count():
        page.keyboard.press("Escape")


def test_everything_can_be_done_with_a_keyboard(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        phone.page.wait_for_selector("article")
        page = phone.page
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.classList.contains('next')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("button.next:text-is('Set off')")
