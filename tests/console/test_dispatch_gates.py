"""The order page says what keeps the order from dispatch, and a dispatcher lets it through."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot

HELD = "WO-100008"
TEXTS = [("zh", "待放行", "与本机不符"), ("en", "to be released", "does not fit")]


@pytest.mark.parametrize(("language", "chip", "said"), TEXTS)
def test_a_held_order_is_released_with_a_reason(
    chromium: Browser, stand_in: StandIn, language: str, chip: str, said: str
) -> None:
    with page_of(chromium, language=language) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.fill("#queue-search", HELD)
        row = page.locator("[role=listitem] a")
        expect(row.locator(".chip.at_risk")).to_have_text(chip)
        row.click()
        expect(page.locator("form.notice")).to_have_count(2)
        first = page.locator("form.notice", has_text=said)
        first.locator("select").select_option("replace")
        first.locator("input[name=part]").fill("EN-1010")
        first.locator("input[name=reason]").fill("engine plate read by phone")
        shot(page, f"gates-{language}")
        first.locator("button").click()
        expect(page.locator("form.notice")).to_have_count(1)
        expect(page.locator("p.decided")).to_contain_text("EN-1013")
