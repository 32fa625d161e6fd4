"""The solver beside its peers: what is run, how often, and what is told of it."""

import json

import pytest

from bench.solver import __main__ as area
from bench.solver import growth, public
from bench.solver.cells import Cell, Figures
from bench.solver.public_sets import SETS


def test_an_engine_that_ends_by_itself_runs_once_for_all_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """VROOM has no budget: its one run stands beside 10 s and 30 s; PyVRP runs for each; and of two files one."""
    ran: list[tuple[str, float]] = []

    def measured(cell: Cell, *, fresh: bool) -> Figures:
        ran.append((cell.engine, cell.seconds))
        return Figures(1010.0, cell.seconds, 0.0)

    vrptw = type(SETS["vrptw"])
    monkeypatch.setattr(public, "measured", measured)
    monkeypatch.setattr(vrptw, "instances", lambda self, full: ["RC208", "R1_2_5"])
    monkeypatch.setattr(vrptw, "reference", lambda self, instance: 1000.0)
    asked = ["--sets", "vrptw", "--engines", "vroom,pyvrp", "--seeds", "1", "--groups", "100"]
    told = public.run(asked)["vrptw"]
    assert ran == [("pyvrp", 10.0), ("vroom", 30.0), ("pyvrp", 30.0)]
    figures = {(one["engine"], one["seconds"], one["gap_percent"]) for one in told}
    assert figures == {(engine, seconds, 1.0) for engine in ("vroom", "pyvrp") for seconds in (10.0, 30.0)}


def test_an_engine_that_is_not_named_runs_where_its_time_is_short() -> None:
    """VROOM takes some ten minutes for 1 000 customers, and a busy machine would wrong vrp-cli."""
    vrptw, engines = SETS["vrptw"], ["roadcall", "pyvrp", "vroom", "ortools", "vrp_cli"]
    ran = {file: [engine for engine in engines if vrptw.runs_unasked(engine, file)] for file in ("RC1_4_5", "C2_10_5")}
    assert ran == {
        "RC1_4_5": ["roadcall", "pyvrp", "vroom", "ortools"],
        "C2_10_5": ["roadcall", "pyvrp", "ortools"],
    }


def test_one_json_line_comes_last_with_every_part(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {
        "public": area.Part(public.run, few=["--groups", "none"]),
        "growth": area.Part(growth.run, few=["--instances", "500x60/1"]),
    }
    monkeypatch.setattr(area, "PARTS", parts)
    monkeypatch.setattr("sys.argv", ["solver"])
    area.main()
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["bench"], told["full"]) == ("solver", False)
    assert told["public"]["bench"] == "solver-public"
    assert [row["instance"] for row in told["growth"]["rows"]] == ["500x60/1"]
