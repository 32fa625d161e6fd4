"""The board in a real browser, before a scripted server: what a dispatcher sees and can do."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import page_of, sign_in
from tests.console.scenery import Scenery
from tests.console.stand_in import PASSWORD, StandIn, served

ROWS = "[role=listitem]"


def signed_in(page: Page, state: StandIn) -> None:
    sign_in(page, state.url, login="li", password=PASSWORD)


@pytest.fixture
def board(chromium: Browser, stand_in: StandIn) -> Iterator[Page]:
    with page_of(chromium, language="en") as page:
        signed_in(page, stand_in)
        yield page


def open_order(page: Page, number: str) -> None:
    page.fill("#queue-search", number)
    page.click(f"{ROWS} a")
    expect(page.locator("article h2")).to_have_text(f"Order {number}")


def test_a_wrong_password_is_told_and_forgotten(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium) as page:
        page.goto(stand_in.url)
        page.fill("input[name=login]", "li")
        page.fill("input[name=password]", "wrong")
        page.click("button[type=submit]")
        expect(page.get_by_role("alert")).to_have_text("登录名或密码不对。")
        expect(page.locator("input[name=password]")).to_have_value("")


def test_the_first_account_is_made_by_the_token_in_the_fragment(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, language="en") as page:
        page.goto(f"{stand_in.url}/#first-run=first")
        for name, value in {"name": "Li", "login": "li", "password": "short", "repeat": "short"}.items():
            page.fill(f"input[name={name}]", value)
        page.click("button[type=submit]")
        expect(page.get_by_role("alert")).to_contain_text("at least 12 characters")
        page.fill("input[name=password]", PASSWORD)
        page.fill("input[name=repeat]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(ROWS)
        assert "first-run" not in page.url


def test_the_queue_is_sorted_by_risk_and_counts(board: Page) -> None:
    signs = board.locator(f"{ROWS} a").evaluate_all("rows => rows.map(row => row.className.split(' ')[0])")
    assert signs[0] == "breached"
    assert signs == sorted(signs, key=["breached", "at_risk", "running", "calm"].index)
    counters = board.locator("header ul").inner_text()
    assert re.search(r"200\s+open", counters)
    assert re.search(r"30\s+unassigned", counters)


def test_the_reasons_of_what_is_unassigned_open_and_close(board: Page) -> None:
    reasons = board.locator("header .reasons")
    board.click("header summary:has-text('unassigned')")
    expect(reasons).to_contain_text("a part is missing")
    board.keyboard.press("Escape")
    expect(reasons).not_to_be_visible()
    board.click("header summary:has-text('unassigned')")
    board.click("#queue-search")
    expect(reasons).not_to_be_visible()


def test_clocks_run(board: Page) -> None:
    time = board.locator(f"{ROWS} .time").first
    before = time.inner_text()
    expect(time).not_to_have_text(before, timeout=3_000)


def test_a_hint_shows_a_changed_order_at_once(board: Page, stand_in: StandIn) -> None:
    expect(board.locator(".line.live")).to_be_visible()
    late = stand_in.scenery.orders[3]
    late["clocks"][0] |= {"due": (datetime.now(UTC) - timedelta(days=1)).isoformat(), "state": "breached"}
    stand_in.hint(f'{{"service":"orders","kind":"promise.state_changed","order_id":"{late["id"]}"}}')
    board.fill("#queue-search", late["number"])
    expect(board.locator(f"{ROWS} a.breached .time")).to_contain_text("24:0", timeout=5_000)
    asked = [one for one in stand_in.requests if one == f"GET /orders/v1/orders/{late['id']}"]
    assert len(asked) == 1


def test_the_board_comes_back_by_itself_after_the_server_was_away(board: Page, stand_in: StandIn) -> None:
    expect(board.locator(".line.live")).to_be_visible()
    stand_in.deny_live = True
    stand_in.cut_streams()
    away = board.locator(".line.reconnecting")
    expect(away).to_be_visible()
    expect(away.locator(".dot")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    stand_in.deny_live = False
    expect(board.locator(".line.live")).to_be_visible(timeout=10_000)


def test_a_board_opened_while_a_service_was_away_finds_its_branch_later(board: Page, stand_in: StandIn) -> None:
    stand_in.down.add("stations")
    board.reload()
    expect(board.get_by_role("alert")).to_contain_text("out of reach for the moment")
    stand_in.down.clear()
    board.get_by_role("button", name="Try again").click()
    expect(board.locator(ROWS).first).to_be_visible()


def test_an_order_has_an_address_of_its_own(board: Page, stand_in: StandIn) -> None:
    open_order(board, "WO-100004")
    assert board.url == f"{stand_in.url}/orders/{stand_in.scenery.orders[4]['id']}"
    board.reload()
    expect(board.locator("article h2")).to_have_text("Order WO-100004")
    board.go_back()
    expect(board.locator("article")).to_have_count(0)
    board.go_forward()
    expect(board.locator("article time").first).to_be_visible()
    board.keyboard.press("Escape")
    expect(board.locator("article")).to_have_count(0)


def test_an_order_stands_while_others_are_away_and_says_whose_word_is_missing(board: Page, stand_in: StandIn) -> None:
    stand_in.down |= {"parts", "dispatch"}
    open_order(board, "WO-100004")
    silent = board.locator("article").get_by_role("status").filter(has_text="may be old or missing")
    expect(silent).to_contain_text("plans")
    expect(silent).to_contain_text("stock")
    expect(board.locator("article time").first).to_be_visible()
    stand_in.down.clear()
    stand_in.down.add("orders")
    board.reload()
    expect(board.locator("article h2")).to_have_text("Order")
    expect(board.locator("article").get_by_role("alert")).to_contain_text("out of reach for the moment")
    stand_in.down.clear()
    expect(board.locator("article h2")).to_have_text("Order WO-100004")
    expect(silent).to_have_count(0)


def test_an_order_of_another_branch_is_not_there(board: Page, stand_in: StandIn) -> None:
    board.goto(f"{stand_in.url}/orders/0192f0c4-0000-7000-8000-999999999999")
    expect(board.locator("article")).to_contain_text("There is no such order")


def test_an_override_carries_reason_pin_and_the_epoch_that_was_seen(board: Page, stand_in: StandIn) -> None:
    open_order(board, "WO-100000")
    board.click("text=Recommend engineers")
    expect(board.get_by_role("region", name="What would get it served")).to_contain_text("1 h more overtime")
    board.click("article ol li >> nth=2 >> text=Choose")
    board.fill("dialog input[name=reason]", "knows this truck")
    board.click("button:text-is('Assign')")
    expect(board.locator(".moved")).to_contain_text("WO-100000 is assigned to 张磊.")
    sent = stand_in.overrides[0]
    assert sent["if_match"] == '"12"'
    assert (sent["engineer_id"], sent["pin"], sent["start"]) == ("E002", "resource", None)
    assert sent["reason"] == "knows this truck"
    expect(board.locator("article")).to_contain_text("engineer pinned")
    board.click("text=Release the pin")
    expect(board.locator("article")).not_to_contain_text("engineer pinned")
    assert stand_in.overrides == []


def test_a_stale_override_is_explained_and_tried_again_on_fresh_proposals(board: Page, stand_in: StandIn) -> None:
    open_order(board, "WO-100000")
    stand_in.stale = True
    board.click("text=Recommend engineers")
    board.click("article ol li >> nth=0 >> text=Choose")
    board.fill("dialog input[name=reason]", "closest")
    board.click("button:text-is('Assign')")
    expect(board.get_by_role("dialog").get_by_role("alert")).to_contain_text("confirm once more")
    assert stand_in.overrides == []
    board.click("button:text-is('Assign')")
    expect(board.locator(".moved")).to_be_visible()
    assert [one["if_match"] for one in stand_in.overrides] == ['"13"']


def test_a_fact_that_looks_wrong_is_decided_by_a_person(board: Page) -> None:
    open_order(board, "WO-100000")
    expect(board.locator("article .notice")).to_contain_text("looks wrong")
    board.click("text=It does not")
    expect(board.locator("article .notice")).to_have_count(0)


def test_the_drivers_link_is_at_hand(board: Page) -> None:
    open_order(board, "WO-100004")
    assert board.get_by_role("link", name="Driver's page").get_attribute("href") == "/replacement/signed"


def test_who_may_only_look_gets_no_buttons(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.role = "auditor"
    with page_of(chromium, language="en") as page:
        signed_in(page, stand_in)
        open_order(page, "WO-100000")
        expect(page.locator("article")).to_contain_text("Your role may only look.")
        expect(page.locator("text=Recommend engineers")).to_have_count(0)


def test_degraded_travel_times_are_told(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.scenery.degraded = True
    with page_of(chromium) as page:
        signed_in(page, stand_in)
        expect(page.locator(".notice")).to_contain_text("行车时间为估算值")


def test_the_optimiser_shows_how_far_it_is_and_is_stopped(board: Page, stand_in: StandIn) -> None:
    plan = board.locator("header details").last
    expect(plan).not_to_contain_text("%")
    one = {"territory_id": "SD-1", "percent": 40, "iterations": 12, "gain_fen": 123_400, "cancelled": False}
    stand_in.improvements = [one | {"started_at": "2026-11-05T08:00:00Z"}]
    expect(plan.locator("summary")).to_contain_text("40 %")
    plan.locator("summary").click()
    expect(plan).to_contain_text("¥1,234")
    plan.get_by_role("button", name="Stop").click()
    expect(plan.get_by_role("button", name="stopping")).to_be_disabled()
    assert "DELETE /dispatch/v1/territories/SD-1/improvement" in stand_in.requests
    stand_in.improvements = []
    expect(plan).not_to_contain_text("%")


def test_the_language_is_switched_and_remembered(board: Page) -> None:
    board.click("text=中文")
    expect(board.locator(".brand")).to_have_text("Roadcall 救援派工")
    assert board.locator("html").get_attribute("lang") == "zh-CN"
    board.reload()
    expect(board.locator(".brand")).to_have_text("Roadcall 救援派工")


def test_a_session_that_ended_leads_to_the_sign_in_page(board: Page) -> None:
    board.evaluate("sessionStorage.setItem('roadcall.token', 'withdrawn')")
    board.reload()
    expect(board.get_by_role("alert")).to_have_text("Your session has ended. Please sign in again.")


def test_the_map_shows_what_there_is_and_names_its_sources(board: Page) -> None:
    expect(board.locator(".sign-station")).to_have_count(20)
    expect(board.locator(".sign-engineer")).to_have_count(60)
    expect(board.locator(".sign-engineer.old")).not_to_have_count(0)
    expect(board.locator(".leaflet-control-attribution")).to_contain_text("OpenStreetMap contributors (ODbL)")
    expect(board.locator(".leaflet-control-attribution")).to_contain_text("GeoNames")
    expect(board.locator(".leaflet-control-attribution")).not_to_contain_text("Leaflet")
    expect(board.locator(".city-label span").first).to_be_visible()


def test_the_queue_is_walked_by_keyboard(board: Page) -> None:
    board.locator(f"{ROWS} a").first.focus()
    for row in range(1, 31):
        board.keyboard.press("ArrowDown")
        reached = f"document.activeElement.closest('[data-index]')?.dataset.index === '{row}'"
        board.wait_for_function(reached, timeout=5000)
    board.keyboard.press("Enter")
    expect(board.locator("article h2")).to_be_focused()


def scrolling(chromium: Browser, orders_count: int) -> tuple[float, int]:
    """Median milliseconds of a frame while scrolling through the whole queue, and the most rows drawn at a time."""
    scenery = Scenery(orders_count=orders_count, now=datetime.now(UTC), seed=7)
    with served(StandIn(scenery)) as state, page_of(chromium, language="en") as page:
        signed_in(page, state)
        expect(page.locator(".shown")).to_have_text(f"{orders_count} of {orders_count}", timeout=20_000)
        page.wait_for_timeout(1_000)
        median, most = page.evaluate(
            """async () => {
              const list = document.querySelector('[role=list].viewport');
              const frames = [];
              let last = performance.now(), most = 0;
              for (let i = 0; i < 60; i++) {
                list.scrollTop = (list.scrollHeight / 60) * i;
                await new Promise(requestAnimationFrame);
                const at = performance.now();
                frames.push(at - last);
                last = at;
                most = Math.max(most, list.querySelectorAll('[role=listitem]').length);
              }
              return [frames.sort((a, b) => a - b)[30], most];
            }"""
        )
        return float(median), int(most)


@pytest.mark.usefixtures("built_pages")
def test_fifteen_hundred_orders_scroll_like_fifty(chromium: Browser) -> None:
    """Only the rows in view are drawn, so a frame costs the same however long the queue is."""
    few_ms, _ = scrolling(chromium, 50)
    many_ms, most_rows = scrolling(chromium, 1500)
    assert most_rows < 40
    assert many_ms < 4 * few_ms + 20


def test_on_a_phone_queue_map_and_order_take_turns(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, width=390, height=844, language="en") as page:
        signed_in(page, stand_in)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        expect(page.locator(".leaflet-container")).not_to_be_visible()
        page.get_by_role("tab", name="Map").click()
        expect(page.locator(".leaflet-container")).to_be_visible()
        expect(page.locator(".sign-station").first).to_be_in_viewport()
        page.get_by_role("tab", name="Queue").click()
        page.click(f"{ROWS} a >> nth=0")
        expect(page.locator("article time").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
