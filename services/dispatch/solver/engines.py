"""The front door: `solve(problem, stop=..., seed=...)`, and the registry of engines behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .answer import Answer, Progress
from .by_block.engine import Solve, plan_by_block
from .judge import Verdict, judge
from .plan import Plan
from .problem import Problem
from .stopping import Stop


class Engine(Protocol):
    """An engine obeys pins and work under way, starts from `start` if given, and never fails on a valid problem.
    `threads`: how many it may run at once; they change nothing in its answer."""

    def __call__(
        self, problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Result:
    """The answer with the judge's verdict. `seconds`: by the clock of the stop object."""

    plan: Plan
    verdict: Verdict
    engine: str
    seed: int
    iterations: int
    seconds: float
    stopped_by: str


def _greedy(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int) -> Answer:
    from .kernel.engine import construct

    return construct(problem, stop=stop, seed=seed, progress=progress, start=start)


def _ortools(
    problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int
) -> Answer:
    from .by_ortools.engine import improve

    return improve(problem, stop=stop, seed=seed, progress=progress, start=start)


def _roadcall(
    problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int
) -> Answer:
    from .kernel.engine import improve

    return improve(problem, stop=stop, seed=seed, progress=progress, start=start, threads=threads)


def _insert(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int) -> Answer:
    from .kernel.inserting import insert

    return insert(problem, stop=stop, seed=seed, progress=progress, start=start)


ENGINES: Mapping[str, Engine] = {"roadcall": _roadcall, "greedy": _greedy, "insert": _insert, "ortools": _ortools}
"""Engines by public name. A new engine is one entry here."""


def _answer(
    problem: Problem, engine: str, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int
) -> Answer:
    if problem.blocks is None:
        return ENGINES[engine](problem, stop=stop, seed=seed, progress=progress, start=start, threads=threads)

    def with_engine(name: str) -> Solve:
        return lambda part, until, told, begin: ENGINES[name](
            part, stop=until, seed=seed, progress=told, start=begin, threads=threads
        )

    at_once = engine in ("greedy", "insert")
    better = None if at_once else with_engine(engine)
    return plan_by_block(
        problem,
        problem.blocks,
        first=with_engine(engine if at_once else "greedy"),
        better=better,
        stop=stop,
        progress=progress,
        start=start,
    )


def _silent(iterations: int, fen: int) -> None:
    pass


def solve(
    problem: Problem,
    *,
    stop: Stop,
    seed: int = 0,
    engine: str = "roadcall",
    start: Plan | None = None,
    progress: Progress = _silent,
    threads: int = 1,
) -> Result:
    """Plan the problem.

    `start`: a plan to begin with, usually the published one; what it holds and the problem no longer allows is
    planned anew. `threads`: 2 lets a large problem be searched on two cores, with the same answer for the same number
    of iterations. Raises KeyError for an unknown engine, AssertionError when an engine answers with a plan that the
    judge refuses, or prices it other than he does (a bug of ours, never of the problem).
    """
    answer = _answer(problem, engine, stop=stop, seed=seed, progress=progress, start=start, threads=threads)
    verdict = judge(problem, answer.plan)
    if verdict.violations:
        raise AssertionError(f"{engine} answered with a plan that breaks rules: {verdict.violations[:3]}")
    if verdict.total != answer.fen:
        raise AssertionError(f"{engine} takes its plan for {answer.fen} fen, it costs {verdict.total}")
    return Result(answer.plan, verdict, engine, seed, answer.iterations, stop.elapsed(), answer.stopped_by)
