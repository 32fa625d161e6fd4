"""The public files beside the peers: what is run, how often, and what is told of it."""

from pathlib import Path

import pytest

from bench.solver import __main__ as area
from bench.solver import cells, public, public_sets
from tests.dispatch.solver.test_public import VRP

SHORT = ["--sets", "vrptw", "--full", "--seeds", "1", "--groups", "100"]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where cells are kept. There are two files, of which one counts as 100 customers: three customers in two routes,
    0 - 2 - 3 - 0 and 0 - 4 - 0, are best at 5 + 5 + 10 + 1.4 + 1.4 = 22.8; the published value says 22.5."""
    folder = tmp_path / "sets" / "vrptw"
    folder.mkdir(parents=True)
    for name in ("FOUR", "R1_2_5"):
        (folder / f"{name}.vrp").write_text(VRP)
    (folder / "best_known.csv").write_text("instance,distance,routes\nFOUR,22.5,2\n")
    monkeypatch.setenv("ROADCALL_PUBLIC_SETS", str(folder.parent))  # for the processes of the cells
    monkeypatch.setattr(public_sets, "FILES", folder.parent)
    monkeypatch.setattr(cells, "KEPT", tmp_path / "cells")
    return tmp_path / "cells"


def test_an_engine_that_ends_by_itself_runs_once_for_all_budgets(kept: Path) -> None:
    """VROOM has no budget: its one run stands beside both; PyVRP runs for each. A second time nothing is run."""
    asked = [*SHORT, "--engines", "vroom,pyvrp", "--seconds", "0.1,0.2"]
    told = public.run(asked)["vrptw"]
    runs = {path.stem: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert set(runs) == {"vrptw-FOUR-vroom-30s-1", "vrptw-FOUR-pyvrp-0.1s-1", "vrptw-FOUR-pyvrp-0.2s-1"}
    figures = {(one["engine"], one["seconds"], one["gap_percent"]) for one in told}
    assert figures == {(engine, seconds, 1.333) for engine in ("vroom", "pyvrp") for seconds in (0.1, 0.2)}
    assert public.run(asked)["vrptw"] == told
    assert {path.stem: path.stat().st_mtime_ns for path in kept.iterdir()} == runs


def test_an_engine_that_is_not_named_runs_where_its_time_is_short() -> None:
    """VROOM takes some ten minutes for 1 000 customers, and a busy machine would wrong vrp-cli."""
    vrptw = public_sets.SETS["vrptw"]
    assert list(vrptw.usual_engines("RC1_4_5")) == ["roadcall", "pyvrp", "vroom", "ortools"]
    assert list(vrptw.usual_engines("C2_10_5")) == ["roadcall", "pyvrp", "ortools"]


def test_each_part_is_measured_and_told_of(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Few or full, as asked: PyVRP for 0.1 or for 0.2 s."""
    few, full = ([*SHORT, "--engines", "pyvrp", "--seconds", seconds] for seconds in ("0.1", "0.2"))
    parts = {"this": area.Part(public.run, few=few, full=full), "that": area.Part(public.run, few=full)}
    told = area.measured(parts, full=False)
    assert {name: part["vrptw"][0]["seconds"] for name, part in told.items()} == {"this": 0.1, "that": 0.2}
    assert area.measured({"this": parts["this"]}, full=True)["this"]["vrptw"][0]["seconds"] == 0.2
    headings = [line for line in capsys.readouterr().out.splitlines() if line.startswith("##")]
    assert headings == ["## this", "## that", "## this"]
