"""The engine `roadcall`: construct, anneal in short chunks, finish with true reasons."""

import numpy as np

from ..answer import Answer, Progress
from ..plan import Plan
from ..problem import FOREVER, Ints, Problem
from ..stopping import Stop
from ..tables import Tables
from ..warm_start import preventive
from .facts import facts_of
from .layout import (
    BUSY,
    CASE,
    DROP_FEN,
    FIXED,
    FROM,
    LEFT,
    LINES,
    ORDERS,
    PART,
    PREVENTIVE,
    QUANTITY,
    QUOTES,
    SOURCE,
    TOTAL,
    UNDERWAY_START,
    URGENCY,
    VEHICLE,
    Facts,
    State,
    view,
)
from .loading import Loader
from .memory import new_desk, new_state
from .reading import plan_of
from .reasons import reasons
from .search import anneal, construct

CHUNK = 200
"""Trials between two looks at the clock and the cancel switch: at most some 100 ms."""

ENOUGH = 2000
"""Trials per order after which the search has cooled down and ends, however much time is left."""

HOT, COLD = 1.0, 0.003
"""First and last temperature, in units of the mean price per order."""


def improve(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None) -> Answer:
    """The best plan found; one iteration is one trial of ruin and recreate."""
    tables = Tables(problem)
    facts = facts_of(problem, tables)
    state = new_state(problem, facts)
    desk = new_desk(facts, state, seed)
    if start is not None:
        Loader(problem, facts, state, desk, start, preventive(problem)).load()
    saved, best = state.copy(), state.copy()
    orders = by_urgency(facts)
    construct(facts, state, saved, best, desk, orders)
    fen, iterations = _total(best), 0
    progress(0, fen)
    mean = max(1.0, fen / max(1, len(problem.orders)))
    enough = ENOUGH * len(orders)
    while not (why := stop.reached(iterations) if iterations < enough else "finished"):
        trials = CHUNK if stop.max_iterations is None else min(CHUNK, stop.max_iterations - iterations)
        hot = mean * HOT * (COLD / HOT) ** max(stop.share(iterations), iterations / enough)
        anneal(facts, state, saved, best, desk, trials, hot, hot)
        iterations += trials
        if _total(best) < fen:
            fen = _total(best)
            progress(iterations, fen)
    restock(problem, facts, best)
    construct(facts, best, saved, best.copy(), new_desk(facts, best, seed), orders)
    return Answer(plan_of(problem, facts, best, reasons(problem, tables, facts, best, desk)), iterations, why)


def _total(state: State) -> int:
    return int(view(state, TOTAL)[0, 0])


def by_urgency(facts: Facts) -> Ints:
    """Orders that are not under way: promises first, what a person fixed before others, then the earliest clock."""
    orders = view(facts, ORDERS)
    loose = np.flatnonzero(orders[:, UNDERWAY_START] >= FOREVER)
    keys = (-orders[loose, DROP_FEN], orders[loose, URGENCY], -orders[loose, FIXED], orders[loose, PREVENTIVE])
    return loose[np.lexsort(keys)].astype(np.int64)


def restock(problem: Problem, facts: Facts, state: State) -> None:
    """Shelves and vehicles of a kept plan, which is only known by what its orders use."""
    left, source = view(state, LEFT), view(state, SOURCE)
    left[:] = problem.stock
    used = np.flatnonzero(source[:, FROM] >= 0)
    np.subtract.at(left, (source[used, FROM], source[used, PART]), view(facts, LINES)[used, QUANTITY])
    busy, cases = view(state, BUSY), view(state, CASE)[:, 0]
    busy[:] = 0
    sent = np.flatnonzero(cases >= 0)
    busy[view(facts, QUOTES)[cases[sent], VEHICLE], 0] = 1 + sent
    for order, record in enumerate(problem.orders):
        if record.cargo and record.cargo.sent:
            busy[record.cargo.sent.vehicle] = 1 + order
