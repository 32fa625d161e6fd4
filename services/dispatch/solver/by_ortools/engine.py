"""Routes from OR-Tools routing and parts and vehicles from CP-SAT, in turn, each completed under the exact rules.

A proposal is kept only when the whole plan got cheaper, so the answer is never worse than greedy's. A cancel ends both
solvers where they are, and what they were about to propose is dropped.
"""

from dataclasses import replace

import numpy as np

from ..answer import Answer, Progress
from ..dice import Dice
from ..kernel.completing import complete
from ..kernel.draft import Draft
from ..kernel.engine import begun
from ..kernel.explaining import explained
from ..kernel.loading import load
from ..plan import Plan, Route
from ..problem import FOREVER, Problem
from ..stopping import Stop
from .allocation import allocated
from .routing import propose

TOURS = 24
"""Tours per routing model: small ones are searched well within a second or two."""

SPARE = 12
"""Unassigned orders offered to one routing model."""

SLICE_SECONDS = 1.5
"""Limit of one routing model, where the stop object has a time limit."""

ALLOCATION_SECONDS = 3.0
STALE = 6
"""Rounds without gain after which parts and vehicles are allocated again."""


def improve(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None) -> Answer:
    """Improve greedy's plan in rounds; one iteration is one round on one group of tours."""
    dice = Dice(seed)
    draft = begun(problem, seed=seed, start=start, stop=stop)
    best = draft.total
    progress(0, best)
    iterations = idle = 0
    while not (why := stop.reached(iterations)):
        if idle % STALE == 0:
            draft = _cheaper(draft, allocated(draft, stop, seconds=ALLOCATION_SECONDS, seed=seed))
        if active := _active(draft):
            draft = _cheaper(draft, _rerouted(draft, _group(draft, active, dice), stop))
        iterations, idle = iterations + 1, idle + 1
        if draft.total < best:
            best, idle = draft.total, 1
            progress(iterations, best)
        if not active or idle > 4 * STALE * (1 + len(active) // TOURS):
            why = "finished"
            break
    return Answer(explained(draft), draft.total, iterations, why)


def _cheaper(draft: Draft, proposal: Draft | None) -> Draft:
    return draft if proposal is None or proposal.total >= draft.total else proposal


def _active(draft: Draft) -> list[int]:
    """Tours that the model may change: it knows no nights away."""
    tours = enumerate(draft.problem.tours)
    return [tour for tour, record in tours if record.limit > draft.problem.start and not draft.is_tied(tour)]


def _group(draft: Draft, active: list[int], dice: Dice) -> list[int]:
    """A random tour and those that start or work nearest to it."""
    if len(active) <= TOURS:
        return active
    tables, tours = draft.tables, draft.tours
    seat = dice.choice(active)
    place, routed = [tables.first_place(seat)], np.flatnonzero(tours >= 0)
    near = np.minimum(tables.drive(place, tables.tour_start_places)[0], FOREVER)
    np.minimum.at(near, tours[routed], tables.drive(place, tables.places[routed])[0])
    return sorted(active, key=lambda tour: (tour != seat, near[tour], tour))[:TOURS]


def _rerouted(draft: Draft, tours: list[int], stop: Stop) -> Draft | None:
    """The draft with new routes on these tours; what no longer fits is planned anew. None: nothing was found."""
    if stop.cancelled():
        return None
    routes = propose(draft, tours, draft.unassigned()[:SPARE], stop, seconds=SLICE_SECONDS)
    return None if routes is None or stop.cancelled() else _rebuilt(draft, routes, stop)


def _rebuilt(draft: Draft, routes: list[Route], stop: Stop) -> Draft:
    new, old = {route.tour for route in routes}, draft.outline()
    changed = draft.emptied()
    kept = (route for route in old.routes if route.tour not in new)
    load(changed, replace(old, routes=(*kept, *routes)))
    complete(changed, stop)
    return changed
