"""Nights away from home: where the engineer stays after a tour, so that the next one begins there.

For ordinary moves a stay is given: the last stop is where the next tour begins, so it is left where it is and nothing
comes behind it. By that every tour keeps a price of its own. Here stays come and go.
"""

import math

import numpy as np

from .changes import TOO_DEAR, may_stay, set_stay, tidy
from .dice import below, uniform
from .draft import Draft
from .layout import (
    BEGINS_AT,
    HOME,
    LATER,
    LENGTH,
    NIGHTS,
    NOWHERE,
    OPEN,
    REMOVED,
    STAYING,
    STAYS,
    TOTAL,
    TOURS,
    VISITS,
    State,
    view,
)
from .ruin import clear
from .search import arrange, insert, insert_into, settle
from .timing import place_of
from .trial import accept, begin_trial, keep_best, take_back, touch_tour

OFFERED = 12
"""Unassigned orders, nearest first, that a tour looks at before its engineer stays."""


def tours_with_leave(draft: Draft) -> list[int]:
    """Tours after which the engineer may stay away, in order of time."""
    found = np.flatnonzero(view(draft.facts, TOURS)[:, NIGHTS] > 0).tolist()
    return sorted(found, key=lambda tour: draft.problem.tours[tour].start)


def reconsider(draft: Draft, best: State, tour: int, heat: float, *, anew: bool = False) -> None:
    """Stay after the tour where the engineer went home, or the other way round; `anew`: stay there or elsewhere, with
    both days planned anew. Kept as annealing at `heat` keeps, the best plan in `best`."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    begin_trial(state, saved, desk)
    before, later = draft.total, int(view(facts, TOURS)[tour, LATER])
    touch_tour(state, saved, desk, tour)
    count = clear(facts, state, saved, desk, later, 0)
    tidy(facts, state, saved, desk, later)
    is_away = view(state, STAYS)[tour, 0] != HOME
    if not is_away and not may_stay(facts, state, tour):
        is_possible = False
    elif anew:
        is_possible, count = _stays_anew(draft, tour, count)
    elif is_away:
        is_possible, count = _goes_home(draft, tour, count)
    else:
        is_possible = _stays(draft, tour)
    if not is_possible:
        take_back(facts, state, saved, desk)
        return
    removed = view(desk, REMOVED)
    if count:
        arrange(facts, desk, int(removed[0, 0]), count)
    for order in [order for order in removed[:count, 0].tolist() if draft.tours[order] == NOWHERE]:
        insert(facts, state, saved, desk, order, 0.0, 1.0, False)
    settle(facts, state, saved, desk, 0.0)
    if draft.total >= before - heat * math.log(max(uniform(desk), 1e-12)):
        take_back(facts, state, saved, desk)
        return
    accept(desk)
    if draft.total < int(view(best, TOTAL)[0, 0]):
        keep_best(facts, state, best, desk)


def _goes_home(draft: Draft, tour: int, count: int) -> tuple[bool, int]:
    """End the stay, without what is then too far; (whether that is possible, the new number of removed orders)."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    if not set_stay(facts, state, tour, HOME):
        count = clear(facts, state, saved, desk, tour, count)
        return set_stay(facts, state, tour, HOME), count
    return True, count


def begin_again(draft: Draft, tour: int, count: int) -> int:
    """After the last stop of a stay was taken out: the next tour begins at the one before, or at home; the new number
    of removed orders."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    later = int(view(facts, TOURS)[tour, LATER])
    touch_tour(state, saved, desk, tour)
    touch_tour(state, saved, desk, later)
    if _is_at_work(draft, tour) and set_stay(facts, state, tour, STAYING):
        return count
    count = clear(facts, state, saved, desk, later, count)
    is_possible, count = _goes_home(draft, tour, count)
    if not is_possible:
        view(state, TOTAL)[0] += TOO_DEAR
    return count


def _is_at_work(draft: Draft, tour: int) -> bool:
    """The tour's last stop is an order."""
    visits = draft.visits(tour)
    return visits[-1] >= 0 if visits else bool(draft.problem.tours[tour].frozen)


def _stays(draft: Draft, tour: int) -> bool:
    """Let the tour take what needs no way home today, and stay at its last order. False: it has none."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    set_stay(facts, state, tour, OPEN)
    for order in _offered(draft, tour):
        insert(facts, state, saved, desk, order, 0.0, 0.0, False)
    return _is_at_work(draft, tour) and set_stay(facts, state, tour, STAYING)


def _stays_anew(draft: Draft, tour: int, count: int) -> tuple[bool, int]:
    """Empty the tour and spend the night at some order, of its own or near its end, whatever that costs by itself;
    (whether there is one, the new number of removed orders)."""
    facts, state, saved, desk = draft.facts, draft.state, draft.saved, draft.desk
    near = _offered(draft, tour)
    set_stay(facts, state, tour, OPEN)
    count = clear(facts, state, saved, desk, tour, count)
    choice = sorted({*near, *view(desk, REMOVED)[:count, 0].tolist()})
    if not choice:
        return False, count
    insert_into(facts, state, saved, desk, choice[below(desk, len(choice))], tour)
    return _is_at_work(draft, tour) and set_stay(facts, state, tour, STAYING), count


def _offered(draft: Draft, tour: int) -> list[int]:
    """Unassigned orders by the drive from where the tour ends."""
    facts, state, length = draft.facts, draft.state, int(view(draft.state, LENGTH)[tour, 0])
    last = (
        place_of(facts, int(view(state, VISITS)[tour, length - 1])) if length else int(view(state, BEGINS_AT)[tour, 0])
    )
    drive = draft.problem.seconds[last]
    absent = [order for order in draft.unassigned() if drive[draft.tables.places[order]] >= 0]
    return sorted(absent, key=lambda order: int(drive[draft.tables.places[order]]))[:OFFERED]


def some_tour(draft: Draft, tours: list[int]) -> int:
    """One of the tours by the draft's dice."""
    return tours[below(draft.desk, len(tours))]
