"""Complaints go through their steps and call-backs are recorded, on one page, in both languages and on a phone."""

import pytest
from playwright.sync_api import Browser, expect

from services.orders.api.callbacks import CallBackOut
from services.orders.api.complaints import ComplaintOut
from services.orders.domain import callbacks, complaints
from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot
from tests.console.test_vocabulary import texts


def test_the_stand_in_answers_as_the_service_does_and_every_word_has_a_text(stand_in: StandIn) -> None:
    for one in stand_in.scenery.care.complaints:
        ComplaintOut.model_validate(one)
    for one in stand_in.scenery.care.callbacks:
        CallBackOut.model_validate(one)
    families = {
        "category": complaints.CATEGORIES,
        "severity": complaints.SEVERITIES,
        "complaint": complaints.STATES,
        "step": complaints.STEPS,
        "check": callbacks.CHECKS,
        "risk": callbacks.RISKS,
        "level": callbacks.LEVELS,
    }
    wanted = {f"{family}.{word}" for family, words in families.items() for word in words}
    assert wanted <= texts()


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 1280), ("zh", 390)])
def test_complaints_and_call_backs_are_worked_on(
    chromium: Browser, stand_in: StandIn, language: str, width: int
) -> None:
    with page_of(chromium, language=language, width=width) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/care")
        cards = page.locator("section").first.locator("article")
        expect(cards).to_have_count(3)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        shot(page, f"care-{language}-{width}")
        first = cards.filter(has_text="WO-100001")
        first.locator("select").first.select_option("parts")
        first.locator("input[name=note]").fill("wrong pump fitted")
        first.locator("button").click()
        expect(first.locator("select")).to_have_count(0)
        second = cards.filter(has_text="WO-100002")
        second.locator("input[name=note]").fill("asked again")
        second.locator("button").click()
        expect(cards).to_have_count(2)
        calls = page.locator("section").nth(1).locator("article")
        calls.filter(has_text="13800000011").locator("input[type=checkbox]").nth(3).uncheck()
        calls.filter(has_text="13800000011").locator("button.primary").click()
        expect(calls).to_have_count(1)
        calls.locator("button:not(.primary)").click()
        expect(calls).to_have_count(0)
    classified, checked, reached, missed = stand_in.scenery.care.sent
    assert (classified["step"], classified["category"], classified["severity"]) == ("classified", "parts", "critical")
    assert (checked["step"], checked["effective"]) == ("checked", True)
    assert (reached["outcome"], reached["checks"]["old_parts_shown"], len(reached["checks"])) == ("reached", False, 5)
    assert (missed["outcome"], missed["checks"]) == ("not_reached", {})


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 390)])
def test_goodwill_is_approved_within_the_budget(
    chromium: Browser, stand_in: StandIn, language: str, width: int
) -> None:
    stand_in.role = "admin"
    with page_of(chromium, language=language, width=width) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/care/money")
        cards = page.locator("article")
        expect(cards).to_have_count(2)
        approve = cards.filter(has_text="WO-100002").locator("button.primary")
        approve.click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.locator("input[name=budget]").fill("6000")
        page.locator("section form button").click()
        expect(page.locator("meter")).to_be_visible()
        cards.filter(has_text="WO-100002").locator("input[name=amount]").fill("4500")
        approve.click()
        expect(cards).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        shot(page, f"money-{language}-{width}")
        cards.locator("button:not(.primary)").click()
        expect(cards).to_have_count(0)
    compensation, goodwill = stand_in.desk.remedies
    assert (compensation["state"], goodwill["state"], goodwill["amount_fen"]) == ("refused", "approved", 450_000)
    assert stand_in.desk.budget["spent_fen"] == 450_000


def test_a_station_looks_at_remedies_without_the_budget(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.role = "station"
    with page_of(chromium, width=390) as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/care/money")
        expect(page.locator("article")).to_have_count(2)
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator("meter, form")).to_have_count(0)


@pytest.mark.parametrize(("language", "width"), [("zh", 390), ("en", 1280)])
def test_notices_are_confirmed_and_suggestions_answered(
    chromium: Browser, stand_in: StandIn, language: str, width: int
) -> None:
    with page_of(chromium, language=language, width=width) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/care/notices")
        notices, suggestions = page.locator("section").first, page.locator("section").nth(1)
        notices.locator("article", has_text="元旦值班").locator("button").click()
        expect(notices.locator("article .chip.met")).to_have_count(1)
        suggestions.locator("input[name=answer]").fill("下月试装")
        suggestions.locator("article button").click()
        expect(suggestions.locator(".answer")).to_contain_text("下月试装")
        for side, title in ((notices, "防汛提醒"), (suggestions, "夜间取件")):
            side.locator("summary").click()
            side.locator("input[name=title]").fill(title)
            side.locator("textarea").fill("……")
            side.locator("details button").click()
            expect(side.locator("article", has_text=title)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        shot(page, f"notices-{language}-{width}")
    assert [one["notice_id"] for one in stand_in.desk.notices if one["confirmed_at"]] == ["n2"]
    assert stand_in.desk.notices[0]["branch_id"] == "SD"
    assert stand_in.desk.suggestions[1]["answer"] == "下月试装"
