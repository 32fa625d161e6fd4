"""A dispatcher at the pages of the bank, of stock and of the network, over the real services, in both languages and on
a phone."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.browser import launched, page_of
from tests.journeys.world import BELT, BROKEN_BELT, GASKET, World, near, now, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
PASSWORD = "a long password of the tests"
ZONE = ZoneInfo("Asia/Shanghai")


@contextmanager
def opened(world: World, browser: Browser, path: str, language: Literal["zh", "en"]) -> Iterator[Page]:
    login = f"{world.name.lower()}.{language}"
    person = {"name": "李静", "role": "dispatcher", "branch_id": world.branch_id, "login": login, "password": PASSWORD}
    ok(world.installation.admin.post("/accounts/v1/people", json=person), 201)
    with page_of(browser, language=language) as page:
        page.goto(f"{world.installation.address}{path}")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector("main table")
        yield page
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        picture(page, f"{path[1:]}-phone-{language}")


def picture(page: Page, name: str) -> None:
    """For people to look at, when they ask for it."""
    if folder := os.environ.get("ROADCALL_PICTURES"):
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def at_site(hours: float) -> str:
    """What a person types into a field of date and time."""
    return (now() + timedelta(hours=hours)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def test_a_branch_keeps_contract_price_rental_and_protocol_on_one_page(world: World) -> None:
    vehicle = world.add_vehicle("1", near(0.1))
    order = world.report(world.add_truck("TRUCK1"), near(0.2), symptom=BROKEN_BELT)
    today = now().astimezone(ZONE).date()
    with launched() as browser, opened(world, browser, "/fleet", "zh") as page:
        firm = page.locator("section", has_text="合作物流公司").locator("tbody tr")
        firm.get_by_role("button", name="修改").click()
        firm.locator("input[name=until]").fill((today + timedelta(days=20)).isoformat())
        firm.get_by_role("button", name="保存").click()
        expect(firm.locator(".chip")).to_have_text("30 天内到期")

        page.locator("th button").click()
        page.get_by_text("新价格").click()
        prices = page.locator("form", has=page.locator("input[name=base]"))
        for field, value in {"valid_from": today.isoformat(), "base": "900", "km": "7.5", "day": "600"}.items():
            prices.locator(f"[name={field}]").fill(value)
        prices.locator("button.primary").click()
        expect(page.get_by_role("row", name=today.isoformat()).locator("td").nth(1)).to_have_text("7.5")

        page.get_by_text("按天出租给工单客户").click()
        letting = page.locator("form", has=page.locator("input[name=end]"))
        letting.locator("[name=order]").select_option(order["id"])
        letting.locator("[name=start]").fill(at_site(0))  # not before the first day with a price
        letting.locator("[name=end]").fill(at_site(24 * 40))
        letting.locator("button.primary").click()
        expect(page.get_by_role("alert")).to_contain_text("contract")
        letting.locator("[name=end]").fill(at_site(30))
        letting.locator("button.primary").click()
        let = page.get_by_role("row").filter(has=page.get_by_text("出租中", exact=True))
        expect(let).to_contain_text(order["number"])

        page.get_by_text("登记交接").click()
        protocol = page.locator("form", has=page.locator("input[name=odometer]"))
        protocol.locator("[name=order]").select_option(order["id"])
        filled = {"at": at_site(-0.5), "odometer": "120500", "fuel": "80", "given": "王师傅", "taken": "赵司机"}
        for field, value in (filled | {"damages": "左前灯罩裂纹\n车门划痕"}).items():
            protocol.locator(f"[name={field}]").fill(value)
        protocol.locator("button.primary").click()
        expect(page.get_by_role("row", name="王师傅 → 赵司机")).to_contain_text("左前灯罩裂纹; 车门划痕")
        page.get_by_text("停用车辆").click()
        out = page.locator("form", has=page.locator("input[name=reason]"))
        for field, value in {"from": at_site(10), "until": at_site(58), "reason": "换离合器"}.items():
            out.locator(f"[name={field}]").fill(value)
        out.locator("button.primary").click()
        expect(page.get_by_role("alert").last).to_contain_text("let")  # it is with a customer then
        picture(page, "fleet-zh")

        let.get_by_role("button", name="登记归还").click()
        returned = page.get_by_role("row").filter(has=page.get_by_text("已归还", exact=True))
        expect(returned).to_contain_text("¥600")
        out.locator("button.primary").click()
        repair = page.get_by_role("row").filter(has_text="换离合器")
        repair.get_by_role("button", name="恢复使用").click()
        expect(repair).to_have_count(0)
    [rental] = ok(world.dispatcher.get("/stations/v1/rentals", params={"vehicle_id": vehicle}))["items"]
    assert (rental["state"], rental["cost_fen"]) == ("returned", 60_000)


def test_news_of_a_carrier_are_written_down_on_the_page_of_stock(world: World) -> None:
    world.add_engineer("E1", near(0.0))
    depot = f"{world.name}-DEPOT"
    world.add_place(depot, "depot", near(1.0, 2.0), territory_id=world.territory_id)
    lane = {"place_id": depot, "fee_fen": 100, "fen_per_km": 1, "km_per_hour": 120, "ready_s": 600}
    world.load("parts", "courier_lanes", lane)
    world.stock(depot, EN_1012=2)
    shelf_of_station, pads = f"{world.name}-SHELF", {"part": GASKET, "quantity": 3}
    world.add_place(shelf_of_station, "station", near(0.0), territory_id=world.territory_id)
    world.stock(depot, EN_1007=3)
    asked = {"from_place_id": depot, "to_place_id": shelf_of_station, "lines": [pads], "reason": "for the motorway"}
    ok(world.dispatcher.post("/parts/v1/transfers", json=asked), 201)
    truck = world.add_truck("TRUCK1")
    order = world.report(truck, near(0.2), symptom=BROKEN_BELT)
    world.appointment_of(order["id"])
    where = f"/parts/v1/orders/{order['id']}/parts"
    wait_for(lambda: ok(world.dispatcher.get(where))["shipments"], bool)
    with launched() as browser, opened(world, browser, "/stock", "en") as page:
        move = page.locator("section", has_text="Transfers").get_by_role("row").filter(has_text="for the motorway")
        move.get_by_role("button", name="Ship").click()
        move.locator("[name=expected]").fill(at_site(-1))
        move.get_by_role("button", name="Ship").click()
        expect(move.locator(".chip.breached")).to_have_text("late")
        move.get_by_role("button", name="Receive").click()
        move.locator("input[type=number]").fill("2")
        picture(page, "transfers-en")
        move.get_by_role("button", name="Receive").click()
        expect(move).to_have_count(0)
        parcel = page.get_by_role("row").filter(has_text=depot)
        expect(parcel).to_contain_text(BELT)
        parcel.get_by_role("button", name="News").click()
        parcel.locator("[name=kind]").select_option("shipped")
        parcel.locator("[name=eta]").fill(at_site(-1))
        parcel.locator("[name=carrier]").fill("SF")
        parcel.locator("[name=waybill]").fill("SF1001")
        parcel.locator("button.primary").click()
        expect(parcel.locator(".chip.breached")).to_have_text("late")
        expect(parcel).to_contain_text("SF SF1001")
        page.locator("input[name=words]").fill(BELT)
        page.get_by_role("button", name="Find", exact=True).click()
        page.get_by_role("button", name=BELT).click()
        shelf = page.locator("tr", has=page.get_by_role("rowheader", name=depot))
        expect(shelf.locator("td").first).to_have_text("1")  # one of two has been shipped
        page.locator("input[name=words]").fill(truck)
        page.get_by_role("button", name="Find", exact=True).click()
        expect(page.locator("section", has_text="Find a part").get_by_role("status")).to_contain_text("(T7)")
        expect(page.locator("dt", has_text="Parts fill rate")).to_be_visible()
        picture(page, "stock-en")
    [told] = [one for one in ok(world.dispatcher.get(where))["shipments"] if one["state"] != "cancelled"]
    assert (told["state"], told["waybill"]) == ("shipped", "SF1001")
    assert world.free_stock(shelf_of_station, GASKET)["on_hand"] == 2, "one of three was lost on the way"


def test_a_plan_of_stock_is_made_and_accepted_and_a_shelf_is_counted(world: World) -> None:
    shelf, depot = f"{world.name}-SHELF", f"{world.name}-DEPOT"
    world.add_place(shelf, "station", near(0.0), territory_id=world.territory_id)
    world.add_place(depot, "depot", near(1.0, 2.0), territory_id=world.territory_id)
    world.stock(depot, EN_1012=9)
    world.stock(shelf, EN_1007=4)
    wear = {"title": "G2", "lines": [{"place_id": shelf, "part": BELT, "pieces_per_month": 3.0}]}
    days = {"valid_from": now().date().isoformat(), "valid_until": (now() + timedelta(days=365)).date().isoformat()}
    ok(world.dispatcher.put(f"/parts/v1/wear-lists/{world.name}", json=wear | days))
    with launched() as browser, opened(world, browser, "/stock", "zh") as page:
        page.get_by_role("button", name="编制计划").click()
        line = page.get_by_role("row").filter(has_text=BELT).filter(has_text=depot)
        expect(line).to_be_visible(timeout=120_000)
        line.get_by_role("button", name="接受", exact=True).click()
        expect(page.get_by_text("已生成 1 张调拨单")).to_be_visible()
        transfers = page.locator("section").filter(has=page.get_by_role("heading", name="调拨单"))
        expect(transfers.get_by_role("row").filter(has_text=depot)).to_be_visible()

        page.get_by_text("新建盘点单").click()
        made = page.locator("form", has=page.locator("input[name=place]"))
        made.locator("[name=place]").fill(shelf)
        made.locator("button.primary").click()
        post = page.get_by_role("button", name="差异过账")
        expect(post).to_be_disabled()
        page.get_by_label(f"{GASKET} 实盘件数").fill("3")
        picture(page, "stock-zh")
        post.click()
        expect(page.get_by_text("已过账：1 个配件有差异，合计 -1 件。")).to_be_visible()
    assert world.free_stock(shelf, GASKET)["on_hand"] == 3


def test_strength_lending_and_borders_are_kept_on_the_page_of_the_network(world: World, tmp_path: Path) -> None:
    other = f"{world.name}-T2"
    world.add_territory(other, east=2.0)
    engineer = world.add_engineer("E1", near(0.0)).engineer_id
    for truck in ("TRUCK1", "TRUCK2"):
        world.add_truck(truck)
    work = ["breakdown", "inspection", "maintenance", "campaign", "commissioning", "overhaul", "recovery"]
    standard = {"least": {"engineers": 5}, "permits": work}
    ok(world.installation.admin.put("/stations/v1/standards/1/AAA", json=standard), 204)
    with launched() as browser, opened(world, browser, "/network", "en") as page:
        standards = page.locator("section", has_text="Standards of stations")
        expect(standards.get_by_text("engineers 1 / 5")).to_be_visible()
        expect(standards.locator("dl > div", has_text="Level 1 AAA")).to_contain_text("Overhaul · Recovery")

        lending = page.locator("section", has_text="Lending and priority regions")
        lending.get_by_text("Lend an engineer").click()
        lending.get_by_label("Engineer's code").fill(engineer)
        lending.locator("form").first.get_by_role("combobox").first.select_option(other)
        lending.get_by_label("Until (Beijing time)").fill(at_site(48))
        lending.get_by_label("Reason").fill("harvest")
        lending.get_by_role("button", name="Lend", exact=True).click()
        lent = lending.locator("p.row", has_text=engineer)
        lent.get_by_role("button", name="End").click()
        expect(lent).to_have_count(0)

        borders = page.locator("section", has_text="Borders of territories")
        borders.get_by_role("button", name="Propose borders by road").click()
        proposals = borders.get_by_role("listitem", name="Proposal for")
        expect(proposals.first).to_be_visible()
        proposals.first.get_by_role("button", name="Keep").click()
        expect(borders.get_by_text("1 of 2 territories have a border.")).to_be_visible()
        while proposals.count():
            proposals.first.get_by_role("button", name="Refuse").click()
        mine = borders.get_by_role("listitem").filter(has=page.get_by_role("button", name="Save GeoJSON"))
        with page.expect_download() as download:
            mine.get_by_role("button", name="Save GeoJSON").click()
        saved = json.loads(Path(download.value.path()).read_text())
        assert saved["geometry"]["type"] in ("Polygon", "MultiPolygon")

        crossing = [[117, 36], [118, 37], [118, 36], [117, 37], [117, 36]]
        (tmp_path / "bow-tie.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [crossing]}))
        mine.locator("input[type=file]").set_input_files(tmp_path / "bow-tie.geojson")
        expect(borders.get_by_role("alert")).to_contain_text("Self-intersection")
        mine.get_by_role("button", name="Change on the map").click()
        corners = page.locator(".border-corner")
        before = corners.count()
        page.locator(".border-between").first.dispatch_event("click")  # the map may still be on its way
        expect(corners).to_have_count(before + 1)
        picture(page, "network-en")
        borders.get_by_role("button", name="Keep the border").click()
        expect(corners).to_have_count(0)
    [kept] = ok(world.dispatcher.get("/stations/v1/territory-borders"))["features"]
    drawn = (
        kept["geometry"]["coordinates"]
        if kept["geometry"]["type"] == "MultiPolygon"
        else [kept["geometry"]["coordinates"]]
    )
    assert sum(len(ring) - 1 for rings in drawn for ring in rings) == before + 1
