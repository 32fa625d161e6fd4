"""A promise is changed and tried on last month's orders before anybody publishes it."""

import pytest
from playwright.sync_api import Browser, expect

from services.orders.api.promise_templates import TriedOut
from tests.console.browser import page_of, sign_in
from tests.console.promises_scenery import PromisesScenery
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot


def test_the_stand_in_answers_as_the_service_does() -> None:
    scenery = PromisesScenery()
    asked = {"template": scenery.items[0], "begin": "2026-10-01T00:00:00+08:00", "until": "2026-11-01T00:00:00+08:00"}
    TriedOut.model_validate(scenery.try_out(asked))


@pytest.mark.parametrize(
    ("language", "hours", "said"), [("zh", "恢复 小时", "违约工单"), ("en", "Restore Hours", "Broken orders")]
)
def test_a_template_is_changed_and_tried(
    chromium: Browser, stand_in: StandIn, language: str, hours: str, said: str
) -> None:
    with page_of(chromium, language=language) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/promises")
        card = page.locator("article", has_text="24H").first
        card.get_by_label(hours).fill("20")
        card.locator("button[type=submit]").click()
        row = card.locator("tr", has_text=said)
        expect(row.locator("td").first).to_have_text("12")
        expect(row.locator("td").last).to_have_text("7")
        shot(page, f"promises-{language}")
    (tried,) = stand_in.scenery.promises.tried
    restore = next(clock for clock in tried.template.clocks if clock.clock == "restore")
    assert restore.seconds == 20 * 3600
    assert (tried.until - tried.begin).days in range(28, 32)
