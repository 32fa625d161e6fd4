"""The customer's page on a phone: where the order stands, an honest range, and five buttons at the end."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from services.orders.api.tracking import STAGES, TrackedOut
from tests.console.browser import page_of
from tests.console.stand_in import StandIn
from tests.console.test_vocabulary import texts

PICTURES = os.environ.get("ROADCALL_SHOTS")


def shot(page: Any, name: str) -> None:
    """A picture for the eye, when ROADCALL_SHOTS names a folder."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_the_stand_in_answers_as_the_service_does(stand_in: StandIn) -> None:
    for stage in STAGES:
        TrackedOut.model_validate(stand_in.scenery.guests.tracked(stage.removesuffix("_at"), []), strict=False)


def test_every_stage_and_rating_has_a_text() -> None:
    known = texts()
    assert {f"stage.{stage.removesuffix('_at')}" for stage in STAGES} <= known
    assert {f"rating.{value}" for value in range(1, 6)} <= known


def test_on_the_way_the_customer_sees_a_range_and_the_engineer(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844) as page:
        page.goto(f"{stand_in.url}/track/signed")
        expect(page.locator(".now")).to_contain_text("到达")
        expect(page.get_by_text("王刚")).to_be_visible()
        expect(page.locator("li.done", has_text="工程师已出发")).to_be_visible()
        expect(page.locator("li", has_text="燃油滤清器")).to_be_visible()
        expect(page.locator("form")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shot(page, "track-zh")
    with page_of(chromium, width=390, height=844, language="en", dark=True) as page:
        page.goto(f"{stand_in.url}/track/signed")
        expect(page.locator(".now")).to_contain_text("Arrives between")
        shot(page, "track-en-dark")


def test_the_customer_rates_once(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.tracked_stage = "completed"
    with page_of(chromium, width=390, height=844) as page:
        page.goto(f"{stand_in.url}/track/signed")
        send = page.locator("button[type=submit]")
        expect(send).to_be_disabled()
        shot(page, "track-survey")
        page.locator("fieldset label").nth(3).click()
        page.fill("textarea", "师傅很专业")
        send.click()
        expect(page.locator(".notice.good")).to_contain_text("4")
        expect(page.locator("form")).to_have_count(0)
        expect(page.get_by_text("未能兑现，我们很抱歉")).to_be_visible()
        shot(page, "track-rated")
    assert stand_in.ratings == [{"rating": 4, "comment": "师傅很专业", "language": "zh"}]


def test_the_rating_can_be_chosen_with_the_keyboard(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.tracked_stage = "completed"
    with page_of(chromium, width=390, height=844, language="en") as page:
        page.goto(f"{stand_in.url}/track/signed")
        page.locator("input[name=rating]").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator(".notice.good")).to_contain_text("2", timeout=10_000)


def test_a_wrong_link_says_whom_to_call(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844, language="en") as page:
        page.goto(f"{stand_in.url}/track/forged")
        expect(page.get_by_role("alert")).to_contain_text("hotline")
