"""A report taken by hand, and what people command on an order, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_board import open_order


@pytest.fixture
def board(chromium: Browser, stand_in: StandIn) -> Iterator[Page]:
    with page_of(chromium, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        yield page


def handling(page: Page) -> Locator:
    return page.locator("article section", has=page.locator("h3:text-is('Handling')"))


def test_a_report_is_taken_by_hand_and_its_duplicate_told(board: Page, stand_in: StandIn) -> None:
    board.get_by_role("button", name="New report").click()
    assert board.url.endswith("/orders/new")
    panel = board.locator("article")
    accept = panel.get_by_role("button", name="Accept")
    expect(accept).to_be_disabled()
    panel.get_by_label("Machine (").fill("鲁A12345")
    panel.get_by_label("Symptom").fill("no oil pressure")
    expect(panel.locator(".found")).to_contain_text("鲁A12345 T7 · 鲁峰物流")
    panel.get_by_label("Fault codes").fill("100-x")
    panel.get_by_label("Place:").fill("117.1, 36.5")
    panel.get_by_label("Phone").fill("13800000000")
    accept.click()
    expect(panel.get_by_role("alert")).to_contain_text("SPN/FMI")
    panel.get_by_label("Fault codes").fill("100/1, 520372/14")
    accept.click()
    expect(panel.get_by_role("alert")).to_contain_text("WO-100000")
    panel.get_by_label("This is something else").check()
    accept.click()
    expect(panel).to_contain_text("Your order is WO-200001.")
    (sent,) = stand_in.reports
    assert sent["asset"]["serial"] == "RC7000008"
    assert [(one["spn"], one["fmi"]) for one in sent["fault_codes"]] == [(100, 1), (520372, 14)]
    assert (sent["place"]["lon"], sent["place"]["datum"], sent["contact"]["phone"]) == (117.1, "WGS-84", "13800000000")
    panel.get_by_role("link", name="Open order WO-200001").click()
    expect(board.locator("article h2")).to_have_text("Order WO-100001")


def test_of_two_machines_with_one_plate_a_person_says_which(board: Page) -> None:
    board.get_by_role("button", name="New report").click()
    panel = board.locator("article")
    panel.get_by_label("Machine (").fill("鲁A00002")
    panel.get_by_label("Symptom").click()
    which = panel.get_by_role("group", name="More than one machine")
    expect(which.get_by_role("button")).to_have_count(2)
    which.get_by_role("button", name="RC7000009").click()
    expect(panel.locator(".found")).to_contain_text("鲁A00002 T7 · 鲁峰物流")
    expect(panel.get_by_role("button", name="Accept")).to_be_enabled()


def test_the_customer_was_answered(board: Page) -> None:
    open_order(board, "WO-100000")
    handling(board).get_by_role("button", name="The customer was answered").click()
    expect(handling(board)).to_contain_text("Customer answered")
    expect(handling(board).get_by_role("button", name="The customer was answered")).to_have_count(0)


def test_an_order_waits_with_a_proof_and_goes_on(board: Page, stand_in: StandIn) -> None:
    stand_in.scenery.orders[0]["state"] = "accepted"
    open_order(board, "WO-100000")
    section = handling(board)
    section.get_by_text("Let it wait").first.click()
    section.get_by_label("For what").select_option("customer")
    section.get_by_role("button", name="Let it wait").click()
    expect(section.get_by_role("alert")).to_contain_text("only with a proof")
    section.get_by_label("The proof follows").check()
    section.get_by_role("button", name="Let it wait").click()
    expect(section).to_contain_text("No proof yet")
    expect(board.locator("article header")).to_contain_text("waiting for the customer")
    section.locator("summary", has_text="Add the proof").click()
    section.get_by_label("Proof").fill("call 4711")
    section.get_by_role("button", name="Add the proof").click()
    expect(section).not_to_contain_text("No proof yet")
    section.get_by_role("button", name="The wait is over").click()
    expect(board.locator("article header")).to_contain_text("accepted")


def test_an_order_is_complained_of_cancelled_and_its_customers_page_at_hand(board: Page, stand_in: StandIn) -> None:
    stand_in.scenery.orders[0]["state"] = "accepted"
    open_order(board, "WO-100000")
    section = handling(board)
    assert section.get_by_role("link", name="Customer's page").get_attribute("href") == "/track/signed"
    section.get_by_text("Take a complaint").click()
    section.get_by_label("What the customer says").fill("nobody came")
    section.get_by_role("button", name="Take it").click()
    expect(section.get_by_label("What the customer says")).to_have_value("")
    assert stand_in.scenery.care.complaints[0]["said"] == "nobody came"
    section.get_by_text("Cancel the order").click()
    section.get_by_label("Reason").fill("towed by the owner")
    section.get_by_role("button", name="Cancel this order").click()
    expect(board.locator("article header")).to_contain_text("cancelled")
    expect(section.get_by_text("Cancel the order")).to_have_count(0)


def test_who_may_only_look_commands_nothing(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.role = "auditor"
    with page_of(chromium, width=390, height=844, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        expect(page.get_by_role("button", name="New report")).to_have_count(0)
        open_order(page, "WO-100000")
        expect(handling(page).get_by_role("button")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
