"""One machine, one record: found by a name, its certificates kept, what holds its orders named."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of, sign_in
from tests.console.machines_stand_in import SERIAL
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot


@pytest.mark.parametrize(
    ("language", "width", "find", "words"),
    [
        ("zh", 1440, "查找", ("已过期", "30 天内到期", "安全召回：决定前不派工", "登记", "移除")),
        (
            "en",
            390,
            "Find",
            ("run out", "ends within 30 days", "orders wait for a decision", "Put on record", "Take off"),
        ),
    ],
)
def test_certificates_of_operators(
    chromium: Browser, stand_in: StandIn, language: str, width: int, find: str, words: tuple[str, ...]
) -> None:
    """Found by plate; one certificate has run out, one will soon; the first is renewed, another one taken off."""
    expired, soon, held, add, remove = words
    with page_of(chromium, language=language, width=width) as page:  # type: ignore[arg-type]
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/machines")
        page.locator("input[name=name]").fill("鲁A12345")
        page.get_by_role("button", name=find, exact=True).click()
        page.get_by_role("link", name=SERIAL).click()
        row = page.locator("tr", has_text="OP-3")
        expect(row.locator(".chip")).to_have_text(expired)
        expect(page.locator("tr", has_text="OP-2").locator(".chip")).to_have_text(soon)
        expect(page.get_by_text(held)).to_be_visible()
        expect(page.locator("li .notice")).to_have_count(2)
        page.locator("summary").click()
        form = page.locator("details form")
        given = {"operator": "OP-3", "name": "钱进", "certificate": "B2", "until": "2031-05-01"}
        for name, text in given.items():
            form.locator(f"input[name={name}]").fill(text)
        form.get_by_role("button", name=add).click()
        expect(row.locator("td").nth(1)).to_have_text("2031-05-01")
        page.locator("tr", has_text="OP-2").get_by_role("button", name=remove).click()
        expect(page.locator("tr", has_text="OP-2")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        shot(page, f"machine-{language}-{width}")
    assert {one["operator_id"]: one["valid"] for one in stand_in.garage.operators} == {"OP-1": True, "OP-3": True}


def test_who_may_only_look_changes_nothing_and_a_strange_name_finds_nothing(
    chromium: Browser, stand_in: StandIn
) -> None:
    stand_in.role = "auditor"
    with page_of(chromium, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/machines/{SERIAL}")
        expect(page.locator("tr", has_text="OP-1")).to_be_visible()
        expect(page.locator("details")).to_have_count(0)
        page.goto(f"{stand_in.url}/machines/NOBODYS")
        expect(page.get_by_role("alert")).to_contain_text("no such record")
