"""Small, quick, readable by everybody: measured in the browser."""

import io
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urljoin

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.built_pages import WORKSPACE
from tests.console.test_track_page import shot
from tests.journeys.installation import Installation
from tests.journeys.world import near
from tests.phone.field import SITE, FieldWorld
from tests.phone.handset import STATUS, Handset, handset

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
FIRST_LOAD_BYTES = 300_000
INTERACTIVE_S = 2.0
SLOWDOWN = 4
AXE = WORKSPACE / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
LESS: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
"""What passed is told by one element a rule, and no sounds are looked for: there are none."""
RULES = {"runOnly": LEVELS, **LESS}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, **LESS}
"""All that depends on the colours, and takes most of the time."""
WORDS = RULES | {"rules": {"color-contrast": {"enabled": False}}}
FAR = near(1.3)
"""So far from the machine that a check-in is asked about."""
SHEETS = {
    "help": "/^(请求支援|Get help)$/",
    "parts": "/^(申请配件|Ask for parts)$/",
    "delay": "/^(会晚到|I'll be late)$/",
    "decline": "/^(拒绝工单|Decline)$/",
}


@pytest.fixture(scope="module")
def untouched(installation: Installation) -> FieldWorld:
    """For those who only look: what is done in these tests never leaves the phone."""
    return FieldWorld(installation, "Q")


def test_the_first_load_is_small_and_soon_ready(chromium: Browser, untouched: FieldWorld) -> None:
    with handset(chromium, untouched.url, at=SITE) as phone:
        tools = phone.context.new_cdp_session(phone.page)
        tools.send("Network.enable")
        # What a slower processor costs, counted by its own time: other work on this machine says nothing.
        tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        received: list[int] = []
        tools.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
        phone.page.goto(f"{untouched.url}/phone/")
        phone.page.click(".pad button:text-is('1')")
        expect(phone.page.locator(".dots .full")).to_have_count(1)
        metrics = {row["name"]: row["value"] for row in tools.send("Performance.getMetrics")["metrics"]}
        assert 20_000 < sum(received) <= FIRST_LOAD_BYTES
        assert metrics["TaskDuration"] <= INTERACTIVE_S, metrics
        everything = (WORKSPACE / "dist" / "phone").rglob("*.js")
        assert sum(_gzipped(path) for path in everything) <= FIRST_LOAD_BYTES, "what is fetched for later counts too"


def test_the_system_can_install_it(chromium: Browser, untouched: FieldWorld) -> None:
    with handset(chromium, untouched.url, at=SITE) as phone:
        phone.page.goto(f"{untouched.url}/phone/")
        phone.until_installed()
        tools = phone.context.new_cdp_session(phone.page)
        manifest = tools.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert manifest["manifest"]["startUrl"] == f"{untouched.url}/phone/"
        errors = {row["errorId"] for row in tools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
        assert errors <= {"in-incognito"}, errors
        icons = {row["sizes"]: row["url"] for row in manifest["manifest"]["icons"]}
        apple = phone.page.locator("link[rel=apple-touch-icon]").get_attribute("href") or ""
        for size, address in {**icons, "180x180": apple}.items():
            image = Image.open(io.BytesIO(phone.page.request.get(urljoin(phone.page.url, address)).body()))
            assert (image.format, f"{image.width}x{image.height}") == ("PNG", size)


def test_a_look_for_news_alone_does_not_flash(chromium: Browser, field: FieldWorld) -> None:
    with handset(chromium, field.url, at=SITE, language="en") as phone:
        phone.enrol(field.code())
        status = phone.page.locator(STATUS)
        expect(status).to_have_text("Up to date")
        status.evaluate(_NOTES_WHAT_IT_SAYS)
        for _ in range(2):
            with phone.page.expect_response("**/mobile/v1/sync*") as answered:
                pass
            answered.value.finished()
        assert phone.page.evaluate("said") == []
        phone.offline()  # otherwise what is done during a look goes out with it
        phone.step()
        expect(status).to_contain_text("No signal")
        phone.offline(False)
        phone.until_sent(1)
        expect(status).to_have_text("Up to date")
        assert phone.page.evaluate("said")[-2:] == ["Syncing", "Up to date"]


_NOTES_WHAT_IT_SAYS = """(status) => {
  window.said = [];
  const note = () => said.push(status.textContent);
  new MutationObserver(note).observe(status, { characterData: true, childList: true, subtree: true });
}"""


def _gzipped(path: Path) -> int:
    import gzip

    return len(gzip.compress(path.read_bytes()))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_screen_is_accessible_and_fits(
    chromium: Browser, untouched: FieldWorld, language: Literal["zh", "en"]
) -> None:
    with handset(chromium, untouched.url, at=FAR, language=language) as phone:
        looked = Looked(phone, language)
        phone.page.goto(f"{untouched.url}/phone/#code={untouched.code()}")
        phone.page.wait_for_selector(".pad")
        looked.at("pin")
        phone.enter_pin()
        phone.enter_pin()
        phone.page.wait_for_selector("input[name=code]")
        looked.at("enrol")
        phone.page.click("button[type=submit]")
        phone.page.wait_for_selector("article")
        phone.until_installed()
        looked.at("day")
        _order_and_its_sheets(phone, looked)
        _work_without_signal(phone, looked)
        phone.go("map")
        phone.page.wait_for_selector(".stop")
        looked.at("map")
        phone.go("more")
        phone.page.wait_for_selector("text=/^(今日记录|Today's log)$/")
        looked.at("more")
        phone.page.reload()
        phone.page.wait_for_selector(".pad + .muted")
        looked.at("locked")


def _order_and_its_sheets(phone: Handset, looked: "Looked") -> None:
    phone.page.click("article button.open")
    phone.page.wait_for_selector("section.card")
    looked.at("order")
    for sheet, button in SHEETS.items():
        phone.page.click(f"text={button}")
        phone.page.wait_for_selector("dialog")
        looked.at(sheet)
        phone.page.keyboard.press("Escape")
        expect(phone.page.locator("dialog")).to_have_count(0)


def _work_without_signal(phone: Handset, looked: "Looked") -> None:
    phone.offline()
    phone.step()
    phone.step()
    phone.step()
    phone.page.wait_for_selector("dialog")
    looked.at("fence")
    phone.page.click("dialog button.big")
    for _ in range(3):
        phone.step()
    expect(phone.page.locator("nav b")).to_have_text("6")
    phone.step()
    looked.at("complete")
    phone.go("queue")
    looked.at("queue")


class Looked:
    """Each screen: axe finds nothing, nothing is cut off; a picture for the eye. Colours, light and dark, are looked at
    in one language."""

    def __init__(self, phone: Handset, language: str):
        self._page, self._language = phone.page, language
        phone.context.add_init_script(path=AXE)

    def at(self, screen: str) -> None:
        self._look(screen, "light", RULES if self._language == "zh" else WORDS)
        width = self._page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{screen} is {width} px wide"
        if self._language == "zh":
            self._look(screen, "dark", CONTRAST)

    def _look(self, screen: str, scheme: Literal["light", "dark"], rules: dict[str, Any]) -> None:
        self._page.emulate_media(color_scheme=scheme)
        shot(self._page, f"phone-{screen}-{self._language}-{scheme}")
        found = self._page.evaluate(_LOOK, rules)
        broken = [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]
        assert found["passed"], f"{screen}: nothing was looked at"
        assert broken == [], f"{screen} {scheme}: {broken}"


_LOOK = """async (rules) => {
  const { violations, passes } = await axe.run(document, rules);
  return { violations, passed: passes.length };
}"""


def test_an_order_can_be_done_with_the_keyboard_alone(chromium: Browser, untouched: FieldWorld) -> None:
    with handset(chromium, untouched.url, at=SITE, language="en") as phone:
        phone.enrol(untouched.code())
        phone.page.wait_for_selector("article")
        phone.offline()
        keys = Keys(phone.page)
        for said in ("Accept", "Set off", "Check in on site", "Start work", "Diagnosed", "Machine runs again"):
            keys.press(said)
        keys.press("Fill in completion")
        phone.page.keyboard.type("120350")  # the field has the focus
        keys.press("All good")
        keys.press("Passed")
        keys.go_to("input[name=signer]")
        phone.page.keyboard.type("Zhang Wei")
        shot(phone.page, "phone-signed-by-name")
        keys.press("Complete")
        expect(phone.page.locator("nav b")).to_have_text("10")
        assert len(phone.rows("operations")) == 9
        assert len(phone.rows("photos")) == 1, "the name that was typed is the signature"


class Keys:
    """Nothing but Tab and Enter."""

    MOST_TABS = 60

    def __init__(self, page: Page):
        self._page = page

    def press(self, said: str) -> None:
        button = f"button:text-is('{said}')"
        expect(self._page.locator(button).first).to_be_enabled()
        self.go_to(button)
        self._page.keyboard.press("Enter")

    def go_to(self, target: str) -> None:
        wanted = self._page.locator(target).first
        for _ in range(self.MOST_TABS):
            if wanted.evaluate("(it) => it === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")
