"""The public sets beside the peers: what is run, and how often."""

import json

import pytest

from bench.solver import __main__ as bench
from bench.solver.cells import Cell, Figures
from bench.solver.public_sets import SETS


def test_an_engine_that_ends_by_itself_runs_once_for_all_budgets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """VROOM has no budget: its one run stands beside 10 s and 30 s; PyVRP runs for each; and of two files one."""
    ran: list[tuple[str, float]] = []

    def measured(cell: Cell, *, fresh: bool) -> Figures:
        ran.append((cell.engine, cell.seconds))
        return Figures(1010.0, cell.seconds, 0.0)

    vrptw = type(SETS["vrptw"])
    monkeypatch.setattr(bench, "measured", measured)
    monkeypatch.setattr(vrptw, "instances", lambda self, full: ["RC208", "R1_2_5"])
    monkeypatch.setattr(vrptw, "reference", lambda self, instance: 1000.0)
    asked = ["--sets", "vrptw", "--engines", "vroom,pyvrp", "--seeds", "1", "--groups", "100"]
    monkeypatch.setattr("sys.argv", ["solver", *asked])
    bench.main()
    assert ran == [("pyvrp", 10.0), ("vroom", 30.0), ("pyvrp", 30.0)]
    told = json.loads(capsys.readouterr().out.splitlines()[-1])["vrptw"]
    figures = {(one["engine"], one["seconds"], one["gap_percent"]) for one in told}
    assert figures == {(engine, seconds, 1.0) for engine in ("vroom", "pyvrp") for seconds in (10.0, 30.0)}
