"""`solve_public`: one front door for both public sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..dice import Dice
from ..stopping import Stop
from .judge import PublicVerdict, judge_public
from .problems import PublicPlan, Trsp, Vrptw
from .ruin import Tuning, anneal
from .savings import savings
from .trsp import TrspState
from .vrptw import VrptwState

VRPTW_TUNING = Tuning(removed=10, hot=1.0, cold=0.01)
TRSP_TUNING = Tuning(removed=15, hot=0.6, cold=0.06)
"""Chosen on the readable instances at 10 s."""

Progress = Callable[[int, float], None]
PublicEngine = Callable[[Vrptw | Trsp, Stop, int, Progress], tuple[PublicPlan, int, str]]


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


State = TypeVar("State", VrptwState, TrspState)


def inserted(state: State, seed: int) -> State:
    """The best of one cheapest insertion per order of insertion that the state knows."""
    empty, best, best_cost = state.snapshot(), state.snapshot(), float("inf")
    for order in state.orders()[1:]:
        state.restore(empty)
        absent, state.absent = sorted(state.absent, key=order), []
        state.absent = [node for node in absent if not state.insert(node, Dice(seed))]
        if state.cost() < best_cost:
            best, best_cost = state.snapshot(), state.cost()
    state.restore(best)
    return state


def constructed_vrptw(problem: Vrptw, seed: int) -> VrptwState:
    """The better of cheapest insertion and savings."""
    state, other = inserted(VrptwState(problem), seed), VrptwState(problem)
    for route in savings(problem):
        other.add(route)
    return min(state, other, key=VrptwState.cost)


def constructed(problem: Vrptw | Trsp, seed: int) -> VrptwState | TrspState:
    """First routes of either kind of problem."""
    return constructed_vrptw(problem, seed) if isinstance(problem, Vrptw) else inserted(TrspState(problem), seed)


def _greedy(problem: Vrptw | Trsp, stop: Stop, seed: int, progress: Progress) -> tuple[PublicPlan, int, str]:
    return constructed(problem, seed).plan(), 0, "finished"


def _ruin(problem: Vrptw | Trsp, stop: Stop, seed: int, progress: Progress) -> tuple[PublicPlan, int, str]:
    state = constructed(problem, seed)
    tuning = VRPTW_TUNING if isinstance(problem, Vrptw) else TRSP_TUNING
    iterations, why = anneal(state, tuning, stop=stop, seed=seed, progress=progress)
    return state.plan(), iterations, why


def _ortools(problem: Vrptw | Trsp, stop: Stop, seed: int, progress: Progress) -> tuple[PublicPlan, int, str]:
    from .ortools_vrptw import improve

    if not isinstance(problem, Vrptw):
        raise KeyError("ortools")
    return improve(problem, constructed_vrptw(problem, seed), stop, progress)


PUBLIC_ENGINES: Mapping[str, PublicEngine] = {"ruin": _ruin, "greedy": _greedy, "ortools": _ortools}
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
    engine: str = "ruin",
    progress: Progress = _silent,
) -> PublicResult:
    """Solve a public instance. Raises KeyError for an engine that does not know the problem, AssertionError when
    the judge refuses an engine's plan."""
    plan, iterations, why = PUBLIC_ENGINES[engine](problem, stop, seed, progress)
    verdict = judge_public(problem, plan)
    if verdict.violations:
        raise AssertionError(f"{engine} answered with a plan that breaks rules: {verdict.violations[:3]}")
    return PublicResult(plan, verdict, engine, seed, iterations, stop.elapsed(), why)
