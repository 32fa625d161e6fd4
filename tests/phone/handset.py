"""An engineer's phone: a real browser of phone size on the real app, handled as a person would."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from kit.values import Place
from tests.console.browser import LOCALES
from tests.console.test_track_page import shot

PIN = "135790"
STATUS = "header .link"


class Handset:
    """One phone. `taps` counts what its engineer touched since the last `count_taps`."""

    def __init__(self, context: BrowserContext, page: Page, url: str):
        self.context = context
        self.page = page
        self.url = url
        self.taps = 0

    def enrol(self, code: str) -> None:
        """From the dispatcher's link to the day: the PIN, twice, then the code."""
        self.page.goto(f"{self.url}/phone/#code={code}")
        self.enter_pin()
        self.enter_pin()
        self.page.click("button[type=submit]")
        self.page.wait_for_selector("nav")

    def enter_pin(self, pin: str = PIN) -> None:
        for digit in pin:
            self.page.click(f".pad button:text-is('{digit}')")
        self.page.wait_for_timeout(50)

    def unlock(self) -> None:
        self.page.wait_for_selector(".pad")
        self.enter_pin()
        self.page.wait_for_selector("nav")

    def tap(self, target: str) -> None:
        self.taps += 1
        self.page.click(target)

    def step(self) -> None:
        """The big button."""
        expect(self.page.locator("button.next").first).to_be_enabled(timeout=20_000)
        self.tap("button.next >> nth=0")

    def sign(self) -> None:
        """The customer's finger: one stroke."""
        self.taps += 1
        box = self.page.locator("canvas").bounding_box()
        assert box is not None
        self.page.locator("canvas").scroll_into_view_if_needed()
        box = self.page.locator("canvas").bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + 40, box["y"] + 90)
        mouse.down()
        for i in range(12):
            mouse.move(box["x"] + 40 + 15 * i, box["y"] + 90 + (25 if i % 2 else -25))
        mouse.up()

    def notes_cause_and_use(self) -> None:
        """What the completion may tell beside its gates; the keypad is then where it was."""
        page = self.page
        page.locator("select[name=cause]").first.select_option(index=1)
        page.locator("summary").click()
        page.locator("select[name=duty]").select_option("long_haul")
        page.locator("input[name=km_per_month]").fill("9000")
        page.locator("select[name=intent]").select_option("within_12_months")
        shot(page, "phone-completion")
        page.locator("input[name=km]").focus()

    def complete(self, km: str = "120350") -> None:
        """The completion form, filled in as quickly as it can be."""
        self.page.keyboard.type(km)
        self.tap("text=/^(全部合格|All good)$/")
        self.tap("text=/^(通过|Passed)$/")
        self.sign()
        self.tap("text=/^(提交完工|Complete)$/")
        self.page.wait_for_selector("article, .muted")

    def go(self, tab: Literal["day", "map", "queue", "more"]) -> None:
        self.page.click(f"nav button >> nth={('day', 'map', 'queue', 'more').index(tab)}")

    def offline(self, cut: bool = True) -> None:
        self.context.set_offline(cut)

    def until_sent(self, operations: int, within_s: float = 40.0) -> None:
        """So many operations were recorded since the phone was enrolled, and nothing of them waits any more."""
        deadline = time.monotonic() + within_s
        while True:
            states = [row["state"] for row in self.rows("operations")]
            photos = len(self.rows("photos"))
            if len(states) >= operations and "waiting" not in states and photos == 0:
                assert len(states) == operations, states
                return
            assert time.monotonic() < deadline, f"{states}, {photos} photos"
            self.page.wait_for_timeout(150)

    def until_installed(self) -> None:
        """The service worker has the app: from now on it opens without signal."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def picks(self, target: str, name: str, content: bytes) -> None:
        """The phone's camera takes this picture."""
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        self.page.locator(target).set_input_files(FilePayload(name=name, mimeType=kind, buffer=content))

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What lies in the phone's database, as its files have it: sealed content shows as bytes."""
        found: list[dict[str, Any]] = json.loads(self.page.evaluate(_READ, table))
        return found


_READ = """async (table) => {
  const open = indexedDB.open("roadcall-phone");
  const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result); });
  const all = db.transaction(table).objectStore(table).getAll();
  const rows = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result); });
  db.close();
  return JSON.stringify(rows, (_, value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
    ? new TextDecoder("latin1").decode(value) : value);
}"""


@contextmanager
def handset(
    browser: Browser,
    url: str,
    *,
    at: Place,
    language: Literal["zh", "en"] = "zh",
    dark: bool = False,
    width: int = 360,
    height: int = 740,
) -> Iterator[Handset]:
    """A phone with a profile of its own. What goes wrong in the page's scripts fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[language],
        color_scheme="dark" if dark else "light",
        geolocation={"longitude": at.lon, "latitude": at.lat, "accuracy": 12},
        permissions=["geolocation", "notifications"],
        has_touch=True,
    )
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    page = context.new_page()
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    yield Handset(context, page, url)
    context.close()
    assert faults == [], faults
