"""Ruin: strings of orders leave a few tours, and unassigned neighbours join them.

After Christiaens & Vanden Berghe, Transportation Science 2020, doi 10.1287/trsc.2019.0914; besides, tours are opened
because they could do an order.
"""

from ..compiled import typed
from .changes import TOO_DEAR, compact, tidy, unseat
from .dice import below, uniform
from .layout import (
    COUNTS,
    EARLIER,
    LATER,
    LENGTH,
    MARK,
    NEAR_TOURS,
    NEIGHBOURS,
    ORDER_MARK,
    OWN_ORDERS,
    OWN_TOURS,
    REMOVED,
    TOTAL,
    TOUR_MARK,
    TOUR_OF,
    TOURS,
    VISITS,
    Desk,
    Facts,
    State,
    cell,
    get,
    value,
    width,
)
from .placing import is_held
from .trial import touch_order, touch_tour

STRING = 10
"""Orders taken out of one tour, at most."""

STRINGS = 4
"""Tours that lose a string in one trial, at most."""

SPLIT = 0.5
"""Share of strings that leave some orders in their middle where they are."""

GAP_GROWS = 0.01
"""Chance that such a gap grows by one more order."""

AMONG_ABLE = 0.6
"""Share of trials that open tours which could do the seed well, wherever they are now, instead of those around it."""

PASSED_OVER = 0.5
"""Chance that such a tour stays closed in favour of the next best."""

ABSENT = 6
"""Unassigned neighbours tried again per trial, at most."""

LOOKED_FOR = 2
"""Unassigned neighbours for which the neighbourhood is looked through beyond the tours that lose a string."""


@typed
def _orders_of(facts: Facts, state: State, desk: Desk, tour: int, first: int) -> int:
    """Write the tour's loose orders to the removed ones from `first` on, in order of driving; how many they are."""
    count = 0
    for position in range(value(state, LENGTH, tour)):
        visit = get(state, VISITS, tour, position)
        if visit >= 0 and not is_held(facts, state, visit):
            desk[cell(desk, REMOVED, first + count)] = visit
            count += 1
    return count


@typed
def take_out(facts: Facts, state: State, saved: State, desk: Desk, order: int, count: int) -> int:
    """Unseat the order and list it as removed; the new number of removed orders."""
    touch_order(facts, state, saved, desk, order)
    unseat(facts, state, order)
    desk[cell(desk, REMOVED, count)] = order
    return count + 1


@typed
def clear(facts: Facts, state: State, saved: State, desk: Desk, tour: int, count: int) -> int:
    """Take every loose order out of the tour; the new number of removed orders."""
    touch_tour(state, saved, desk, tour)
    for position in range(value(state, LENGTH, tour)):
        visit = get(state, VISITS, tour, position)
        if visit >= 0 and value(state, TOUR_OF, visit) == tour and not is_held(facts, state, visit):
            count = take_out(facts, state, saved, desk, visit, count)
    if not compact(facts, state, tour):  # what had to stay does not fit without the others: the trial must not stay
        state[cell(state, TOTAL, 0)] += TOO_DEAR
    return count


@typed
def close_gaps(facts: Facts, state: State, saved: State, desk: Desk, tour: int, count: int) -> int:
    """Compact the tour; the new number of removed orders. Without a detour there may be no way: what became impossible
    is taken out as a whole."""
    if compact(facts, state, tour):
        tidy(facts, state, saved, desk, tour)
        return count
    other = tour
    while get(facts, TOURS, other, LATER) >= 0:  # what is fetched on this tour serves the engineer's later ones
        other = get(facts, TOURS, other, LATER)
    while other != tour:
        count = clear(facts, state, saved, desk, other, count)
        other = get(facts, TOURS, other, EARLIER)
    return clear(facts, state, saved, desk, tour, count)


@typed
def _take_string(facts: Facts, state: State, saved: State, desk: Desk, tour: int, seed: int, count: int) -> int:
    """Take a string of orders around `seed` out of its tour, perhaps with a gap; the new number of removed orders."""
    own = cell(desk, REMOVED, count)
    stops, middle = (_orders_of(facts, state, desk, tour, count), 0)
    while desk[own + middle] != seed:
        middle += 1
    size, gap = (1 + below(desk, min(stops, STRING)), 0)
    if 1 < size < stops and uniform(desk) < SPLIT:
        gap = 1
        while size + gap < stops and uniform(desk) < GAP_GROWS:
            gap += 1
    first = max(0, middle - size - gap + 1)
    first += below(desk, min(middle, stops - size - gap) - first + 1)
    hole = first + 1 + below(desk, size - 1) if gap else stops
    touch_tour(state, saved, desk, tour)
    for index in range(first, first + size + gap):
        if not hole <= index < hole + gap:
            count = take_out(facts, state, saved, desk, desk[own + index], count)
    return close_gaps(facts, state, saved, desk, tour, count)


@typed
def _join(facts: Facts, state: State, saved: State, desk: Desk, order: int, count: int) -> int:
    """List an unassigned order as removed; the new number of removed orders."""
    touch_order(facts, state, saved, desk, order)
    desk[cell(desk, REMOVED, count)] = order
    return count + 1


@typed
def _open_able(facts: Facts, state: State, saved: State, desk: Desk, seed: int, strings: int) -> int:
    """Take out `seed` with its string, and strings from some of the tours that it would cost least on; the number of
    removed orders."""
    tour, opened = value(state, TOUR_OF, seed), 0
    if tour >= 0:
        count = _take_string(facts, state, saved, desk, tour, seed, 0)
    else:
        count = _join(facts, state, saved, desk, seed, 0)
    for rank in range(width(facts, NEAR_TOURS)):
        tour = get(facts, NEAR_TOURS, seed, rank)
        if tour < 0 or opened == strings:
            break
        is_open = value(desk, TOUR_MARK, tour) == value(desk, COUNTS, MARK)
        if is_open or not value(desk, OWN_TOURS, tour) or uniform(desk) < PASSED_OVER:
            continue
        stops = _orders_of(facts, state, desk, tour, count)
        if stops:
            middle = value(desk, REMOVED, count + below(desk, stops))
            count = _take_string(facts, state, saved, desk, tour, middle, count)
            opened += 1
    return count


@typed
def ruin(facts: Facts, state: State, saved: State, desk: Desk, seed: int) -> int:
    """Take strings out of tours around `seed`, or of tours that could do it; unassigned neighbours join. How many
    orders are to be inserted."""
    mark, strings = value(desk, COUNTS, MARK), 1 + below(desk, STRINGS)
    count = absent = ruined = 0
    if uniform(desk) < AMONG_ABLE and not is_held(facts, state, seed):
        count, ruined = _open_able(facts, state, saved, desk, seed, strings), strings
    for rank in range(-1, width(facts, NEIGHBOURS)):
        order = seed if rank < 0 else get(facts, NEIGHBOURS, seed, rank)
        if order < 0 or (ruined >= strings and absent >= LOOKED_FOR):
            break
        if not value(desk, OWN_ORDERS, order) or value(desk, ORDER_MARK, order) == mark or is_held(facts, state, order):
            continue
        tour = value(state, TOUR_OF, order)
        if tour < 0 and absent < ABSENT:
            count = _join(facts, state, saved, desk, order, count)
            absent += 1
        elif tour >= 0 and ruined < strings and value(desk, TOUR_MARK, tour) != mark:
            count = _take_string(facts, state, saved, desk, tour, order, count)
            ruined += 1
    return count
