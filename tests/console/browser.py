"""A real browser on the pages: Debian's Chromium with a fresh profile. The README's pictures are made with it too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LOCALES = {"zh": "zh-CN", "en": "en-GB"}

expect.set_options(timeout=20_000)  # a busy machine draws a page late


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser of one's own. Inside a running event loop use it in a thread (`asyncio.to_thread`)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def page_of(
    browser: Browser,
    *,
    width: int = 1440,
    height: int = 900,
    language: Literal["zh", "en"] = "zh",
    dark: bool = False,
) -> Iterator[Page]:
    """A page with a profile of its own. What goes wrong in the page's scripts fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[language],
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    # What the content security policy refuses is told on the console only.
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    yield page
    context.close()
    assert faults == [], faults


def sign_in(page: Page, url: str, *, login: str, password: str) -> None:
    """Open the board and wait until its first orders are on show."""
    page.goto(url)
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_selector("[role=listitem]")


def board_screenshot(
    url: str,
    picture: Path,
    *,
    login: str,
    password: str,
    language: Literal["zh", "en"] = "zh",
    width: int = 1440,
    height: int = 900,
    dark: bool = False,
    open_first_order: bool = False,
) -> None:
    """Sign in at `url` and write a PNG of the board, with the riskiest order open when asked."""
    with launched() as browser, page_of(browser, width=width, height=height, language=language, dark=dark) as page:
        sign_in(page, url, login=login, password=password)
        if open_first_order:
            page.click("[role=listitem] a >> nth=0")
            page.wait_for_selector("article time")
        page.wait_for_timeout(1_500)  # the map's pieces arrive one by one; the live stream never lets the page be idle
        page.screenshot(path=picture)
