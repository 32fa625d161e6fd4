"""Ruin and recreate by slack induction: strings of neighbouring orders are taken out of a few tours and put back at
their best places; accepted by annealing.

After Christiaens & Vanden Berghe, Transportation Science 2020, doi 10.1287/trsc.2019.0914, with optional orders,
kits and vehicles. A worker changes its own share of tours and orders only, so that several can work at once.
"""

import math

from ..compiled import typed
from ..problem import Ints
from .changes import fetch, put, tidy
from .dice import below, uniform
from .driving import way_seconds
from .insertion import NO_BOUND, best_in_tour
from .layout import (
    CASE,
    COUNTS,
    DROP_FEN,
    KEYS,
    KIT_DEPOTS,
    LENGTH,
    MARKS,
    N_TOURS,
    NEAR_TOURS,
    NEIGHBOURS,
    NOWHERE,
    ORDERS,
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
    TOUR_OF,
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
from .ruin import close_gaps, ruin, take_out
from .trial import accept, begin_trial, keep_best, take_back, touch_order, touch_tour
from .vehicles import choose_vehicle, set_vehicle

BLINK = 0.02
"""Chance that a tour is overlooked."""

BOLD = 0.05
"""Share of trials that insert at any price: two orders on one way may pay where neither does alone."""

SEARCHED_ALL = 0.02
"""Chance that an order without a place among its candidate tours looks at all tours."""

ROUTED = 24
"""Nearest planned orders whose tours are candidates."""

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
        fen, kit, _, _, _ = best_in_tour(facts, state, desk, order, tour, quote, bound, False)
        if kit >= 0:
            bound, found = (fen, tour)
    return (bound, found)


@typed
def best_of_all(facts: Facts, state: State, desk: Desk, order: int, quote: int, bound: int) -> tuple[int, int]:
    """As `best_tour`, over every tour."""
    found = NOWHERE
    for tour in range(rows(desk, OWN_TOURS)):
        if value(desk, OWN_TOURS, tour):
            fen, kit, _, _, _ = best_in_tour(facts, state, desk, order, tour, quote, bound, True)
            if kit >= 0:
                bound, found = (fen, tour)
    return (bound, found)


@typed
def place(
    facts: Facts, state: State, saved: State, desk: Desk, order: int, tour: int, quote: int, bound: int, exact: bool
) -> bool:
    """Put an unassigned order, touched already, at its best place in the tour. False when none is below `bound`."""
    _, kit, seat, pick, fetched = best_in_tour(facts, state, desk, order, tour, quote, bound, exact)
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
    everywhere = tour < 0 and uniform(desk) < all_share
    if everywhere:
        _, tour = best_of_all(facts, state, desk, order, quote, bound)
    if tour >= 0:
        place(facts, state, saved, desk, order, tour, quote, bound, everywhere)
    choose_vehicle(facts, state, saved, desk, order)
    return tour >= 0


@typed
def insert_into(facts: Facts, state: State, saved: State, desk: Desk, order: int, tour: int) -> bool:
    """Insert an unassigned order at its best place in the tour, whatever that costs; says whether it has one."""
    touch_order(facts, state, saved, desk, order)
    set_vehicle(facts, state, order, NOWHERE)
    found = place(facts, state, saved, desk, order, tour, free_quote(facts, state, order), NO_BOUND, True)
    choose_vehicle(facts, state, saved, desk, order)
    return found


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
            count = take_out(facts, state, saved, desk, order, count)
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
