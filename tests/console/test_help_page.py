"""The QR code on a machine: whoever stands beside it reports the breakdown by phone, without an account."""

import pytest
from playwright.sync_api import Browser, expect

from tests.console.browser import page_of, sign_in
from tests.console.machines_stand_in import SERIAL
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot


@pytest.mark.parametrize(
    ("language", "send", "follow", "known"),
    [
        ("zh", "报修", "查看进度", "已经报修，工单号 WO-20261126-00001"),
        ("en", "Report", "Follow the order", "reported already: order WO-20261126-00001"),
    ],
)
def test_a_breakdown_is_reported_from_beside_the_machine(
    chromium: Browser, stand_in: StandIn, language: str, send: str, follow: str, known: str
) -> None:
    """Without a place the refusal is told and nothing typed is lost; the second scan hears of the first report."""
    with page_of(chromium, language=language, width=390, height=844) as page:  # type: ignore[arg-type]
        page.goto(f"{stand_in.url}/help/{SERIAL}.signed")
        page.locator("textarea").fill("水温高，开不动")
        page.locator("input[name=phone]").fill("13900002222")
        page.get_by_role("button", name=send, exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.locator("input[name=stake]").fill("G2 K412+300")
        shot(page, f"help-{language}")
        page.get_by_role("button", name=send, exact=True).click()
        expect(page.get_by_role("link", name=follow)).to_have_attribute("href", "/track/signed")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.reload()
        page.locator("textarea").fill("again")
        page.locator("input[name=phone]").fill("13900003333")
        page.locator("input[name=stake]").fill("G2 K412+300")
        page.get_by_role("button", name=send, exact=True).click()
        expect(page.get_by_text(known)).to_be_visible()
    (report,) = stand_in.garage.reported
    assert (report["symptom"], report["contact"]["phone"], report["stake"]) == (
        "水温高，开不动",
        "13900002222",
        "G2 K412+300",
    )


def test_the_phones_position_is_sent_and_a_strange_label_says_whom_to_call(
    chromium: Browser, stand_in: StandIn
) -> None:
    with page_of(chromium, width=390, height=844) as page:
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"longitude": 117.5, "latitude": 36.5, "accuracy": 12})
        page.goto(f"{stand_in.url}/help/{SERIAL}.signed")
        page.get_by_role("button", name="用手机定位").click()
        expect(page.get_by_role("button", name="误差约 12 米")).to_be_visible()
        page.locator("textarea").fill("爆胎")
        page.locator("input[name=phone]").fill("13900002222")
        page.get_by_role("button", name="报修", exact=True).click()
        expect(page.get_by_role("link", name="查看进度")).to_be_visible()
        page.goto(f"{stand_in.url}/help/forged")
        expect(page.get_by_role("alert")).to_contain_text("服务热线")
    (report,) = stand_in.garage.reported
    assert report["place"] == {"lon": 117.5, "lat": 36.5, "datum": "WGS-84"}


def test_the_record_draws_the_code_of_its_label(chromium: Browser, stand_in: StandIn) -> None:
    """What is drawn is read back by the decoder in console/tests/qr.test.ts."""
    with page_of(chromium) as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/machines/{SERIAL}")
        expect(page.get_by_role("img", name=f"{stand_in.url}/help/{SERIAL}.signed")).to_be_visible()
        page.locator("section.label").scroll_into_view_if_needed()
        shot(page, "machine-label")


@pytest.mark.parametrize(
    ("language", "send", "follow"), [("zh", "报修", "查看进度"), ("en", "Report", "Follow the order")]
)
def test_an_address_is_enough_for_whoever_knows_no_other_place(
    chromium: Browser, stand_in: StandIn, language: str, send: str, follow: str
) -> None:
    with page_of(chromium, language=language, width=360, height=740) as page:  # type: ignore[arg-type]
        page.goto(f"{stand_in.url}/help/{SERIAL}.signed")
        page.locator("textarea").fill("刹车发热")
        page.locator("input[name=phone]").fill("13900002222")
        page.locator("input[name=address]").fill("山东德州齐河县 G308 加油站旁")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        shot(page, f"help-address-{language}")
        page.get_by_role("button", name=send, exact=True).click()
        expect(page.get_by_role("link", name=follow)).to_be_visible()
    (report,) = stand_in.garage.reported
    assert (report["address"], report["stake"], report["place"]) == ("山东德州齐河县 G308 加油站旁", None, None)
