"""Why an order is unassigned, answered on the kernel's own plan: the first public question that leaves nobody."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ..compiled import typed
from ..problem import FOREVER
from ..tables import Tables
from .driving import UNITS, drive_on, way_seconds
from .insertion import NO_BOUND, best_in_tour
from .layout import (
    AGREED,
    BEGINS_AT,
    END_PLACE,
    ENGINEER,
    FREE,
    KIT_DEPOTS,
    KIT_RELEASE,
    LIMIT,
    NIGHTS,
    NOWHERE,
    ORDERS,
    PAIRS,
    PLACE,
    PREVENTIVE,
    PREVENTIVE_ROOM,
    RELEASE,
    SERVICE,
    TAKEN,
    TOUR_OF,
    TOURS,
    UNIT,
    Desk,
    Facts,
    State,
    cell,
    get,
    rows,
    value,
    view,
    width,
)
from .placing import free_quote
from .sourcing import find_kits
from .timing import IMPOSSIBLE, begin_work, start_of_work, step, way_home

QUESTIONS = ("unreachable", "part_missing", "window", "shift", "reserve", "capacity", "price")
"""What one tour can fail at, in the order of asking; the last is no failure: it would fit, but costs too much."""
UNREACHABLE, PART_MISSING, WINDOW, SHIFT, RESERVE, CAPACITY, PRICE = range(7)


@typed
def _alone(facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int) -> bool:
    """The order and its pick-ups fit into the tour if nothing else is planned on it."""
    engineer = get(facts, TOURS, tour, ENGINEER)
    place, free, taken = value(state, BEGINS_AT, tour), get(state, FREE, tour, 0), get(state, TAKEN, tour, 0)
    for rank in range(width(desk, KIT_DEPOTS)):
        if get(desk, KIT_DEPOTS, kit, rank) < 0:
            break
        depot = -1 - get(desk, KIT_DEPOTS, kit, rank)
        place, free, taken, _ = step(facts, state, tour, engineer, place, free, taken, depot)
    state[cell(state, RELEASE, order)] = value(desk, KIT_RELEASE, kit)
    _, end, taken = begin_work(facts, state, tour, engineer, place, free, taken, order)
    state[cell(state, RELEASE, order)] = -FOREVER
    if get(facts, TOURS, tour, NIGHTS):  # the way home may be tomorrow's
        return end <= get(facts, TOURS, tour, LIMIT)
    site = get(facts, ORDERS, order, PLACE)
    return end < IMPOSSIBLE and way_home(facts, state, tour, site, end, taken)[0] < IMPOSSIBLE


@typed
def obstacle(facts: Facts, state: State, desk: Desk, order: int, tour: int) -> int:
    """The first question at which the order fails in the tour, PRICE when it would fit."""
    engineer, site = get(facts, TOURS, tour, ENGINEER), get(facts, ORDERS, order, PLACE)
    start, end = value(state, BEGINS_AT, tour), get(facts, TOURS, tour, END_PLACE)
    drive = way_seconds(facts, start, site)
    back = way_seconds(facts, site, end)
    if drive >= FOREVER or (back >= FOREVER and not get(facts, TOURS, tour, NIGHTS)):
        return UNREACHABLE
    kits = find_kits(facts, state, desk, order, tour)
    if kits == 0:
        return PART_MISSING
    opens = fits = False
    for kit in range(kits):
        ready = drive_on(facts, get(facts, TOURS, tour, UNIT), get(state, FREE, tour, 0), drive * UNITS)
        ready = max(ready, get(desk, KIT_RELEASE, kit, 0))
        opens |= start_of_work(facts, state, order, engineer, ready) < IMPOSSIBLE
        fits |= _alone(facts, state, desk, kit, order, tour)
    if not opens:
        return WINDOW
    if not fits:
        return SHIFT
    service = get(facts, PAIRS, order, 2 * engineer + SERVICE)
    if get(facts, ORDERS, order, PREVENTIVE) and service > get(facts, TOURS, tour, PREVENTIVE_ROOM):
        return RESERVE
    quote = free_quote(facts, state, order)
    _, kit, _, _, _ = best_in_tour(facts, state, desk, order, tour, quote, NO_BOUND, True)
    return PRICE if kit >= 0 else CAPACITY


@typed
def furthest_obstacle(facts: Facts, state: State, desk: Desk, order: int, engineer: int) -> int:
    """The question at which the last tour of the allowed engineers fails, or of the one engineer if it is not NOWHERE.
    UNREACHABLE - 1 when there is no tour."""
    furthest = UNREACHABLE - 1
    for tour in range(rows(facts, TOURS)):
        own = get(facts, TOURS, tour, ENGINEER)
        asked = engineer in (NOWHERE, own)
        if furthest < PRICE and asked and get(facts, PAIRS, order, 2 * own + SERVICE) >= 0:
            furthest = max(furthest, obstacle(facts, state, desk, order, tour))
    return furthest


def reasons(tables: Tables, facts: Facts, state: State, desk: Desk, orders: int) -> dict[int, str]:
    """A public reason for every unassigned one of the first `orders` orders, true for the plan as it stands. What an
    order asks of others than its engineer is not looked at: see `explaining`."""
    everybody = np.ones(tables.problem.engineers, np.bool_)
    absent: Iterable[int] = np.flatnonzero(view(state, TOUR_OF)[:orders, 0] < 0).tolist()
    return {
        order: _static_reason(tables, order, everybody) or _timed_reason(facts, state, desk, order, NOWHERE)
        for order in absent
    }


def why_not(tables: Tables, facts: Facts, state: State, desk: Desk, order: int, engineer: int) -> str:
    """The first rule that keeps this engineer from the order."""
    alone = np.zeros(tables.problem.engineers, np.bool_)
    alone[engineer] = True
    return _static_reason(tables, order, alone) or _timed_reason(facts, state, desk, order, engineer)


def _static_reason(tables: Tables, order: int, fit: NDArray[np.bool_]) -> str | None:
    """The first rule on persons that leaves none of the engineers in `fit`, None when somebody is left."""
    record, problem = tables.orders[order], tables.problem
    fit = fit.copy()
    for skill, level in record.skills:
        fit &= problem.level[:, skill] >= level
    if not fit.any():
        return "skill"
    fit &= problem.certificate[:, list(record.certificates)].all(axis=1)
    if not fit.any():
        return "certificate"
    fit[list(record.excluded)] = False
    if not fit.any():
        return "excluded"
    return "pin" if record.pin_engineer is not None and not fit[record.pin_engineer] else None


def _timed_reason(facts: Facts, state: State, desk: Desk, order: int, engineer: int) -> str:
    furthest = furthest_obstacle(facts, state, desk, order, engineer)
    name = "shift" if furthest < UNREACHABLE else QUESTIONS[furthest]
    pinned = view(state, AGREED)[order, 0] < FOREVER
    return "pin" if pinned and name in ("window", "shift") else name
