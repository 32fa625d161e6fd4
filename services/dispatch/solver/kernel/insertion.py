"""The best insertion of an order into a tour, over its kits and positions."""

from ..compiled import typed
from ..problem import FOREVER
from .driving import way_seconds
from .fetching import best_with_pickups, cheapest_fetch, missing_depots
from .layout import (
    BEGINS_AT,
    CHANGE_TIME_FEN,
    EARLIER,
    ENGINEER,
    KIT_DEPOTS,
    KIT_PRICE,
    KIT_RELEASE,
    LENGTH,
    LINE_END,
    LINE_FIRST,
    NOWHERE,
    ORDERS,
    PAIR_FEN,
    PAIRS,
    PLACE,
    PRICES,
    RELEASE,
    TOLD_ENGINEER,
    TOUR_FEN,
    TOURS,
    VISITS,
    Desk,
    Facts,
    State,
    cell,
    get,
    value,
)
from .placing import best_position, forward_fen, has_room
from .sourcing import find_kits
from .timing import place_of

NO_BOUND = 2**62
"""A price above every plan's."""


@typed
def best_with_kit(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, quote: int, limit: int, exact: bool
) -> tuple[int, int, int]:
    """(price of the tour, position, pick) of the order's cheapest insertion with a kit of the scratch; (limit, NOWHERE,
    NOWHERE) when none is below `limit`. The price of pair and kit is not counted."""
    state[cell(state, RELEASE, order)] = value(desk, KIT_RELEASE, kit)
    if get(desk, KIT_DEPOTS, kit, 0) >= 0:
        fen, position, pick = best_with_pickups(facts, state, desk, kit, order, tour, quote, limit)
    else:
        fen, position = best_position(facts, state, order, tour, quote, limit, exact)
        pick = position
    state[cell(state, RELEASE, order)] = -FOREVER
    return fen, position, pick


@typed
def _needs_parts(facts: Facts, order: int) -> bool:
    return get(facts, ORDERS, order, LINE_FIRST) < get(facts, ORDERS, order, LINE_END)


@typed
def _kit_saves(facts: Facts, state: State, order: int, tour: int) -> int:
    """What the delay by a kit, awaited or fetched on this tour or an earlier one, saves at the most: prices of starts
    before the told ones, the order's own included."""
    if value(facts, PRICES, CHANGE_TIME_FEN) == 0 or not _needs_parts(facts, order):
        return 0
    told = get(facts, ORDERS, order, TOLD_ENGINEER) == get(facts, TOURS, tour, ENGINEER)
    fen = value(facts, PRICES, CHANGE_TIME_FEN) if told else 0
    while tour >= 0:
        fen += forward_fen(facts, state, tour, 0)
        tour = get(facts, TOURS, tour, EARLIER)
    return fen


@typed
def _comes_by_depots(state: State, tour: int) -> bool:
    """The tour has pick-ups: one before them may take their place."""
    for position in range(value(state, LENGTH, tour)):
        if get(state, VISITS, tour, position) < 0:
            return True
    return False


@typed
def _is_cut_off(facts: Facts, state: State, order: int, tour: int) -> bool:
    """From some place of the tour no way leads to the order: one over a depot may."""
    place, site = value(state, BEGINS_AT, tour), get(facts, ORDERS, order, PLACE)
    for position in range(value(state, LENGTH, tour)):
        if way_seconds(facts, place, site) >= FOREVER:
            return True
        place = place_of(facts, get(state, VISITS, tour, position))
    return way_seconds(facts, place, site) >= FOREVER


@typed
def _replaces_pickups(facts: Facts, state: State, desk: Desk, kit: int, tour: int) -> bool:
    """The tour comes by one of the kit's depots, and no earlier one does."""
    stops = value(state, LENGTH, tour)
    return missing_depots(facts, state, desk, kit, tour, stops) < missing_depots(facts, state, desk, kit, tour, 0)


@typed
def best_in_tour(
    facts: Facts, state: State, desk: Desk, order: int, tour: int, quote: int, bound: int, exact: bool
) -> tuple[int, int, int, int, int]:
    """(change of the plan's price, kit, position, pick, fetched on) of the order's cheapest insertion in a tour.

    The kit's missing depots are visited before position `pick` of the same tour, or of the earlier tour `fetched on`
    if that is not NOWHERE. The change is `bound` and the kit NOWHERE when there is none below `bound`. The price of
    absence is not counted, a free vehicle `quote` is if it pays. The kits stay in the scratch. Not `exact`: faster, and
    cheaper places are overlooked where a delay or a detour saves something, where a pick-up replaces a later one, and
    where ways are missing.
    """
    best, best_kit, seat, picked, fetched = bound, NOWHERE, NOWHERE, NOWHERE, NOWHERE
    if not has_room(facts, state, order, tour):
        return best, best_kit, seat, picked, fetched
    pair = get(facts, PAIRS, order, 2 * get(facts, TOURS, tour, ENGINEER) + PAIR_FEN)
    now = value(state, TOUR_FEN, tour)
    # the parts waived: no kit is cheaper by more than it saves, and for most tours that is already too much
    saves = _kit_saves(facts, state, order, tour) if exact else 0
    bare_fen, bare_position = best_position(facts, state, order, tour, quote, now + best - pair + saves, exact)
    looks_on = exact and _needs_parts(facts, order)
    comes_by, cut_off = (
        looks_on and _comes_by_depots(state, tour),
        looks_on and _is_cut_off(facts, state, order, tour),
    )
    if bare_position < 0 and not comes_by and not cut_off:
        return best, best_kit, seat, picked, fetched
    least = bare_fen - now + pair - saves
    for kit in range(find_kits(facts, state, desk, order, tour)):
        fixed = pair + value(desk, KIT_PRICE, kit)
        too_dear = least + value(desk, KIT_PRICE, kit) >= best
        if too_dear and not cut_off and not (comes_by and _replaces_pickups(facts, state, desk, kit, tour)):
            continue
        if get(desk, KIT_DEPOTS, kit, 0) < 0 and value(desk, KIT_RELEASE, kit) == -FOREVER:
            fen, position, pick = bare_fen, bare_position, bare_position
        else:
            fen, position, pick = best_with_kit(facts, state, desk, kit, order, tour, quote, now + best - fixed, exact)
        if position >= 0 and fen - now + fixed < best:
            best, best_kit, seat, picked, fetched = fen - now + fixed, kit, position, pick, NOWHERE
        if not too_dear and get(desk, KIT_DEPOTS, kit, 0) >= 0 and get(facts, TOURS, tour, EARLIER) >= 0:
            there = least + value(desk, KIT_PRICE, kit)
            way, earlier, pick = cheapest_fetch(facts, state, desk, kit, tour, best - there)
            if earlier >= 0:
                state[cell(state, RELEASE, order)] = value(desk, KIT_RELEASE, kit)
                fen, position = best_position(facts, state, order, tour, quote, now + best - fixed - way, exact)
                state[cell(state, RELEASE, order)] = -FOREVER
                if position >= 0:
                    best = fen - now + fixed + way
                    best_kit, seat, picked, fetched = kit, position, pick, earlier
    return best, best_kit, seat, picked, fetched
