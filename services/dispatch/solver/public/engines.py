"""`solve_public`: one front door for both public sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..stopping import Stop
from . import trsp, vrptw
from .annealing import NO_HEAT
from .judge import PublicVerdict, judge_public
from .pool import Pool
from .population import evolve
from .problems import PublicPlan, Trsp, Vrptw
from .trsp import TrspSearch
from .vrptw import VrptwSearch

Progress = Callable[[int, float], None]
PublicEngine = Callable[[Vrptw | Trsp, Stop, int, Progress, bool], tuple[PublicPlan, int, str]]


@dataclass(frozen=True, slots=True)
class PublicResult:
    """The answer with the judge's verdict."""

    plan: PublicPlan
    verdict: PublicVerdict
    engine: str
    seed: int
    iterations: int
    seconds: float
    stopped_by: str


def _search(problem: Vrptw | Trsp, seed: int, waiting: bool = False) -> VrptwSearch | TrspSearch:
    if isinstance(problem, Vrptw):
        return VrptwSearch(problem, seed, waiting=waiting)
    return TrspSearch(problem, seed, waiting=waiting)


def _roadcall(
    problem: Vrptw | Trsp, stop: Stop, seed: int, progress: Progress, waiting: bool
) -> tuple[PublicPlan, int, str]:
    search = _search(problem, seed, waiting)
    if not search.nodes:
        return search.plan(), 0, "finished"
    tuning = vrptw.TUNING if isinstance(search, VrptwSearch) else trsp.TUNING
    pool = Pool(search.driven) if isinstance(search, TrspSearch) else None
    iterations, why = evolve(search, tuning, seed=seed, stop=stop, progress=progress, pool=pool)
    return search.plan(), iterations, why


def _greedy(
    problem: Vrptw | Trsp, stop: Stop, seed: int, progress: Progress, waiting: bool
) -> tuple[PublicPlan, int, str]:
    construction = Stop.iterations(0, clock=stop.clock)
    return _roadcall(problem, construction, seed, progress, waiting)[0], 0, "finished"


def _ortools(
    problem: Vrptw | Trsp, stop: Stop, seed: int, progress: Progress, waiting: bool
) -> tuple[PublicPlan, int, str]:
    from .ortools_vrptw import improve

    if not isinstance(problem, Vrptw):
        raise KeyError("ortools")
    first, _, _ = _greedy(problem, stop, seed, progress, waiting)
    return improve(problem, first, stop, progress)


PUBLIC_ENGINES: Mapping[str, PublicEngine] = {"roadcall": _roadcall, "greedy": _greedy, "ortools": _ortools}
"""Engines by public name; the first is the default."""


def engines_for(problem: Vrptw | Trsp) -> list[str]:
    """Names of the engines that know this kind of problem."""
    return [name for name in PUBLIC_ENGINES if name != "ortools" or isinstance(problem, Vrptw)]


def _silent(iterations: int, cost: float) -> None:
    pass


def solve_public(
    problem: Vrptw | Trsp,
    *,
    stop: Stop,
    seed: int = 0,
    engine: str = "roadcall",
    progress: Progress = _silent,
    waiting: bool = False,
) -> PublicResult:
    """Solve a public instance.

    The kernel is compiled first where that has not been done on this machine. `waiting`: another process does that;
    until it is done the kernel is interpreted, some hundred times slower. Raises KeyError for an engine that does not
    know the problem, AssertionError when the judge refuses an engine's plan.
    """
    plan, iterations, why = PUBLIC_ENGINES[engine](problem, stop, seed, progress, waiting)
    verdict = judge_public(problem, plan)
    if verdict.violations:
        raise AssertionError(f"{engine} answered with a plan that breaks rules: {verdict.violations[:3]}")
    return PublicResult(plan, verdict, engine, seed, iterations, stop.elapsed(), why)


def is_compiled(problem: Vrptw | Trsp) -> bool:
    """Whether the kernel for this kind of problem is compiled on this machine."""
    return _search(_smallest(type(problem)), 0).is_compiled()


def compile_kernels() -> None:
    """Compile both kernels, where that has not been done on this machine."""
    for kind in (Vrptw, Trsp):
        _search(_smallest(kind), 0).run(1.0, NO_HEAT, 0, 1)


def _smallest(kind: type[Vrptw] | type[Trsp]) -> Vrptw | Trsp:
    """A problem with one visit."""
    if kind is Vrptw:
        one = np.ones(2, np.int64)
        return Vrptw(distance=np.zeros((2, 2), np.int64), demand=one, ready=one, due=one, service=one * 0, capacity=1)
    three, none = np.zeros(3), np.zeros((3, 1), np.bool_)
    return Trsp(1, np.zeros((3, 3)), three, three, three, skills=none, tools=none, parts=np.zeros((3, 1), np.int64))
