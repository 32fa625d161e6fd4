"""`roadcall solve` and `roadcall check` on files: own problems, public sets, broken ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from services.dispatch.solver import ENGINES
from tests.dispatch.solver.test_public import TRSP, VRP
from tests.dispatch.solver.tiny import document, order

runner = CliRunner()


def run(*arguments: str | Path) -> Result:
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(document(orders=[order("x"), order("y", "p5", skills=[{"skill": "none"}])])))
    return path


def saved(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def line(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    (text,) = result.stdout.splitlines()
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("engine", ["roadcall", "ortools", "greedy"])
def test_an_own_problem_is_solved_and_checked(own: Path, tmp_path: Path, engine: str) -> None:
    plan = tmp_path / "plan.json"
    found = line(run("solve", own, "--engine", engine, "--iterations", "2", "--seed", "1", "--out", plan, "--json"))
    parts = {"dropped": 1_000_000, "travel.distance": 12_000, "travel.time": 12_000}
    assert found.pop("seconds") >= 0
    assert found == {"engine": engine, "objective": 1_024_000, "parts": parts, "served": 1, "unassigned": 1}
    written = json.loads(plan.read_text())
    assert written["unassigned"] == [{"id": "y", "reason": "skill"}]
    assert written["cost"]["total_fen"] == found["objective"]
    checked = line(run("check", own, plan, "--json"))
    assert (checked["objective"], checked["parts"], checked["violations"]) == (1_024_000, parts, [])


@pytest.mark.parametrize(("name", "text", "ids"), [("four.vrp", VRP, {2, 3, 4}), ("four.txt", TRSP, {3, 4, 5})])
def test_a_public_file_is_solved_in_its_own_ids(tmp_path: Path, name: str, text: str, ids: set[int]) -> None:
    path, plan = saved(tmp_path, name, text), tmp_path / "plan.json"
    found = line(run("solve", path, "--iterations", "20", "--out", plan, "--json"))
    assert (found["engine"], found["served"], found["unassigned"]) == ("roadcall", 3, 0)
    written = json.loads(plan.read_text())
    assert {stop for route in written["routes"] for stop in route["stops"]} - {0} == ids
    assert line(run("check", path, plan, "--json"))["objective"] == found["objective"]
    assert list(found["parts"].values()) == [found["objective"]]


def test_same_seed_and_iterations_write_the_same_file(own: Path, tmp_path: Path) -> None:
    texts = []
    for name in ("one.json", "two.json"):
        line(run("solve", own, "--iterations", "3", "--seed", "4", "--out", tmp_path / name, "--json"))
        document = json.loads((tmp_path / name).read_text())
        document.pop("seconds")
        texts.append(document)
    assert texts[0] == texts[1]


def test_violations_are_printed_and_exit_with_one(own: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    run("solve", own, "--engine", "greedy", "--out", plan)
    edited = json.loads(plan.read_text())
    edited["routes"][0]["stops"].append({"kind": "order", "order": "y", "arrival": 0, "start": 0, "end": 3600})
    edited["unassigned"] = [{"id": "gone", "reason": "price"}]
    plan.write_text(json.dumps(edited))
    result = run("check", own, plan)
    assert result.exit_code == 1
    assert "rule=unknown_id pointer=/unassigned/0/id" in result.output
    assert "rule=skill order=y engineer=a" in result.output
    assert "rule=route_overlap order=y engineer=a" in result.output


def test_a_plan_without_times_is_timed(own: Path, tmp_path: Path) -> None:
    stops = [{"kind": "order", "order": "x"}]
    plan = {
        "version": "roadcall-plan/1",
        "origin": "2026-03-02T00:00:00Z",
        "routes": [{"engineer": "a", "shift": 0, "stops": stops}],
        "unassigned": [{"id": "y", "reason": "skill"}],
    }
    checked = line(run("check", own, saved(tmp_path, "plan.json", json.dumps(plan)), "--json"))
    assert checked["objective"] == 1_024_000


BROKEN = [
    ("p.json", '{"version": "roadcall-problem/1",\n "origin": }', "line 2 column 12"),
    ("p.json", '{\n"horizon": NaN}', "line 2"),
    ("p.json", '{"version": "roadcall-problem/2"}', "/version"),
    ("p.json", "[" * 100_000, "/"),
    ("p.json", "", "line 1 column 1"),
    ("p.json", json.dumps(document(orders=[order("x", "nowhere")])), "/orders/0/place"),
    ("p.json", json.dumps(document(orders=[order("x", surprise=1)])), "/orders/0/surprise"),
    ("p.json", json.dumps(document(orders=[order("\ud800")])), "/orders/0/id"),
    ("p.vrp", VRP.replace("3 6 8", "3 6 east"), "line 10"),
    ("p.txt", TRSP.replace("[0,1]  [0]", "[0,x]  [0]"), "line 7"),
    ("p.csv", "a,b", "name"),
]


@pytest.mark.parametrize(("name", "text", "where"), BROKEN)
def test_a_broken_file_says_file_place_and_cure(tmp_path: Path, name: str, text: str, where: str) -> None:
    path = saved(tmp_path, name, text)
    for result in (run("solve", path), run("check", path, path)):
        assert result.exit_code == 2
        assert result.stderr.startswith(f"{path}: {where}: ")
        assert "Traceback" not in result.output


def test_the_help_names_every_engine() -> None:
    help_text = " ".join(run("solve", "--help").output.split())
    assert all(engine in help_text for engine in ENGINES)


def test_what_cannot_be_read_or_asked_is_said(own: Path, tmp_path: Path) -> None:
    for arguments, said in (
        ((tmp_path / "none.json",), "none.json: file: cannot be read"),
        ((own, "--engine", "magic"), "--engine magic: choose one of roadcall"),
        ((own, "--seconds", "1", "--iterations", "1"), "not both"),
        ((own, "--engine", "greedy", "--out", tmp_path / "no" / "plan.json"), "cannot be written"),
    ):
        result = run("solve", *arguments)
        assert (result.exit_code, said in result.stderr) == (2, True)
    latin = tmp_path / "p.json"
    latin.write_bytes(b'{\n"version": "\xe9"}')
    assert run("solve", latin).stderr.startswith(f"{latin}: line 2: is not UTF-8")
    wrong = saved(tmp_path, "plan.json", '{"routes": 1}')
    result = run("check", own, wrong)
    assert (result.exit_code, result.stderr.startswith(f"{wrong}: /version")) == (2, True)


def test_people_get_a_table(own: Path) -> None:
    result = run("solve", own, "--engine", "greedy")
    assert result.exit_code == 0
    assert "  travel.time                       12,000" in result.output
