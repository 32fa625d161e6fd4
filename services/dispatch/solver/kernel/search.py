"""Ruin and recreate by slack induction: strings of neighbouring orders are taken out of a few tours and put back at
their best places; accepted by annealing.

After Christiaens & Vanden Berghe, Transportation Science 2020, doi 10.1287/trsc.2019.0914, with optional orders,
kits and vehicles. A worker changes its own share of tours and orders only, so that several can work at once.
"""

import math

from ..compiled import typed
from ..problem import Ints
from .changes import TOO_DEAR, compact, fetch, put, tidy, unseat
from .dice import below, uniform
from .driving import way_seconds
from .insertion import NO_BOUND, best_in_tour
from .layout import (
    CASE,
    COUNTS,
    DROP_FEN,
    EARLIER,
    KEYS,
    KIT_DEPOTS,
    LATER,
    LENGTH,
    MARK,
    MARKS,
    N_TOURS,
    NEAR_TOURS,
    NEIGHBOURS,
    NOWHERE,
    ORDER_MARK,
    ORDERS,
    OWN_ORDERS,
    OWN_TOURS,
    PLACE,
    PREVENTIVE,
    PREVENTIVE_ON,
    QUOTE_END,
    QUOTE_FIRST,
    REMOVED,
    SEEDS,
    TOTAL,
    TOUCHED_TOURS,
    TOUR_MARK,
    TOUR_OF,
    TOURS,
    URGENCY,
    VISITS,
    Desk,
    Facts,
    State,
    cell,
    get,
    rows,
    value,
    width,
)
from .placing import free_quote, holds_promises, is_fixed, is_held, lateness, price_of_absence
from .trial import accept, begin_trial, keep_best, take_back, touch_order, touch_tour
from .vehicles import choose_vehicle, set_vehicle

STRING = 10
"""Orders taken out of one tour, at most."""

STRINGS = 4
"""Tours that lose a string in one trial, at most."""

SPLIT = 0.5
"""Share of strings that leave some orders in their middle where they are."""

GAP_GROWS = 0.01
"""Chance that such a gap grows by one more order."""

BLINK = 0.02
"""Chance that a tour is overlooked."""

BOLD = 0.05
"""Share of trials that insert at any price: two orders on one way may pay where neither does alone."""

SEARCHED_ALL = 0.02
"""Chance that an order without a place among its candidate tours looks at all tours."""

ROUTED = 24
"""Nearest planned orders whose tours are candidates."""

AMONG_ABLE = 0.6
"""Share of trials that open tours which could do the seed well, wherever they are now, instead of those around it."""

PASSED_OVER = 0.5
"""Chance that such a tour stays closed in favour of the next best."""

ABSENT = 6
"""Unassigned neighbours tried again per trial, at most."""

LOOKED_FOR = 2
"""Unassigned neighbours for which the neighbourhood is looked through beyond the tours that lose a string."""

LAST = 2**50
"""Sorts preventive work behind everything else."""


@typed
def best_tour(
    facts: Facts, state: State, desk: Desk, order: int, quote: int, bound: int, blink: float
) -> tuple[int, int]:
    """(change of price, tour) of the best insertion among the candidate tours: those of the nearest planned orders
    and the most promising ones. (bound, NOWHERE) when none is below `bound`."""
    found, routed = (NOWHERE, 0)
    marks = cell(desk, MARKS, 0)
    desk[marks] += 1
    neighbours, near_tours = (width(facts, NEIGHBOURS), width(facts, NEAR_TOURS))
    for rank in range(neighbours + near_tours):
        if rank < neighbours:
            other = get(facts, NEIGHBOURS, order, rank)
            tour = value(state, TOUR_OF, other) if other >= 0 and routed < ROUTED else NOWHERE
            routed += tour >= 0
        else:
            tour = get(facts, NEAR_TOURS, order, rank - neighbours)
        if tour < 0 or desk[marks + 1 + tour] == desk[marks] or (not value(desk, OWN_TOURS, tour)):
            continue
        desk[marks + 1 + tour] = desk[marks]
        if uniform(desk) < blink:
            continue
        fen, kit, _, _, _ = best_in_tour(facts, state, desk, order, tour, quote, bound)
        if kit >= 0:
            bound, found = (fen, tour)
    return (bound, found)


@typed
def best_of_all(facts: Facts, state: State, desk: Desk, order: int, quote: int, bound: int) -> tuple[int, int]:
    """As `best_tour`, over every tour."""
    found = NOWHERE
    for tour in range(rows(desk, OWN_TOURS)):
        if value(desk, OWN_TOURS, tour):
            fen, kit, _, _, _ = best_in_tour(facts, state, desk, order, tour, quote, bound)
            if kit >= 0:
                bound, found = (fen, tour)
    return (bound, found)


@typed
def place(facts: Facts, state: State, saved: State, desk: Desk, order: int, tour: int, quote: int, bound: int) -> bool:
    """Put an unassigned order, touched already, at its best place in the tour. False when none is below `bound`."""
    _, kit, seat, pick, fetched = best_in_tour(facts, state, desk, order, tour, quote, bound)
    if kit < 0:
        return False
    touch_tour(state, saved, desk, tour)
    if fetched >= 0:
        touch_tour(state, saved, desk, fetched)
        fetch(facts, state, desk, kit, fetched, pick)
        pick = seat
    put(facts, state, desk, kit, order, tour, seat, pick)
    if get(desk, KIT_DEPOTS, kit, 0) >= 0:
        tidy(facts, state, saved, desk, tour)
    return True


@typed
def insert(
    facts: Facts, state: State, saved: State, desk: Desk, order: int, blink: float, all_share: float, at_any_price: bool
) -> bool:
    """Insert an unassigned order at its best place if that is cheaper than leaving it out; says whether it did.

    `all_share`: chance that an order without a place among its candidate tours looks at all tours.
    """
    touch_order(facts, state, saved, desk, order)
    if value(state, CASE, order) >= 0:
        set_vehicle(facts, state, order, NOWHERE)
    quote = free_quote(facts, state, order)
    bound = NO_BOUND if at_any_price or is_fixed(facts, order) else price_of_absence(facts, state, order)
    _, tour = best_tour(facts, state, desk, order, quote, bound, blink)
    if tour < 0 and uniform(desk) < all_share:
        _, tour = best_of_all(facts, state, desk, order, quote, bound)
    if tour >= 0:
        place(facts, state, saved, desk, order, tour, quote, bound)
    choose_vehicle(facts, state, saved, desk, order)
    return tour >= 0


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
def _take_out(facts: Facts, state: State, saved: State, desk: Desk, order: int, count: int) -> int:
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
            count = _take_out(facts, state, saved, desk, visit, count)
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
            count = _take_out(facts, state, saved, desk, desk[own + index], count)
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


@typed
def _sort_key(facts: Facts, desk: Desk, order: int, seed: int, manner: int) -> int:
    if manner == 0:
        return below(desk, LAST)
    if manner == 1:
        return get(facts, ORDERS, order, URGENCY)
    if manner == 2:
        return -get(facts, ORDERS, order, DROP_FEN)
    drive = way_seconds(facts, get(facts, ORDERS, seed, PLACE), get(facts, ORDERS, order, PLACE))
    return -drive if manner == 3 else drive


@typed
def arrange(facts: Facts, desk: Desk, seed: int, count: int) -> None:
    """Sort the removed orders for their insertion: promises before preventive work, then at random, by urgency, by the
    price of absence, far or near first."""
    removed, keys = (cell(desk, REMOVED, 0), cell(desk, KEYS, 0))
    draw = below(desk, 12)
    manner = 0 if draw < 4 else 1 if draw < 7 else 2 if draw < 9 else 3 if draw < 11 else 4
    for index in range(count):
        order = desk[removed + index]
        key = _sort_key(facts, desk, order, seed, manner)
        if get(facts, ORDERS, order, PREVENTIVE):
            key += 2 * LAST
        slot = index
        while slot > 0 and desk[keys + slot - 1] > key:
            desk[removed + slot], desk[keys + slot] = (desk[removed + slot - 1], desk[keys + slot - 1])
            slot -= 1
        desk[removed + slot], desk[keys + slot] = (order, key)


@typed
def spare_promises(facts: Facts, state: State, saved: State, desk: Desk, tour: int, count: int) -> int:
    """Take loose preventive work off a tour where it makes a promise late; the new number of removed orders."""
    if value(state, PREVENTIVE_ON, tour) == 0 or not holds_promises(facts, state, tour):
        return count
    alone = lateness(facts, state, tour, NOWHERE, NOWHERE, False)
    if lateness(facts, state, tour, NOWHERE, NOWHERE, True) <= alone:
        return count
    touch_tour(state, saved, desk, tour)
    for position in range(value(state, LENGTH, tour)):
        order = get(state, VISITS, tour, position)
        if order < 0 or is_fixed(facts, order) or is_held(facts, state, order):
            continue
        if get(facts, ORDERS, order, PREVENTIVE):
            count = _take_out(facts, state, saved, desk, order, count)
    return close_gaps(facts, state, saved, desk, tour, count)


@typed
def settle(facts: Facts, state: State, saved: State, desk: Desk, blink: float) -> None:
    """After insertions: preventive work makes room for promises and looks for another place; vehicles are sent or
    called back where times have changed."""
    count = 0
    for index in range(value(desk, COUNTS, N_TOURS)):
        count = spare_promises(facts, state, saved, desk, value(desk, TOUCHED_TOURS, index), count)
    for index in range(count):
        insert(facts, state, saved, desk, value(desk, REMOVED, index), blink, 0.0, False)
    for index in range(value(desk, COUNTS, N_TOURS)):
        tour = value(desk, TOUCHED_TOURS, index)
        for position in range(value(state, LENGTH, tour)):
            order = get(state, VISITS, tour, position)
            if order >= 0 and get(facts, ORDERS, order, QUOTE_FIRST) < get(facts, ORDERS, order, QUOTE_END):
                choose_vehicle(facts, state, saved, desk, order)


@typed
def cooled(hot: float, cold: float, share: float) -> float:
    """The temperature once this share of the way from `hot` to `cold` is gone."""
    return float(hot * (cold / hot) ** share)


@typed
def anneal(
    facts: Facts, state: State, saved: State, best: State, desk: Desk, trials: int, hot: float, cold: float
) -> None:
    """Run `trials` trials while the temperature (in fen) falls from `hot` to `cold`; the best plan is kept."""
    if rows(desk, SEEDS) == 0:
        return
    for trial in range(trials):
        heat = cooled(hot, cold, trial / trials)
        begin_trial(state, saved, desk)
        before = value(state, TOTAL, 0)
        seed = value(desk, SEEDS, below(desk, rows(desk, SEEDS)))
        count = ruin(facts, state, saved, desk, seed)
        arrange(facts, desk, seed, count)
        bold = uniform(desk) < BOLD
        for index in range(count):
            insert(facts, state, saved, desk, value(desk, REMOVED, index), BLINK, SEARCHED_ALL, bold)
        settle(facts, state, saved, desk, BLINK)
        if value(state, TOTAL, 0) < before - heat * math.log(max(uniform(desk), 1e-12)):
            accept(desk)
            if value(state, TOTAL, 0) < value(best, TOTAL, 0):
                keep_best(facts, state, best, desk)
        else:
            take_back(facts, state, saved, desk)


@typed
def construct(facts: Facts, state: State, saved: State, best: State, desk: Desk, orders: Ints) -> None:
    """Insert the orders one by one, each at its best place, and send vehicles where they pay, also for what was planned
    before; then a second time what found no place."""
    begin_trial(state, saved, desk)
    for _ in range(2):
        for order in orders:
            if value(state, TOUR_OF, order) < 0:
                insert(facts, state, saved, desk, order, 0.0, 1.0, False)
        for order in range(rows(state, TOUR_OF)):
            choose_vehicle(facts, state, saved, desk, order)
        settle(facts, state, saved, desk, 0.0)
    accept(desk)
    keep_best(facts, state, best, desk)
