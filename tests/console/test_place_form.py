"""A dispatcher corrects where the machine stands; a coarse place is said with its error, nothing typed is lost."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot

COARSE = {"zh": "误差约 33 km", "en": "within about 33 km"}
FINER = {"zh": "误差约 9 km", "en": "within about 9 km"}
CORRECTED = {"zh": "人工更正", "en": "corrected by a dispatcher"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_coarse_place_is_said_and_corrected(chromium: Browser, stand_in: StandIn, language: str) -> None:
    with page_of(chromium, language=language) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.locator("[role=listitem] a").first.click()
        facts = page.locator("article")
        expect(facts).to_contain_text(COARSE[language])
        form = page.locator("details", has=page.locator("input[name=place]"))
        form.locator("summary").click()
        field = form.locator("input[name=place]")
        field.fill("四川省朝阳区")
        form.locator("button").click()
        expect(form.get_by_role("alert")).to_be_visible()
        expect(field).to_have_value("四川省朝阳区")
        shot(page, f"place-refused-{language}")
        field.fill("浙江省杭州市余杭区仓前街道")
        form.locator("button").click()
        expect(facts).to_contain_text(FINER[language])
        expect(facts).to_contain_text("仓前")
        expect(form.get_by_role("alert")).to_have_count(0)
        field.fill("117.05, 36.65")
        form.locator("button").click()
        expect(facts).to_contain_text(CORRECTED[language])
        expect(facts).to_contain_text("117.05000, 36.65000")
        shot(page, f"place-corrected-{language}")
