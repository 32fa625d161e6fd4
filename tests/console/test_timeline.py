"""The timeline of engineers: an order is dragged onto a row, what that does is seen before it is let go, and undone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.console.browser import page_of, sign_in
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_board import ROWS, open_order


@pytest.fixture
def board(chromium: Browser, stand_in: StandIn) -> Iterator[Page]:
    with page_of(chromium, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.get_by_role("tab", name="Timeline").click()
        page.get_by_label("Find an engineer").fill("王强")
        yield page


def lane(page: Page, name: str) -> Locator:
    return page.locator(".lane", has=page.locator(f"strong:text-is('{name}')"))


def hang(page: Page, what: Locator, over: Locator) -> None:
    """Press, and move over the row in steps as a hand does; the nearest rows come up when the drag begins."""
    what.hover()
    page.mouse.down()
    page.mouse.move(500, 300, steps=3)
    expect(over).to_contain_text("km as the crow flies")
    box = over.bounding_box()
    assert box is not None
    for step in (300, 310):
        page.mouse.move(box["x"] + step, box["y"] + 20, steps=3)


def test_what_a_drop_would_do_is_seen_before_and_an_escape_does_nothing(board: Page, stand_in: StandIn) -> None:
    board.fill("#queue-search", "WO-100009")
    hang(board, board.locator(f"{ROWS} a[draggable=true]").first, lane(board, "王强"))
    card = board.locator(".card")
    expect(card).to_contain_text("WO-100009 → 王强")
    expect(card).to_contain_text("Whole plan +¥128")
    expect(card.locator("li.breached")).to_contain_text("WO-100009 Arrive newly late")
    expect(card.locator("li.met")).to_contain_text("WO-100005 Restore no longer late")
    board.keyboard.press("Escape")
    board.mouse.up()
    expect(card).to_have_count(0)
    assert board.locator("dialog").count() == 0
    assert stand_in.overrides == []


def test_a_dropped_order_is_assigned_with_a_reason_and_taken_back(board: Page, stand_in: StandIn) -> None:
    """Undo gives it back to whom the plan had it for, and leaves the optimiser free."""
    before = stand_in.scenery.plan()["routes"][2]
    order_id = before["stops"][0]["order_id"]
    board.fill("#queue-search", stand_in.scenery.order(order_id)["number"])
    hang(board, board.locator(f"{ROWS} a[draggable=true]").first, lane(board, "王强"))
    board.mouse.up()
    dialog = board.get_by_role("dialog")
    expect(dialog).to_contain_text("Whole plan +¥128")
    dialog.locator("input[name=reason]").fill("knows this truck")
    dialog.get_by_role("button", name="Assign").click()
    expect(board.locator(".moved")).to_contain_text("is assigned to 王强")
    (sent,) = stand_in.overrides
    assert (sent["order_id"], sent["engineer_id"], sent["pin"]) == (order_id, "E000", "resource")
    assert sent["if_match"] == '"12"'
    asked = len(stand_in.requests)
    board.get_by_role("button", name="Undo").click()
    expect(board.locator(".moved")).to_contain_text("is as it was")
    writes = [one for one in stand_in.requests[asked:] if one.startswith("POST") and "orders" in one]
    assert [one.rsplit("/", 1)[1] for one in writes] == ["overrides", "release"]
    assert stand_in.given_back == before["engineer_id"]


def test_rules_that_a_drop_breaks_are_told(board: Page) -> None:
    board.get_by_label("Find an engineer").fill("刘洋")
    board.fill("#queue-search", "WO-100009")
    hang(board, board.locator(f"{ROWS} a[draggable=true]").first, lane(board, "刘洋"))
    expect(board.locator(".card .notice.bad")).to_contain_text("skill or level missing · WO-100009")
    board.keyboard.press("Escape")
    board.mouse.up()


def test_without_a_mouse_the_row_of_an_open_order_has_a_button(board: Page) -> None:
    open_order(board, "WO-100009")
    button = board.get_by_role("button", name="Assign to 王强", exact=True)
    button.focus()
    board.keyboard.press("Enter")
    expect(board.get_by_role("dialog")).to_contain_text("WO-100009 → 王强")
    board.keyboard.press("Escape")
    expect(board.get_by_role("dialog")).to_have_count(0)
    expect(board.locator("article h2")).to_have_text("Order WO-100009")


def test_the_second_of_a_crew_is_fixed_with_the_lead(board: Page, stand_in: StandIn) -> None:
    """Only where the plan sends two; whoever leads cannot come as the second as well."""
    lead, other = stand_in.scenery.plan()["routes"][2:4]
    stop = lead["stops"][0]
    other["stops"].append(stop | {"role": "second"})
    board.reload()
    board.get_by_role("tab", name="Timeline").click()
    board.get_by_label("Find an engineer").fill("王强")
    open_order(board, stand_in.scenery.order(stop["order_id"])["number"])
    board.get_by_role("button", name="Assign to 王强", exact=True).click()
    dialog = board.get_by_role("dialog")
    second = dialog.get_by_label("second engineer")
    expect(second).to_have_value("")
    names = second.locator("option").all_text_contents()
    assert names[0] == "as the plan finds"
    assert "王强" not in names
    second.select_option(other["engineer_id"])
    dialog.locator("input[name=reason]").fill("they know each other")
    dialog.get_by_role("button", name="Assign").click()
    expect(board.locator(".moved")).to_contain_text("is assigned to 王强")
    (sent,) = stand_in.overrides
    assert (sent["engineer_id"], sent["second_id"]) == ("E000", other["engineer_id"])


def test_who_may_only_look_drags_nothing(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.role = "auditor"
    with page_of(chromium, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.get_by_role("tab", name="Timeline").click()
        expect(page.locator(".lane .work").first).to_be_visible()
        expect(page.locator("a[draggable=true]")).to_have_count(0)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
