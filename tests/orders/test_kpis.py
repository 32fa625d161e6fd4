"""A fixture month, its figures recomputed by hand, its freeze, and what comes later.

Written by SQL into a month of its own, so that every minute is known. All times are Shanghai's, the month is July 2025.

    order machine reported   answered arrived restored  completed station engineer clocks due in July
    K1    M1      3rd 08:00  +10 min  +2 h    +5 h      +6 h      S1      E1       arrive met, restore met
    K2    M2      4th 08:00  +20 min  +4 h    +26 h     +27 h     S1      E2       arrive met, restore broken
    K3    M1      20th 08:00 +30 min  +6 h    +8 h      +9 h      S1      E1       arrive broken, restore met
    K4    M2      31st 23:00 +60 min  +90 min (never)   (never)   S2      E1       (arrive met, due in August)
    K5    M1      10th 08:00 cancelled

K3 is the same machine and system as K1, reported 17 days after K1 was completed; K4 is another system than K2.
"""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.orders.domain.told import ZONE
from services.orders.store.kpis.definitions import KPIS
from services.orders.store.kpis.sums import AS_KPIS
from services.orders.use_cases.kpis import adjust_month, keep_books, months_between
from tests.orders.conftest import Json, World, told_kpis
from tests.running import body

pytestmark = pytest.mark.anyio
HOUR = 3600.0
STORED = {"restore": {"start": "reported_at", "stops": ["restored_at"], "seconds": 86400, "pauses": [], "warn_at": 1}}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 7, day, hour, minute, tzinfo=ZONE)


async def store(world: World, order_id: str, asset: str, reported: datetime, **more: Any) -> None:
    """An order as it would lie there: hours after the report by time field, engineer, station, state."""
    hours: dict[str, float] = more.pop("after", {})
    row = {
        "order_id": order_id,
        "number": f"WO-{order_id}",
        "source": "hotline",
        "state": more.pop("state", "closed"),
        "work_type": "breakdown",
        "asset_id": asset,
        "branch_id": "B1",
        "territory_id": "T1",
        "station_id": more.pop("station", "S1"),
        "engineer_id": more.pop("engineer", "E1"),
        "vmrs_system": more.pop("system", "045"),
        "reported_at": reported,
        "accepted_at": reported,
        **{name: reported + timedelta(hours=count) for name, count in hours.items()},
    }
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    rest = "lon, lat, service_s, drop_fen, interruptible, replacement_eligible, warranty, told"
    fixed = f"117, 36, 60, 0, false, {order_id == 'K3'}, '{{}}', '{{}}'"
    statement = f"INSERT INTO orders ({columns}, {rest}) VALUES ({values}, {fixed})"  # noqa: S608
    async with world.orders.db.transaction() as tx:
        await tx.execute(text(statement), row)
        for clock, state, due, late_fen in more.pop("clocks", []):
            await tx.execute(
                text(
                    "INSERT INTO clocks (order_id, clock, rule, started_at, state, due, late_fen) "
                    "VALUES (:order_id, :clock, '{}', :at, :state, :due, :late)"
                ),
                {"order_id": order_id, "clock": clock, "at": reported, "state": state, "due": due, "late": late_fen},
            )
        for number, state in enumerate(more.pop("visits", ["done"])):
            await tx.execute(
                text(
                    "INSERT INTO appointments (appointment_id, order_id, engineer_id, state) VALUES (:a, :o, 'E1', :s)"
                ),
                {"a": f"{order_id}-{number}", "o": order_id, "s": state},
            )


def hours(*counts: float) -> dict[str, float]:
    fields = ("responded_at", "arrived_at", "restored_at", "completed_at")
    return dict(zip(fields, counts, strict=False))


@pytest.fixture(scope="module")
async def july(network: World) -> World:
    """The month of the table above."""
    row = {"customer_id": "C1", "product": "tractor", "brand": "RC-TRUCK", "model": "T7"}
    await network.load("assets", *({"serial": name, **row} for name in ("M1", "M2")))
    await store(
        network,
        "K1",
        "M1",
        at(3, 8),
        after=hours(1 / 6, 2, 5, 6),
        clocks=[("arrive", "met", at(3, 12), 0), ("restore", "met", at(4, 8), 0)],
    )
    await store(
        network,
        "K2",
        "M2",
        at(4, 8),
        after=hours(1 / 3, 4, 26, 27),
        engineer="E2",
        visits=["done", "done"],
        clocks=[("arrive", "met", at(4, 12), 0), ("restore", "breached", at(5, 8), 80_000)],
    )
    await store(
        network,
        "K3",
        "M1",
        at(20, 8),
        after=hours(1 / 2, 6, 8, 9),
        clocks=[("arrive", "breached", at(20, 12), 60_000), ("restore", "met", at(21, 8), 0)],
    )
    await store(
        network,
        "K4",
        "M2",
        at(31, 23),
        after=hours(1, 1.5),
        station="S2",
        system="031",
        state="in_progress",
        visits=["on_site"],
        clocks=[("arrive", "met", at(31, 23) + timedelta(hours=4), 0)],
    )
    await store(network, "K5", "M1", at(10, 8), state="cancelled", visits=[])
    return network


async def month(world: World, name: str = "2025-07", **more: Any) -> Json:
    answer: Json = body(await world.service.get("/orders/v1/kpis", params={"month": name, **more}))
    return answer


def figures(answer: Json, kind: str = "network", scope_id: str = "") -> dict[str, Json]:
    found = [one for one in answer["figures"] if (one["kind"], one["scope_id"]) == (kind, scope_id)]
    return {one["kpi"]: one for one in found}


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


async def test_a_frozen_month_never_changes_and_what_comes_later_is_a_line(july: World) -> None:
    """A sixth order, reported in July and arriving in our books only after the freeze, was answered after 5 minutes."""
    await store(july, "L1", "M1", datetime(2025, 5, 9, 8, tzinfo=ZONE), after=hours(1, 2, 3, 4))
    assert (await july.service.post("/orders/v1/kpis/2025-05/freeze")).status_code == 204
    before = figures(await month(july, "2025-05"))
    await store(july, "L2", "M2", datetime(2025, 5, 9, 9, tzinfo=ZONE), after=hours(0.5, 2, 3, 4))
    assert await adjust_month(july.orders, "2025-05", by="a:test") > 0
    assert await adjust_month(july.orders, "2025-05", by="a:test") == 0, "once"
    after = await month(july, "2025-05")
    answered = figures(after)["response_time"]
    assert (answered["n"], answered["mean"]) == (2, 2700.0)
    assert (answered["frozen_n"], answered["frozen_mean"]) == (1, before["response_time"]["mean"])
    lines = [one for one in after["adjustments"] if (one["kpi"], one["kind"]) == ("response_time", "network")]
    assert [(one["n"], one["total"]) for one in lines] == [(1, 1800.0)]
    for statement in ("UPDATE kpi_snapshots SET n = 0", "DELETE FROM kpi_adjustments", "TRUNCATE kpi_months CASCADE"):
        with pytest.raises(DBAPIError) as refused:
            async with july.orders.db.transaction() as tx:
                await tx.execute(text(statement))
        assert isinstance(refused.value.orig, psycopg.errors.RestrictViolation)


async def test_a_running_month_is_not_frozen_and_a_frozen_one_not_again(july: World) -> None:
    now = july.clock.now().astimezone(ZONE)
    problem = body(await july.service.post(f"/orders/v1/kpis/{now:%Y-%m}/freeze"), 422)
    assert "not over" in problem["detail"]
    assert (await july.service.post("/orders/v1/kpis/2025-03/freeze")).status_code == 204
    assert (await july.service.post("/orders/v1/kpis/2025-03/freeze")).status_code == 409


async def test_the_books_are_kept_by_themselves(july: World) -> None:
    await keep_books(july.orders, by="a:test")
    kept = await month(july)
    assert kept["frozen_at"] is not None
    assert figures(kept)["mttres"]["mean"] == 13 * HOUR
    assert months_between(datetime(2025, 11, 30, 16, tzinfo=UTC), datetime(2026, 2, 4, tzinfo=UTC)) == [
        "2025-12",
        "2026-01",
    ], "30 November 16:00 UTC is 1 December in Shanghai"
    assert months_between(None, datetime(2026, 2, 4, tzinfo=UTC)) == []


async def test_scorecards_weigh_what_was_measured(july: World) -> None:
    """S1 in July by the shipped weights. promise_arrive 2/3 is below its floor 0.70: 0 points of weight 20;
    promise_restore 2/3 likewise, weight 25; first visit 1/3 below 0.60, weight 20; repeat repair 1/3 beyond its floor
    0.15, weight 10: a score of 0. E2 alone: arrive 1 of 1 gives 100 x 25, restore 0 gives 0 x 25, first visit 0 x 35,
    repeat repair 0 gives 100 x 15: 4000 / 100 = 40."""
    made = body(await july.service.get("/orders/v1/scorecards", params={"period": "2025-Q3"}), 422)
    assert "valid_from" in made["detail"], "the shipped weights hold from 2026"
    shipped = body(await july.service.get("/orders/v1/scorecard-weights"))["items"][0]
    second = shipped | {"version": 2, "valid_from": "2025-01-01"}
    assert (await july.service.post("/orders/v1/scorecard-weights", json=second | {"version": 7})).status_code == 409
    wrong = second | {"stations": [shipped["stations"][0] | {"kpi": "luck"}]}
    assert "luck" in body(await july.service.post("/orders/v1/scorecard-weights", json=wrong), 422)["detail"]
    assert body(await july.service.post("/orders/v1/scorecard-weights", json=second), 201)["version"] == 2
    made = body(await july.service.get("/orders/v1/scorecards", params={"period": "2025-Q3"}))
    cards = {card["scope_id"]: card for card in made["cards"]}
    assert (cards["S1"]["score"], cards["S1"]["passed"]) == (0.0, False)
    lines = {line["kpi"]: line for line in cards["S1"]["lines"]}
    assert lines["inspection_completion"]["points"] is None, "nothing to measure does not count against anybody"
    engineers = body(await july.service.get("/orders/v1/scorecards", params={"period": "2025-07", "of": "engineer"}))
    assert {card["scope_id"]: card["score"] for card in engineers["cards"]}["E2"] == 40.0
    assert (await july.service.get("/orders/v1/scorecards", params={"period": "2090-Q1"})).status_code == 422


def measured_by_dispatch(network: tuple[int, float], e1: tuple[int, float]) -> Json:
    """The answer of dispatch: kept of told appointments, in the network and of the engineer E1."""
    scopes = [("network", "", "", network), ("engineer", "E1", "B1", e1)]
    figures = [
        {
            "kpi": "schedule_adherence",
            "kind": kind,
            "scope_id": scope_id,
            "branch_id": branch_id,
            "n": n,
            "total": total,
            "p90": None,
        }
        for kind, scope_id, branch_id, (n, total) in scopes
    ]
    return told_kpis("dispatch", figures)


async def test_what_other_services_measure_is_frozen_and_scored_with_ours(july: World) -> None:
    """E1 in February 2025 kept 8 of 10 windows by the word of dispatch: (0.8 - 0.6) / (0.9 - 0.6) = 66.67 points of the
    only KPI with cases. After the freeze dispatch says 9 of 11: a line of one case and one kept, and the card moves."""
    month_name = "2025-02"
    july.neighbours.kpis["dispatch"] = measured_by_dispatch((20, 15.0), (10, 8.0))
    shipped = body(await july.service.get("/orders/v1/scorecard-weights"))["items"]
    newest = shipped[-1] | {"version": shipped[-1]["version"] + 1, "valid_from": "2025-01-01"}
    assert (await july.service.post("/orders/v1/scorecard-weights", json=newest)).status_code == 201

    async def score() -> float:
        asked = {"period": month_name, "of": "engineer"}
        cards = body(await july.service.get("/orders/v1/scorecards", params=asked))["cards"]
        return float({card["scope_id"]: card["score"] for card in cards}["E1"])

    assert await score() == 66.67
    july.neighbours.kpis["parts"] = None
    assert (await month(july, month_name))["silent"] == ["parts"], "a report without a service says so"
    problem = body(await july.service.post(f"/orders/v1/kpis/{month_name}/freeze"), 503)
    assert "parts" in problem["detail"], "books are kept whole or not at all"
    del july.neighbours.kpis["parts"]
    assert (await july.service.post(f"/orders/v1/kpis/{month_name}/freeze")).status_code == 204
    july.neighbours.kpis["dispatch"] = measured_by_dispatch((21, 16.0), (11, 9.0))
    assert figures(await month(july, month_name))["schedule_adherence"]["mean"] == 0.75, "frozen"
    assert await adjust_month(july.orders, month_name, by="a:test") == 2
    adjusted = figures(await month(july, month_name))["schedule_adherence"]
    assert (adjusted["n"], adjusted["mean"], adjusted["frozen_n"]) == (21, pytest.approx(16 / 21), 20)
    assert await score() == pytest.approx(100 * (9 / 11 - 0.6) / 0.3, abs=0.01)
    listed = body(await july.hotline.get("/orders/v1/kpi-definitions"))["items"]
    assert {one["kpi"]: one["service"] for one in listed}["schedule_adherence"] == "dispatch"
    behind = await july.service.get("/orders/v1/kpis/schedule_adherence/orders", params={"month": month_name})
    assert "dispatch computes" in body(behind, 404)["detail"]
    july.neighbours.kpis.clear()


async def test_reports_as_csv_and_excel(july: World) -> None:
    answer = await july.service.get("/orders/v1/reports/2025-07.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="kpis-2025-07.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    (line,) = [one for one in rows if (one["kpi"], one["kind"]) == ("mttres", "network")]
    assert float(line["mean"]) == 13 * HOUR
    book = openpyxl.load_workbook(io.BytesIO((await july.service.get("/orders/v1/reports/2025-07.xlsx")).content))
    assert book.active is not None
    assert book.active.max_row == len(rows) + 1
    quarter = await july.service.get("/orders/v1/reports/2025-Q3.csv")
    whole = list(csv.DictReader(io.StringIO(quarter.content.decode("utf-8-sig"))))
    (line,) = [one for one in whole if (one["kpi"], one["kind"]) == ("mttres", "network")]
    assert (line["month"], float(line["mean"]), line["p90"]) == ("2025-Q3", 13 * HOUR, "")
    assert (await july.service.get("/orders/v1/reports/2025-13.csv")).status_code == 422
    assert (await july.service.get("/orders/v1/reports/2025-07.pdf")).status_code == 422


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
