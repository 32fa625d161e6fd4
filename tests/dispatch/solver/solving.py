"""Short ways from a document to a verdict, for the solver's tests."""

import time
from typing import Any

from services.dispatch.documents import PlanReader, PlanWriter, ProblemDocument, to_problem
from services.dispatch.documents.plan import PlanDocument
from services.dispatch.solver import Problem, Result, Stop, Verdict, judge, solve
from services.dispatch.solver.kernel.advising import timed


def problem_of(document: dict[str, Any]) -> Problem:
    return to_problem(ProblemDocument.model_validate(document))


def solved(document: dict[str, Any], engine: str = "greedy", iterations: int = 0, seed: int = 0, **how: Any) -> Result:
    return planned(problem_of(document), engine, iterations, seed, **how)


def planned(problem: Problem, engine: str = "greedy", iterations: int = 0, seed: int = 0, **how: Any) -> Result:
    return solve(problem, stop=Stop.iterations(iterations, clock=time.monotonic), engine=engine, seed=seed, **how)


def plan_document(document: dict[str, Any], result: Result) -> dict[str, Any]:
    parsed = ProblemDocument.model_validate(document)
    writer = PlanWriter(parsed, to_problem(parsed))
    return writer.plan(result.plan, result.verdict, result).model_dump(mode="json", exclude_none=True)


def judged(document: dict[str, Any], plan: dict[str, Any]) -> Verdict:
    """The judge on a plan document; missing times are filled in."""
    parsed = ProblemDocument.model_validate(document)
    problem = to_problem(parsed)
    base = {"version": "roadcall-plan/1", "origin": document["origin"]}
    reading = PlanReader(parsed, problem).read(PlanDocument.model_validate(base | plan))
    assert not reading.unknown
    return judge(problem, reading.plan if reading.timed else timed(problem, reading.plan))


def broken(verdict: Verdict) -> set[str]:
    return {violation.rule for violation in verdict.violations}
