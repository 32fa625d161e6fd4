"""The dispatcher's page enrols a phone and withdraws it."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of
from tests.console.test_track_page import shot
from tests.journeys.world import ok
from tests.phone.field import SITE, FieldWorld
from tests.phone.handset import handset

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
PASSWORD = "a long enough passphrase 7"


def test_a_phone_is_enrolled_by_the_page_and_withdrawn(chromium: Browser, field: FieldWorld) -> None:
    world, admin, engineer = field.world, field.installation.admin, field.person_id()
    where = f"/accounts/v1/people/{engineer}"
    version = {"If-Match": admin.get(where).headers["ETag"]}
    ok(admin.patch(where, json={"branch_id": world.branch_id}, headers=version))  # a dispatcher enrols the own branch's
    login = f"li-{world.name}".lower()
    person = {"name": "Li", "role": "dispatcher", "login": login, "password": PASSWORD, "branch_id": world.branch_id}
    ok(admin.post("/accounts/v1/people", json=person), 201)
    with page_of(chromium, language="en") as page, handset(chromium, field.url, at=SITE) as phone:
        page.goto(f"{field.url}/network")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.click("text=Engineers' phones")
        page.select_option("select[name=engineer]", engineer)
        page.click("text=Enrol a phone")
        code = page.locator(".code").inner_text()
        assert (page.locator("[role=status] svg").get_attribute("aria-label") or "").endswith(f"/phone/#code={code}")
        shot(page, "network-phones-en")
        phone.enrol(code)
        phone.page.wait_for_selector("article")
        page.select_option("select[name=engineer]", "")
        page.select_option("select[name=engineer]", engineer)
        mine = page.locator("li", has_text="Linux")
        mine.get_by_text("Withdraw").click()
        mine.get_by_text("within a minute?").click()
        expect(mine).to_contain_text("withdrawn")
        shot(page, "network-phones-withdrawn-en")
        held = ok(admin.get(f"{where}/tokens"))["items"]
        assert [row["revoked_at"] is not None for row in held if "Linux" in row["device"]] == [True]
