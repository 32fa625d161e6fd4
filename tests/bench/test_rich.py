"""Peers on a rich instance: what they answer keeps the rules that they model, and cells are measured once."""

import json
from pathlib import Path

import pytest

from bench.instances import instance
from bench.solver import rich, rich_cell
from bench.solver.completion import completed
from bench.solver.reduced import Reduced, late_fen, reduced
from bench.solver.rich_bars import bars, beside_peers
from bench.solver.rich_peers import nearest, ortools_peer, pyvrp_peer, vroom_peer, vrpcli_peer
from services.dispatch.documents import to_problem
from services.dispatch.solver import judge
from tests.dispatch.solver.solving import problem_of
from tests.dispatch.solver.tiny import HOUR, document, engineer, order


@pytest.fixture(scope="module")
def view() -> Reduced:
    return reduced(to_problem(instance("100x15/1")))


@pytest.mark.parametrize("peer", [nearest, ortools_peer, pyvrp_peer, vroom_peer, vrpcli_peer])
def test_a_peer_s_answer_becomes_an_accepted_plan(peer: object, view: Reduced) -> None:
    """Nobody is sent who may not come, nothing twice; most orders come from the peer and not from the fill."""
    sequences = peer.plan(view, 1.0, 1)  # type: ignore[attr-defined]
    planned = [(tour, one) for tour, own in sequences.items() for one in own]
    assert all(view.allowed[tour, one] for tour, one in planned)
    assert len({one for _, one in planned}) == len(planned) >= 60
    plan = completed(view.problem, sequences)
    assert judge(view.problem, plan).violations == ()
    where = {stop.order: route.tour for route in plan.routes for stop in route.stops if stop.order >= 0}
    assert sum(where.get(one) == tour for tour, one in planned) >= 0.7 * len(planned)


def test_an_engine_without_a_plan_does_not_get_the_one_of_the_fill(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """OR-Tools answers nothing within a millisecond, and something in a second."""
    told = {}
    for seconds in ("0.001", "1"):
        monkeypatch.setattr("sys.argv", ["rich_cell", "ortools_peer", "100x15/1", seconds, "1"])
        rich_cell.main()
        told[seconds] = json.loads(capsys.readouterr().out)
    assert "no plan" in told["0.001"]["failed"]
    assert told["1"]["fen"] > 0


def test_what_peers_see_of_a_promise() -> None:
    """Work of 1 h; to arrive by 5 h and be done by 5:30: the last start that keeps both is 4:30. At 7 an hour each,
    starting at 8:30 costs 24.5 and 28, rounded up."""
    clocks = [
        {"name": "arrive", "due": 5 * HOUR, "fen_per_hour": 7, "stops": "start"},
        {"name": "restore", "due": 11 * HOUR // 2, "fen_per_hour": 7, "stops": "end"},
    ]
    seen = reduced(problem_of(document(orders=[order("x", clocks=clocks)])))
    assert seen.due(0) == 9 * HOUR // 2
    assert seen.promised_windows(0) == [(0, 9 * HOUR // 2)]
    assert seen.slope(0) == (9 * HOUR // 2, (25 + 28) // 4)
    assert late_fen(seen.problem.orders[0], 17 * HOUR // 2, HOUR) == 25 + 28


def test_peers_begin_where_work_under_way_ends() -> None:
    frozen = {"state": "on_site", "engineer": "a", "start": 0, "until": 2 * HOUR}
    people = [engineer("a"), engineer("b", skills={"diesel": 1})]
    seen = reduced(problem_of(document(engineers=people, orders=[order("x", "p3", frozen=frozen), order("y")])))
    assert (seen.orders, seen.begins, seen.starts) == ([1], [3, 0], [2 * HOUR, 0])
    assert seen.allowed[:, 1].tolist() == [True, False]


def test_a_cell_is_measured_once_until_it_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rich, "KEPT", tmp_path)
    monkeypatch.setattr(rich, "SEEDS", (1,))
    options = ["rich", "--sizes", "100x15", "--budgets", "10", "--engines", "nearest"]

    def measured(*more: str) -> int:
        monkeypatch.setattr("sys.argv", [*options, *more])
        rich.main()
        (row,) = json.loads(capsys.readouterr().out.splitlines()[-1])["rows"]
        return int(row["fen"])

    price = measured()
    (cell,) = tmp_path.iterdir()
    cell.write_text(json.dumps(json.loads(cell.read_text()) | {"fen": 7}))
    assert measured() == 7
    assert measured("--forget", "nearest") == price


def test_a_plan_that_breaks_rules_has_no_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rich, "KEPT", tmp_path)
    monkeypatch.setattr(rich, "SEEDS", (1, 2))
    honest = {"fen": 100, "cpu": 1.0, "kept": 1, "clocks": 2, "unserved": 0, "memory_mb": 1, "load": 1.0}
    for seed, found in ((1, {"violations": 0}), (2, {"violations": 1, "fen": 1})):
        (tmp_path / f"rich-nearest-100x15-{seed}--s.json").write_text(json.dumps(honest | found))
    row = rich._row("nearest", "100x15", "10")
    assert row
    assert (row["fen"], row["plans"], row["of"]) == (100, 1, 2)


def row(engine: str, fen: int | None, kept: float, unserved: int) -> dict[str, object]:
    return {"engine": engine, "size": "s", "budget": "10", "fen": fen, "kept_percent": kept, "unserved": unserved}


def test_bars_name_the_peer_that_sets_them() -> None:
    """Ours costs 80: 0.8 of the cheapest peer's 100, 0.4 of OR-Tools' 200, 0.2 of the nearest's 400. It keeps as many
    promises as the best, 70 %, and leaves out one order more than the fewest, 4."""
    rows = [
        row("roadcall", 80, 70.0, 5),
        row("greedy", 1, 99.0, 0),  # ours as well: no peer
        row("vroom_peer", 100, 69.0, 6),
        row("ortools_peer", 200, 60.0, 4),
        row("nearest", 400, 70.0, 9),
        row("pyvrp_peer", None, 0.0, 0),
    ]
    ours, *_, none = beside_peers(rows)
    assert (ours["price_beside"], ours["kept_beside"], ours["unserved_beside"]) == (0.8, 0.0, 1)
    assert none["price_beside"] is None
    found = [(one["peer"], one["figure"], one["met"]) for one in bars(rows)]
    assert found == [
        ("vroom_peer", 0.8, True),
        ("ortools_peer", 0.4, True),
        ("nearest", 0.2, True),
        ("nearest", 0.0, True),
        ("ortools_peer", 1, False),
    ]
    assert [one["met"] for one in bars([row("roadcall", 91, 68.9, 6), *rows[2:]])] == [False, False, True, False, False]
    assert list(bars(rows[:2])) == []
