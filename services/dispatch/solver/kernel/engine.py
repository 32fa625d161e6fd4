"""The engines `greedy` (construct) and `roadcall` (construct, anneal in short chunks).

A cancel ends the search within the move that runs. What is always finished is the plan: the first one, and the last
completion with its reasons.
"""

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

from ..answer import Answer, Progress
from ..compiled import make_ready
from ..plan import Plan
from ..problem import Problem
from ..stopping import Stop
from .completing import complete, finish
from .draft import Draft, preventive
from .explaining import explained
from .halves import annealed_in_halves, is_cut
from .layout import State
from .leaning import UNTIL, Leaning, total
from .loading import load
from .nights import reconsider, some_tour, tours_with_leave
from .search import anneal, cooled
from .together import Together

CHUNK = 200
"""Trials at one temperature; then come nights and tied orders."""

LOOK = 50
"""Trials between two looks at the clock and the cancel switch: some 10 ms with 500 orders."""

ENOUGH = 2000
"""Trials per order after which the search has cooled down and ends, however much time is left."""

NIGHTS_TRIED = 32
"""Stays reconsidered after each chunk, where anybody may stay."""

TIED_SHARE = 20
"""Tied orders reconsidered after each chunk if all are tied; otherwise in proportion, at least two if there are any."""

HOT, COLD = 5.0, 0.01
"""First and last temperature, in units of the mean price per order."""

AGAIN = 0.1
"""First temperature at the true prices, once the search has cooled down leaning."""


def warm() -> None:
    """Compile or load whatever planning and advice call: a minute on a new machine, then a moment."""
    kernel = import_module(__package__ or "")
    for module in iter_modules(kernel.__path__, f"{kernel.__name__}."):
        import_module(module.name)
    make_ready()


def begun(problem: Problem, *, seed: int, start: Plan | None, stop: Stop) -> Draft:
    """What holds of the start plan, completed; after a cancel, too, but for nights."""
    draft = Draft(problem, seed=seed)
    if start is not None:
        load(draft, start, preventive(problem, start))
    complete(draft, stop)
    return draft


def construct(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None) -> Answer:
    """A plan at once: cheapest insertion, most urgent first, preventive work last. A cancel leaves out nights."""
    draft = begun(problem, seed=seed, start=start, stop=stop)
    progress(0, draft.total)
    return Answer(explained(draft), draft.total, 0, "finished")


def improve(
    problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int = 1
) -> Answer:
    """The best plan found; one iteration is one trial of ruin and recreate. A large plan is searched by two workers;
    `threads` above 1 lets them run at once."""
    draft = begun(problem, seed=seed, start=start, stop=stop)
    if is_cut(problem):
        best, iterations, why = in_halves(draft, stop=stop, progress=progress, threads=threads)
    else:
        best, iterations, why = annealed(draft, stop=stop, progress=progress)
    draft.adopt(best)
    if iterations:
        finish(draft, stop)
    return Answer(explained(draft), draft.total, iterations, why)


def in_halves(draft: Draft, *, stop: Stop, progress: Progress, threads: int) -> tuple[State, int, str]:
    """As `annealed`, by two workers."""
    heat, enough = _cooling(draft, stop)
    return annealed_in_halves(draft, heat=heat, enough=enough, stop=stop, progress=progress, threads=threads)


def _cooling(draft: Draft, stop: Stop) -> tuple[Callable[[float], float], int]:
    """(temperature after a share of the budget, trials after which it is cold)."""
    mean, enough = draft.mean_fen, ENOUGH * (len(draft.by_urgency()) + len(draft.ties.orders))

    def heat(share: float) -> float:
        if share < UNTIL:
            return cooled(mean * HOT, mean * COLD, share / UNTIL)
        return cooled(mean * AGAIN, mean * COLD, (share - UNTIL) / (1 - UNTIL))

    return heat, enough


def annealed(draft: Draft, *, stop: Stop, progress: Progress) -> tuple[State, int, str]:
    """(best plan found, trials, why it ended); the draft is left where the search was."""
    kept, iterations, leaning = draft.state.copy(), 0, Leaning(draft)
    progress(0, total(kept))
    chunk = _Chunk(draft)
    heat, enough = _cooling(draft, stop)
    leaning.begin(draft.state)
    best = draft.state.copy()
    while not (why := stop.reached(iterations) if iterations < enough else "finished"):
        share = max(stop.share(iterations), iterations / enough)
        if leaning.is_on and share >= UNTIL:
            draft.return_to(best)
            leaning.end(draft.state)
            best = draft.state.copy()
        trials, hot, before = min(CHUNK, leaning.trials_left(stop, iterations)), heat(share), total(best)
        for done in chunk.moves(best, trials, hot):
            iterations += done
            if stop.is_over():
                break
        if total(best) < before:
            kept = leaning.better(kept, best, partial(progress, iterations))
    leaning.end(draft.state)
    return kept, iterations, why


class _Chunk:
    """What is done between two temperatures."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.together, self.on_leave = draft, Together(draft), tours_with_leave(draft)
        loose, tied = len(draft.by_urgency()), len(draft.ties.orders)
        self.ties = max(2, TIED_SHARE * tied // (tied + loose)) if tied else 0

    def moves(self, best: State, trials: int, heat: float) -> Iterator[int]:
        """So many trials, then nights and tied orders, one move per step: how many trials it was. Whoever stops between
        two of them leaves a whole plan."""
        draft, together = self.draft, self.together
        for first in range(0, trials, LOOK):
            some = min(LOOK, trials - first)
            anneal(draft.facts, draft.state, draft.saved, best, draft.desk, some, heat, heat)
            yield some
        for attempt in range(NIGHTS_TRIED if self.on_leave else 0):
            reconsider(draft, best, some_tour(draft, self.on_leave), heat, anew=attempt % 2 == 1)
            yield 0
        for _ in range(self.ties):
            together.reconsider(together.some_order(), best, heat)
            yield 0
