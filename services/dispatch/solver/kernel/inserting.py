"""The engine `insert`: what a published plan does not have yet goes in at once, and its neighbourhood makes room.

Each new order goes to its best place of all; then the nearest engineers' tours are annealed, cold and short, with the
price of change against it. The better of the two is the answer, for the search keeps the best plan that it has seen.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import numpy as np

from ..answer import Answer, Progress
from ..compiled import typed
from ..plan import Plan
from ..problem import Ints, Problem
from ..stopping import Stop
from .completing import place_tied, promised
from .draft import Draft
from .explaining import explained
from .insertion import NO_BOUND
from .layout import (
    CASE,
    ENGINEER,
    NEAR_TOURS,
    NEIGHBOURS,
    NOWHERE,
    TOTAL,
    TOUR_OF,
    TOURS,
    Desk,
    Facts,
    State,
    rows,
    value,
    view,
)
from .loading import load
from .memory import Share, new_desk
from .placing import free_quote, is_fixed, price_of_absence
from .search import anneal, best_of_all, best_tour, cooled, place, settle
from .trial import accept, begin_trial, keep_best, touch_order
from .vehicles import choose_vehicle, set_vehicle

NEAREST = 24
"""Engineers around a new order whose tours may be rearranged."""

AT_ONCE = 64
"""New orders tried on every tour between two looks at the clock and the cancel switch: at most some 60 ms."""

TRIALS = 240
"""Trials of the local search: some 0.1 s."""

CHUNK = 40
"""Trials between two looks at the clock and the cancel switch: at most some 20 ms."""

HOT, COLD = 0.1, 0.003
"""First and last temperature, in units of the mean price per order."""


def insert(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None) -> Answer:
    """The start plan with what it lacks. Everything else stays unless moving it is worth its price; orders that the
    start plan leaves out on purpose are offered to the tours near them again."""
    plan = start or Plan()
    planned = {stop.order: route.tour for route in plan.routes for stop in route.stops if stop.order >= 0}
    absent = [order for order in range(len(problem.orders)) if order not in planned]
    draft = Draft(problem, seed=seed, near=absent)
    load(draft, plan)
    lost = [order for order in draft.unassigned() if order in planned]
    draft.look_around(lost)
    new = _by_urgency(draft, {*absent, *lost} - {*plan.unassigned})
    place_tied(draft, [order for order in promised(draft) if order not in plan.unassigned])
    put_in(draft, new, everywhere=True, stop=stop)
    progress(0, draft.total)
    iterations, why = 0, "finished"
    if len(new):
        best, iterations, why = _made_room(draft, new, stop=stop, progress=progress)
        draft.adopt(best)
    place_tied(draft, draft.ties.orders)
    put_in(draft, _by_urgency(draft, draft.unassigned()), everywhere=False, stop=stop)
    return Answer(explained(draft), draft.total, iterations, why)


def put_in(draft: Draft, orders: Ints, *, everywhere: bool, stop: Stop) -> None:
    """`insert_all`; preventive work that has had to make room looks for another place near it. Of very many orders
    those that are still to come when it is time to stop look near them only."""
    known = set(draft.unassigned())
    for first in range(0, max(1, len(orders)), AT_ONCE):
        some, wide = orders[first : first + AT_ONCE], everywhere and not (first and stop.is_over())
        insert_all(draft.facts, draft.state, draft.saved, draft.state.copy(), draft.desk, some, wide)
    made_room = [order for order in draft.unassigned() if order not in known]
    draft.look_around(made_room)
    again = np.array(made_room, np.int64)
    insert_all(draft.facts, draft.state, draft.saved, draft.state.copy(), draft.desk, again, False)


def _by_urgency(draft: Draft, orders: Iterable[int]) -> Ints:
    chosen = set(orders)
    return np.array([order for order in draft.by_urgency().tolist() if order in chosen], np.int64)


def _made_room(draft: Draft, new: Ints, *, stop: Stop, progress: Progress) -> tuple[State, int, str]:
    """(best plan found, trials, why it ended) of a search over the tours around the new orders."""
    if why := stop.reached(0):
        return draft.state, 0, why
    share = _surroundings(draft, new)
    draft.look_around(share.orders.tolist())
    facts, state, best = draft.facts, draft.state, draft.state.copy()
    desk = new_desk(facts, state, draft.seed, share)
    mean, iterations = draft.mean_fen, 0
    while not (why := stop.reached(iterations) if iterations < TRIALS else "finished"):
        trials = min(CHUNK, TRIALS - iterations, (stop.max_iterations or TRIALS) - iterations)
        heat = cooled(mean * HOT, mean * COLD, iterations / TRIALS)
        anneal(facts, state, draft.saved, best, desk, trials, heat, heat)
        iterations += trials
        progress(iterations, int(view(best, TOTAL)[0, 0]))
    return best, iterations, why


def _surroundings(draft: Draft, new: Ints) -> Share:
    """All tours of the engineers around the new orders, and what is planned on them; trials begin around the new orders
    and the others on their tours."""
    of = view(draft.facts, TOURS)[:, ENGINEER]
    engineers = {int(of[tour]) for tour in draft.tours[new].tolist() if tour != NOWHERE}
    for order in new.tolist():
        around = (int(of[tour]) for tour in _tours_around(draft, order))
        engineers.update(list(dict.fromkeys(around))[:NEAREST])
    tours = np.flatnonzero(np.isin(of, sorted(engineers)))
    orders = np.flatnonzero(np.isin(draft.tours, tours))
    beside = np.flatnonzero((draft.tours >= 0) & np.isin(draft.tours, draft.tours[new]))
    return Share(tours, np.union1d(orders, new), np.union1d(beside, new))


def _tours_around(draft: Draft, order: int) -> Iterator[int]:
    """Tours of the nearest planned orders and the most promising ones, in turn."""
    neighbours, promising = (view(draft.facts, table)[order] for table in (NEIGHBOURS, NEAR_TOURS))
    planned_near = draft.tours[neighbours[neighbours != NOWHERE]]
    for pair in zip_longest(planned_near.tolist(), promising.tolist(), fillvalue=NOWHERE):
        yield from (tour for tour in pair if tour != NOWHERE)


@typed
def insert_all(
    facts: Facts, state: State, saved: State, best: State, desk: Desk, orders: Ints, everywhere: bool
) -> None:
    """Insert these unassigned orders one by one, each at its best place of all (`everywhere`) or of the tours near it,
    if that is cheaper than leaving it out; then vehicles are sent where they pay, and preventive work makes room for
    promises. `best` becomes the plan."""
    begin_trial(state, saved, desk)
    for order in orders:
        if value(state, TOUR_OF, order) >= 0:
            continue
        touch_order(facts, state, saved, desk, order)
        if value(state, CASE, order) >= 0:
            set_vehicle(facts, state, order, NOWHERE)
        quote = free_quote(facts, state, order)
        bound = NO_BOUND if is_fixed(facts, order) else price_of_absence(facts, state, order)
        fen, tour = best_tour(facts, state, desk, order, quote, bound, 0.0)
        if everywhere:
            _, better = best_of_all(facts, state, desk, order, quote, fen)
            tour = better if better >= 0 else tour
        if tour >= 0:
            place(facts, state, saved, desk, order, tour, quote, bound, everywhere)
        choose_vehicle(facts, state, saved, desk, order)  # its own again, before another order takes it
    for order in range(rows(state, TOUR_OF)):
        choose_vehicle(facts, state, saved, desk, order)
    settle(facts, state, saved, desk, 0.0)
    accept(desk)
    keep_best(facts, state, best, desk)
