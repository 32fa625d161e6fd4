"""The order page tells what is likely, why, and what goes along; a person records what it was."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot

TEXTS = [("zh", "压力传感器读数偏低", "一次修好"), ("en", "Pressure sensor", "first visit")]


@pytest.mark.parametrize(("language", "first", "kit"), TEXTS)
def test_causes_are_ranked_with_their_evidence_and_one_is_recorded(
    chromium: Browser, stand_in: StandIn, language: str, first: str, kit: str
) -> None:
    with page_of(chromium, language=language) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.click("[role=listitem] a >> nth=0")
        section = page.locator("section", has=page.locator("p.kit"))
        expect(section.locator("ol li").first).to_contain_text(first)
        expect(section.locator("p.kit")).to_contain_text(kit)
        section.locator("summary").click()
        expect(section.locator("tbody tr")).to_have_count(5)
        section.locator("select[name=cause]").select_option("pump-worn")
        section.locator("input[name=note]").fill("0.2 mm")
        section.scroll_into_view_if_needed()
        shot(page, f"causes-{language}")
        section.locator("button[type=submit]").click()
        expect(section.locator(".chip.met")).to_be_visible()
        expect(section.locator("p.told")).to_contain_text("0.2 mm")
