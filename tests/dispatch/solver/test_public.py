"""The public sets: readers, judge with mutants, engines. Files of the sets lie beside the repository or are skipped."""

import dataclasses
import os
import time
from pathlib import Path

import pytest

from services.dispatch.public_sets import FileError, read_trsp, read_vrplib
from services.dispatch.solver import Stop
from services.dispatch.solver.public.engines import engines_for, solve_public
from services.dispatch.solver.public.judge import judge_public
from services.dispatch.solver.public.problems import PublicPlan, Trsp, Vrptw

BENCH = Path(os.environ.get("ROADCALL_PUBLIC_SETS", Path(__file__).parents[4] / "shared" / "bench"))
FILES = sorted(BENCH.glob("vrptw/*.vrp")) + sorted(BENCH.glob("trsp/*.txt"))

VRP = """NAME : four
TYPE : VRPTW
DIMENSION : 4
CAPACITY : 10
SERVICE_TIME : 1
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 1 1
DEMAND_SECTION
1 0
2 5
3 5
4 5
TIME_WINDOW_SECTION
1 0 100
2 0 50
3 20 30
4 0 90
DEPOT_SECTION
1
-1
EOF
"""

TRSP = """four
CREW COUNT  SKILLS  TOOLS   SPARE PARTS
2           2       1       1
ID   X   Y   TWS TWE Serv SKILLS TOOLS SPARE PARTS
0    0   5   0   100 0    []     []    []
1    0   0   0   100 0    [0]    []    [1]
2    9   0   0   100 0    [0,1]  [0]   [0]
3    0   10  0   50  2    [0]    [0]   [0]
4    5   0   20  40  2    [1]    []    [1]
5    0   5   30  60  2    [0]    []    [1]
"""


def instance(path: Path) -> Vrptw | Trsp:
    text = path.read_text(encoding="utf-8")
    return read_vrplib(text) if path.suffix == ".vrp" else read_trsp(text)


def test_distances_are_truncated_to_one_decimal() -> None:
    # sqrt(2) = 1.414.. -> 1.4; 5 stays 5
    distance = read_vrplib(VRP).distance
    assert (distance[0, 3], distance[0, 1]) == (14, 50)


def test_vrptw_routes_are_followed() -> None:
    # 0 -> 2 (5) -> 3 (arrive 11, wait until 20) -> home (10): 5 + 5 + 10; 0 -> 4 -> 0: 1.4 + 1.4
    plan = PublicPlan(((1, (1, 2)), (2, (3,))), {})
    verdict = judge_public(read_vrplib(VRP), plan)
    assert verdict.violations == ()
    assert verdict.objective == pytest.approx(22.8)


@pytest.mark.parametrize(
    ("rule", "plan"),
    [
        ("capacity", PublicPlan(((1, (1, 2, 3)),), {})),
        ("order_twice", PublicPlan(((1, (1, 2)), (2, (3, 1))), {})),
        ("order_twice", PublicPlan(((1, (1, 2)), (2, (3,))), {3: "price"})),
        ("order_missing", PublicPlan(((1, (1, 2)),), {})),
        ("unknown_id", PublicPlan(((1, (1, 2)), (2, (3, 9))), {})),
        ("route_overlap", PublicPlan(((1, (1, 2)), (1, (3,))), {})),
    ],
)
def test_vrptw_mutants_are_refused(rule: str, plan: PublicPlan) -> None:
    assert {violation.rule for violation in judge_public(read_vrplib(VRP), plan).violations} == {rule}


def test_vrptw_windows_are_kept() -> None:
    problem = dataclasses.replace(read_vrplib(VRP), due=read_vrplib(VRP).due * 0 + 109)
    plan = PublicPlan(((1, (1,)), (2, (2,)), (3, (3,))), {})
    assert {violation.rule for violation in judge_public(problem, plan).violations} == {"time_window"}


def test_trsp_working_time_counts_waiting_but_not_an_early_start() -> None:
    # technician 1: depot at 5, request 3 at 10 (service 2), then 5 at 30 (service 2) and home: leaves as late as
    # still reaches home at 30 + 2 + 5 = 37; request 3 may start until 50, its latest is 30 - 5 - 2 = 23, so the
    # latest departure is 23 - 5 - 5 = 13: 37 - 13 = 24
    plan = PublicPlan(((1, (0, 3, 5)),), {4: "skill"})
    verdict = judge_public(read_trsp(TRSP), plan)
    assert verdict.violations == ()
    assert verdict.objective == pytest.approx(24)


@pytest.mark.parametrize(
    ("rules", "routes"),
    [
        ({"tool"}, ((1, (3, 5)),)),  # tool 0 is not at home, the depot is not visited
        ({"skill"}, ((1, (0, 3, 5, 4)),)),  # technician 1 lacks skill 1; 4 would also be late
        ({"part_missing"}, ((2, (5,)),)),  # technician 2 carries no part
        ({"time_window"}, ((1, (0, 5, 3, 0, 0)),)),
        ({"unknown_id"}, ((3, (0, 3)),)),
    ],
)
def test_trsp_mutants_are_refused(rules: set[str], routes: tuple[tuple[int, tuple[int, ...]], ...]) -> None:
    problem = read_trsp(TRSP)
    served = {node for _, nodes in routes for node in nodes}
    if rules == {"time_window"}:
        problem.due[3] = 31
    if rules == {"skill"}:
        problem.due[4] = 100
    plan = PublicPlan(routes, {node: "capacity" for node in problem.requests if node not in served})
    assert {violation.rule for violation in judge_public(problem, plan).violations} == rules


def test_trsp_a_piece_is_used_up() -> None:
    """Technician 1 carries one piece: enough for either request, for both only by way of the depot."""
    problem = read_trsp(
        TRSP.replace("3    0   10  0   50  2    [0]    [0]   [0]", "3    0   10  0   50  2    [0]    []    [1]")
    )

    def broken(*nodes: int) -> set[str]:
        plan = PublicPlan(((1, nodes),), {node: "capacity" for node in problem.requests if node not in nodes})
        return {violation.rule for violation in judge_public(problem, plan).violations}

    assert broken(3) == broken(5) == broken(0, 3, 5) == set()
    assert broken(3, 5) == {"part_missing"}


@pytest.mark.parametrize(
    ("line", "text", "read"),
    [
        (9, VRP.replace("2 3 4\n", "2 3 x\n"), read_vrplib),
        (9, VRP.replace("2 3 4\n", "2 3\n"), read_vrplib),
        (9, VRP.replace("2 3 4\n", "2 nan 4\n"), read_vrplib),
        (9, VRP.replace("2 3 4\n", "1 3 4\n"), read_vrplib),
        (9, VRP.replace("2 3 4\n", "2 3 -10000001\n"), read_vrplib),
        (19, VRP.replace("2 0 50", "2 50 0"), read_vrplib),
        (4, VRP.replace("CAPACITY : 10", "CAPACITY : ten"), read_vrplib),
        (1, VRP.replace("DEMAND_SECTION", "EOF"), read_vrplib),
        (1, "", read_vrplib),
        (1, "hello", read_vrplib),
        (7, TRSP.replace("[0,1]  [0]", "[0,9]  [0]"), read_trsp),
        (6, TRSP.replace("1    0   0 ", "1    0  "), read_trsp),
        (3, TRSP.replace("2           2 ", "many        2 "), read_trsp),
        (7, TRSP.replace("\n2    9", "\n7    9"), read_trsp),
        (1, "", read_trsp),
    ],
)
def test_a_broken_file_names_its_line(line: int, text: str, read: type) -> None:
    with pytest.raises(FileError) as caught:
        read(text)
    if line > 1:
        assert caught.value.where == f"line {line}"
    assert caught.value.cure


@pytest.mark.parametrize("text", [VRP, TRSP])
def test_every_engine_solves_and_repeats_itself(text: str) -> None:
    problem = read_vrplib(text) if text is VRP else read_trsp(text)
    for engine in engines_for(problem):
        plans = [
            solve_public(problem, stop=Stop.iterations(30, clock=time.monotonic), seed=3, engine=engine).plan
            for _ in range(2)
        ]
        assert plans[0] == plans[1]
        assert not plans[0].unassigned


@pytest.mark.skipif(not FILES, reason=f"the public sets are not at {BENCH}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_search_improves_construction_on_the_public_files(path: Path) -> None:
    """The judge accepts both (solve_public raises otherwise); in the end nothing is left out."""
    problem = instance(path)
    verdicts = [
        solve_public(problem, stop=Stop.iterations(3000, clock=time.monotonic), engine=engine).verdict
        for engine in ("roadcall", "greedy")
    ]
    better, first = [(verdict.unassigned, verdict.objective) for verdict in verdicts]
    assert better < first
    assert better[0] == 0
