"""The network page in a real browser: reach, gaps and sites, in both languages, at a desk and on a phone."""

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import page_of
from tests.console.stand_in import PASSWORD, StandIn


def opened(page: Page, stand_in: StandIn) -> None:
    page.goto(f"{stand_in.url}/network")
    page.fill("input[name=login]", "li")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("table")


def keep(page: Page, name: str) -> None:
    """A picture for people to look at, when they ask for it."""
    if folder := os.environ.get("ROADCALL_PICTURES"):
        page.wait_for_timeout(1500)
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_reach_by_level_and_the_gaps_on_the_map(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, language="en") as page:
        opened(page, stand_in)
        expect(page.locator("tbody tr")).to_have_count(3)
        shares = [float(text.split()[0]) for text in page.locator("tbody td:last-child").all_inner_texts()]
        assert shares == sorted(shares), "more stations never reach less"
        assert shares[-1] < 100
        expect(page.locator("path.gap").first).to_be_attached()
        before = page.locator("path.gap").count()
        page.select_option("header label select", "30")
        expect(page.locator("thead th").last).to_have_text("Within 30 min")
        assert page.locator("path.gap").count() != before
        page.locator("li button").first.click()
        keep(page, "network-en")


@pytest.mark.parametrize("objective", ["covering", "promises", "median"])
def test_new_sites_are_proposed_with_their_proof_and_saved(
    chromium: Browser, stand_in: StandIn, objective: str
) -> None:
    with page_of(chromium) as page:
        opened(page, stand_in)
        page.select_option("form select", objective)
        page.locator("input[type=number]").first.fill("4")
        page.click("button.primary")
        expect(page.locator(".new-site")).to_have_count(4, timeout=20_000)
        said = "任何选择最多再短" if objective == "median" else "已证明没有更好的选择。"
        expect(page.locator("section [role=status]")).to_contain_text(said)
        expect(page.locator("figure circle")).to_have_count(0 if objective == "median" else 10)
        with page.expect_download() as download:
            page.click("[role=status] button")
        saved = json.loads(Path(download.value.path()).read_text())
        assert len(saved["features"]) == 4
        keep(page, f"network-zh-{objective}")


def test_on_a_phone_nothing_is_wider_than_the_screen(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844) as page:
        opened(page, stand_in)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        keep(page, "network-phone")


def test_an_auditor_looks_and_asks_for_nothing(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.role = "auditor"
    with page_of(chromium) as page:
        opened(page, stand_in)
        expect(page.locator("form")).to_have_count(0)
