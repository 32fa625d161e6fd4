"""A promise is changed and tried on last month's orders before anybody publishes it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from services.orders.api.calendars import DayIn
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


@pytest.mark.parametrize("width", [1280, 390])
def test_the_owner_fills_in_the_empty_form_and_publishes_it(chromium: Browser, stand_in: StandIn, width: int) -> None:
    """211: answered in 2 hours, on site in 1 day, finished in 1 day of work more."""
    stand_in.role = "admin"
    with page_of(chromium, language="zh", width=width) as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/promises")
        page.get_by_role("button", name="新建模板").click()
        half_filled = page.locator("article").last.locator("input[name=template_id]")
        half_filled.fill("VIP")
        card = page.locator("article", has_text="211").first
        expect(card.locator("button[type=submit]")).to_be_disabled()
        for clock, hours in (("响应", "2"), ("到达", "24"), ("完工", "24")):
            card.get_by_role("button", name=clock, exact=True).click()
            card.get_by_label(f"{clock} 小时").fill(hours)
            card.get_by_label(f"{clock} 每小时（元）").fill("50")
            card.get_by_label(f"{clock} 上限（元）").fill("500")
        card.get_by_label("起算").select_option("arrived_at")
        card.get_by_label("计时").select_option("CN-OFFICE")
        card.get_by_label("等天气").check()
        card.get_by_label("最多小时").last.fill("48")
        card.get_by_label("须有凭证").last.check()
        card.locator("summary").click()
        card.get_by_label("客户等级").fill("gold，platinum")
        card.locator("input[name=until]").fill("2027-03-31")
        card.get_by_role("button", name="添加补救").click()
        card.locator("button[type=submit]").click()
        expect(card.get_by_role("button", name="发布为第 1 版")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        shot(page, f"promises-211-{width}")
        card.get_by_label("到达 小时").fill("20")
        expect(card.get_by_role("button", name="发布为第 1 版")).to_have_count(0)
        card.locator("button[type=submit]").click()
        card.get_by_role("button", name="发布为第 1 版").click()
        expect(page.get_by_role("status")).to_contain_text("211 第 1 版已发布")
        expect(half_filled).to_have_value("VIP")
        page.reload()
        page.locator("article", has_text="211").first.locator("summary").click()
        until = page.locator("article", has_text="211").first.locator("input[name=until]")
        expect(until).to_have_value("2027-03-31")
    made = stand_in.scenery.promises.items[-1]
    assert (made["template_id"], made["version"], made["match"]["tiers"]) == ("211", 1, ["gold", "platinum"])
    assert made["valid_until"] == "2027-03-31T16:00:00Z", "it holds on its last day, and the end is exclusive"
    respond, arrive, complete = made["clocks"]
    assert (respond["seconds"], arrive["seconds"], complete["seconds"]) == (7200, 20 * 3600, 86400)
    assert (complete["start"], complete["calendar"], complete["price_fen_per_hour"]) == (
        "arrived_at",
        "CN-OFFICE",
        5000,
    )
    assert complete["pauses"][-1] == {"reason": "weather", "limit_s": 48 * 3600, "proof": True}
    assert [remedy["kind"] for remedy in made["remedies"]] == ["compensation"]


def test_a_new_template_of_ones_own(chromium: Browser, stand_in: StandIn) -> None:
    stand_in.role = "admin"
    with page_of(chromium, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/promises")
        page.get_by_role("button", name="New template").click()
        card = page.locator("article").last
        card.get_by_role("button", name="Restore", exact=True).click()
        for label, text in (("Code", "VIP"), ("Chinese name", "贵宾"), ("English name", "VIP")):
            card.get_by_label(label, exact=True).fill(text)
        card.locator("button[type=submit]").click()
        shot(page, "promises-new-en")
        card.get_by_role("button", name="Publish as version 1").click()
        expect(page.locator("article", has_text="VIP · version 1")).to_be_visible()
    assert stand_in.scenery.promises.items[-1]["clocks"][0]["stops"] == ["restored_at", "cargo_moving_at"]


def test_a_day_is_decided_on_and_left_to_the_calendar_again(chromium: Browser, stand_in: StandIn) -> None:
    """A week ahead a day counts otherwise than its weekday; a dispatcher reads that, an admin says it."""
    day = datetime.now(UTC).date() + timedelta(days=7)
    word, other = ("work", "上班") if day.weekday() >= 5 else ("off", "休息")
    with page_of(chromium, language="zh", width=390) as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/promises")
        section = page.get_by_role("region", name="工作日历")
        expect(section.locator("table")).to_be_visible()
        expect(section.locator("summary")).to_have_count(0)
        stand_in.role = "admin"
        page.reload()
        section.locator("summary").click()
        section.get_by_label("日期").fill(day.isoformat())
        section.get_by_label("是否计时").select_option(word)
        section.get_by_label("原因").fill("厂庆")
        section.get_by_role("button", name="保存").click()
        row = section.locator("tr", has_text=day.isoformat())
        expect(row).to_contain_text(f"{other}")
        expect(row).to_contain_text("厂庆")
        expect(section.get_by_role("status")).to_contain_text("3 张")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shot(page, "promises-calendar-390")
        section.get_by_label("日期").fill(day.isoformat())
        section.get_by_label("是否计时").select_option("usual")
        section.get_by_role("button", name="保存").click()
        expect(row).to_have_count(0)
    assert stand_in.scenery.promises.said[day.isoformat()] == DayIn(workday=None)
