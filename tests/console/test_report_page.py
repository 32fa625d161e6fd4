"""The month's report: every KPI in its section, goals marked, orders behind figures, files, paper."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from console.pages import DIST
from services.orders.api.control_points import ControlPointReport
from services.orders.api.kpi_wire import MonthOut, Scorecards
from tests.console.browser import page_of, sign_in
from tests.console.report_scenery import DEFINITIONS, cards, figures, month, walked
from tests.console.stand_in import PASSWORD, StandIn
from tests.console.test_track_page import shot
from tests.console.test_vocabulary import texts

SOURCES = DIST.parent / "src"


def opened(page: Page, stand_in: StandIn) -> None:
    sign_in(page, stand_in.url, login="li", password=PASSWORD)
    page.goto(f"{stand_in.url}/report/2026-10")
    page.wait_for_selector(".paper")


def test_the_stand_in_answers_as_the_service_does() -> None:
    MonthOut.model_validate(month("2026-10"))
    Scorecards.model_validate(cards("2026-10"))
    ControlPointReport.model_validate(walked("2026-10"))


def test_every_kpi_is_in_exactly_one_section_and_every_section_has_a_title() -> None:
    source = (SOURCES / "model/figures.ts").read_text(encoding="utf-8")
    block = source[source.index("SECTIONS = {") : source.index("} as const")]
    named = re.findall(r'"(\w+)"', block)
    assert sorted(named) == sorted(one.kpi for one in DEFINITIONS)
    titles = {f"section.{name}" for name in re.findall(r"^ {2}(\w+):", block, re.MULTILINE)}
    assert titles <= texts()


def test_the_report_shows_every_kpi_and_marks_what_misses_its_goal(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium) as page:
        opened(page, stand_in)
        for kpi in DEFINITIONS:
            expect(page.locator("th[scope=row]", has_text=kpi.name_zh).first).to_be_visible()
        kept = [one for one in figures() if one["kpi"] == "promise_arrive" and one["kind"] == "branch"]
        row = page.locator("tr", has=page.locator("th", has_text="到达承诺达成率")).first
        expect(row.locator("td.missed")).to_have_count(1 if kept[0]["mean"] < 0.95 else 0)
        expect(page.locator(".paper", has_text="GB/T 27922")).to_have_count(2)
        expect(page.locator(".paper", has_text="工程师评分").locator("tbody tr")).to_have_count(2)
        skipped = page.locator(".paper", has_text="谁跳过了什么").locator("tbody tr")
        expect(skipped).to_have_count(2)
        expect(skipped.first).to_contain_text("9 / 40 单")
        engineer, station = stand_in.scenery.engineers[0]["name"], stand_in.scenery.stations[1]["name_zh"]
        expect(skipped.first.locator("th")).to_have_text(engineer)
        expect(skipped.first).to_contain_text(station)
        expect(
            page.locator("tr", has=page.locator("th", has_text="承诺达成预测评分")).locator("td").nth(1)
        ).to_contain_text("0.")
        expect(skipped.first).to_contain_text("诊断 6 · 交车 3")
        shot(page, "report-zh")
    with page_of(chromium, language="en", dark=True) as page:
        opened(page, stand_in)
        expect(page.get_by_role("heading", name="Knowledge: repaired the first time")).to_be_visible()
        shot(page, "report-en-dark")


def test_a_service_that_could_not_be_asked_is_named(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, language="en") as page:
        sign_in(page, stand_in.url, login="li", password=PASSWORD)
        page.goto(f"{stand_in.url}/report/2026-09")
        expect(page.get_by_text("their figures are missing: stock")).to_be_visible()


def test_a_figure_leads_to_its_orders(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, language="en") as page:
        opened(page, stand_in)
        page.locator(".paper .link").first.click()
        link = page.locator("aside a").first
        expect(link).to_have_attribute("href", "/orders/a1")
        page.keyboard.press("Escape")
        expect(page.locator("aside")).to_have_count(0)


def test_files_are_saved_under_their_names(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, language="en") as page:
        opened(page, stand_in)
        page.locator("summary").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Station scores as CSV").click()
        assert download.value.suggested_filename == "stations-2026-10.csv"
    assert "GET /orders/v1/reports/2026-10.csv" in stand_in.requests


def test_it_prints_on_paper_without_tools_and_without_cutting_tables(
    chromium: Browser, stand_in: StandIn, tmp_path: Path
) -> None:
    with page_of(chromium) as page:
        opened(page, stand_in)
        page.emulate_media(media="print")
        expect(page.locator(".tools")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        printed = page.pdf(path=tmp_path / "report.pdf", format="A4")
        assert printed.startswith(b"%PDF")
        shot(page, "report-print")


def test_a_quarter_is_chosen_and_shows_what_others_gave(chromium: Browser, stand_in: StandIn) -> None:
    with page_of(chromium, language="en") as page:
        opened(page, stand_in)
        choice = page.get_by_label("Quarter")
        choice.select_option(index=1)
        expect(page.get_by_text("it has no P90")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Outside: CAAM").first).to_be_visible()
        shot(page, "report-quarter-en")
