"""Months that freeze, what later facts add to them, scorecards, files, and what other services measured."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.orders.domain.told import ZONE
from services.orders.use_cases.kpis import adjust_month, keep_books, months_between
from services.orders.use_cases.scorecards import all_weights
from tests.orders.conftest import Json, World, told_kpis
from tests.orders.fixture_month import HOUR, figures, fill_july, hours, month, store
from tests.running import body

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def july(network: World) -> World:
    """The month of `fixture_month`."""
    await fill_july(network)
    return network


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


async def test_another_release_with_other_weights_changes_no_card(july: World) -> None:
    before = await all_weights(july.orders)
    shipped = july.orders.catalogue.weights
    others = replace(shipped, stations=tuple(replace(one, weight=1.0) for one in shipped.stations))
    released = replace(july.orders, catalogue=replace(july.orders.catalogue, weights=others))
    assert await all_weights(released) == before


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
