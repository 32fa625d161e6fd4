"""Figures of a fixture month (`fixture_month`) and of January 2025, recomputed by hand."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from services.orders.domain.told import ZONE
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.sums import AS_KPIS
from tests.orders.conftest import Json, World
from tests.orders.fixture_month import HOUR, figures, fill_july, month, store
from tests.running import body

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def july(network: World) -> World:
    """The month of `fixture_month`."""
    await fill_july(network)
    return network


EXPECTED = {
    # K1 to K4: (10 + 20 + 30 + 60) / 4 minutes; nine of ten: between 30 and 60 at 0.9 * 3 = 2.7, so 30 + 0.7 * 30
    "response_time": (4, 1800.0, 51 * 60.0),
    # 2, 4, 6 and 1.5 hours
    "arrival_time": (4, 13.5 / 4 * HOUR, (4 + 0.7 * 2) * HOUR),
    # K1 4 h, K2 23 h, K3 3 h: completed less arrived
    "on_site_time": (3, 10 * HOUR, (4 + 0.8 * 19) * HOUR),
    # restored less arrived: 3, 22 and 2 hours
    "mttr_work": (3, 9 * HOUR, (3 + 0.8 * 19) * HOUR),
    # restored less reported: 5, 26 and 8 hours
    "mttres": (3, 13 * HOUR, (8 + 0.8 * 18) * HOUR),
    "time_to_complete": (3, 14 * HOUR, (9 + 0.8 * 18) * HOUR),
    # K1 came back as K3, K2 took two visits, K3 was one visit without return
    "first_visit_fix": (3, 1 / 3, None),
    # only K1 came back
    "repeat_repair": (3, 1 / 3, None),
    # K1 to K3 were arrived at in July, K4 half an hour later, and nobody waited for parts
    "kit_complete": (3, 1.0, None),
    # due in July: K1 and K2 met, K3 broken; K4 is due in August
    "promise_arrive": (3, 2 / 3, None),
    "promise_restore": (3, 2 / 3, None),
    # K1 and K3 within a day, K2 not; K4 was never restored and its day is over
    "restored_24h": (4, 0.5, None),
    # only K3 may be taken on by another vehicle, and was not
    "moved_on_24h": (1, 0.0, None),
    # nobody was asked or called in this month
    "survey_response": (3, 0.0, None),
    "callback_station": (3, 0.0, None),
    "callback_branch": (3, 0.0, None),
    "callback_head_office": (3, 0.0, None),
    # K1 0, K2 80 000, K3 60 000
    "promise_cost": (3, 140_000 / 3, None),
    # K1 (0.9 - 1)², (0.8 - 1)²; K2 (0.7 - 1)², (0.6 - 0)²; K3 (0.45 - 0)²: 0.01 + 0.04 + 0.09 + 0.36 + 0.2025 by 5
    "promise_brier": (5, 0.7025 / 5, None),
    "promise_foretold": (5, 3.45 / 5, None),
    "promise_came_true": (5, 3 / 5, None),
    # a fix at once: K1 0.8 and came back, K2 0.6 and took two, K3 0.75 and held: 0.64 + 0.36 + 0.0625 by 3
    "fix_brier": (3, 1.0625 / 3, None),
    "fix_foretold": (3, 2.15 / 3, None),
    "fix_came_true": (3, 1 / 3, None),
}


async def test_the_figures_of_the_month_are_those_by_hand(july: World) -> None:
    got = figures(await month(july))
    for kpi, (n, mean, p90) in EXPECTED.items():
        assert got[kpi]["n"] == n, kpi
        assert got[kpi]["mean"] == pytest.approx(mean, abs=0.002), kpi
        if p90 is not None:
            assert got[kpi]["p90"] == pytest.approx(p90, abs=0.01), kpi
    assert set(got) == set(EXPECTED), "what has no case has no figure"


async def test_drill_down_by_station_engineer_and_tier(july: World) -> None:
    answer = await month(july)
    assert figures(answer, "station", "S1")["response_time"]["mean"] == 1200.0, "10, 20 and 30 minutes"
    assert figures(answer, "station", "S2")["response_time"]["n"] == 1
    assert figures(answer, "engineer", "E2")["promise_restore"]["mean"] == 0.0
    assert figures(answer, "tier", "gold")["restored_24h"]["mean"] == 0.5
    only = await month(july, kind="station")
    assert {one["kind"] for one in only["figures"]} == {"station"}


async def test_what_was_foretold_is_judged_by_decile(july: World) -> None:
    """Promises: 0.9 and 0.8 and 0.7 came true, 0.6 and 0.45 did not, each alone in its decile. Fixes: 0.75 did."""
    answer = await month(july, kind="decile")
    got = {(one["kpi"], one["scope_id"]): (one["n"], one["mean"]) for one in answer["figures"] if not one["branch_id"]}
    came = {decile: mean for (kpi, decile), (_, mean) in got.items() if kpi == "promise_came_true"}
    assert came == {"9": 1.0, "8": 1.0, "7": 1.0, "6": 0.0, "4": 0.0}
    assert got["promise_foretold", "4"] == (1, 0.45)
    assert got["fix_came_true", "7"] == (1, 1.0)
    assert got["fix_foretold", "7"] == (1, 0.75)
    behind = "/orders/v1/kpis/promise_came_true/orders"
    asked = {"month": "2025-07", "kind": "decile", "scope_id": "6"}
    assert [one["order_id"] for one in body(await july.service.get(behind, params=asked))["items"]] == ["K2"]
    for wrong in (asked | {"scope_id": "x"}, asked | {"scope_id": ""}):
        assert (await july.service.get(behind, params=wrong)).status_code == 404
    assert (await july.service.get("/orders/v1/kpis/csat/orders", params=asked)).status_code == 404


async def test_the_orders_behind_a_figure_worst_first(july: World) -> None:
    path = "/orders/v1/kpis/response_time/orders"
    cases = body(await july.service.get(path, params={"month": "2025-07"}))["items"]
    assert [one["order_id"] for one in cases] == ["K4", "K3", "K2", "K1"]
    station = {"month": "2025-07", "kind": "station", "scope_id": "S1", "branch_id": "B1"}
    cases = body(await july.service.get("/orders/v1/kpis/promise_restore/orders", params=station))["items"]
    assert (cases[0]["order_id"], cases[0]["value"], len(cases)) == ("K2", 0.0, 3)
    assert (await july.service.get("/orders/v1/kpis/nothing/orders", params=station)).status_code == 404


async def test_everybody_sees_their_own(july: World) -> None:
    branch = await july.system.sign_in("dispatcher", branch_id="B2")
    answer = body(await branch.get("/orders/v1/kpis", params={"month": "2025-07"}))
    assert answer["figures"] == []
    own = await july.system.sign_in("station", branch_id="B1", station_id="S2")
    answer = body(await own.get("/orders/v1/kpis", params={"month": "2025-07"}))
    assert {(one["kind"], one["scope_id"]) for one in answer["figures"]} == {("station", "S2")}
    foreign = {"month": "2025-07", "kind": "station", "scope_id": "S1", "branch_id": "B1"}
    assert (await own.get("/orders/v1/kpis/response_time/orders", params=foreign)).status_code == 404


# --- January 2025: what July has no cases of -------------------------------------------------------------------------
#
#     order what        reported   assigned departed arrived restored completed
#     A1    breakdown   6th 08:00  +30 min  +1 h     +2 h    +4 h     +5 h       walked whole; rated 5; station: good
#     A2    breakdown   7th 08:00  +90 min  +1 h     +4 h    +30 h    +31 h      skipped one; rated 2; branch: bad
#     A3    inspection  13th 08:00 +30 min  +1 h     +6 h    –        +7 h       due by the 20th
#     A4    inspection  13th 08:00 –        –        –       –        26th       due by the 25th
#
# A2 waited for a part half an hour after the arrival, and its cargo was moved on after 20 h, due after 22 h. Its clock
# `respond` broke and `complete` was waived; A1 met both. One complaint was closed in time, one late and reopened.
# A contract covers M1 from the 6th to the 10th, five days: 7 200 minutes, of which A1 took 240.

JANUARY = {
    "time_to_schedule": (3, 3000.0),
    "time_to_travel": (2, 2 * HOUR),
    "kit_complete": (2, 0.5),
    "promise_respond": (2, 0.5),
    "promise_complete": (1, 1.0),
    "moved_on_24h": (1, 1.0),
    "replacement_in_time": (1, 1.0),
    "replacement_decision": (1, 2 * HOUR),
    "replacement_cost": (1, 90_000.0),
    "inspection_completion": (2, 0.5),
    "control_points": (2, 0.5),
    "csat": (2, 0.5),
    "survey_response": (4, 0.5),
    "service_compliance": (2, 0.5),
    "callback_station": (4, 0.25),
    "callback_branch": (4, 0.25),
    "callback_head_office": (4, 0.0),
    "complaint_closure": (2, 0.5),
    "complaint_reopened": (2, 0.5),
    "vehicle_availability": (7200, 6960 / 7200),
}


def january(day: int, hour: float = 8) -> datetime:
    return datetime(2025, 1, day, tzinfo=ZONE) + timedelta(hours=hour)


async def test_january_has_what_july_lacks(july: World) -> None:
    names = ("assigned_at", "departed_at", "arrived_at", "restored_at", "completed_at")
    clocks = [("respond", "met", january(6, 9), 0), ("complete", "met", january(7), 0)]
    walked = dict(zip(names, (0.5, 1, 2, 4, 5), strict=True))
    await store(july, "A1", "M1", january(6), after=walked, clocks=clocks, system="011")
    clocks = [("respond", "breached", january(7, 9), 500), ("complete", "waived", january(8), 0)]
    late = dict(zip(names, (1.5, 1, 4, 30, 31), strict=True)) | {"cargo_moving_at": 20.0}
    await store(july, "A2", "M2", january(7), after=late, clocks=clocks, system="012")
    await store(july, "A3", "M2", january(13), after={"assigned_at": 0.5, "departed_at": 1, "arrived_at": 6})
    await store(july, "A4", "M2", january(13), after={})
    async with july.orders.db.transaction() as tx:
        for statement, given in _january_rows():
            await tx.execute(text(statement), given)
    await july.load("service_contracts", _contract_of_m1())
    got = figures(await month(july, "2025-01"))
    for kpi, (n, mean) in JANUARY.items():
        assert (got[kpi]["n"], got[kpi]["mean"]) == (n, pytest.approx(mean, abs=0.002)), kpi
    assert set(KPIS) | set(AS_KPIS) == set(EXPECTED) | set(JANUARY), (
        "every KPI is recomputed by hand in one of the months"
    )


def _contract_of_m1() -> Json:
    contract = {"contract_id": "CT-M1", "kind": "4H", "customer_id": "C1", "serial": "M1"}
    return contract | {"valid_from": "2025-01-06", "valid_until": "2025-01-10"}


def _january_rows() -> list[tuple[str, Json]]:
    """Statements with their parameters: what the comment above says beyond the time fields."""
    survey = "INSERT INTO surveys VALUES (:order, :rating, '', 'zh', :at)"
    callback = (
        "INSERT INTO callbacks (order_id, level, share, risks, drawn_at, due, ended_at, reached, compliant) "
        "VALUES (:order, :level, 1, '[]', :at, :at, :at, true, :good)"
    )
    complaint = (
        "INSERT INTO complaints VALUES "
        "(:id, 'A2', 'hotline', '', 'other', 'normal', 'closed', :round, :at, :at, NULL, :at)"
    )
    step = "INSERT INTO complaint_steps VALUES (:id, 1, 'classified', :at, :due, 'a:b', '', NULL)"
    case = (
        "INSERT INTO replacement_cases (case_id, order_id, territory_id, vehicle_id, state, token_hash, opened_at, "
        "decide_by, planned_at_truck, planned_delivered, cost_fen, cargo_moving_at) "
        "VALUES ('A2-C', 'A2', 'T1', 'V1', 'delivered', 'A2-C', :opened, :opened, :opened, :opened, 90000, :moving)"
    )
    cargo = "INSERT INTO cargos VALUES ('A2', 'general', NULL, 1000, 117, 36, :deadline, false)"
    wait = (
        "INSERT INTO waits (wait_id, order_id, reason, started_at, ended_at) VALUES ('A2-W', 'A2', 'parts', :at, :end)"
    )
    plan = (
        "UPDATE orders SET work_type = 'inspection', plan_id = 'P1', latest_start = :due, completed_at = :done "
        "WHERE order_id = :order"
    )
    walked = (
        "UPDATE orders SET control_points = CAST(:points AS jsonb), replacement_eligible = :moved "
        "WHERE order_id = :order"
    )
    return [
        (walked, {"order": "A1", "points": '{"skipped": [], "in_order": true}', "moved": False}),
        (walked, {"order": "A2", "points": '{"skipped": ["test"], "in_order": true}', "moved": True}),
        (plan, {"order": "A3", "due": january(20, 0), "done": january(13, 15)}),
        (plan, {"order": "A4", "due": january(25, 0), "done": january(26)}),
        (survey, {"order": "A1", "rating": 5, "at": january(7)}),
        (survey, {"order": "A2", "rating": 2, "at": january(9)}),
        (callback, {"order": "A1", "level": "station", "at": january(8), "good": True}),
        (callback, {"order": "A2", "level": "branch", "at": january(10), "good": False}),
        (complaint, {"id": "A2-1", "round": 1, "at": january(9)}),
        (step, {"id": "A2-1", "at": january(9, 9), "due": january(9, 12)}),
        (complaint, {"id": "A2-2", "round": 2, "at": january(11)}),
        (step, {"id": "A2-2", "at": january(11, 20), "due": january(11, 12)}),
        (case, {"opened": january(7, 10), "moving": january(8, 4)}),
        (cargo, {"deadline": january(8, 6)}),
        (wait, {"at": january(7, 12.5), "end": january(7, 20)}),
    ]


async def test_definitions_are_told_with_their_sql(july: World) -> None:
    listed = body(await july.hotline.get("/orders/v1/kpi-definitions"))["items"]
    assert [one["kpi"] for one in listed if one["service"] == "orders"] == [*KPIS, *AS_KPIS]
    assert all("SELECT" in one["sql"] and one["name_zh"] for one in listed)
