"""Problems in blocks: the judge sees the same ways as in one matrix, and none across."""

from typing import Any

from services.dispatch.documents import PlanWriter, ProblemDocument, to_problem
from services.dispatch.solver import judge
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.solving import broken, judged, solved
from tests.dispatch.solver.tiny import HOUR, document, order


def cut(problem: dict[str, Any], *blocks: list[int]) -> dict[str, Any]:
    """The problem with its matrices cut into blocks of these rows."""
    whole, names = problem["travel"], [place["id"] for place in problem["places"]]
    parts = [
        {"places": [names[row] for row in rows]}
        | {name: [[whole[name][i][j] for j in rows] for i in rows] for name in ("seconds", "metres")}
        for rows in blocks
    ]
    return problem | {"travel": {"blocks": parts}}


def test_one_block_of_everything_is_the_matrix() -> None:
    """In any order of its places, with couriers, cargo and vehicles: the same verdict and the same written plan."""
    problem = random_document(11, orders=25, engineers=5, hours=False)
    result = solved(problem)
    rows = list(reversed(range(len(problem["places"]))))
    parsed = ProblemDocument.model_validate(cut(problem, rows))
    same = to_problem(parsed)
    assert judge(same, result.plan) == result.verdict
    before = ProblemDocument.model_validate(problem)
    written = PlanWriter(before, to_problem(before)).plan(result.plan, result.verdict)
    assert PlanWriter(parsed, same).plan(result.plan, result.verdict) == written


def test_no_way_leads_across_blocks() -> None:
    """a starts at p0 and has work at p1 and p2. With p0 and p1 in one block and p1 and p2 in another, the way home from
    p2 is missing; with p0 in both, all is there."""
    problem = document(orders=[order("x", "p1"), order("y", "p2")])
    first = {"kind": "order", "order": "x", "arrival": HOUR, "start": HOUR, "end": 2 * HOUR}
    second = {"kind": "order", "order": "y", "arrival": 3 * HOUR, "start": 3 * HOUR, "end": 4 * HOUR}
    plan = {"routes": [{"engineer": "a", "shift": 0, "stops": [first, second]}]}
    assert broken(judged(cut(problem, [0, 1], [1, 2, 3, 4, 5]), plan)) == {"unreachable"}
    assert broken(judged(cut(problem, [0, 1], [0, 1, 2, 3, 4, 5]), plan)) == set()
