"""The OR-Tools engine: CP-SAT for parts and vehicles, routing for routes, exact ruin and recreate between them.

They take turns on one draft; each turn is kept only when the whole plan got cheaper, so the answer is never
worse than greedy's.
"""

import numpy as np

from .allocation import allocate
from .answer import Answer, Progress
from .dice import Dice
from .draft import Draft
from .greedy import construct, finished, insert_all, spare_promises
from .plan import Plan, Route
from .problem import FOREVER, Problem
from .routing import propose
from .ruin import mean_fen, search
from .stopping import Stop
from .vehicles import send_where_worth
from .warm_start import drafted, preventive

TOURS = 24
"""Tours per routing model: small ones are searched well within a second or two."""

SPARE = 12
"""Unassigned orders offered to one routing model."""

SLICE_SECONDS = 1.5
"""Limit of one routing model and of one burst, where the stop object has a time limit."""

BURST = 100
COOL = 0.01
"""Iterations of one burst of ruin and recreate, and its temperature per mean price of an order."""

ALLOCATION_SECONDS = 3.0
STALE = 6
"""Rounds without gain after which parts and vehicles are allocated again."""

RETRY = 4
"""Routing that gained nothing is tried again after so many rounds."""


def improve(problem: Problem, *, stop: Stop, seed: int, progress: Progress, start: Plan | None) -> Answer:
    """Improve greedy's plan in rounds; one iteration is one round on one group of tours."""
    dice = Dice(seed)
    draft = construct(drafted(problem, start, without=preventive(problem)))
    best = draft.total()
    progress(0, best)
    iterations = idle = 0
    pays = True
    active = [tour for tour, record in enumerate(problem.tours) if record.limit > problem.start]
    while not (why := stop.reached(iterations) if active else "finished"):
        if idle % STALE == 0:
            draft = allocate(draft, stop, seconds=ALLOCATION_SECONDS, seed=seed)
        if pays or iterations % RETRY == 0:
            before = draft.total()
            draft = _reroute(draft, _group(draft, active, dice), stop)
            pays = draft.total() < before
        draft = _polish(draft, stop, dice)
        iterations, idle = iterations + 1, idle + 1
        if draft.total() < best:
            best, idle = draft.total(), 1
            progress(iterations, best)
        if idle > 4 * STALE * (1 + len(active) // TOURS):
            why = "finished"
            break
    return Answer(finished(draft), iterations, why)


def _polish(draft: Draft, stop: Stop, dice: Dice) -> Draft:
    """A burst of ruin and recreate: it knows every rule exactly, which the routing model does not."""
    warm, until = COOL * mean_fen(draft), stop.remaining() - SLICE_SECONDS

    def ended(iteration: int) -> str | None:
        over = iteration >= BURST or (stop.max_seconds is not None and stop.remaining() < until)
        why = stop.reached(0)
        return "finished" if over else why if why in ("cancelled", "seconds") else None

    return search(draft, dice, heat=lambda _: warm, ended=ended, progress=lambda _, __: None)[0]


def _group(draft: Draft, active: list[int], dice: Dice) -> list[int]:
    """A random tour and those that start or work nearest to it."""
    if len(active) <= TOURS:
        return active
    tables = draft.tables
    seat = dice.choice(active)
    place = tables.first_place(seat)
    routed = np.flatnonzero(draft.tours_taken >= 0)
    near = np.minimum(tables.drive[place, tables.tour_start_places], FOREVER)
    np.minimum.at(near, draft.tours_taken[routed], tables.drive[place, tables.places[routed]])
    return sorted(active, key=lambda tour: (tour != seat, near[tour], tour))[:TOURS]


def _reroute(draft: Draft, tours: list[int], stop: Stop) -> Draft:
    """The draft with new routes on these tours if that is cheaper, else as it was."""
    spare = draft.unassigned()[:SPARE]
    routes = propose(draft, tours, spare, stop, seconds=SLICE_SECONDS)
    if routes is None:
        return draft
    changed = _rebuilt(draft, routes)
    return changed if changed.total() < draft.total() else draft


def _rebuilt(draft: Draft, routes: list[Route]) -> Draft:
    """The draft with these routes in place of its own, under the exact rules; what falls out is inserted again."""
    others = [draft.route(tour) for tour in range(len(draft.visits)) if tour not in {r.tour for r in routes}]
    kits = tuple(source for kit in draft.kits for source in kit.sources)
    cases = tuple(draft.cases.values())
    changed = drafted(draft.problem, Plan((*others, *routes), kits, cases), tables=draft.tables)
    spare_promises(changed, range(len(changed.visits)))
    insert_all(changed, changed.unassigned())
    send_where_worth(changed, range(len(changed.tour_of)))
    return changed
