"""The engines `greedy` (construct) and `roadcall` (construct, anneal in short chunks)."""

from collections.abc import Callable

from ..answer import Answer, Progress
from ..compiled import make_ready
from ..plan import Plan
from ..problem import Problem
from ..stopping import Stop
from .completing import complete
from .draft import Draft, preventive
from .explaining import explained
from .halves import annealed_in_halves, copy_share, is_cut
from .inserting import insert_all
from .layout import TOTAL, State, view
from .loading import load
from .nearness import rank
from .nights import reconsider, some_tour, tours_with_leave
from .reasons import furthest_obstacle
from .search import anneal, cooled
from .search import construct as fill
from .together import Together
from .writing import append, append_pickup, begin, close, send

CHUNK = 200
"""Trials between two looks at the clock and the cancel switch: at most some 100 ms."""

ENOUGH = 2000
"""Trials per order after which the search has cooled down and ends, however much time is left."""

NIGHTS_TRIED = 8
"""Stays reconsidered after each chunk, where anybody may stay."""

TIED_SHARE = 20
"""Tied orders reconsidered after each chunk if all are tied; otherwise in proportion, at least two if there are any."""

HOT, COLD = 5.0, 0.01
"""First and last temperature, in units of the mean price per order."""


def warm() -> None:
    """Compile or load whatever planning calls: half a minute on a new machine, then a moment."""
    make_ready(begin, rank, append, append_pickup, close, send, fill, anneal, copy_share, insert_all, furthest_obstacle)


def begun(problem: Problem, *, seed: int, start: Plan | None) -> Draft:
    """What holds of the start plan, completed."""
    draft = Draft(problem, seed=seed)
    if start is not None:
        load(draft, start, preventive(problem, start))
    complete(draft)
    return draft


def construct(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None) -> Answer:
    """A plan at once: cheapest insertion, most urgent first, preventive work last."""
    draft = begun(problem, seed=seed, start=start)
    progress(0, draft.total)
    return Answer(explained(draft), 0, "finished")


def improve(
    problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None, threads: int = 1
) -> Answer:
    """The best plan found; one iteration is one trial of ruin and recreate. A large plan is searched by two workers;
    `threads` above 1 lets them run at once."""
    draft = begun(problem, seed=seed, start=start)
    if is_cut(problem):
        best, iterations, why = in_halves(draft, stop=stop, progress=progress, threads=threads)
    else:
        best, iterations, why = annealed(draft, stop=stop, progress=progress)
    draft.adopt(best)
    complete(draft)
    return Answer(explained(draft), iterations, why)


def in_halves(draft: Draft, *, stop: Stop, progress: Progress, threads: int) -> tuple[State, int, str]:
    """As `annealed`, by two workers."""
    heat, enough = _cooling(draft, stop)
    return annealed_in_halves(draft, heat=heat, enough=enough, stop=stop, progress=progress, threads=threads)


def _cooling(draft: Draft, stop: Stop) -> tuple[Callable[[int], float], int]:
    """(temperature after so many trials, trials after which it is cold)."""
    mean, enough = draft.mean_fen, ENOUGH * (len(draft.by_urgency()) + len(draft.ties.orders))

    def heat(iterations: int) -> float:
        return cooled(mean * HOT, mean * COLD, max(stop.share(iterations), iterations / enough))

    return heat, enough


def annealed(draft: Draft, *, stop: Stop, progress: Progress) -> tuple[State, int, str]:
    """(best plan found, trials, why it ended); the draft is left where the search was."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    best, fen, iterations = state.copy(), draft.total, 0
    progress(0, fen)
    loose, tied, on_leave = len(draft.by_urgency()), len(draft.ties.orders), tours_with_leave(draft)
    ties = max(2, TIED_SHARE * tied // (tied + loose)) if tied else 0
    together = Together(draft)
    heat, enough = _cooling(draft, stop)
    while not (why := stop.reached(iterations) if iterations < enough else "finished"):
        trials = CHUNK if stop.max_iterations is None else min(CHUNK, stop.max_iterations - iterations)
        hot = heat(iterations)
        anneal(facts, state, saved, best, desk, trials, hot, hot)
        for _ in range(NIGHTS_TRIED if on_leave else 0):
            reconsider(draft, best, some_tour(draft, on_leave), hot)
        for _ in range(ties):
            together.reconsider(together.some_order(), best, hot)
        iterations += trials
        found = int(view(best, TOTAL)[0, 0])
        if found < fen:
            fen = found
            progress(iterations, fen)
    return best, iterations, why
