"""The best insertion of an order into a tour, over its kits and positions."""

from ..compiled import typed
from ..problem import FOREVER
from .fetching import best_with_pickups, cheapest_fetch
from .layout import (
    EARLIER,
    ENGINEER,
    KIT_DEPOTS,
    KIT_PRICE,
    KIT_RELEASE,
    NOWHERE,
    PAIR_FEN,
    PAIRS,
    RELEASE,
    TOUR_FEN,
    TOURS,
    Desk,
    Facts,
    State,
    cell,
    get,
    value,
)
from .placing import best_position, has_room
from .sourcing import find_kits

NO_BOUND = 2**62
"""A price above every plan's."""


@typed
def best_with_kit(
    facts: Facts, state: State, desk: Desk, kit: int, order: int, tour: int, quote: int, limit: int
) -> tuple[int, int, int]:
    """(price of the tour, position, pick) of the order's cheapest insertion with a kit of the scratch; (limit, NOWHERE,
    NOWHERE) when none is below `limit`. The price of pair and kit is not counted."""
    state[cell(state, RELEASE, order)] = value(desk, KIT_RELEASE, kit)
    if get(desk, KIT_DEPOTS, kit, 0) >= 0:
        fen, position, pick = best_with_pickups(facts, state, desk, kit, order, tour, quote, limit)
    else:
        fen, position = best_position(facts, state, order, tour, quote, limit)
        pick = position
    state[cell(state, RELEASE, order)] = -FOREVER
    return fen, position, pick


@typed
def best_in_tour(
    facts: Facts, state: State, desk: Desk, order: int, tour: int, quote: int, bound: int
) -> tuple[int, int, int, int, int]:
    """(change of the plan's price, kit, position, pick, fetched on) of the order's cheapest insertion in a tour.

    The kit's missing depots are visited before position `pick` of the same tour, or of the earlier tour `fetched on`
    if that is not NOWHERE. The change is `bound` and the kit NOWHERE when there is none below `bound`. The price of
    absence is not counted, a free vehicle `quote` is if it pays. The kits stay in the scratch.
    """
    best, best_kit, seat, picked, fetched = bound, NOWHERE, NOWHERE, NOWHERE, NOWHERE
    if not has_room(facts, state, order, tour):
        return best, best_kit, seat, picked, fetched
    pair = get(facts, PAIRS, order, 2 * get(facts, TOURS, tour, ENGINEER) + PAIR_FEN)
    now = value(state, TOUR_FEN, tour)
    # the parts waived: a price that no kit can beat, and for most tours already too much
    bare_fen, bare_position = best_position(facts, state, order, tour, quote, now + best - pair)
    if bare_position < 0:
        return best, best_kit, seat, picked, fetched
    least = bare_fen - now + pair
    for kit in range(find_kits(facts, state, desk, order, tour)):
        fixed = pair + value(desk, KIT_PRICE, kit)
        if least + value(desk, KIT_PRICE, kit) >= best:
            continue
        if get(desk, KIT_DEPOTS, kit, 0) < 0 and value(desk, KIT_RELEASE, kit) == -FOREVER:
            fen, position, pick = bare_fen, bare_position, bare_position
        else:
            fen, position, pick = best_with_kit(facts, state, desk, kit, order, tour, quote, now + best - fixed)
        if position >= 0:
            best, best_kit, seat, picked, fetched = fen - now + fixed, kit, position, pick, NOWHERE
        if get(desk, KIT_DEPOTS, kit, 0) >= 0 and get(facts, TOURS, tour, EARLIER) >= 0:
            there = least + value(desk, KIT_PRICE, kit)
            way, earlier, pick = cheapest_fetch(facts, state, desk, kit, tour, best - there)
            if earlier >= 0:
                state[cell(state, RELEASE, order)] = value(desk, KIT_RELEASE, kit)
                fen, position = best_position(facts, state, order, tour, quote, now + best - fixed - way)
                state[cell(state, RELEASE, order)] = -FOREVER
                if position >= 0:
                    best = fen - now + fixed + way
                    best_kit, seat, picked, fetched = kit, position, pick, earlier
    return best, best_kit, seat, picked, fetched
