"""The order page says which orders wait for each other; a dispatcher changes it, and the queue shows it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot

WAITS, FIRST = "WO-100009", "WO-100010"
TEXTS = [("zh", "等 {} 完工后开工", "间隔 30 分钟"), ("en", "Starts after {} has ended", "30 min between")]


@pytest.mark.parametrize(("language", "said", "gap"), TEXTS)
def test_an_order_is_made_to_wait_for_another_and_let_go(
    chromium: Browser, stand_in: StandIn, language: str, said: str, gap: str
) -> None:
    with page_of(chromium, language=language) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.fill("#queue-search", WAITS)
        row = page.locator("[role=listitem] a")
        row.click()
        form = page.locator("details", has=page.locator("input[name=order]"))
        form.locator("summary").click()
        form.locator("input[name=order]").fill("WO-1")
        form.locator("button").click()
        expect(form.get_by_role("alert")).to_contain_text("WO-1")
        form.locator("input[name=order]").fill(FIRST)
        form.locator("input[name=minutes]").fill("30")
        form.locator("button").click()
        link = page.locator("article p", has=page.get_by_role("link", name=said.format(FIRST)))
        expect(link).to_contain_text(gap)
        shot(page, f"links-{language}")
        page.reload()
        page.fill("#queue-search", WAITS)
        expect(row).to_contain_text(FIRST)
        link.locator("button").click()
        expect(link).to_have_count(0)
